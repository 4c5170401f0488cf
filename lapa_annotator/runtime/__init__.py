"""Weights: the manifest, checksums, fetching, and compiled sessions."""
