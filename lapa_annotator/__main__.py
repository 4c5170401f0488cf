"""``python -m lapa_annotator`` is the command line."""

from lapa_annotator.cli.main import run

run()
