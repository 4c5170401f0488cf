"""What a person wears or holds, as meshes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lapa_annotator.synth.figure import Figure
from lapa_annotator.synth.person import Person

if TYPE_CHECKING:
    from lapa_annotator.synth.scene import Scene


def wear(scene: Scene, person: Person, body: Figure) -> None:
    """Add everything that the person wears or holds to the scene."""
