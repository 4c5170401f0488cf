"""Random samples, and writing them as a data set of any format."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from hypothesis import strategies as st
from PIL import Image

from lapa_annotator.domain.face import Pose
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.override import Occluder
from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.formats.classes import Classes
from lapa_annotator.formats.registry import Format
from lapa_annotator.formats.samples import Row, Sample, SampleFace

SPLITS = ("train", "val", "test")
NAMES = ("a", "b 2", "ü_é", "c.d", "0007", "x__y-z", "long_skin", "_")


def random_face(rng: np.random.Generator, width: int, height: int) -> SampleFace:
    """A face of random points, classes, visibilities and box, not far from the picture."""
    x0, y0 = rng.uniform(-0.5, (width / 2, height / 2))
    labels = rng.integers(0, 11, (height, width)) * (rng.random((height, width)) < rng.random())
    labels[0, 0] = rng.integers(1, 11)
    return SampleFace(
        Box(x0, y0, x0 + rng.uniform(1, width), y0 + rng.uniform(1, height)),
        rng.uniform((-0.4 * width, -0.4 * height), (1.4 * width, 1.4 * height), (N_POINTS, 2)),
        rng.integers(0, 3, N_POINTS).astype(np.uint8),
        labels=labels.astype(np.uint8),
        pose=Pose(*rng.normal(0, 30, 3)),
        occluders=_hidden(rng, width, height),
    )


def _hidden(rng: np.random.Generator, width: int, height: int) -> np.ndarray | None:
    """What hides a face: nothing at all for every other one, else patches of a few kinds."""
    if rng.random() < 0.5:
        return None
    told = rng.choice([0, *map(int, Occluder)], (height, width)).astype(np.uint8)
    told[rng.random((height, width)) < 0.7] = 0
    told[0, 0] = rng.choice(list(map(int, Occluder)))
    return told


@st.composite
def samples(draw: st.DrawFn, most_faces: int) -> list[Sample]:
    """Up to four samples of different names, with up to ``most_faces`` faces each."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    found = []
    for number, name in enumerate(names):
        width, height = (int(v) for v in rng.integers(16, 40, 2))
        count = int(rng.integers(1, most_faces + 1))
        faces = tuple(random_face(rng, width, height) for _ in range(count))
        split = SPLITS[int(rng.integers(3))]
        found.append(Sample(name, split, width, height, faces, number, tags=("blur",)))
    return found


def photo_bytes(sample: Sample) -> bytes:
    """A photo of the sample's size, of its own colour."""
    data = io.BytesIO()
    Image.new("RGB", sample.size, (sample.number * 40, 90, 30)).save(data, "JPEG")
    return data.getvalue()


def write_data_set(
    root: Path, format_: Format, found: Sequence[Sample], classes: Classes | None = None
) -> None:
    """Write samples as a data set below ``root``."""
    classes = classes or Classes()
    rows: dict[str, list[Row]] = {split: [] for split in ("", *SPLITS)}
    for sample in found:
        where = format_.image_place(sample, ".jpg")
        written = format_.write(sample, classes)
        for file, data in {where: photo_bytes(sample), **written.files}.items():
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_bytes(data)
        if written.row is not None:
            rows[sample.split].append({**written.row, "image": where})

    def of(split: str) -> Iterator[Row]:
        return iter(rows[split])

    for place in format_.lists(root, of, classes):
        assert (root / place).is_file()


def one_sample(seed: int = 0, name: str = "a", faces: int = 1, **other: object) -> Sample:
    """One sample of the split train."""
    rng = np.random.default_rng(seed)
    told = tuple(random_face(rng, 32, 24) for _ in range(faces))
    return Sample(name, "train", 32, 24, told, **other)
