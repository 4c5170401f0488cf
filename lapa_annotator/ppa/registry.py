"""The visible table of segmenters."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.errors import choose
from lapa_annotator.ppa.networks import COARSE, FINE, NetworkForeground, NetworkSegmenter
from lapa_annotator.ppa.segment import CoarseToFine, Segmenter
from lapa_annotator.runtime.crops import Image
from lapa_annotator.runtime.files import first_present
from lapa_annotator.runtime.sessions import session


class MulticlassSegmenter:
    """The bootstrap segmenter: selfie multiclass, six classes on a crop of 256 pixels.

    Its body skin, clothes and others (hats, frames of glasses) are background to LaPa; its
    face skin has the ears and not the neck, as LaPa has it.
    """

    name = "selfie-multiclass-256"
    size = 256

    def segment(self, crop: Image) -> NDArray[np.float32]:
        """Segment a crop; see ``Segmenter.segment``.

        Raises:
            InputError: the model file is missing or damaged.
        """
        pixels = crop[None].astype(np.float32) / np.float32(255)
        # bf16 takes half the time of f32 and moves the mean F1 by 0.0002 (docs/decisions/0023).
        logits = session("multiclass", precision="bf16")(pixels)[0][0]
        scores = np.exp(logits - logits.max(axis=2, keepdims=True))
        scores /= scores.sum(axis=2, keepdims=True)
        skin, hair = scores[..., 3], scores[..., 1]
        return np.stack([1 - skin - hair, skin, hair]).astype(np.float32)


def coarse_to_fine() -> CoarseToFine:
    """The program's own pair: PSPNet finds the head, BSPNet parses it (LaPa, section 3.2(1)).

    Raises:
        InputError: a file of the two is missing or damaged.
    """
    return CoarseToFine(NetworkSegmenter(), NetworkForeground())


SEGMENTERS: dict[str, Callable[[], Segmenter]] = {
    "bspnet": coarse_to_fine,
    "multiclass": MulticlassSegmenter,
}
# The model version that is kept with what each of them says.
MODEL_NAMES: dict[str, str] = {
    "bspnet": f"{COARSE}+{FINE}",
    "multiclass": MulticlassSegmenter.name,
}
# Which model files each of them runs on.
MODEL_FILES: dict[str, tuple[str, ...]] = {
    "bspnet": (COARSE, FINE),
    "multiclass": ("multiclass",),
}


def segmenter_name(name: str | None = None) -> str:
    """The segmenter that is meant: ``name``, or the manifest's first that is here.

    Raises:
        InputError: no segmenter has this name.
    """
    name = name or first_present("segmenter", MODEL_FILES)
    choose(SEGMENTERS, name, "segmenter")
    return name


def make_segmenter(name: str | None = None) -> Segmenter:
    """Make the segmenter of that name; the manifest's first that is here without one.

    Raises:
        InputError: no segmenter has this name.
    """
    return SEGMENTERS[segmenter_name(name)]()
