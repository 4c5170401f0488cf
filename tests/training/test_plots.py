"""The confusion matrix is drawn as a picture."""

import io

import numpy as np
from PIL import Image

from lapa_annotator.training.metrics import Confusion
from lapa_annotator.training.plots import confusion_picture


def _dark(confusion: Confusion) -> float:
    with Image.open(io.BytesIO(confusion_picture(confusion))) as picture:
        assert picture.format == "PNG"
        return float((np.array(picture.convert("RGB"))[..., 0] < 40).mean())


def test_a_full_diagonal_is_darker_than_an_empty_matrix() -> None:
    full = Confusion(np.diag(np.full(11, 5)).astype(np.int64))
    assert _dark(full) > _dark(Confusion()) + 0.02
