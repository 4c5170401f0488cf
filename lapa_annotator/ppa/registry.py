"""The visible table of segmenters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.errors import InputError, choose
from lapa_annotator.ppa.networks import COARSE, FINE, NetworkForeground, NetworkSegmenter
from lapa_annotator.ppa.segment import CoarseToFine, Segmenter
from lapa_annotator.runtime.crops import Image
from lapa_annotator.runtime.files import checksum, first_present, model_path, verified
from lapa_annotator.runtime.manifest import manifest
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


def make_segmenter(name: str | None = None, parser: str | None = None) -> Segmenter:
    """Make the segmenter of that name; the manifest's first that is here without one.

    Args:
        name: a row of ``SEGMENTERS``.
        parser: a parsing network for the fine stage, in place of what the segmenter has there;
            see ``parser_file``.

    Raises:
        InputError: no segmenter has this name, the parser is missing, or it knows no hair.
    """
    if not parser:
        return SEGMENTERS[segmenter_name(name)]()
    version, path = parser_file(parser)
    fine = NetworkSegmenter(version, path)
    if coarse_of(parser):
        return CoarseToFine(fine, NetworkForeground())
    return fine


def parser_file(parser: str) -> tuple[str, Path]:
    """The model version and the .xml of a parser: any network that ``train parsing`` has made.

    Args:
        parser: its name in the manifest; or a file (.xml or .safetensors) or the folder of a
            run, where ``network.xml`` lies.

    Raises:
        InputError: there is none.
    """
    if parser in manifest():
        return parser, model_path(parser)
    given = Path(parser).expanduser()
    path = given / "network.xml" if given.is_dir() else given
    if path.suffix == ".safetensors":
        path = path.with_name("network.xml" if path.stem == "weights" else f"{path.stem}.xml")
    if not path.is_file() or path.suffix != ".xml":
        known = "".join(f", or {name}" for name in known_parsers())
        remedy = f"name a run of `train parsing`, or its network.xml{known}"
        raise InputError(parser, "no parser is here", remedy)
    return path.parent.name if path.stem == "network" else path.stem, path


def known_parsers() -> tuple[str, ...]:
    """The networks of the manifest that can stand in the fine stage."""
    rows = (row for row in manifest().values() if row.stage == "segmenter")
    return tuple(row.name for row in rows if row.name not in (COARSE, "multiclass"))


def coarse_of(parser: str | None) -> tuple[str, ...]:
    """Model files of the coarse stage before a parser: PSPNet's where it is, or none.

    Without it the landmarks give the crops, as they do for the bootstrap segmenter.
    """
    return (COARSE,) if parser and COARSE in manifest() else ()


def parser_prints(parser: str) -> dict[str, str]:
    """sha256 of every file that a parser runs on, by the file's name.

    Raises:
        InputError: there is no such parser, or its bytes are not the manifest's.
    """
    name, path = parser_file(parser)
    if parser in manifest():
        return {name: verified(name)}
    beside = sorted(path.parent.glob(f"{path.stem}.*"))
    return {f"{name}/{file.name}": checksum(file) for file in beside}
