"""Files of weights: they say what they are, keep their values, and damage is told."""

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from safetensors.torch import save_file  # noqa: E402

from lapa_annotator.domain.errors import InputError  # noqa: E402
from lapa_annotator.nets.registry import build_network  # noqa: E402
from lapa_annotator.nets.weights import load_weights, read_info, save_weights  # noqa: E402

SETTINGS = {"width": 8, "depth": 1, "points": 3}


@pytest.fixture
def network():
    torch.set_num_threads(1)
    torch.manual_seed(0)
    return build_network("hourglass", **SETTINGS)


@pytest.fixture
def saved(network, tmp_path):
    path = tmp_path / "new" / "tiny.safetensors"
    save_weights(path, network, "hourglass", SETTINGS, {"seed": "0"})
    return path


def test_weights_come_back_with_what_they_are(network, saved):
    found, info = load_weights(saved)
    assert (info.network, info.settings, info.notes) == ("hourglass", SETTINGS, {"seed": "0"})
    assert not found.training
    pixels = torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        expected, given = network.eval()(pixels)[0], found(pixels)[0]
    assert given.dtype == torch.float32
    assert given == pytest.approx(expected, abs=5e-3)


def test_values_are_kept_in_half_precision(network, saved):
    numbers = sum(t.numel() for t in network.state_dict().values())
    assert saved.stat().st_size < 2 * numbers + 20_000


def test_saving_again_replaces_and_leaves_nothing_beside(network, saved):
    save_weights(saved, network, "hourglass", SETTINGS)
    assert read_info(saved).notes == {}
    assert [p.name for p in saved.parent.iterdir()] == [saved.name]


def test_a_weight_beyond_half_precision_is_refused_and_the_old_file_stays(network, saved):
    before = saved.read_bytes()
    with torch.no_grad():
        next(network.parameters()).fill_(1e6)
    with pytest.raises(InputError, match="too large"):
        save_weights(saved, network, "hourglass", SETTINGS)
    assert saved.read_bytes() == before


def test_a_file_cut_short_is_told(saved):
    saved.write_bytes(saved.read_bytes()[:-100])
    with pytest.raises(InputError, match="is no file of weights"):
        load_weights(saved)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InputError, match="is no file of weights"):
        load_weights(tmp_path / "no.safetensors")


def test_a_safetensors_file_of_another_program_is_told(tmp_path):
    path = tmp_path / "other.safetensors"
    save_file({"a": torch.zeros(1)}, path)
    with pytest.raises(InputError, match="is no file of weights"):
        load_weights(path)


@pytest.mark.parametrize("settings", [{"width": 16, "points": 3}, {"colour": "red"}])
def test_weights_that_do_not_fit_their_network_are_told(network, tmp_path, settings):
    path = tmp_path / "wrong.safetensors"
    save_weights(path, network, "hourglass", settings)
    with pytest.raises(InputError, match="does not fit hourglass"):
        load_weights(path)


def test_an_unknown_network_says_which_there_are(network, tmp_path):
    path = tmp_path / "wrong.safetensors"
    save_weights(path, network, "sandglass", {})
    with pytest.raises(InputError, match="take one of hourglass"):
        load_weights(path)
