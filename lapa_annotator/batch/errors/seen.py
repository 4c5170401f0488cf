"""What the kinds look at: every photo and face of a query with what was measured of it.

Measuring takes networks and photos, so it is done once: what was measured is kept in the
project's cache until the photo, its annotation, the settings or the network change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.dla.pose import estimate_pose
from lapa_annotator.domain.face import Face, Pose
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.domain.override import Patch
from lapa_annotator.ppa.parse import ParseOptions
from lapa_annotator.store.values import ImageInfo

Need = Literal["look", "map", "opinion"]
Corners = tuple[float, float, float, float]
Dispute = tuple[float, Corners]
"""1 - F1 of a class in two maps, and the rectangle (x0, y0, x1, y1) in which they differ."""


@dataclass(frozen=True)
class FaceMeasure:
    """What was measured of a face.

    Attributes:
        pixels: of each class in its label map; None where there is none.
        disputes: class id -> how far an eleven-class network disagrees; None without one.
    """

    pixels: tuple[int, ...] | None = None
    disputes: Mapping[int, Dispute] | None = None


@dataclass(frozen=True)
class Measured:
    """What was measured of a photo.

    Attributes:
        look: its perceptual hash and that of its mirror image, None where it was not taken.
        faces: by face id.
        problem: one sentence where something could not be measured.
    """

    look: tuple[int, int] | None = None
    faces: Mapping[str, FaceMeasure] = field(default_factory=dict)
    problem: str | None = None


@dataclass(frozen=True)
class FaceSeen:
    """A face with points.

    Attributes:
        photo: the photo that it is in.
        id: its id.
        landmarks: its points.
        pose: the head's.
        override: what a curator has fixed.
        measure: what was measured.
    """

    photo: PhotoSeen
    id: str
    landmarks: Landmarks
    pose: Pose
    override: Patch
    measure: FaceMeasure

    @property
    def points(self) -> NDArray[np.float64]:
        """(106, 2) image pixels."""
        return self.landmarks.points


@dataclass(frozen=True)
class PhotoSeen:
    """A photo.

    Attributes:
        info: what lists show of it.
        look: see ``Measured``.
    """

    info: ImageInfo
    look: tuple[int, int] | None

    @property
    def path(self) -> str:
        """Its place below its folder."""
        return self.info.path.as_posix()


@dataclass
class Seen:
    """All that the kinds look at.

    Attributes:
        photos, faces: in the order of the paths.
        options: how label maps are made.
        opinion: the eleven-class network that was asked, "" for none.
    """

    options: ParseOptions
    opinion: str = ""
    photos: list[PhotoSeen] = field(default_factory=list)
    faces: list[FaceSeen] = field(default_factory=list)

    def take(self, info: ImageInfo, faces: tuple[Face, ...], measured: Measured) -> None:
        """Add a photo with its faces."""
        photo = PhotoSeen(info, measured.look)
        self.photos.append(photo)
        for face in faces:
            if face.landmarks is not None:
                pose = face.pose or estimate_pose(face.landmarks.points)
                measure = measured.faces.get(face.id, FaceMeasure())
                seen = FaceSeen(photo, face.id, face.landmarks, pose, face.override, measure)
                self.faces.append(seen)

    def mapped(self) -> Iterator[tuple[FaceSeen, tuple[int, ...]]]:
        """The faces whose label map could be made, with its pixels by class."""
        for face in self.faces:
            if face.measure.pixels is not None:
                yield face, face.measure.pixels
