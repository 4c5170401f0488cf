"""Random faces, edits and what they are made of, for property tests."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lapa_annotator.domain.face import Annotation, Comment, Face, Pose, Status
from lapa_annotator.domain.geometry import Box, Similarity
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.domain.override import EMPTY, UNSET, Patch

coordinates = st.floats(-5000, 5000)
times = st.floats(0, 4e9)
names = st.text(max_size=12)


@st.composite
def landmarks(draw: st.DrawFn) -> Landmarks:
    """106 points with everything known of each; random columns, few random names."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    own = draw(names)
    return Landmarks(
        points=rng.uniform(-100, 4000, (106, 2)),
        visibility=rng.integers(0, 3, 106).astype(np.uint8),
        confidence=rng.uniform(0, 1, 106),
        origin=rng.integers(0, 4, 106).astype(np.uint8),
        model=tuple(own if v else "" for v in rng.integers(0, 2, 106)),
        annotator=tuple(own if v else "" for v in rng.integers(0, 2, 106)),
        time=rng.uniform(0, 4e9, 106),
    )


index_lists = st.lists(st.integers(0, 105), unique=True, max_size=20)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    """Boxes with an area, a score and a roll."""
    x, y = draw(coordinates), draw(coordinates)
    w, h = draw(st.floats(0.5, 3000)), draw(st.floats(0.5, 3000))
    return Box(x, y, x + w, y + h, draw(st.floats(0, 1)), draw(st.floats(-180, 180)))


@st.composite
def similarities(draw: st.DrawFn) -> Similarity:
    """Transforms with scales from a hundredth to a hundred."""
    source = draw(coordinates), draw(coordinates)
    target = draw(coordinates), draw(coordinates)
    return Similarity.about(source, target, draw(st.floats(0.01, 100)), draw(st.floats(-180, 180)))


override_values = st.sampled_from([*range(11), UNSET, UNSET, UNSET])


@st.composite
def patches(draw: st.DrawFn, largest: int = 8) -> Patch:
    """Override patches near the picture's top-left corner, often with holes."""
    shape = draw(st.tuples(*[st.integers(1, largest)] * 2))
    values = draw(arrays(np.uint8, shape, elements=override_values))
    return Patch(draw(st.integers(0, 10)), draw(st.integers(0, 10)), values)


layers = st.one_of(st.just(EMPTY), patches().map(Patch.trimmed))
poses = st.builds(Pose, *[st.floats(-180, 180)] * 3)
places = st.none() | coordinates
comments = st.builds(Comment, names, names, times, places, places)
faces = st.builds(
    Face,
    box=boxes(),
    landmarks=st.none() | landmarks(),
    pose=st.none() | poses,
    override=layers,
)
annotations = st.builds(
    Annotation,
    faces=st.lists(faces, min_size=1, max_size=3).map(tuple),
    status=st.sampled_from(Status),
    tags=st.frozensets(names, max_size=3),
    comments=st.lists(comments, max_size=2).map(tuple),
)
