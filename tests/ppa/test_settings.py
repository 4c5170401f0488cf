"""A project's settings of label maps: read, kept, recorded, taken back."""

import pytest

from lapa_annotator.domain.errors import InputError
from lapa_annotator.ppa.fusion import ORDER
from lapa_annotator.ppa.parse import ParseOptions
from lapa_annotator.ppa.registry import MODEL_NAMES, SEGMENTERS, coarse_of
from lapa_annotator.ppa.settings import Settings, apply, history, settings_of, take_back
from lapa_annotator.store.project import Project


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "p", annotator="ann") as made:
        yield made


def test_the_defaults_are_the_parsers_own():
    assert Settings.of().options == ParseOptions()
    assert Settings.of().segmenter is None
    assert Settings.of().changed() == {}


def test_texts_change_what_they_name_and_nothing_else():
    read = Settings.of().reading(["hair=0.7", "curve.eyes=straight", "order=skin, parts,hair"])
    assert read.options.sureness.hair == 0.7
    assert read.options.sureness.background == ParseOptions().sureness.background
    assert read.options.fit("left eye").fitting == "direct"
    assert read.options.fit("mouth").fitting == "curves"
    assert read.options.order == ORDER[:3]
    assert set(read.changed()) == {"hair", "curve.eyes", "order"}
    said = Settings.of().against(read)
    assert "hair: 0.5 → 0.7" in said
    assert len(said) == 3


@pytest.mark.parametrize(
    "text", ["hair", "hair=much", "hair=1.5", "hair=nan", "hare=1", "order=skin,skin", "order=",
             "curve.eyes=round", "segmenter=none"],
)  # fmt: skip
def test_what_is_no_setting_is_told_in_one_sentence(text):
    with pytest.raises(InputError) as told:
        Settings.of().reading([text])
    assert "\n" not in str(told.value)
    assert text.split("=")[0] in str(told.value)


def test_settings_are_kept_with_the_project_and_every_change_is_recorded(project):
    hair = Settings.of().reading(["hair=0.7"])
    apply(project, hair, "glasses")
    assert settings_of(project) == hair
    (entry,) = history(project)
    assert (entry.annotator, entry.about) == ("ann", "glasses")
    assert (entry.before, entry.after) == ({}, {"hair": 0.7})


def test_changes_are_taken_back_one_by_one_and_that_is_recorded(project):
    one, two = Settings.of({"hair": 0.7}), Settings.of({"hair": 0.7, "background": 0.9})
    apply(project, one)
    apply(project, two)
    assert take_back(project) == one
    assert take_back(project) == Settings.of()
    assert settings_of(project) == Settings.of()
    assert len(history(project)) == 4
    with pytest.raises(InputError, match="no change"):
        take_back(project)
    apply(project, two)
    assert take_back(project) == Settings.of()


@pytest.mark.parametrize("kept", [{"now": {"hair": "x"}}, {"now": {"new": 1}}, {"now": [1]}])
def test_damaged_settings_are_told_with_the_way_back(project, kept):
    project.settings.set("parsing", kept)
    with pytest.raises(InputError, match="--reset"):
        settings_of(project)
    apply(project, Settings.of())
    assert settings_of(project) == Settings.of()


def test_a_named_segmenter_takes_only_what_it_has_said_itself():
    assert set(MODEL_NAMES) == set(SEGMENTERS)
    assert Settings.of().takes("anything")
    named = Settings.of({"segmenter": "multiclass"})
    assert named.takes(MODEL_NAMES["multiclass"])
    assert not named.takes(MODEL_NAMES["bspnet"])


def test_a_named_parser_takes_only_what_it_has_said_and_nothing_when_it_is_gone(tmp_path):
    run = tmp_path / "runs" / "fine"
    run.mkdir(parents=True)
    (run / "network.xml").write_text("")
    named = Settings.of().reading([f"parser={run}"])
    assert named.parser == str(run)
    assert named.takes("+".join((*coarse_of(str(run)), "fine")))
    assert not named.takes(MODEL_NAMES["multiclass"])
    (run / "network.xml").unlink()
    assert not named.takes("fine")
    with pytest.raises(InputError, match="no parser"):
        named.check()


def test_equal_settings_have_one_fingerprint_and_others_another():
    assert Settings.of({"hair": 0.7}).fingerprint() == Settings.of({"hair": "0.7"}).fingerprint()
    assert Settings.of({"hair": 0.7}).fingerprint() != Settings.of().fingerprint()
