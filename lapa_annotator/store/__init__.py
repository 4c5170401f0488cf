"""The project store: a folder NAME.lapa/ with a database and derived caches."""
