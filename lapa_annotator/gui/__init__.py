"""The desktop application (PySide6); ``app.py`` starts it."""
