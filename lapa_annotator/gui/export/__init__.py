"""Exporting from the window: what is chosen, what is wrong with it, and how far it is."""
