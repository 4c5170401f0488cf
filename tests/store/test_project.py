"""Projects: made, opened, saved, undone, and found again after a restart."""

from dataclasses import replace
from pathlib import Path

import pytest

from lapa_annotator.domain.edits import (
    AddFace,
    EditConflictError,
    Gesture,
    RemoveFace,
    SetPoints,
    SetStatus,
    SetTags,
)
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Annotation, Status
from lapa_annotator.domain.geometry import Box
from lapa_annotator.store.project import Project
from tests.store.builders import make_project, moved, random_face

DONE = SetStatus(Status.NEW, Status.DONE)


def _first(project: Project) -> int:
    return int(project.ids()[0])


def test_a_project_is_a_folder_with_a_database(tmp_path: Path) -> None:
    with Project.create(tmp_path / "faces") as project:
        assert project.folder == tmp_path / "faces.lapa"
        assert (project.folder / "project.db").is_file()
        assert project.count() == 0


def test_folders_above_a_new_project_are_made(tmp_path: Path) -> None:
    Project.create(tmp_path / "Documents" / "LaPa" / "faces.lapa").close()
    assert [p.name for p in (tmp_path / "Documents" / "LaPa").iterdir()] == ["faces.lapa"]


def test_nothing_that_is_there_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "faces.lapa").mkdir()
    with pytest.raises(InputError, match="there already"):
        Project.create(tmp_path / "faces")


def test_photos_are_never_written_to(tmp_path: Path) -> None:
    with make_project(tmp_path, "a.jpg") as project:
        file = project.photo_path(_first(project))
        before = (file.read_bytes(), file.stat().st_mtime_ns, sorted(file.parent.iterdir()))
        project.save(_first(project), AddFace(random_face(1), 0))
        project.undo(_first(project))
    assert (file.read_bytes(), file.stat().st_mtime_ns, sorted(file.parent.iterdir())) == before


def test_a_saved_edit_is_there_after_a_restart(project: Project) -> None:
    face = random_face(1)
    edit = Gesture((AddFace(face, 0), DONE, SetTags(frozenset(), frozenset({"red hat", "x"}))))
    revision = project.save(_first(project), edit, title="Add", seconds=2.5)
    project.close()
    with Project.open(project.folder) as again:
        assert again.load(_first(again)) == revision.annotation
        assert again.load(_first(again)).face(face.id) == face
        info = again.info(_first(again))
    assert (info.status, info.faces, info.tags) == (Status.DONE, 1, ("red hat", "x"))
    assert info.confidence == face.landmarks.confidence.mean()
    assert (info.annotator, info.seconds) == ("ann", 2.5)


def test_faces_keep_their_order(project: Project) -> None:
    image = _first(project)
    a, b, c = (random_face(k) for k in range(3))
    for edit in (AddFace(a, 0), AddFace(b, 0), AddFace(c, 1)):
        project.save(image, edit)
    assert [f.id for f in project.load(image).faces] == [b.id, c.id, a.id]
    project.save(image, RemoveFace(b, 0))
    assert [f.id for f in project.load(image).faces] == [c.id, a.id]


def test_an_edit_of_what_has_changed_meanwhile_is_refused(project: Project) -> None:
    project.save(_first(project), DONE)
    with pytest.raises(EditConflictError):
        project.save(_first(project), DONE)
    assert len(project.history(_first(project))) == 1


def test_an_edit_of_a_face_that_is_gone_is_refused(project: Project) -> None:
    face = random_face(1)
    with pytest.raises(EditConflictError):
        project.save(_first(project), SetPoints(face.id, *moved(face.landmarks, 3)))


def test_one_face_cannot_be_in_two_images(project: Project) -> None:
    face = random_face(1)
    first, second, _ = project.ids()
    project.save(first, AddFace(face, 0))
    with pytest.raises(EditConflictError):
        project.save(second, AddFace(face, 0))
    assert project.load(second) == Annotation()


def test_undo_and_redo_go_all_the_way_after_a_restart(project: Project) -> None:
    image = _first(project)
    face = random_face(1)
    states = [project.load(image), project.save(image, AddFace(face, 0)).annotation]
    for k in range(20):
        landmarks = states[-1].faces[0].landmarks
        edit = SetPoints(face.id, *moved(landmarks, k, k + 50))
        states.append(project.save(image, edit, title=f"Move {k}").annotation)
    project.close()
    with Project.open(project.folder) as again:
        for state in reversed(states[:-1]):
            assert again.undo(image) is not None
            assert again.load(image) == state
        assert again.undo(image) is None
    with Project.open(project.folder) as again:
        for state in states[1:]:
            assert again.redo(image) is not None
            assert again.load(image) == state
        assert again.redo(image) is None


