"""What has to be installed for rendering, where it lies, and the sentences when it is missing."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import platformdirs

from lapa_annotator.domain.errors import InputError

BLENDER = "bpy==4.5.*"
"""Blender as a Python module; it needs numpy < 2, hence an environment of its own."""

SETUP_COMMAND = "lapa-annotator synth setup"


def synth_folder() -> Path:
    """The folder of everything that rendering keeps: ``LAPA_SYNTH`` or the user's data folder."""
    named = os.environ.get("LAPA_SYNTH")
    return Path(named) if named else Path(platformdirs.user_data_path("lapa-annotator")) / "synth"


def anny_cache() -> Path:
    """Where the model of heads keeps what it works out at its first start."""
    return synth_folder() / "anny"


def blender_python() -> Path:
    """The interpreter of the environment that holds Blender's module."""
    place = ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")
    return synth_folder().joinpath("blender", *place)


def require_anny() -> None:
    """Say what to install if the model of heads is missing.

    Raises:
        InputError: ``anny`` or ``torch`` is not installed.
    """
    missing = [name for name in ("anny", "torch") if find_spec(name) is None]
    if missing:
        raise InputError(
            "synth",
            f"{' and '.join(missing)} is not installed",
            "run `pip install 'lapa-annotator[synth]'`",
        )


def require_blender() -> Path:
    """Return the interpreter that can import Blender's module.

    Raises:
        InputError: the environment has not been set up.
    """
    python = blender_python()
    if not python.exists() or not _has_blender(python.parent.parent):
        raise InputError(
            "synth", "Blender's module (bpy) is not set up", f"run `{SETUP_COMMAND}` once"
        )
    return python


def _has_blender(environment: Path) -> bool:
    return any(environment.glob("[Ll]ib/**/site-packages/bpy")) or any(
        environment.glob("lib/python*/site-packages/bpy")
    )


def set_up() -> Iterator[str]:
    """Make the environment of Blender's module; yields a sentence before each step.

    Raises:
        InputError: the folder cannot be written, or the installation failed.
    """
    folder = synth_folder() / "blender"
    yield f"Making an environment in {folder}."
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        venv.create(folder, with_pip=True)
    except (OSError, subprocess.CalledProcessError) as error:
        problem = f"no environment can be made there ({error})"
        raise InputError(folder, problem, "free space or set LAPA_SYNTH") from error
    yield f"Installing {BLENDER}; it takes about 1 GB."
    command = [str(blender_python()), "-m", "pip", "install", "--quiet", BLENDER]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise InputError(folder, f"pip could not install {BLENDER} ({last})", "try it again")
    yield "Ready."
