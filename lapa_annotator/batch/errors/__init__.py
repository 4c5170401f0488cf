"""Errors found for a curator: what is probably wrong in a whole project, the worst first."""
