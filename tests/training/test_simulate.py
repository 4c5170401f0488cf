"""The simulated annotator: what it does, and that propagation saves it work."""

import numpy as np
import pytest

from lapa_annotator.dla.prior import Prior, Sums, learn
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.training.drag_report import Simulation, calibration, online
from lapa_annotator.training.known_faces import KnownFace
from lapa_annotator.training.simulate import Annotator, Following, Plain, correct, folds, helpers
from tests.dla.shapes import EYES, wide_jaw


def known(seed: int) -> KnownFace:
    face = wide_jaw(seed)
    proposal = Landmarks(face.proposed, confidence=face.confidence)
    return KnownFace(str(seed), proposal, face.truth, np.ones(N_POINTS, bool), seed)


@pytest.fixture(scope="module")
def faces() -> list[KnownFace]:
    return [known(seed) for seed in range(24)]


def test_plain_correction_drags_every_point_that_is_off(faces):
    face = faces[0]
    off = np.linalg.norm(face.proposal.points - face.truth, axis=1)
    wrong = np.flatnonzero(off > 0.05 * face.interocular)
    session = correct(face, Plain(face.proposal), Annotator(0.05))
    assert sorted(session.dragged) == wrong.tolist()
    assert session.dragged[0] == off.argmax()


def test_points_of_unknown_truth_are_nobodys_concern(faces):
    face = known(3)
    face.known[:33] = False
    face.truth[:33] = -1e6
    session = correct(face, Plain(face.proposal), Annotator(0.05))
    assert not set(session.dragged) & set(range(33))


def test_following_takes_near_points_along_and_leaves_those_that_were_dragged():
    face = known(1)
    follow = Following(face.proposal)
    follow.drag(8, face.proposal.points[8] + 10.0)
    after = follow.drag(7, face.proposal.points[7])
    assert (after[8] == face.proposal.points[8] + 10.0).all()
    assert np.allclose(after[54], face.proposal.points[54], atol=0.01)


def test_propagation_takes_a_third_of_the_drags(faces):
    simulation = Simulation(faces, folds(faces, "m", 3))
    assert list(simulation.run([Annotator(0.05)]))[-1] == len(faces)
    drags = {r.method: r.mean for r in simulation.rows() if r.group == "all faces"}
    assert drags["propagation"] < drags["plain"] / 3
    assert drags["propagation"] < drags["following"]
    assert calibration(simulation)


def test_drops_that_miss_a_little_still_come_to_an_end(faces):
    prior = Prior("m", Sums.none())
    helper = helpers(prior)["propagation"]
    session = correct(faces[0], helper(faces[0].proposal), Annotator(0.05, noise=0.02))
    assert 0 < len(session.dragged) <= N_POINTS


def test_the_doubt_walk_looks_at_more_points_than_it_drags(faces):
    prior = learn([f.correction() for f in faces[1:]], "m", passes=1)
    helper = helpers(prior)["propagation"]
    session = correct(faces[0], helper(faces[0].proposal), Annotator(0.05, order="doubt"))
    assert session.looked >= len(session.dragged)


def test_points_are_kept_after_every_drag_and_repeated_when_there_are_fewer(faces):
    session = correct(faces[0], Plain(faces[0].proposal), Annotator(0.3), shots=10)
    assert len(session.shots) == 11
    assert (session.shots[0] == faces[0].proposal.points).all()
    assert (session.shots[10] == session.shots[-1]).all()


def test_more_corrected_faces_mean_fewer_drags(faces):
    annotators = [Annotator(0.05), Annotator(0.08)]
    rows = list(online(faces[:16], faces[16:], Prior("m", Sums.none()), (0, 12, 500), annotators))
    assert [r.seen for r in rows] == [0, 0, 12, 12, 16, 16]
    assert [r.tolerance for r in rows] == [0.05, 0.08] * 3
    assert all(row.faces == 8 for row in rows)
    assert rows[4].mean < rows[0].mean
    assert rows[4].p90 <= rows[0].p90


def test_calibration_is_told_for_every_radius_and_in_ranges_of_what_was_said(faces):
    simulation = Simulation(faces, folds(faces, "m", 3))
    list(simulation.run([Annotator(0.05)]))
    rows = calibration(simulation)
    whole = [r for r in rows if (r.least, r.most) == (0, 1)]
    assert {r.radius for r in whole} == {0.03, 0.05, 0.08}
    for row in whole:
        parts = [r for r in rows if (r.radius, r.drags) == (row.radius, row.drags) and r != row]
        assert sum(r.points for r in parts) == row.points
        assert all(r.least <= r.said <= r.most for r in parts)
    narrow, wide = (next(r for r in whole if r.radius == x and not r.drags) for x in (0.03, 0.08))
    assert narrow.said < wide.said
    assert narrow.right < wide.right


def test_every_face_is_measured_with_a_prior_that_has_not_seen_it(faces):
    priors = folds(faces, "m", 4)
    assert len(priors) == len(faces)
    assert {p.sums.faces for p in priors} == {18.0}
    assert abs(faces[0].interocular / EYES - 1) < 0.1
