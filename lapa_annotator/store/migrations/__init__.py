"""Steps from each version of the project format to the next, run by Alembic."""
