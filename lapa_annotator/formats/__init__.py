"""One file per import and export format, and the reading of photos."""
