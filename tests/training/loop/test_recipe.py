"""A recipe survives its file, and says what is different."""

import tomllib

import pytest

from lapa_annotator import __version__
from lapa_annotator.domain.errors import InputError
from lapa_annotator.training.loop import Recipe

FULL = Recipe(
    task="landmarks",
    network="hourglass",
    settings={"width": 64, "stacks": 2},
    data=('C:\\faces "old":0.5', "/bilder/Gesichter ä\n"),
    fingerprints={"faces.1": "abc"},
    options={
        "sigma": 1.4,
        "occluded": 0.3,
        "mirror": True,
        "sizes": [1, 2],
        "looks": {"blur": 0.5, "by": {"a.b": 1}},
    },
    clip=0.0,
)


def test_a_recipe_reads_back_as_it_was_written():
    assert Recipe.read(FULL.toml(), "recipe.toml") == FULL


def test_a_recipe_is_toml_that_names_the_program_s_version():
    assert tomllib.loads(FULL.toml())["program"] == __version__


def test_differences_name_the_setting_and_both_values():
    other = Recipe(
        task="landmarks", network="hourglass", settings={"width": 32}, data=FULL.data, batch=4
    )
    said = FULL.differences(other)
    assert "settings.width = 64, not 32" in said
    assert "settings.stacks = 2, not null" in said
    assert "batch = 8, not 4" in said
    assert not FULL.differences(FULL)


def test_a_tuple_and_the_list_that_a_file_makes_of_it_are_the_same():
    told = Recipe(task="line", network="line", options={"scale": (0.5, 2.0)})
    assert not told.differences(Recipe.read(told.toml(), "recipe.toml"))


@pytest.mark.parametrize("text", ["task = ", 'task = "x"\nsteps = "many"', ""])
def test_a_damaged_recipe_is_one_sentence(text):
    with pytest.raises(InputError, match="cannot be read"):
        Recipe.read(text, "recipe.toml")


@pytest.mark.parametrize(
    "bad",
    [
        {"steps": 0},
        {"batch": 0},
        {"rate": 0.0},
        {"average": 1.0},
        {"optimizer": "adam"},
        {"schedule": "step"},
        {"seed": -1},
    ],
)
def test_a_value_out_of_range_is_named(bad):
    with pytest.raises(InputError, match=next(iter(bad))):
        Recipe(task="line", network="line", **bad)
