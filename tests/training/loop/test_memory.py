"""Blocks that were let go of stay with the process, and are given back at the end."""

import ctypes
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from lapa_annotator.training.loop.memory import _library, kept_memory

BLOCK = 64 * 2**20
glibc = pytest.mark.skipif(_library() is None, reason="only glibc keeps or gives back blocks")


def _resident() -> int:
    """Bytes of this process that lie in memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _use_a_block() -> None:
    np.empty(BLOCK, np.uint8).fill(1)


@glibc
def test_a_freed_block_stays_as_long_as_the_block_of_code():
    _use_a_block()
    before = _resident()
    with kept_memory() as kept:
        assert kept
        _use_a_block()
        inside = _resident()
    after = _resident()
    assert inside - before > BLOCK / 2
    assert after - before < BLOCK / 4


@glibc
def test_an_error_gives_the_memory_back_too():
    before = _resident()
    with pytest.raises(ValueError, match="stop"), kept_memory():
        _use_a_block()
        raise ValueError("stop")
    assert _resident() - before < BLOCK / 4
    _use_a_block()
    assert _resident() - before < BLOCK / 4


def test_another_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(ctypes, "CDLL", None)
    with kept_memory() as kept:
        assert not kept
