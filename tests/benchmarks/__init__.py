"""Benchmarks; ``python -m tests.benchmarks NAME`` runs one, without a name all."""

import lapa_annotator  # noqa: F401  # numpy comes after it, as in the program (decision 207)
