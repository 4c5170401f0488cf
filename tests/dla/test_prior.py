"""What a prior learns of a proposer's errors, and how it is kept."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from lapa_annotator.dla.frame import canonical, mean_shape, mirrored
from lapa_annotator.dla.prior import Correction, Frame, Prior, Sums, learn
from lapa_annotator.dla.prior_file import find_prior, load_prior, prior_name, save_prior
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.schema import N_POINTS
from tests.dla.shapes import EYES, placed, wide_jaw


def frame() -> Frame:
    return Frame.of(placed(), np.full(N_POINTS, 0.9))


@pytest.fixture(scope="module")
def jaws() -> Prior:
    return learn([wide_jaw(seed) for seed in range(40)], "m", passes=2)


@pytest.mark.parametrize("roll", [0, 75, 180])
def test_the_canonical_frame_undoes_place_size_and_roll(roll):
    points = placed(roll=roll, size=33.0)
    assert np.allclose(canonical(points).apply(points), mean_shape(), atol=1e-9)


def test_the_mean_error_of_a_proposer_is_learned(jaws):
    mean = jaws.mean(frame()).reshape(N_POINTS, 2)
    assert mean[4, 0] == pytest.approx(-0.08, abs=0.03)
    assert mean[28, 0] == pytest.approx(0.08, abs=0.03)
    assert np.abs(mean[51:54]).max() < 0.02


def test_errors_that_go_together_are_learned_to(jaws):
    covariance = jaws.covariance()
    left, right, nose = 2 * 6, 2 * 26, 2 * 54
    scale = np.sqrt(covariance[left, left] * covariance[right, right])
    assert covariance[left, right] / scale < -0.5, "a jaw is wide on both sides"
    assert abs(covariance[left, nose]) < 0.2 * covariance[left, left]


def test_a_prior_does_not_favour_a_side():
    one_sided = [wide_jaw(seed) for seed in range(8)]
    for correction in one_sided:
        correction.truth[:16] = correction.proposed[:16]
    mean = learn(one_sided, "m", passes=1).mean(frame()).reshape(N_POINTS, 2)
    assert np.allclose(mean, mirrored(mean), atol=1e-9)


def test_without_any_correction_errors_are_smooth_and_without_bias():
    prior = Prior("m", Sums.none())
    assert not prior.mean(frame()).any()
    assert prior.covariance()[0, 2] > 0.3 * prior.covariance()[0, 0]
    assert np.linalg.eigvalsh(prior.covariance()).min() > 0


def test_points_that_nobody_knows_are_filled_in_by_the_others(jaws):
    hidden = wide_jaw(100)
    hidden.noise[17:33] = np.inf
    hidden.truth[17:33] = 1e6
    after = jaws.updated([hidden])
    assert np.isfinite(after.covariance()).all()
    assert np.allclose(after.mean(frame()), jaws.mean(frame()), atol=0.02)


def turned(seed: int, yaw: float) -> Correction:
    """A head turned by ``yaw`` degrees whose mouth alone is proposed 0.2 too low."""
    turn = math.radians(yaw)
    shape = mean_shape() * (math.cos(turn), 1.0)
    shape[51:66, 0] += 0.4 * math.sin(turn)
    proposed = placed(shape)
    rng = np.random.default_rng(seed)
    truth = proposed + 0.3 * rng.standard_normal(proposed.shape)
    truth[84:104, 1] -= 0.2 * EYES
    return Correction(proposed, np.full(N_POINTS, 0.9), truth, np.zeros(N_POINTS))


def test_errors_of_turned_heads_are_told_from_those_of_frontal_ones():
    faces = [wide_jaw(seed) for seed in range(20)] + [turned(s, 50.0) for s in range(20)]
    prior = learn(faces, "m", passes=1)
    side = Frame.of(turned(99, 50.0).proposed, np.full(N_POINTS, 0.9))
    other = Frame.of(turned(99, -50.0).proposed, np.full(N_POINTS, 0.9))
    assert side.turn * other.turn < -0.3
    assert prior.mean(side)[2 * 87 + 1] < -0.1
    assert prior.mean(other)[2 * 87 + 1] < -0.1, "a head may turn to either side"
    jaw = 2 * 6
    assert prior.covariance(side.turn)[jaw, jaw] < prior.covariance(0.0)[jaw, jaw]


def test_of_faces_of_another_kind_a_prior_knows_less(jaws):
    other = jaws.for_other_faces()
    assert abs(other.mean(frame())[8]) < 0.8 * abs(jaws.mean(frame())[8])
    assert np.trace(other.covariance()) > np.trace(jaws.covariance())


def test_corrections_of_a_project_outvote_what_was_shipped():
    shipped = learn([wide_jaw(seed) for seed in range(30)], "m", passes=1).for_other_faces()
    fine = [replace(wide_jaw(seed), truth=wide_jaw(seed).proposed) for seed in range(60)]
    before = shipped.mean(frame()).reshape(N_POINTS, 2)[4, 0]
    after = shipped.updated(fine).mean(frame()).reshape(N_POINTS, 2)[4, 0]
    assert abs(after) < 0.5 * abs(before)


def test_a_prior_comes_back_from_its_file(jaws, tmp_path):
    path = tmp_path / prior_name("m 1/2")
    save_prior(path, replace(jaws, model="m 1/2"), {"data": "wide jaws"})
    back = load_prior(path)
    assert back.model == "m 1/2"
    assert np.allclose(back.covariance(0.5), jaws.covariance(0.5), atol=1e-6)
    assert path.stat().st_size < 1_000_000


def test_a_damaged_prior_is_told_in_one_sentence(jaws, tmp_path):
    path = tmp_path / "prior-m.npz"
    save_prior(path, jaws)
    whole = path.read_bytes()
    for damaged in (whole[: len(whole) // 2], b"", b"PK\x03\x04" + bytes(40)):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match="prior"):
            load_prior(path)


def test_a_prior_of_other_numbers_is_refused(tmp_path):
    path = tmp_path / "prior-m.npz"
    sums = Sums.none()
    bad = replace(sums, gram=np.full_like(sums.gram, np.nan))
    save_prior(path, Prior("m", bad))
    with pytest.raises(InputError, match="gram"):
        load_prior(path)


def test_a_prior_learned_here_comes_before_the_shipped_one(jaws, tmp_path, monkeypatch):
    monkeypatch.setenv("LAPA_MODELS", str(tmp_path))
    assert find_prior("nobody's").sums.faces == 0
    save_prior(tmp_path / prior_name("nobody's"), jaws)
    assert find_prior("nobody's").sums.faces == 40


def test_what_an_older_program_has_learned_is_passed_over(jaws, tmp_path, monkeypatch):
    monkeypatch.setenv("LAPA_MODELS", str(tmp_path))
    path = tmp_path / prior_name("nobody's")
    about = np.frombuffer(json.dumps({"format": 1, "model": "m"}).encode(), np.uint8)
    np.savez(path, about=about)
    assert find_prior("nobody's").sums.faces == 0
    with pytest.raises(InputError, match="older"):
        load_prior(path)
