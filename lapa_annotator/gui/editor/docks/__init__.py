"""What stands beside the canvas: parts, faces, the selected point, the history."""
