"""The editor: one photo on a canvas, its faces and points, and every way to change them."""
