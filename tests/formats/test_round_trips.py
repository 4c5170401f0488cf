"""What a format says it keeps comes back from it, whatever the annotations."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.classes import parse_classes
from lapa_annotator.formats.ibug import IBUG68
from lapa_annotator.formats.registry import FORMATS, Format, format_of, read_samples
from lapa_annotator.formats.samples import Sample, SampleFace
from tests.formats.data_sets import NAMES, one_sample, samples, write_data_set

EVERY = pytest.mark.parametrize("format_", FORMATS.values(), ids=lambda f: f.name)


def _needs(format_: Format) -> None:
    if format_.name == "hf":
        pytest.importorskip("pyarrow", reason="pyarrow is not installed (extra 'export')")


def _read(root: Path, format_: Format) -> dict[str, Sample]:
    found = list(read_samples(root, format_))
    problems = [str(f) for f in found if isinstance(f, InputError)]
    assert not problems
    return {s.name: s for s in found if isinstance(s, Sample)}


def _same_face(before: SampleFace, after: SampleFace, keeps: frozenset[str]) -> None:
    seen = before.visibility > 0
    if "visibility" in keeps:
        assert np.array_equal(before.visibility, after.visibility)
    else:
        seen[:] = True
    if "points" in keeps:
        assert np.allclose(before.points[seen], after.points[seen], atol=2e-6)
    else:
        assert after.points is None or after.known is not None
    if "labels" in keeps:
        assert np.array_equal(before.labels, after.labels)
    else:
        assert after.labels is None
    if "occluders" in keeps and before.occluders is not None:
        assert np.array_equal(before.occluders, after.occluders)
    else:
        assert after.occluders is None
    if "boxes" in keeps:
        edges = [(b.x0, b.y0, b.x1, b.y1) for b in (before.box, after.box)]
        assert np.allclose(*edges, atol=3e-6)


@EVERY
def test_annotations_come_back(format_: Format) -> None:
    _needs(format_)

    @settings(max_examples=15, deadline=None, derandomize=True)
    @given(found=samples(3 if format_.several else 1))
    def holds(found: list[Sample]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            write_data_set(root, format_, found)
            assert format_of(root).read.__module__ == format_.read.__module__
            back = _read(root, format_)
            assert sorted(back) == sorted(s.name for s in found)
            for before in found:
                after = back[before.name]
                assert (after.split, after.size) == (before.split, before.size)
                assert after.picture or after.image.is_file()
                for a, b in zip(before.faces, after.faces, strict=True):
                    _same_face(a, b, format_.keeps)

    holds()


@EVERY
def test_the_photo_comes_back(format_: Format, tmp_path: Path) -> None:
    _needs(format_)
    before = one_sample(name=NAMES[2])
    write_data_set(tmp_path, format_, [before])
    after = _read(tmp_path, format_)[before.name]
    data = after.picture or after.image.read_bytes()
    assert data.startswith(b"\xff\xd8")
    assert list(format_.photos(tmp_path)) or after.picture


@EVERY
def test_the_same_samples_make_the_same_bytes(format_: Format, tmp_path: Path) -> None:
    _needs(format_)
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        write_data_set(tmp_path / folder, format_, [one_sample(1, "a"), one_sample(2, "b")])
    one, two = (
        {p.relative_to(tmp_path / f): p.read_bytes() for p in (tmp_path / f).rglob("*.*")}
        for f in ("one", "two")
        if not shutil.rmtree(tmp_path / f / ".rows", ignore_errors=True)
    )
    assert one == two


@pytest.mark.parametrize("name", [n for n, f in FORMATS.items() if "labels" in f.keeps])
def test_classes_that_lapa_does_not_have_are_refused_or_left_as_ids(
    name: str, tmp_path: Path
) -> None:
    format_ = FORMATS[name]
    _needs(format_)
    classes = parse_classes(["upper lip+lower lip=lips"])
    before = one_sample()
    (face,) = before.faces
    mapped = SampleFace(face.box, face.points, labels=classes.map(face.labels))
    sample = Sample("a", "train", 32, 24, (mapped,))
    write_data_set(tmp_path, format_, [sample], classes)
    if name in ("lapa", "helen"):  # these hold no names
        return
    with pytest.raises(InputError, match="lips"):
        for found in read_samples(tmp_path, format_):
            if isinstance(found, InputError):
                raise found


def test_68_points_are_those_that_ibug_defines(tmp_path: Path) -> None:
    before = one_sample()
    write_data_set(tmp_path, FORMATS["ibug68"], [before])
    (face,) = _read(tmp_path, FORMATS["ibug68"])["a"].faces
    assert face.known.sum() == len(IBUG68) == 60
    assert np.allclose(face.points[face.known], before.faces[0].points[face.known], atol=2e-6)
    lines = (tmp_path / "train" / "a.pts").read_text().splitlines()
    assert lines[:3] == ["version: 1", "n_points: 68", "{"]
    # iBUG counts pixels from 1; its point 36 is the outer corner of the left eye, LaPa's 66.
    x, y = map(float, lines[3 + 36].split())
    assert np.allclose((x, y), before.faces[0].points[66] + 1, atol=1e-6)
