"""A project out of the door: any format, in processes, resumable, with a sealed data card."""
