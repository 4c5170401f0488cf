"""The program's own parsing networks at work: PSPNet coarse, BSPNet fine (LaPa, section 3.2(1)).

Beside a network's .xml lies a .json that says how many classes it tells apart (2, 3 or 11)
how large a picture it was trained on, and the guide that it wants beside the picture, if any.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.classes import N_CLASSES, Label
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.ppa.guides import Guide, guide_of
from lapa_annotator.runtime.crops import Image
from lapa_annotator.runtime.files import model_path
from lapa_annotator.runtime.manifest import Precision, manifest
from lapa_annotator.runtime.sessions import session_of

COARSE, FINE = "pspnet-coarse", "bspnet-fine"
"""Names of the shipped pair in the manifest."""
ELEVEN = "bspnet-eleven"
"""Name of the network of eleven classes in the manifest."""


@dataclass(frozen=True, slots=True)
class ParsingNetwork:
    """A parsing network that can be run.

    Attributes:
        name: the model version.
        path: its .xml file.
        size: side of the picture it wants, in pixels.
        classes: 2 (rest, hair and skin), 3 (background, skin, hair) or 11 (LaPa's).
        precision: what it runs in.
        guide: what it is shown beside the picture; None for nothing.
    """

    name: str
    path: Path
    size: int
    classes: int
    precision: Precision = "f32"
    guide: Guide | None = field(default=None, compare=False)

    @classmethod
    def open(
        cls, name: str, path: Path | None = None, precision: Precision | None = None
    ) -> ParsingNetwork:
        """Find a network; nothing is loaded yet.

        Args:
            name: the model version; without ``path`` also its name in the manifest.
            path: the .xml of a network that is not in the manifest.
            precision: None takes the manifest's, f32 without one.

        Raises:
            InputError: the network, or the .json beside it, is missing or damaged.
        """
        path = path or model_path(name)
        beside = path.with_suffix(".json")
        try:
            told = json.loads(beside.read_text(encoding="utf-8"))
            size, classes = int(told["size"]), int(told["classes"])
            kind = told.get("guide")
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                beside, "it does not say what the network wants", "export the network again"
            ) from error
        if size < 1 or classes not in (2, 3, N_CLASSES):
            raise InputError(
                beside, f"{classes} classes on {size} pixels", "export the network again"
            )
        row = manifest().get(name)
        guide = None if kind is None else guide_of(str(kind), path)
        precision = precision or (row.precision if row else "f32")
        return cls(name, path, size, classes, precision, guide)

    def probabilities(self, picture: Image, points: Points | None = None) -> NDArray[np.float32]:
        """Run the network.

        Args:
            picture: (size, size, 3) uint8 RGB.
            points: (106, 2) landmarks in pixels of ``picture``; what a guide is drawn from.

        Returns:
            (classes, size, size) float32 that add up to 1.

        Raises:
            InputError: the network's file is damaged, it answers something else, or it wants
                landmarks and there are none.
        """
        planes = picture.transpose(2, 0, 1)
        if self.guide is not None:
            if points is None:
                raise InputError(self.name, "it wants the landmarks of a face", "name another")
            planes = np.concatenate([planes, self.guide.draw(points, self.size)])
        pixels = planes[None].astype(np.float32) / np.float32(255)
        run = session_of(self.path, self.precision, pixels.shape)
        logits = run(pixels)[0][0]
        if logits.shape != (self.classes, self.size, self.size):
            problem = f"it answers {logits.shape}, not {self.classes} classes"
            raise InputError(self.path, problem, "export the network again")
        scores = np.exp(logits - logits.max(axis=0))
        scores /= scores.sum(axis=0)
        return np.asarray(scores, np.float32)


class NetworkForeground:
    """The coarse stage: hair and skin on a whole picture; see ``coarse.Foreground``.

    Raises:
        InputError: as ``ParsingNetwork.open``.
    """

    def __init__(self, name: str = COARSE, path: Path | None = None) -> None:
        self._network = ParsingNetwork.open(name, path)
        self.name, self.size = name, self._network.size

    def foreground(self, picture: Image) -> NDArray[np.float32]:
        """Everything but the first class; see ``coarse.Foreground.foreground``."""
        return np.asarray(1 - self._network.probabilities(picture)[0], np.float32)


class NetworkSegmenter:
    """The fine stage: background, skin and hair of a crop; see ``segment.Segmenter``.

    A network of eleven classes will do: all parts of the face are skin here.

    Args:
        name: the model version; without ``path`` also its name in the manifest.
        path: the .xml of a network that is not in the manifest.

    Raises:
        InputError: as ``ParsingNetwork.open``; or it does not know hair.
    """

    def __init__(self, name: str = FINE, path: Path | None = None) -> None:
        self._network = ParsingNetwork.open(name, path)
        self.name, self.size = name, self._network.size
        if self._network.classes < 3:
            raise InputError(name, "it does not tell hair from skin", "name another network")

    def segment(self, crop: Image) -> NDArray[np.float32]:
        """Segment a crop; see ``Segmenter.segment``.

        Raises:
            InputError: the network wants landmarks.
        """
        return self._three(self._network.probabilities(crop))

    def segment_with(self, crop: Image, points: Points) -> NDArray[np.float32]:
        """Segment a crop of a face with these landmarks; see ``Guided.segment_with``."""
        return self._three(self._network.probabilities(crop, points))

    def _three(self, said: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._network.classes == 3:
            return said
        hair = said[Label.HAIR]
        return np.stack([said[0], 1 - said[0] - hair, hair]).astype(np.float32)
