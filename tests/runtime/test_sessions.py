"""Where networks run: on the processor, on a GPU where there is one, and as told."""

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from lapa_annotator.domain.errors import InputError
from lapa_annotator.runtime import engine, sessions


@pytest.fixture
def asked(monkeypatch):
    """Ask for a device."""
    engine._device.cache_clear()
    yield lambda word: monkeypatch.setenv("LAPA_DEVICE", word)
    engine._device.cache_clear()


def test_without_a_driver_torch_is_not_even_imported(asked, monkeypatch):
    asked("auto")
    monkeypatch.setattr(engine.shutil, "which", lambda name: None)
    monkeypatch.setitem(sys.modules, "torch", None)
    assert engine.device() == "cpu"


def test_a_gpu_that_is_not_there_is_told_when_it_is_asked_for(asked, monkeypatch):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(engine.shutil, "which", lambda name: name)
    asked("auto")
    assert engine.device() == "cpu"
    asked("gpu")
    with pytest.raises(InputError, match="torch finds no GPU here; set it to auto or cpu"):
        engine.device()


@pytest.mark.parametrize(("word", "device"), [("auto", "gpu"), ("GPU", "gpu"), ("cpu", "cpu")])
def test_a_gpu_that_is_there_is_taken_unless_told_otherwise(asked, monkeypatch, word, device):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(engine.shutil, "which", lambda name: name)
    asked(word)
    assert engine.device() == device


def test_an_unknown_device_says_which_there_are(asked):
    asked("abacus")
    with pytest.raises(InputError, match="take auto, cpu, gpu"):
        engine.device()


def test_on_a_gpu_weights_for_torch_are_taken_where_there_are_any(monkeypatch, tmp_path):
    monkeypatch.setattr(sessions, "device", lambda: "gpu")
    monkeypatch.setattr(sessions, "_on_gpu", lambda path, precision: (path.name, precision))
    monkeypatch.setattr(sessions, "_on_cpu", lambda path, precision, shape: (path.name, shape))
    (tmp_path / "ours.safetensors").touch()
    assert sessions.session_of(tmp_path / "ours.xml", "bf16") == ("ours.safetensors", "bf16")
    assert sessions.session_of(tmp_path / "a.tflite", shape=(1,)) == ("a.tflite", (1,))


def test_torch_answers_as_openvino_does(tmp_path):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from lapa_annotator.nets.registry import build_network
    from lapa_annotator.nets.weights import load_weights, save_weights
    from lapa_annotator.runtime.convert import export_ir
    from lapa_annotator.runtime.torch_session import TorchSession

    torch.set_num_threads(1)
    torch.manual_seed(0)
    settings = {"width": 8, "depth": 1, "points": 4, "stacks": 2}
    weights = tmp_path / "tiny.safetensors"
    save_weights(weights, build_network("hourglass", **settings), "hourglass", settings)
    path = export_ir(load_weights(weights)[0], 32, tmp_path / "tiny.xml")
    pixels = np.random.default_rng(0).random((2, 3, 32, 32), dtype=np.float32)
    by_torch = TorchSession(weights, device="cpu")(pixels)
    by_openvino = sessions.Session(path, shape=pixels.shape, threads=1)(pixels)
    assert len(by_torch) == len(by_openvino) == 2
    for one, other in zip(by_torch, by_openvino, strict=True):
        assert one.dtype == other.dtype == np.float32
        assert np.abs(one - other).max() < 5e-3


def test_threads_that_run_a_network_at_once_each_get_their_own_answer(tmp_path):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from lapa_annotator.runtime.convert import export_ir

    torch.manual_seed(0)
    network = torch.nn.Conv2d(3, 8, 5, padding=2)
    run = sessions.Session(export_ir(network, 64, tmp_path / "a.xml"), shape=(1, 3, 64, 64))
    pictures = np.random.default_rng(0).random((40, 1, 3, 64, 64), np.float32)
    wanted = [run(picture)[0] for picture in pictures]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda picture: run(picture)[0], pictures))
    assert all(np.array_equal(a, b) for a, b in zip(found, wanted, strict=True))
