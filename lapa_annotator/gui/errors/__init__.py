"""Found errors in the window: the list with pictures, the way to each, and what is fine."""
