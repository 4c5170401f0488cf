"""Small crops for the tests of trainings: dots on grey, where the points are."""

import numpy as np

from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.training.data.crops import Crop, CropSpec


def dotted(seed, side=384):
    """A crop with a dot at each of its points, eyes and mouth where a face has them."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(0.35, 0.65, (N_POINTS, 2))
    points[66], points[79], points[16] = (0.38, 0.42), (0.62, 0.42), (0.5, 0.7)
    points = points * side
    image = np.full((side, side, 3), 128, np.uint8)
    x, y = np.round(points).astype(int).T
    image[y, x] = 255
    blank = np.zeros((side, side), np.uint8)
    return Crop(
        image=image,
        points=points,
        weights=np.ones(N_POINTS, np.float32),
        visibility=np.full(N_POINTS, 2, np.uint8),
        labels=blank,
        soft=np.zeros((side, side, 2), np.uint8),
        matte=np.full((side, side), 255, np.uint8),
    )


class Dotted:
    """Crops of dots under given keys; see ``Crops``."""

    spec = CropSpec()

    def __init__(self, keys, name="dots", crop=dotted):
        self.keys, self.name = list(keys), name
        self._crops = [crop(i) for i in range(len(self.keys))]

    def __len__(self):
        return len(self.keys)

    def __getitem__(self, index):
        return self._crops[index]
