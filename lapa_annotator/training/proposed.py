"""Labelled faces as the program meets them: their points are proposed, not true."""

from __future__ import annotations

from pathlib import Path

from lapa_annotator.dla.registry import Detector, Proposer, make_detector, make_proposer
from lapa_annotator.domain.errors import InputError
from lapa_annotator.training.data.crops import CropSpec, CropStore
from lapa_annotator.training.data.sample import Sample
from lapa_annotator.training.known_faces import KnownFolder


class ProposedSource:
    """All faces of a folder with their label maps and proposed points; see ``data.Source``.

    Args:
        path: in LaPa's layout, a project, or laid out as the samples of Face Synthetics.
        detector, proposer: who proposes.
        cache: where proposals are kept.

    Raises:
        InputError: it is none of these, or empty.
    """

    def __init__(self, path: Path, detector: Detector, proposer: Proposer, cache: Path) -> None:
        self.name = path.name
        self._folder = KnownFolder(path)
        self._faces = list(self._folder.proposed(detector, proposer, cache))
        self._print = f"{self._folder.fingerprint()}-{proposer.name}"

    def __len__(self) -> int:
        """How many faces there are."""
        return len(self._faces)

    def keys(self) -> list[str]:
        """The faces' names."""
        return [face.name for face in self._faces]

    def load(self, index: int) -> Sample:
        """A face: its points are the proposed ones.

        Raises:
            InputError: a file is damaged, or it has no label map.
        """
        face = self._faces[index]
        labels = self._folder.labels(face.index)
        if labels is None:
            raise InputError(face.name, "it has no label map", "name a folder with label maps")
        image = self._folder.load(face.index)[0]
        return Sample(
            image=image,
            points=face.proposal.points,
            key=face.name,
            source=self.name,
            labels=labels,
        )

    def fingerprint(self) -> str:
        """Changes whenever a face or the proposer may have changed."""
        return self._print


def proposed_crops(path: Path, spec: CropSpec, cache: Path) -> CropStore:
    """The crops of all faces of a folder, placed by what the program proposes.

    Raises:
        InputError: see ``ProposedSource``; a face without a label map; a missing model.
    """
    source = ProposedSource(path, make_detector(), make_proposer(), cache / "proposals")
    return CropStore.build(source, cache, spec)
