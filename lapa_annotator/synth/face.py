"""One face from its seed: picture, points, visibility and label map."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.labelmap import LabelMap
from lapa_annotator.synth.classes import HeadClasses, scalp_picture
from lapa_annotator.synth.contour import contour
from lapa_annotator.synth.draw import NATURAL, draw
from lapa_annotator.synth.figure import Figure, figure
from lapa_annotator.synth.film import develop
from lapa_annotator.synth.hair import STYLES, receding
from lapa_annotator.synth.labels import fine_labels, majority, visible
from lapa_annotator.synth.person import Person
from lapa_annotator.synth.renderer import Renderer
from lapa_annotator.synth.scene import FINE, build_scene, depth_window
from lapa_annotator.synth.template import COLOUR_CHART

Array = NDArray[np.float64]


@dataclass(frozen=True)
class RenderedFace:
    """A rendered face with its exact labels.

    Attributes:
        picture: (S, S, 3) uint8 RGB.
        points: (106, 2) float64 in pixels of the picture.
        visibility: (106,) uint8, 2 visible, 1 hidden.
        labels: (S, S) uint8 class ids.
        person: everything that the seed drew.
    """

    picture: NDArray[np.uint8]
    points: Array
    visibility: NDArray[np.uint8]
    labels: LabelMap
    person: Person

    def metadata(self) -> dict[str, Any]:
        """A form fit for JSON: what was drawn, and the visibility of the points."""
        return {**asdict(self.person), "visibility": self.visibility.tolist()}


def render_face(seed: int, size: int, renderer: Renderer, mix: str = NATURAL) -> RenderedFace:
    """Render the face of a seed.

    Args:
        seed: decides everything about the face.
        size: the picture's side in pixels.
        renderer: the worker to render with.
        mix: how often hard cases come, one of ``draw.MIXES``.

    Raises:
        RenderError: the renderer failed.
    """
    return render_person(draw(seed, mix), size, renderer)


def render_person(
    person: Person, size: int, renderer: Renderer, threads: int = 1, picture: bool = True
) -> RenderedFace:
    """Render a person that has been drawn with so many threads; without ``picture`` its labels
    alone."""
    body = figure(person, size)
    description, arrays = build_scene(person, body, threads)
    rendering = renderer.render(description, arrays, picture)
    points, depth = picture_points(body)
    window = depth_window(person)
    places = COLOUR_CHART.unit(body.uv)
    places[:33] = np.nan  # the contour is where it is seen, not a place on the skin
    seen = visible(points, depth, places, rendering.geometry, FINE, (window[0], window[1]))
    labels = label_map(person, body, rendering.geometry)
    developed = develop(rendering.picture, _covered(person, rendering.geometry), person)
    return RenderedFace(developed, points, seen, labels, person)


def _covered(person: Person, geometry: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """The share of every pixel that is covered, softened as a lens does; None if out of focus."""
    if person.view.aperture > 0:
        return None
    fine = cv2.GaussianBlur((geometry[..., 2] > 0).astype(np.float32), (0, 0), 0.45 * FINE)
    side = geometry.shape[0] // FINE
    share: NDArray[np.float32] = cv2.resize(fine, (side, side), interpolation=cv2.INTER_AREA)
    return share


def picture_points(body: Figure) -> tuple[Array, Array]:
    """The (106, 2) points in pixels and their depths in metres."""
    points, depth = body.camera.project(body.points)
    points[:33], depth[:33] = contour(body.surface, body.head, body.camera)
    points[74], points[83] = points[66:74].mean(axis=0), points[75:83].mean(axis=0)
    return points, depth


def label_map(person: Person, body: Figure, geometry: NDArray[np.float32]) -> LabelMap:
    """The label map of a person's geometry pass."""
    style = person.hair.style
    hairy = scalp_picture(receding(person.hair)) if style in STYLES else None
    c = COLOUR_CHART
    window = {"u0": c.u0, "v0": c.v0, "u1": c.u1, "v1": c.v1}
    return majority(fine_labels(geometry, HeadClasses(body.uv, hairy), window), FINE)
