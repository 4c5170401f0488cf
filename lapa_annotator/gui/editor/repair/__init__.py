"""Repairing the label map by hand: tools that paint into the face's override layer."""
