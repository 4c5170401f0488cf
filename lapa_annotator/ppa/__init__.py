"""Pixel-Level Parsing Annotation: segment, fit and fuse (LaPa, section 3.2)."""
