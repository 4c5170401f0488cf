"""LaPa Annotator: photos in, 106 landmarks and an 11-class label map per face out."""

__version__ = "0.1.0"
