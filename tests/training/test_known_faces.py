"""Proposals for known faces are kept, and made anew when the weights are others."""

from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.training.known_faces import KnownFolder
from tests.training.data.support import face_points, write_lapa


class Nobody:
    """A detector that finds nothing."""

    name = "nobody"

    def detect(self, image):
        return []


class Counting:
    """A proposer that counts how often it is asked."""

    name = "counting"
    digest = "a"
    asked = 0

    def propose(self, image, box):
        self.asked += 1
        return Landmarks(face_points())


def test_proposals_are_kept_until_the_weights_change(tmp_path):
    write_lapa(tmp_path / "faces", ["a", "b"])
    folder, proposer = KnownFolder(tmp_path / "faces"), Counting()
    for digest, asked in (("a", 2), ("a", 2), ("b", 4)):
        proposer.digest = digest
        found = list(folder.proposed(Nobody(), proposer, cache=tmp_path / "kept"))
        assert [f.proposal.points.shape for f in found] == [(106, 2)] * 2
        assert proposer.asked == asked
