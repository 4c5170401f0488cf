"""What the editor gets to show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.face import Annotation
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.gui.editor.journal import Journal


@dataclass(frozen=True)
class OpenPhoto:
    """A photo, read and ready to be shown.

    Attributes:
        image_id: its id in the project; answers of workers carry it.
        name: what the window calls it.
        pixels: (H, W, 3) uint8 RGB as displayed.
        annotation: what is known of it.
        journal: where its edits go.
        proposals: face id -> the landmarks as they were proposed, where the arrows start.
        segmentations: face id -> cached ``ppa`` segmentation, for the live label map.
        levels: ``photo_levels(pixels)``, made ahead off the window's thread; None to make it here.
        others: annotator -> his finished second annotation, to compare with and settle between.
        read_only: why nothing may be changed, as a sentence; "" when everything may.
    """

    image_id: int
    name: str
    pixels: NDArray[np.uint8]
    annotation: Annotation
    journal: Journal
    proposals: Mapping[str, Landmarks] = field(default_factory=dict)
    segmentations: Mapping[str, Any] = field(default_factory=dict)
    levels: tuple[NDArray[np.uint8], ...] | None = None
    others: Mapping[str, Annotation] = field(default_factory=dict)
    read_only: str = ""
