"""A small project of drawn faces for the tests of retraining."""

from pathlib import PurePosixPath

import cv2
import numpy as np

from lapa_annotator.dla.frame import mean_shape
from lapa_annotator.domain.edits import AddFace, SetStatus
from lapa_annotator.domain.face import Face, Status
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Landmarks, Origin
from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.formats.photo import read_photo, write_picture
from lapa_annotator.store.project import Project
from lapa_annotator.store.scan import Look
from lapa_annotator.training.retrain.gate import Rule
from lapa_annotator.training.retrain.settings import RetrainSettings, set_settings

SIDE = 96


def face_points(seed):
    """(106, 2) points of a mean face somewhere in a picture of ``SIDE`` pixels."""
    rng = np.random.default_rng(seed)
    size, turn = rng.uniform(18, 26), rng.uniform(-0.3, 0.3)
    c, s = np.cos(turn), np.sin(turn)
    return mean_shape() @ (size * np.array([[c, s], [-s, c]])) + rng.uniform(44, 52, 2)


def drawn(seed):
    """(SIDE, SIDE, 3) uint8: the points of ``face_points(seed)`` as dots on grey."""
    image = np.full((SIDE, SIDE, 3), 90 + seed % 40, np.uint8)
    for x, y in face_points(seed):
        cv2.circle(image, (round(x), round(y)), 1, (255, 220, 200), -1)
    return image


def _find(folder):
    return [PurePosixPath(p.name) for p in sorted(folder.glob("*.png"))]


def _measure(file):
    height, width = read_photo(file).pixels.shape[:2]
    return width, height, 1


LOOK = Look(_find, _measure)


def make_project(folder, photos, finished, origin=Origin.CORRECTED):
    """A project of so many drawn photos, of which the first are finished, with small settings."""
    for k in range(photos):
        write_picture(folder / "photos" / f"{k:03d}.png", drawn(k))
    project = Project.create(folder / "p", annotator="ann")
    list(project.add_folder(folder / "photos", LOOK))
    for image_id in project.ids().tolist()[:finished]:
        finish(project, image_id, origin)
    set_settings(project, SMALL)
    return project


def finish(project, image_id, origin=Origin.CORRECTED, points=None):
    """Annotate an image's one face and say that it is done."""
    seed = int(project.info(image_id).path.stem)
    points = face_points(seed) if points is None else points
    landmarks = Landmarks(points=points, origin=np.full(N_POINTS, int(origin)))
    project.save(image_id, AddFace(Face(Box.around(points), landmarks), 0))
    project.save(image_id, SetStatus(project.load(image_id).status, Status.DONE))


SMALL = RetrainSettings(
    every=5,
    least=6,
    held_out=0.3,
    steps=4,
    batch=2,
    scratch=True,
    width=8,
    rule=Rule(faces=2),
)


class Placed:
    """A proposer that puts the mean face into the box: no training, and not bad."""

    name = "placed"

    def __init__(self, off=0.0):
        self._off = off

    def propose(self, image, box):
        shape = mean_shape()
        around = Box.around(shape)
        size = box.width / around.width
        points = (shape - around.centre) * size + np.array(box.centre) + self._off
        return Landmarks(points=points, model=(self.name,) * N_POINTS)
