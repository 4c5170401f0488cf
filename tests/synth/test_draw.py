"""What a seed draws: reproducible, within sense, and wide enough."""

import json
from dataclasses import asdict

import numpy as np
import pytest

from lapa_annotator.synth.draw import draw
from lapa_annotator.synth.hair import STYLES

MANY = [draw(seed) for seed in range(600)]


def test_a_seed_always_draws_the_same_person():
    assert draw(7) == draw(7)
    assert draw(7) != draw(8)


def test_what_is_drawn_can_be_written_as_json():
    for person in MANY[:20]:
        assert json.loads(json.dumps(asdict(person)))["seed"] == person.seed


def test_actions_and_phenotypes_are_shares():
    for person in MANY:
        assert all(0 <= value <= 1 for value in person.actions.values())
        assert all(0 <= value <= 1 for value in person.body.phenotype.values())


def test_poses_reach_profiles_and_stay_within_their_limits():
    yaw = np.array([p.pose.yaw for p in MANY])
    assert np.abs(yaw).max() <= 82
    assert (yaw > 60).any()
    assert (yaw < -60).any()
    assert np.median(np.abs(yaw)) < 35
    assert max(abs(p.pose.pitch) for p in MANY) <= 36
    assert max(abs(p.pose.roll) for p in MANY) <= 42


def test_both_eyes_are_usually_alike():
    blinks = [(p.actions.get("eyeBlinkLeft", 0), p.actions.get("eyeBlinkRight", 0)) for p in MANY]
    unlike = np.mean([abs(a - b) > 0.3 for a, b in blinks])
    assert 0 < unlike < 0.06


def test_rare_cases_occur():
    assert any(p.actions.get("jawOpen", 0) > 0.6 for p in MANY)
    assert any(p.actions.get("eyeBlinkLeft", 0) == 1 for p in MANY)
    assert any(p.skin.tone > 0.8 for p in MANY)
    assert {p.wear.glasses for p in MANY} == {"", "clear", "dark"}
    assert {p.hair.style for p in MANY} == {*STYLES, "bald"}


@pytest.mark.parametrize("style", sorted(STYLES))
def test_hair_colours_of_a_style_differ(style):
    colours = {p.hair.colour for p in MANY if p.hair.style == style}
    assert len(colours) > 3


def test_the_hard_mix_turns_more_heads_and_opens_more_mouths():
    hard = [draw(seed, "hard") for seed in range(300)]
    turned = [np.mean([abs(p.pose.yaw) > 40 for p in people]) for people in (MANY, hard)]
    opened = [
        np.mean([p.actions.get("jawOpen", 0) > 0.25 for p in people]) for people in (MANY, hard)
    ]
    assert turned[1] > 1.5 * turned[0]
    assert opened[1] > 1.5 * opened[0]
    assert max(abs(p.pose.yaw) for p in hard) <= 82


def test_the_mix_of_mouths_draws_more_shapes_mostly_from_the_front():
    mouths = [draw(seed, "mouths") for seed in range(300)]

    def spread(people, name):
        return np.std([p.body.changes[name] for p in people])

    turned = [np.mean([abs(p.pose.yaw) > 40 for p in people]) for people in (MANY, mouths)]
    opened = [
        np.mean([p.actions.get("jawOpen", 0) > 0.25 for p in people]) for people in (MANY, mouths)
    ]
    assert turned[1] < 0.75 * turned[0]
    assert opened[1] > 1.5 * opened[0]
    assert spread(mouths, "mouth-scale-horiz-incr") > 1.5 * spread(MANY, "mouth-scale-horiz-incr")
    assert spread(mouths, "nose-hump-incr") < 1.2 * spread(MANY, "nose-hump-incr")
    assert max(abs(v) for p in mouths for v in p.body.changes.values()) <= 1.3
