"""Trying other settings: what is counted, what is kept, what is left alone."""

from dataclasses import replace

import numpy as np
import pytest

from lapa_annotator.batch import maps
from lapa_annotator.batch.execute import Serial
from lapa_annotator.batch.maps import face_labels
from lapa_annotator.batch.whatif import run as running
from lapa_annotator.batch.whatif.pictures import trial_sheet, triple
from lapa_annotator.batch.whatif.run import FOLDER, other_segmentations, use, what_if
from lapa_annotator.domain.classes import Label
from lapa_annotator.domain.edits import SetOverride
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.geometry import Similarity
from lapa_annotator.domain.override import EMPTY, Patch
from lapa_annotator.formats.photo import read_photo
from lapa_annotator.ppa.registry import MODEL_NAMES
from lapa_annotator.ppa.segment import Segmentation
from lapa_annotator.ppa.settings import Settings, apply, settings_of, take_back
from lapa_annotator.store.cache import CachedSegmentation
from tests.batch.export.builders import HEIGHT, WIDTH, make_project

HAIR_SHARE = 0.6


def tried(project, text, query=""):
    """The outcome of a trial, and its steps."""
    steps, seen = (
        what_if(project, Settings.of().reading(text.split()), query, executor=Serial()),
        [],
    )
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            return end.value, seen


def labels(project, image):
    photo = read_photo(project.photo_path(image))
    return face_labels(project, photo, project.load(image).faces[0])[0]


def hairy(to_crop=None, model="fake"):
    """Hair that is 60 % sure over the whole picture."""
    said = np.zeros((3, HEIGHT, WIDTH), np.uint8)
    said[2] = round(HAIR_SHARE * 255)
    said[1] = 255 - said[2]
    return CachedSegmentation(said, to_crop or Similarity(1, 0, 0, 0), model)


@pytest.fixture
def project(tmp_path):
    """Two finished photos; half sure hair lies over the first one's face."""
    with make_project(tmp_path, ["a.png", "b.png"]) as made:
        made.segmentations.store(made.load(int(made.ids()[0])).faces[0].id, hairy())
        yield made


def test_the_same_settings_change_nothing(project):
    outcome, _ = tried(project, "hair=0.5")
    assert outcome.changed == 0
    assert outcome.most() == []
    assert "Nothing changes in 2 faces" in outcome.sentence()


def test_a_threshold_uncovers_what_unsure_hair_covered_and_only_there(project):
    first = int(project.ids()[0])
    before = labels(project, first)
    outcome, _ = tried(project, "hair=0.9")
    assert [face.path for face in outcome.most()] == ["a.png"]
    apply(project, Settings.of({"hair": 0.9}))
    after = labels(project, first)
    changed = outcome.most()[0]
    assert changed.pixels == (before != after).sum() > 0
    for c in outcome.classes():
        other = labels(project, int(project.ids()[1]))
        one = (before == c.label).sum() + (other == c.label).sum()
        assert c.before == one or c.label == 0  # background beyond the head is not counted
        assert c.after - c.before == (after == c.label).sum() - (before == c.label).sum()
    hair = outcome.classes()[Label.HAIR]
    assert hair.growth < 0
    assert hair.iou < 1


def test_a_trial_leaves_the_project_as_it_was(project):
    images = project.ids().tolist()
    before = [project.load(i) for i in images], settings_of(project)
    tried(project, "curve.mouth=straight")
    assert ([project.load(i) for i in images], settings_of(project)) == before


def test_what_a_hand_has_fixed_stays_and_says_which_settings_are_right(project):
    first = int(project.ids()[0])
    face = project.load(first).faces[0]
    # A curator has painted brows where hair was thought to be.
    drawn = labels(project, first)
    apply(project, Settings.of({"hair": 0.9}))
    brows = np.isin(labels(project, first), (Label.LEFT_EYEBROW, Label.RIGHT_EYEBROW))
    take_back(project)
    wanted = labels(project, first)
    assert (drawn == wanted).all()
    values = np.where(brows, np.uint8(Label.LEFT_EYEBROW), np.uint8(255))
    project.save(first, SetOverride(face.id, Patch(0, 0, np.full_like(values, 255)),
                                    Patch(0, 0, values)))  # fmt: skip
    outcome, _ = tried(project, "hair=0.9")
    left = outcome.classes()[Label.LEFT_EYEBROW]
    assert outcome.fixed == brows.sum()
    assert left.right_before == 0
    assert 0 < left.right_after < 1  # the right brow's half was painted as a left one
    changed = next(f for f in outcome.faces if f.face_id == face.id)
    assert changed.counts[:2, Label.LEFT_EYEBROW].tolist() == [brows.sum()] * 2
    use(project, Settings.of({"hair": 0.9}))
    assert (labels(project, first)[brows] == Label.LEFT_EYEBROW).all()


def test_what_is_done_is_not_done_again_and_a_changed_photo_is(project, monkeypatch):
    outcome, steps = tried(project, "hair=0.9")
    assert steps[0].reused == 0
    asked = []
    real = running.count
    monkeypatch.setattr(running, "count", lambda *a: asked.append(a) or real(*a))
    again, steps = tried(project, "hair=0.9")
    assert (steps[0].reused, asked) == (2, [])
    assert (again.total == outcome.total).all()
    first = int(project.ids()[0])
    face = project.load(first).faces[0]
    project.save(first, SetOverride(face.id, Patch(3, 3, np.full((1, 1), 255, np.uint8)),
                                    Patch(3, 3, np.full((1, 1), 6, np.uint8))))  # fmt: skip
    _, steps = tried(project, "hair=0.9")
    assert (steps[0].reused, len(asked)) == (1, 1)


