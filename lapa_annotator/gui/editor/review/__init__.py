"""Review: deciding on a photo, remarks pinned to places, and comparing label maps."""
