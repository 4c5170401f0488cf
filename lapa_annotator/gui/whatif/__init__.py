"""Trying other settings of label maps in the window, before they are used."""
