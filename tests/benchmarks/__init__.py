"""Benchmarks; ``python -m tests.benchmarks NAME`` runs one, without a name all."""

import lapa_annotator  # noqa: F401  # for what it sets before numpy comes (decision 207)
