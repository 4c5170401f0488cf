"""Weights put into the program: files, checksums and a row that replaces its older self."""

import tomllib

import pytest

from lapa_annotator.domain.errors import InputError
from lapa_annotator.runtime import files, manifest, ship
from lapa_annotator.runtime.files import State, first_present, model_path, verified, verify

MANIFEST = """# A head that stays.

[default]
landmarks = ["ours", "fetched"]

[[file]]
name = "fetched"
stage = "landmarks"
file = "fetched.tflite"
sha256 = "00"
size = 3
source = "pip"
package = "package"
version = "1"
member = ["a"]
licence = "theirs"
about = "theirs"
"""
NAMES = {"ours": ("ours",), "fetched": ("fetched",)}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of models of the test's own, read anew at each look."""
    models = tmp_path / "models"
    models.mkdir()
    (models / "manifest.toml").write_text(MANIFEST, encoding="utf-8")
    for module in (manifest, files, ship):
        monkeypatch.setattr(module, "data_root", lambda kind: models)
    monkeypatch.setattr(manifest, "_read", manifest._read.__wrapped__)
    monkeypatch.setenv("LAPA_MODELS", str(tmp_path / "fetched"))
    return models


@pytest.fixture
def run(tmp_path):
    made = tmp_path / "run"
    made.mkdir()
    names = ("network.xml", "network.bin", "weights.safetensors", "network.json", "card.md")
    for name in names:
        (made / name).write_text(f"content of {name}", encoding="utf-8")
    return made


def _ship(run, about="of ours"):
    return ship.ship(run, "ours", stage="landmarks", licence="free", about=about, precision="bf16")


def test_shipped_weights_are_present_whole_and_verified(folder, run):
    assert _ship(run) == model_path("ours") == folder / "ours.xml"
    assert {s.file.name: s.state for s in verify()} == {
        "ours": State.PRESENT,
        "fetched": State.MISSING,
    }
    assert len(verified("ours")) == 64
    row = manifest.manifest()["ours"]
    assert (row.source, row.precision, row.card) == ("shipped", "bf16", "ours.md")
    suffixes = [part.file.removeprefix("ours") for part in row.parts]
    assert suffixes == [".xml", ".bin", ".safetensors", ".json"]


def test_shipping_again_replaces_the_row_and_keeps_the_others(folder, run):
    _ship(run)
    first = verified("ours")
    (run / "network.bin").write_text("better weights", encoding="utf-8")
    _ship(run, about='the "better" ones, größer')
    text = (folder / "manifest.toml").read_text(encoding="utf-8")
    assert text.startswith(MANIFEST.rstrip())
    assert [row["name"] for row in tomllib.loads(text)["file"]] == ["fetched", "ours"]
    assert manifest.manifest()["ours"].about == 'the "better" ones, größer'
    assert verified("ours") != first


@pytest.mark.parametrize("suffix", [".bin", ".safetensors", ".json"])
def test_damage_to_any_part_is_noticed(folder, run, suffix):
    path = _ship(run).with_suffix(suffix)
    path.write_bytes(bytes(path.stat().st_size))
    assert verify(["ours"])[0].state is State.DAMAGED
    with pytest.raises(InputError, match="is damaged; install the program again"):
        verified("ours")


def test_a_missing_part_makes_the_weights_missing(folder, run):
    _ship(run).with_suffix(".bin").unlink()
    assert verify(["ours"])[0].state is State.MISSING
    with pytest.raises(InputError, match=r"ours\.bin.*install the program again"):
        model_path("ours")


def test_the_first_that_is_here_leads(folder, run):
    assert first_present("landmarks", NAMES) == "fetched"
    _ship(run)
    assert first_present("landmarks", NAMES) == "ours"
    assert first_present("landmarks", {"fetched": ("fetched",)}) == "fetched"


def test_where_nothing_is_here_the_best_says_how_to_get_it(folder, run):
    _ship(run).unlink()
    assert first_present("landmarks", NAMES) == "ours"


def test_weights_may_be_shipped_for_torch_alone(folder, run, tmp_path, monkeypatch):
    made = tmp_path / "made.xml"
    monkeypatch.setattr(files, "built", lambda path, sha256: made)
    path = ship.ship(run, "ours", stage="landmarks", licence="free", about="-", ir=False)
    assert path == folder / "ours.safetensors"
    suffixes = [part.file.removeprefix("ours") for part in manifest.manifest()["ours"].parts]
    assert suffixes == [".safetensors", ".json"]
    assert first_present("landmarks", NAMES) == "ours"
    assert len(verified("ours")) == 64
    assert model_path("ours") == made


def test_a_run_that_has_not_ended_is_told(folder, run):
    (run / "network.bin").unlink()
    with pytest.raises(InputError, match="train to the end first"):
        _ship(run)
    assert "ours" not in manifest.manifest()


def test_a_precision_that_there_is_not_is_a_damaged_manifest(folder, run):
    _ship(run)
    path = folder / "manifest.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("bf16", "f17"), encoding="utf-8")
    with pytest.raises(InputError, match="the manifest of models is damaged"):
        manifest.manifest()
