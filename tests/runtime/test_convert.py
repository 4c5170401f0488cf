"""From torch to OpenVINO: the same answers, no words with anybody, and files that are whole."""

import os
import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from lapa_annotator.domain.errors import InputError  # noqa: E402
from lapa_annotator.runtime import engine  # noqa: E402
from lapa_annotator.runtime.convert import export_ir  # noqa: E402
from lapa_annotator.runtime.sessions import Session  # noqa: E402


class Two(torch.nn.Module):
    """A network with two outputs, the second half as large as the first."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, x):
        y = self.conv(x * 2 - 1)
        return y, torch.nn.functional.max_pool2d(y, 2)


@pytest.fixture(scope="module")
def network():
    torch.set_num_threads(1)
    torch.manual_seed(1)
    return Two()


def test_the_converted_network_answers_as_the_network_itself_does(network, tmp_path):
    path = export_ir(network, 16, tmp_path / "two.xml")
    pixels = np.random.default_rng(0).random((3, 3, 16, 16), dtype=np.float32)
    found = Session(path, shape=pixels.shape, threads=1)(pixels)
    with torch.no_grad():
        expected = [y.numpy() for y in network(torch.from_numpy(pixels))]
    assert [f.shape for f in found] == [(3, 4, 16, 16), (3, 4, 8, 8)]
    for one, other in zip(found, expected, strict=True):
        assert np.abs(one - other).max() < 5e-3


def test_nothing_but_the_network_is_left_in_the_folder(network, tmp_path):
    export_ir(network, (16, 32), tmp_path / "two.xml")
    export_ir(network, (16, 32), tmp_path / "two.xml")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["two.bin", "two.xml"]


def test_a_network_in_training_stays_in_training(network, tmp_path):
    network.train()
    export_ir(network, 16, tmp_path / "two.xml")
    assert network.training


def test_a_folder_that_cannot_be_made_is_told(network, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        export_ir(network, 16, tmp_path / "file" / "two.xml")


def test_openvino_is_loaded_without_the_package_that_reports_its_use():
    code = (
        "import sys; from lapa_annotator.runtime.engine import load_openvino; load_openvino(); "
        "sys.exit(any(m.startswith('openvino_telemetry.') for m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, env=os.environ)
    assert done.returncode == 0


def test_without_torch_the_way_to_install_it_is_told(monkeypatch, network, tmp_path):
    monkeypatch.setattr(engine, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'lapa-annotator\[train\]'"):
        export_ir(network, 16, tmp_path / "two.xml")
