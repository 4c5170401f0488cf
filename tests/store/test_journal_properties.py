"""Any row of edits, undos, redos and restarts leaves exactly the annotation it should."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lapa_annotator.domain.edits import (
    AddFace,
    Edit,
    Gesture,
    RemoveFace,
    SetBox,
    SetComments,
    SetFace,
    SetOverride,
    SetPoints,
    SetStatus,
    SetTags,
)
from lapa_annotator.domain.face import Annotation, Status
from lapa_annotator.store.project import Project
from lapa_annotator.store.verify import verify
from tests.domain import strategies as of
from tests.store.builders import make_project

tags = st.frozensets(of.names, max_size=3)
comments = st.lists(of.comments, max_size=2).map(tuple)


class Journal(RuleBasedStateMachine):
    """A project beside plain lists of what must be there before and after every edit."""

    @initialize()
    def make(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.project = make_project(self.folder, "a.jpg")
        self.image = int(self.project.ids()[0])
        self.past: list[tuple[Annotation, Edit]] = []
        self.future: list[tuple[Edit, Annotation]] = []
        self.now = Annotation()
        self.entries = 0

    def teardown(self) -> None:
        if hasattr(self, "project"):
            problems = list(verify(self.project))[-1].problems
            self.project.close()
            shutil.rmtree(self.folder)
            assert problems == ()

    def _save(self, edit: Edit) -> None:
        after = edit.apply(self.now)
        assert self.project.save(self.image, edit).annotation == after
        self.past.append((self.now, edit))
        self.future.clear()
        self.now = after
        self.entries += 1

    def _has_face(self) -> bool:
        return bool(self.now.faces)

    def _has_points(self) -> bool:
        return any(face.landmarks for face in self.now.faces)

    @rule(face=of.faces, place=st.integers(0, 9))
    def add_face(self, face, place) -> None:
        self._save(AddFace(face, place % (len(self.now.faces) + 1)))

    @precondition(_has_face)
    @rule(place=st.integers(0, 9))
    def remove_face(self, place) -> None:
        place %= len(self.now.faces)
        self._save(RemoveFace(self.now.faces[place], place))

    @precondition(_has_face)
    @rule(other=of.faces, place=st.integers(0, 9))
    def replace_face(self, other, place) -> None:
        before = self.now.faces[place % len(self.now.faces)]
        self._save(SetFace(before, replace(other, id=before.id)))

    @precondition(_has_face)
    @rule(box=of.boxes(), pose=st.none() | of.poses, place=st.integers(0, 9))
    def move_box(self, box, pose, place) -> None:
        face = self.now.faces[place % len(self.now.faces)]
        self._save(SetBox(face.id, (face.box, face.pose), (box, pose)))

    @precondition(_has_points)
    @rule(other=of.landmarks(), indices=of.index_lists)
    def move_points(self, other, indices) -> None:
        face = next(face for face in self.now.faces if face.landmarks)
        self._save(SetPoints(face.id, face.landmarks.take(indices), other.take(indices)))

    @precondition(_has_face)
    @rule(after=of.patches(), place=st.integers(0, 9))
    def paint(self, after, place) -> None:
        face = self.now.faces[place % len(self.now.faces)]
        height, width = after.values.shape
        before = face.override.region(after.x, after.y, width, height)
        self._save(SetOverride(face.id, before, after))

    @rule(after=st.sampled_from(Status))
    def set_status(self, after) -> None:
        self._save(SetStatus(self.now.status, after))

    @rule(after=tags)
    def set_tags(self, after) -> None:
        self._save(SetTags(self.now.tags, after))

    @rule(after=comments)
    def set_comments(self, after) -> None:
        self._save(SetComments(self.now.comments, after))

    @rule(face=of.faces, status=st.sampled_from(Status), after=tags)
    def several_at_once(self, face, status, after) -> None:
        edits = (
            AddFace(face, 0),
            SetStatus(self.now.status, status),
            SetTags(self.now.tags, after),
        )
        self._save(Gesture(edits))

    @rule(times=st.integers(1, 4))
    def undo(self, times) -> None:
        for _ in range(times):
            applied = self.project.undo(self.image)
            if not self.past:
                assert applied is None
                return
            before, edit = self.past.pop()
            assert applied == edit.inverse()
            self.future.append((edit, self.now))
            self.now = before
            self.entries += 1

    @rule(times=st.integers(1, 4))
    def redo(self, times) -> None:
        for _ in range(times):
            applied = self.project.redo(self.image)
            if not self.future:
                assert applied is None
                return
            edit, after = self.future.pop()
            assert applied == edit
            self.past.append((self.now, edit))
            self.now = after
            self.entries += 1

    @rule()
    def restart(self) -> None:
        self.project.close()
        self.project = Project.open(self.folder / "p.lapa", annotator="somebody else")

    @invariant()
    def what_is_stored_is_what_was_saved(self) -> None:
        if not hasattr(self, "project"):
            return
        assert self.project.load(self.image) == self.now
        info = self.project.info(self.image)
        assert (info.status, info.faces) == (self.now.status, len(self.now.faces))
        assert info.tags == tuple(sorted(self.now.tags))
        assert len(self.project.history(self.image)) == self.entries
        depth = len(self.past), len(self.future)
        assert self.project.undo_depth(self.image) == depth


TestJournal = Journal.TestCase
TestJournal.settings = settings(max_examples=25, stateful_step_count=30)
