"""What the canvas draws: photo, label map, face boxes, curves, points, handles."""
