"""One training of the face detector: folders in, weights out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from lapa_annotator.dla.centre import MODEL
from lapa_annotator.nets.weights import save_weights
from lapa_annotator.runtime.convert import export_ir
from lapa_annotator.training.data.mosaic import (
    Mosaic,
    MosaicMaker,
    MosaicSettings,
    load_portraits,
)
from lapa_annotator.training.data.sources import Source, open_source
from lapa_annotator.training.data.split import Part
from lapa_annotator.training.detection import DetectionTask, LossWeights
from lapa_annotator.training.loop import Machine, Progress, Recipe, fit, trained

NETWORK = "detector"
INPUT = 320
"""Side of what the exported network sees, in pixels; it was trained on smaller canvases."""

_HELD_OUT_SEED = 1_000_003
_HELD_OUT_COUNT = 160


class DetectorRun:
    """A training of the face detector.

    Args:
        data: folders of faces with landmarks, each with its share of the faces pasted.
        steps, batch, seed, rate: as in ``Recipe``.
        init: file of the weights to begin from, None for random ones.
        mosaics: how pictures are made.

    Raises:
        InputError: a folder without samples to train on, or a damaged sample.
    """

    def __init__(
        self,
        data: Sequence[tuple[Path, float]],
        *,
        steps: int = 3000,
        batch: int = 16,
        seed: int = 0,
        rate: float = 2e-3,
        init: Path | None = None,
        mosaics: MosaicSettings | None = None,
    ) -> None:
        settings = mosaics or MosaicSettings()
        sources = {str(path): open_source(path, "train") for path, _ in data}
        maker = MosaicMaker(
            [(load_portraits(sources[str(path)]), share) for path, share in data], settings
        )
        self.task = DetectionTask(
            maker, held_out_mosaics(data, settings), NETWORK, batch=batch, seed=seed, init=init
        )
        self.recipe = Recipe(
            task="detector",
            network=NETWORK,
            data=tuple(f"{path}={share:g}" for path, share in data),
            fingerprints=_fingerprints(sources),
            options=asdict(settings) | asdict(LossWeights()),
            steps=steps,
            batch=batch,
            seed=seed,
            rate=rate,
            clip=0.0,
            init="" if init is None else str(init),
        )

    def train(self, out: Path, machine: Machine | None = None) -> Iterator[Progress]:
        """Train in the folder ``out``, or go on there; see ``training.loop.fit``.

        When all steps are taken, ``out`` holds the averaged weights as ``detector-106`` in
        safetensors and as OpenVINO's files.
        """
        for progress in fit(self.task, self.recipe, out, machine):
            if progress.stage == "done":
                self.export(out)
            yield progress

    def export(self, out: Path) -> Path:
        """Write the averaged weights of the newest checkpoint; returns the safetensors file.

        Raises:
            InputError: there is no checkpoint, or the disk is full.
        """
        module = trained(self.task, out)
        notes = {"data": ", ".join(self.recipe.data), "steps": str(self.recipe.steps)}
        path = out / f"{MODEL}.safetensors"
        save_weights(path, module, NETWORK, {}, notes | {"seed": str(self.recipe.seed)})
        export_ir(module, INPUT, path.with_suffix(".xml"))
        return path


def held_out_mosaics(
    data: Sequence[tuple[Path, float]],
    settings: MosaicSettings,
    count: int = _HELD_OUT_COUNT,
    seed: int = _HELD_OUT_SEED,
) -> list[Mosaic]:
    """Mosaics of the faces that are kept out of all training; always the same ones.

    Raises:
        InputError: a folder that holds out nothing.
    """
    groups = [(load_portraits(open_source(path, _HELD_OUT)), share) for path, share in data]
    maker = MosaicMaker(groups, settings)
    return [maker.make(seed, number) for number in range(count)]


_HELD_OUT: Part = "held out"


def _fingerprints(sources: dict[str, Source]) -> dict[str, str]:
    return {name: source.fingerprint() for name, source in sources.items()}
