"""What runs inside Blender's own environment; nothing else of the program is imported here."""
