"""LaPa data sets come into a project and go out of it again as they were."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lapa_annotator.batch.execute import Serial
from lapa_annotator.batch.export.options import ExportOptions
from lapa_annotator.batch.export.run import export
from lapa_annotator.batch.photos import add_folder, rescan
from lapa_annotator.batch.transfer import import_data_set as import_lapa
from lapa_annotator.domain.classes import Label
from lapa_annotator.domain.edits import AddFace, Gesture, SetStatus, SetTags
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Face, Status
from lapa_annotator.domain.geometry import Box, Similarity
from lapa_annotator.domain.landmarks import Landmarks, Origin
from lapa_annotator.formats.lapa import (
    LapaFolder,
    read_labels,
    read_landmarks,
    write_labels,
    write_landmarks,
)
from lapa_annotator.formats.registry import FORMATS
from lapa_annotator.store.cache import CachedSegmentation
from lapa_annotator.store.project import Project
from tests.batch.fakes import face_points
from tests.formats.data_sets import one_sample, write_data_set

WIDTH, HEIGHT = 60, 48


def _photo(file: Path, seed: int = 0) -> Path:
    pixels = np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(file)
    return file


def _points(seed: int) -> np.ndarray:
    return face_points() * 30 + 5 + np.random.default_rng(seed).random((106, 2))


@pytest.fixture
def data_set(tmp_path: Path) -> Path:
    """A data set of four samples; the last has neither labels nor points."""
    root = tmp_path / "lapa"
    rng = np.random.default_rng(0)
    for k, name in enumerate(("train/{}/a", "train/{}/b", "val/{}/c", "test/{}/d")):
        _photo(root / (name.format("images") + ".jpg"), k)
        if k < 3:
            write_landmarks(root / (name.format("landmarks") + ".txt"), _points(k))
            labels = rng.integers(0, 11, (HEIGHT, WIDTH)).astype(np.uint8)
            write_labels(root / (name.format("labels") + ".png"), labels)
    return root


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """An empty project of ann's."""
    with Project.create(tmp_path / "p", annotator="ann") as made:
        yield made


def export_lapa(project: Project, out: Path, query: str = "status:done,approved"):
    return export(project, ExportOptions(out, query=query), Serial())


def _run(steps) -> tuple[int, list[str]]:
    told = list(steps)
    return (told[-1].faces if told else 0), [s.problem for s in told if s.problem]


def test_a_data_set_comes_in_as_finished_images(project: Project, data_set: Path) -> None:
    assert _run(import_lapa(project, data_set)) == (3, [])
    assert project.count() == 4
    assert project.count("status:done") == 3
    (info,) = project.page("tag:val").rows
    assert info.file == data_set / "val" / "images" / "c.jpg"
    (face,) = project.load(info.id).faces
    assert np.array_equal(face.landmarks.points, np.round(_points(2), 6))
    assert (face.landmarks.origin == Origin.IMPORTED).all()
    assert set(face.landmarks.annotator) == {"ann"}
    labels = read_labels(data_set / "val" / "labels" / "c.png")
    assert np.array_equal(face.override.values, labels)
    assert project.history(info.id)[0].title == "Import from lapa"


def test_an_import_again_changes_nothing(project: Project, data_set: Path) -> None:
    list(import_lapa(project, data_set))
    assert _run(import_lapa(project, data_set)) == (0, [])
    assert all(len(project.history(i)) <= 1 for i in project.ids())
    assert list(rescan(project))[-1].new == 0


def test_label_maps_may_be_left_out(project: Project, data_set: Path) -> None:
    list(import_lapa(project, data_set, labels=False))
    faces = [face for i in project.ids() for face in project.load(i).faces]
    assert len(faces) == 3
    assert all(face.override.values.size == 0 for face in faces)


