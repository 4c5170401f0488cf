"""LaPa Annotator: photos in, 106 landmarks and an 11-class label map per face out."""

import os

# The matrices here are small, and threads of the linear algebra that wait for the next one spin
# beside the networks (docs/decisions/0207). It must be said before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.1.0"
