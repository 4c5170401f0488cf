"""With the network cable out and nothing ever fetched, the shipped weights do the main job.

Every process here finds an empty folder of fetched models, and any attempt to reach another
machine fails and is written down.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lapa_annotator.dla import registry as dla
from lapa_annotator.formats.lapa import LapaFolder
from lapa_annotator.ppa import registry as ppa
from lapa_annotator.runtime.manifest import SHIPPED, defaults, manifest

pytestmark = pytest.mark.e2e

# Python runs this at its start: addresses of other machines are looked up and reached no more.
_CABLE_OUT = """
import os, socket

def _refuse(what):
    with open(os.environ["TRIED"], "a") as file:
        file.write(repr(what) + "\\n")
    raise OSError(101, "Network is unreachable")

_connect = socket.socket.connect
def connect(self, address):
    if self.family != getattr(socket, "AF_UNIX", None):
        _refuse(address)
    return _connect(self, address)

socket.socket.connect = socket.socket.connect_ex = connect
socket.getaddrinfo = lambda host, *_, **__: _refuse(host)
"""


def shipped_name(stage: str) -> str | None:
    """What leads in a stage where nothing has been fetched; None if that needs fetching."""
    files_of = {**dla.MODEL_FILES, **ppa.MODEL_FILES}
    for name in defaults()[stage]:
        rows = [manifest().get(file) for file in files_of[name]]
        if all(row is not None and row.source == SHIPPED for row in rows):
            return name
    return None


needs_own_segmenter = pytest.mark.skipif(
    shipped_name("segmenter") is None, reason="no segmenter is shipped"
)


class Offline:
    """Runs the command line without a network, without fetched files and without a display."""

    def __init__(self, folder: Path) -> None:
        (folder / "site").mkdir()
        (folder / "site" / "sitecustomize.py").write_text(_CABLE_OUT, encoding="utf-8")
        self.folder, self.models, self.tried = folder, folder / "fetched", folder / "tried"
        left = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "LAPA_MODELS")
        self.environment = {k: v for k, v in os.environ.items() if k not in left} | {
            "PYTHONPATH": str(folder / "site"),
            "LAPA_MODELS": str(self.models),
            "TRIED": str(self.tried),
            "COLUMNS": "200",
        }

    def call(self, *words: object) -> subprocess.CompletedProcess[str]:
        """Run a verb to its end, in the folder."""
        return subprocess.run(
            [sys.executable, "-m", "lapa_annotator", *map(str, words)],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            cwd=self.folder,
            env=self.environment,
        )


@pytest.fixture
def offline(tmp_path):
    return Offline(tmp_path)


def test_the_cable_is_out(offline):
    code = "import socket; socket.create_connection(('127.0.0.1', 9))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=False, env=offline.environment
    )
    assert done.returncode == 1
    assert b"Network is unreachable" in done.stderr
    assert offline.tried.exists()


@pytest.mark.parametrize("stage", ["detector", "landmarks"])
def test_faces_and_points_are_found_by_shipped_weights(stage):
    assert shipped_name(stage) is not None


def test_what_leads_is_what_is_here(offline):
    said = " ".join(offline.call("models", "list").stdout.split())
    assert f"{shipped_name('detector')} finds faces" in said
    assert f"{shipped_name('landmarks')} their points" in said
    segmenter = shipped_name("segmenter") or defaults()["segmenter"][0]
    assert f"{segmenter} hair" in said


@needs_own_segmenter
@pytest.mark.parametrize("verb", [("demo",), ("gui", "--sample", "--or-demo")])
def test_the_demo_runs_from_shipped_weights(offline, verb):
    done = offline.call(*verb)
    assert done.returncode == 0, done.stderr
    out = offline.folder / ("lapa-demo" if verb == ("demo",) else "out/demo")
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert (report["faces"], report["skipped"]) == (2, 0)
    assert all(sample.labels and sample.landmarks for sample in LapaFolder(out).samples("train"))
    assert not offline.tried.exists(), offline.tried.read_text(encoding="utf-8")
    assert not offline.models.exists()


@pytest.mark.skipif(shipped_name("segmenter") is not None, reason="a segmenter is shipped")
def test_without_a_segmenter_one_sentence_says_how_to_get_one(offline):
    done = offline.call("demo")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "models fetch" in done.stderr and "--from FILE" in done.stderr
    assert not offline.tried.exists()


def test_a_fetch_that_fails_says_how_to_bring_the_file(offline):
    # pip's own settings may name folders that hold the package.
    settings = {name: "" for name in os.environ if name.startswith("PIP_")}
    offline.environment |= settings | {"PIP_CONFIG_FILE": os.devnull}
    done = offline.call("models", "fetch", "facemesh")
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "models fetch facemesh --from FILE" in done.stderr
    assert not offline.models.exists()