def test_a_sample_outside_the_data_set_is_refused_and_the_rest_comes_in(
    project: Project, data_set: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.txt"
    (data_set / "train" / "landmarks" / "a.txt").rename(secret)
    (data_set / "train" / "landmarks" / "a.txt").symlink_to(secret)
    faces, problems = _run(import_lapa(project, data_set))
    assert faces == 2
    assert len(problems) == 1
    assert "lies outside the data set" in problems[0]


def test_a_damaged_sample_is_told_and_the_rest_comes_in(project: Project, data_set: Path) -> None:
    (data_set / "train" / "landmarks" / "b.txt").write_text("105\n")
    write_labels(data_set / "val" / "labels" / "c.png", np.zeros((9, 9), np.uint8))
    (data_set / "test" / "images" / "d.jpg").write_bytes(b"no photo")
    faces, problems = _run(import_lapa(project, data_set))
    assert faces == 1
    assert [p.split(":")[0].rsplit("/", 1)[1] for p in problems] == ["b.txt", "c.png", "d.jpg"]


def test_what_is_no_data_set_is_told(project: Project, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="laid out in none of the formats"):
        list(import_lapa(project, tmp_path))


def test_a_data_set_comes_out_as_it_went_in(
    project: Project, data_set: Path, tmp_path: Path
) -> None:
    list(import_lapa(project, data_set))
    assert _run(export_lapa(project, tmp_path / "out")) == (3, [])
    before, after = LapaFolder(data_set), LapaFolder(tmp_path / "out")
    samples = after.samples()
    assert [(s.split, s.name) for s in samples] == [("train", "a"), ("train", "b"), ("val", "c")]
    for old, new in zip(before.samples(), samples, strict=False):
        assert np.array_equal(read_labels(old.labels), read_labels(new.labels))
        assert np.array_equal(read_landmarks(old.landmarks), read_landmarks(new.landmarks))
        assert old.image.read_bytes() == new.image.read_bytes()


def _segmentation() -> CachedSegmentation:
    """Skin everywhere within the picture."""
    probabilities = np.zeros((3, HEIGHT, WIDTH), np.uint8)
    probabilities[1] = 255
    return CachedSegmentation(probabilities, Similarity(1, 0, 0, 0), "fake")


def test_label_maps_are_made_of_points_and_the_cached_segmentation(
    project: Project, tmp_path: Path
) -> None:
    _photo(tmp_path / "photos" / "sub" / "x.png")
    list(add_folder(project, tmp_path / "photos"))
    (image,) = project.ids()
    faces = [Face(Box(5, 5, 35, 40), Landmarks(_points(k))) for k in range(2)]
    for face in faces:
        project.segmentations.store(face.id, _segmentation())
    edits = (*(AddFace(f, k) for k, f in enumerate(faces)), SetStatus(Status.NEW, Status.APPROVED))
    project.save(image, Gesture((*edits, SetTags(frozenset(), frozenset({"test"})))))
    assert _run(export_lapa(project, tmp_path / "out")) == (2, [])
    samples = LapaFolder(tmp_path / "out").samples()
    assert [(s.split, s.name) for s in samples] == [("test", "sub__x_0"), ("test", "sub__x_1")]
    for sample in samples:
        labels = read_labels(sample.labels, (WIDTH, HEIGHT))
        assert {Label.SKIN, Label.NOSE, Label.LEFT_EYE} <= set(np.unique(labels).tolist())


def test_only_what_is_asked_for_goes_out(project: Project, data_set: Path, tmp_path: Path) -> None:
    list(import_lapa(project, data_set))
    assert _run(export_lapa(project, tmp_path / "one", "tag:val")) == (1, [])
    assert _run(export_lapa(project, tmp_path / "none", "tag:nothing")) == (0, [])


def test_an_export_touches_nothing_that_is_there(
    project: Project, data_set: Path, tmp_path: Path
) -> None:
    list(import_lapa(project, data_set))
    with pytest.raises(InputError, match="is not empty"):
        list(export_lapa(project, data_set))
    photo = data_set / "train" / "images" / "a.jpg"
    photo.unlink()
    _photo(data_set / "train" / "images" / "b.jpg").write_bytes(
        _photo(tmp_path / "s.jpg").read_bytes()
    )
    Image.new("RGB", (99, 99)).save(data_set / "val" / "images" / "c.jpg")
    faces, problems = _run(export_lapa(project, tmp_path / "out"))
    assert faces == 1
    assert len(problems) == 2
    assert "a.jpg" in problems[0]
    assert "another size" in problems[1]


def test_imported_images_get_the_tags_that_are_named(data_set, project):
    list(import_lapa(project, data_set, tags=frozenset(["synthetic"])))
    found = [project.info(i).tags for i in project.ids("tag:synthetic").tolist()]
    assert sorted(map(sorted, found)) == [
        ["synthetic", "train"],
        ["synthetic", "train"],
        ["synthetic", "val"],
    ]


def test_visibility_is_taken_from_what_lies_beside(data_set, project):
    told = [2] * 105 + [1]
    file = data_set / "train/metadata/a.json"
    file.parent.mkdir()
    file.write_text(json.dumps({"visibility": told}))
    list(import_lapa(project, data_set))
    image = project.find(data_set / "train/images/a.jpg")
    assert project.load(image).faces[0].landmarks.visibility.tolist() == told


@pytest.mark.parametrize("text", ["{", "[]", '{"visibility": [3]}', '{"visibility": "none"}'])
def test_damaged_metadata_skips_its_sample_alone(data_set, project, text):
    file = data_set / "train/metadata/a.json"
    file.parent.mkdir()
    file.write_text(text)
    steps = list(import_lapa(project, data_set))
    assert sum(step.problem is not None for step in steps) == 1
    assert "a.json" in next(step.problem for step in steps if step.problem)
    assert steps[-1].faces == 2


def test_a_photo_of_another_size_than_the_data_set_says_is_left_out(
    project: Project, data_set: Path, tmp_path: Path
) -> None:
    list(import_lapa(project, data_set))
    list(export(project, ExportOptions(tmp_path / "out", format="cvat"), Serial()))
    (photo,) = (tmp_path / "out").rglob("b.jpg")
    Image.new("RGB", (WIDTH + 1, HEIGHT)).save(photo)
    with Project.create(tmp_path / "q") as other:
        faces, problems = _run(import_lapa(other, tmp_path / "out"))
    assert faces == 2
    assert len(problems) == 1
    assert "says 60x48 pixels, the photo has 61x48" in problems[0]


def test_an_archive_comes_in_once_it_is_told_where_to(
    project: Project, data_set: Path, tmp_path: Path
) -> None:
    archive = Path(shutil.make_archive(str(tmp_path / "set"), "zip", tmp_path, "lapa"))
    with pytest.raises(InputError, match="--unpack"):
        list(import_lapa(project, archive))
    steps = list(import_lapa(project, archive, unpacked=tmp_path / "here"))
    assert steps[-1].faces == 3
    assert (tmp_path / "here" / "lapa" / "train" / "images" / "a.jpg").is_file()


def test_of_68_points_the_others_are_proposed_by_the_mean_face(
    project: Project, data_set: Path, tmp_path: Path
) -> None:
    list(import_lapa(project, data_set))
    list(export(project, ExportOptions(tmp_path / "out", format="ibug68"), Serial()))
    with Project.create(tmp_path / "q", annotator="bö") as other:
        list(import_lapa(other, tmp_path / "out"))
        face = other.load(int(other.ids("path:*a.jpg")[0])).faces[0]
    assert face.landmarks.touched.sum() == 60
    assert np.allclose(face.landmarks.points[54], _points(0)[54], atol=1e-5)
    assert set(face.landmarks.model) == {"", "mean face"}


@pytest.mark.parametrize("format_", ["coco", "cvat", "labelstudio"])
def test_a_data_set_that_is_refused_leaves_the_project_as_it_was(
    format_: str, project: Project, tmp_path: Path
) -> None:
    root = tmp_path / "set"
    write_data_set(root, FORMATS[format_], [one_sample(1, "a"), one_sample(2, "b", number=1)])
    for file in (*root.rglob("*.json"), *root.rglob("*.xml")):
        file.write_text("{")
    with pytest.raises(InputError):
        list(import_lapa(project, root))
    assert not project.ids().size


def test_a_data_set_that_breaks_off_keeps_what_came_in_and_says_so(
    project: Project, tmp_path: Path
) -> None:
    root = tmp_path / "set"
    write_data_set(root, FORMATS["cvat"], [one_sample(1, "a"), one_sample(2, "b", number=1)])
    file = root / "annotations.xml"
    whole = file.read_text()
    file.write_text(whole[: whole.rindex("<image") + 40])
    faces, problems = _run(import_lapa(project, root))
    assert faces == 1
    assert len(problems) == 1 and "it is no XML" in problems[0]


def test_an_archive_that_holds_no_data_set_leaves_nothing_unpacked(
    project: Project, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("no data set")
    archive = Path(shutil.make_archive(str(tmp_path / "set"), "zip", tmp_path, "other"))
    with pytest.raises(InputError, match="none of the formats"):
        list(import_lapa(project, archive, unpacked=tmp_path / "here"))
    assert not (tmp_path / "here").exists()
    assert not project.ids().size