def test_undo_gives_the_edit_that_was_applied(project: Project) -> None:
    project.save(_first(project), DONE)
    assert project.undo(_first(project)) == DONE.inverse()
    assert project.redo(_first(project)) == DONE


def test_a_new_edit_cuts_off_what_was_undone_but_the_journal_keeps_it(project: Project) -> None:
    image = _first(project)
    cut = SetTags(frozenset(), frozenset({"cut"}))
    kept = SetTags(frozenset(), frozenset({"kept"}))
    project.save(image, DONE)
    project.save(image, cut)
    project.undo(image)
    project.save(image, kept)
    assert project.redo(image) is None
    assert project.load(image).tags == {"kept"}
    entries = [(e.action, e.edit, e.undone) for e in project.history(image)]
    assert entries == [
        ("edit", DONE, False),
        ("edit", cut, True),
        ("undo", cut.inverse(), False),
        ("edit", kept, False),
    ]
    project.undo(image)
    project.undo(image)
    assert project.load(image) == Annotation()
    assert [project.redo(image), project.redo(image)] == [DONE, kept]


def test_the_journal_says_who_when_what_and_how_long(project: Project) -> None:
    image = _first(project)
    project.save(image, DONE, title="Finish", seconds=12.0)
    (entry,) = project.history(image)
    assert (entry.annotator, entry.title, entry.kind) == ("ann", "Finish", "status")
    assert (entry.seconds, entry.edit, entry.target) == (12.0, DONE, None)
    assert entry.time == pytest.approx(project.info(image).updated, abs=5)


def test_menus_learn_what_undo_and_redo_are_about(project: Project) -> None:
    image = _first(project)
    state = project.undo_state(image)
    assert (state.undo, state.redo) == (None, None)
    project.save(image, DONE, title="Finish")
    project.save(image, SetTags(frozenset(), frozenset({"x"})))
    project.undo(image)
    state = project.undo_state(image)
    assert (state.undo, state.redo) == ("Finish", "tags")


def test_images_have_histories_of_their_own(project: Project) -> None:
    first, second, _ = project.ids()
    project.save(first, DONE)
    assert project.undo(second) is None
    assert project.history(second) == []
    assert project.load(first).status is Status.DONE


def test_an_image_that_does_not_exist_is_told(project: Project) -> None:
    calls = (project.load, project.info, project.photo_path, project.undo, project.lease)
    for call in calls:
        with pytest.raises(InputError, match="image 99"):
            call(99)
    with pytest.raises(InputError, match="image 99"):
        project.save(99, DONE)


def test_a_point_s_confidence_raised_by_hand_counts_for_the_image(project: Project) -> None:
    image = _first(project)
    face = random_face(1)
    project.save(image, AddFace(face, 0))
    low = project.info(image).confidence
    project.save(image, SetPoints(face.id, *moved(face.landmarks, *range(50))))
    assert project.info(image).confidence > low
    project.save(image, AddFace(replace(random_face(2), box=Box(0, 0, 1, 1), landmarks=None), 1))
    assert project.info(image).confidence > low


def test_settings_are_kept_and_typed(project: Project) -> None:
    project.settings.set("retrain.every", 2000)
    project.settings.set("ratio", 2)
    project.close()
    with Project.open(project.folder) as again:
        assert again.settings.get("retrain.every", 0) == 2000
        assert again.settings.get("ratio", 0.5) == 2.0
        assert again.settings.get("ratio", "text") == "text"
        assert again.settings.get("missing", [1]) == [1]
        assert again.settings.all() == {"retrain.every": 2000, "ratio": 2}


def test_a_project_may_be_used_from_several_threads(project: Project) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def tag(k: int) -> None:
        image = int(project.ids()[k % 3])
        for _ in range(20):
            try:
                tags = project.load(image).tags
                project.save(image, SetTags(tags, tags | {f"t{k}"}))
                return
            except EditConflictError:
                continue

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(tag, range(24)))
    assert sum(len(project.load(i).tags) for i in project.ids()) == 24
