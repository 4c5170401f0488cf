"""Retraining in the window: the reminder, the training's course, versions, learning curve."""
