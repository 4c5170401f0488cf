"""Small samples and stores for the tests of training data."""

import numpy as np

from lapa_annotator.domain.landmarks import Points
from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.formats.lapa import write_labels, write_landmarks
from lapa_annotator.formats.photo import write_picture
from lapa_annotator.training.data.sample import Sample


def face_points(centre=(60.0, 64.0), size=50.0, degrees=0.0) -> Points:
    """106 points that are no face, but have eyes above a mouth and a known box."""
    rng = np.random.default_rng(5)
    points = rng.uniform(-0.4, 0.4, (N_POINTS, 2))
    points[[0, 32, 16, 40]] = [(-0.45, 0), (0.45, 0), (0, 0.5), (0, -0.5)]
    points[66:75] = (-0.2, -0.15)
    points[75:84] = (0.2, -0.15)
    points[84:104] = (0, 0.25)
    a = np.radians(degrees)
    turn = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    return size * points @ turn.T + np.array(centre)


def sample(key="a", width=120, height=128, **more) -> Sample:
    """A sample whose picture, labels and soft map are random but the same every time."""
    rng = np.random.default_rng(3)
    fields = {
        "image": rng.integers(0, 256, (height, width, 3), dtype=np.uint8),
        "points": face_points(),
        "labels": rng.integers(0, 11, (height, width), dtype=np.uint8),
    }
    return Sample(key=key, **{**fields, **more})


class Listed:
    """A source of given samples."""

    name = "listed"

    def __init__(self, samples, mark="0"):
        self._samples, self._mark = samples, mark

    def __len__(self):
        return len(self._samples)

    def keys(self):
        return [s.key for s in self._samples]

    def load(self, index):
        return self._samples[index]

    def fingerprint(self):
        return self._mark


def write_lapa(root, names, split="train", labels=True):
    """A LaPa folder of small samples."""
    for name in names:
        made = sample(name)
        write_picture(root / split / "images" / f"{name}.png", made.image)
        write_landmarks(root / split / "landmarks" / f"{name}.txt", made.points)
        if labels:
            write_labels(root / split / "labels" / f"{name}.png", made.labels)
