import os
import subprocess
import sys

_TELL = "import lapa_annotator, os; print(os.environ['OPENBLAS_NUM_THREADS'])"


def told(environment):
    return subprocess.run(
        [sys.executable, "-c", _TELL], env=environment, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_linear_algebra_has_one_thread_unless_told_otherwise():
    rest = {k: v for k, v in os.environ.items() if k != "OPENBLAS_NUM_THREADS"}
    assert told(rest) == "1"
    assert told({**rest, "OPENBLAS_NUM_THREADS": "3"}) == "3"


def test_numpy_is_imported_after_it():
    tell = "import sys, lapa_annotator; assert 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", tell], check=True)
