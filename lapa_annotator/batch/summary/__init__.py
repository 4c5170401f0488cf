"""The report of a project: HTML to read and CSV to count with."""
