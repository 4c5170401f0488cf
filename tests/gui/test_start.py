"""A start that is fast: what the first picture of the window may load, and what it may not."""

import subprocess
import sys

import pytest

FIRST_WINDOW = """
import sys
from PySide6.QtCore import QSettings
from lapa_annotator.gui import app
from lapa_annotator.gui.settings import Settings
qt = app.application(["x"])
window = app.start(qt, Settings(QSettings(sys.argv[1], QSettings.Format.IniFormat)))
window.show()
qt.processEvents()
window.close()
"""


def loaded_after(code: str, *arguments: str) -> set[str]:
    """Run code in a fresh process; return which of the heavy packages it has loaded."""
    ask = (
        "\nheavy = {'torch', 'openvino', 'cv2', 'numpy', 'sqlalchemy', 'matplotlib', 'skimage', "
        "'scipy', 'PIL', 'superqt'}\nprint(' '.join(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code + ask, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env={"QT_QPA_PLATFORM": "offscreen", "PATH": "", "HOME": "/nonexistent"},
    )
    return set(done.stdout.split())


def test_the_first_window_loads_nothing_heavy(tmp_path):
    assert loaded_after(FIRST_WINDOW, str(tmp_path / "s.ini")) == set()


@pytest.mark.parametrize("module", ["gui", "gui.app", "gui.projectview", "gui.proposals"])
def test_the_window_leaves_torch_alone(module):
    assert "torch" not in loaded_after(f"import sys, lapa_annotator.{module}")
