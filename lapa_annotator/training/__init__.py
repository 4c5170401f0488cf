"""Metrics and, later, datasets, recipes and retraining."""