def test_a_trial_that_was_stopped_goes_on_also_after_a_torn_line(project):
    after = Settings.of({"hair": 0.9})
    steps = what_if(project, after, executor=Serial())
    next(steps), next(steps)
    steps.close()
    (file,) = (project.folder / FOLDER).glob("*.jsonl")
    file.write_text(file.read_text() + '{"image": 2, "sta')
    resumed, seen = tried(project, "hair=0.9")
    assert seen[0].reused == 1
    assert len(resumed.faces) == 2


def test_only_what_the_query_finds_is_tried(project):
    outcome, _ = tried(project, "hair=0.9", "path:b.png")
    assert [face.path for face in outcome.faces] == ["b.png"]


@pytest.fixture
def another(monkeypatch):
    """A segmenter "multiclass" that sees hair everywhere, and counts how often it is asked."""
    asked = []

    def segment(image, points, segmenter, others):
        asked.append(image.shape)
        kept = hairy(model=MODEL_NAMES["multiclass"])
        return Segmentation(kept.probabilities, kept.to_crop, kept.model)

    monkeypatch.setattr(maps, "segment_face", segment)
    monkeypatch.setattr(maps, "make_segmenter", lambda name, parser: name)
    monkeypatch.setattr(Settings, "check", lambda self: None)
    maps._segmenter.cache_clear()
    yield asked
    maps._segmenter.cache_clear()


def test_another_network_is_asked_once_a_face_and_what_it_says_is_taken_over(project, another):
    outcome, _ = tried(project, "segmenter=multiclass")
    assert len(another) == 2
    assert outcome.classes()[Label.HAIR].growth > 0
    tried(project, "segmenter=multiclass hair=0.9")
    assert len(another) == 2
    faces = [f.face_id for f in outcome.faces]
    after = Settings.of({"segmenter": "multiclass"})
    assert project.segmentations.load(faces[0]).model == "fake"
    use(project, after, outcome.sentence())
    assert {project.segmentations.load(i).model for i in faces} == {MODEL_NAMES["multiclass"]}
    assert other_segmentations(project.folder, after).load(faces[0]) is None
    labels(project, int(project.ids()[0]))
    assert len(another) == 2


def test_maps_by_another_network_than_the_settings_name_are_made_again(project, another):
    apply(project, Settings.of({"segmenter": "multiclass"}))
    assert labels(project, int(project.ids()[1])).max() == Label.HAIR
    assert len(another) == 1


def test_a_network_that_is_not_there_is_told_at_once(project, tmp_path, monkeypatch):
    monkeypatch.setenv("LAPA_MODELS", str(tmp_path / "nothing"))
    with pytest.raises(InputError, match="multiclass is not here yet"):
        tried(project, "segmenter=multiclass")


def test_a_parser_that_is_not_there_is_told_at_once(project, tmp_path):
    with pytest.raises(InputError, match="no parser"):
        tried(project, f"parser={tmp_path}")


def test_a_photo_that_cannot_be_read_is_one_sentence_and_the_rest_goes_on(project, another):
    first = int(project.ids()[0])
    project.photo_path(first).write_bytes(b"no photo")
    outcome, steps = tried(project, "segmenter=multiclass")
    assert len(outcome.problems) == 1
    assert "a.png" in outcome.problems[0]
    assert [s.problem is None for s in steps].count(False) == 1
    assert [face.path for face in outcome.faces] == ["b.png"]


def test_pictures_show_before_after_and_the_difference_alone(project):
    outcome, _ = tried(project, "hair=0.9")
    change = outcome.most()[0]
    after = Settings.of({"hair": 0.9})
    shown = triple(project, change, after, 90)
    assert shown.before.shape == shown.after.shape == shown.difference.shape
    assert max(shown.before.shape) == 90
    colourful = np.ptp(shown.difference.astype(int), axis=2) > 0
    assert 0 < colourful.mean() < 0.9
    assert trial_sheet(project, outcome.most(), after).ndim == 3


def test_a_face_that_is_gone_is_a_grey_picture_with_a_sentence(project):
    change = replace(tried(project, "hair=0.9")[0].most()[0], face_id="gone")
    with pytest.raises(InputError, match="gone"):
        triple(project, change, Settings.of())
    assert (trial_sheet(project, [change], Settings.of()) == 64).any()


def test_a_project_that_can_only_be_read_is_tried_and_nothing_is_written(project):
    from lapa_annotator.store.project import Project

    with Project.open(project.folder, read_only=True) as looking:
        outcome, _ = tried(looking, "hair=0.9")
        assert outcome.changed == 1
        with pytest.raises(InputError):
            use(looking, Settings.of({"hair": 0.9}))
    assert not (project.folder / FOLDER).exists()
    assert settings_of(project) == Settings.of()
    assert project.load(int(project.ids()[0])).faces[0].override == EMPTY
