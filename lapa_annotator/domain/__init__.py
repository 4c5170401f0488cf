"""What an annotated face is: points, classes, label maps, faces, edits, crops (numpy only)."""
