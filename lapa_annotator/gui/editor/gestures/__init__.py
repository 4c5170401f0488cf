"""Gestures of the hand: each an object with start, move, end and cancel."""
