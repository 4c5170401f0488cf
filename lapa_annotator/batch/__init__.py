"""Resumable jobs over many photos."""
