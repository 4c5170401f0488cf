"""Networks shipped for torch alone become OpenVINO's at first use, once."""

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from lapa_annotator.domain.errors import InputError  # noqa: E402
from lapa_annotator.nets.registry import build_network  # noqa: E402
from lapa_annotator.nets.weights import save_weights  # noqa: E402
from lapa_annotator.runtime import built as module  # noqa: E402
from lapa_annotator.runtime.built import built  # noqa: E402
from lapa_annotator.runtime.files import checksum  # noqa: E402
from lapa_annotator.runtime.sessions import Session  # noqa: E402

SETTINGS = {"classes": 3, "backbone": "resnet18", "width": 0.0625, "head": 4, "stride": 16}


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """A tiny parser as it is shipped, and the network that it was made of."""
    monkeypatch.setattr(module, "_folder", lambda: tmp_path / "cache")
    torch.set_num_threads(1)
    torch.manual_seed(3)
    network = build_network("pspnet", **SETTINGS).eval()
    weights = tmp_path / "models" / "tiny.safetensors"
    save_weights(weights, network, "pspnet", SETTINGS)
    weights.with_suffix(".json").write_text(json.dumps({"size": 32, "classes": 3}))
    return weights, network


def test_the_network_is_made_once_and_answers_as_it_did(shipped, monkeypatch):
    weights, network = shipped
    path = built(weights, checksum(weights))
    pixels = np.random.default_rng(0).random((1, 3, 32, 32), dtype=np.float32)
    with torch.no_grad():
        wanted = network(torch.from_numpy(pixels)).numpy()
    found = Session(path, shape=pixels.shape, threads=1)(pixels)[0]
    assert np.abs(found - wanted).max() < 0.02 * np.abs(wanted).max()
    assert json.loads(path.with_suffix(".json").read_text())["size"] == 32
    assert path.with_suffix(".safetensors").read_bytes() == weights.read_bytes()
    monkeypatch.setattr(module, "_build", lambda *_: pytest.fail("it is made again"))
    assert built(weights, checksum(weights)) == path
    assert [p.name for p in path.parent.parent.iterdir()] == [path.parent.name]


def test_other_weights_are_another_network(shipped):
    weights, network = shipped
    first = built(weights, checksum(weights))
    with torch.no_grad():
        next(network.parameters()).add_(0.1)
    save_weights(weights, network, "pspnet", SETTINGS)
    assert built(weights, checksum(weights)) != first


def test_without_torch_it_is_told(shipped, monkeypatch):
    from lapa_annotator.runtime import engine

    def missing(what):
        raise InputError(what, "torch is not installed", "install it")

    monkeypatch.setattr(engine, "require_torch", missing)
    with pytest.raises(InputError, match="first use of tiny: torch is not installed"):
        built(shipped[0], "0" * 64)
    assert not list(module._folder().iterdir())


def test_a_folder_that_cannot_be_written_is_told(shipped, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(module, "_folder", lambda: tmp_path / "file")
    with pytest.raises(InputError, match="cannot be written"):
        built(shipped[0], "0" * 64)
