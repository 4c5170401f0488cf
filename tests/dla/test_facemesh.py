"""The mesh's points lie where the program counts from: (0, 0) is a pixel's centre."""

import numpy as np
import pytest

from lapa_annotator.batch.sample import sample_photos
from lapa_annotator.dla import facemesh
from lapa_annotator.dla.detect import FullRangeDetector
from lapa_annotator.dla.mesh_mapping import map_mesh
from lapa_annotator.domain.geometry import Similarity
from lapa_annotator.domain.schema import mirror_points
from lapa_annotator.formats.photo import read_photo
from lapa_annotator.runtime.crops import cut
from tests.support import needs_models


def test_the_middle_of_what_the_network_sees_is_the_middle_of_the_crop(monkeypatch):
    def middle(batch):
        return np.full((1, 1, 1, 478 * 3), 128.0, np.float32), np.zeros((1, 1, 1, 1), np.float32)

    monkeypatch.setattr(facemesh, "session", lambda *_, **__: middle)
    points, presence = facemesh._run(np.zeros((256, 256, 3), np.uint8))
    assert np.array_equal(points, np.full((478, 2), 127.5))
    assert presence == 0.5


@pytest.mark.models
@needs_models("face_detection_full_range", "facemesh")
def test_a_face_and_its_mirror_image_have_the_same_points():
    apart = []
    for path in sample_photos():
        image = read_photo(path).pixels
        crop, _ = facemesh._first_pass(image, FullRangeDetector().detect(image)[0])
        for scale in (0.9, 1.0, 1.08):
            for roll in (-6, -3, 0, 3, 6):
                turned = crop.then(Similarity.about((127.5, 127.5), (127.5, 127.5), scale, roll))
                pixels = cut(image, turned, 256)
                plain, mirrored = (facemesh._run(p)[0] for p in (pixels, pixels[:, ::-1]))
                apart.append(map_mesh(plain) - mirror_points(map_mesh(mirrored), 256))
    assert abs(np.mean([a[:, 0].mean() for a in apart])) < 0.5, "counting from the edge gives 1"
