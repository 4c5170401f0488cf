"""The tables of parsers and comparisons: what a comparison leaves equal."""

import pytest

from lapa_annotator.domain.errors import InputError
from lapa_annotator.training.ablation import varied
from lapa_annotator.training.parsers.table import ALL, PARSERS, STUDIES, study_of
from lapa_annotator.training.parsing_run import ParsingOrder

SMALL = {"classes": 11, "width": 0.25, "head": 16, "edge": 8, "size": 64, "steps": 7}


def test_all_parsers_are_compared_alike(tmp_path):
    orders = [varied(ParsingOrder((), **SMALL), v, tmp_path) for v in ALL.variants]
    assert list(dict.fromkeys(one.net for one in orders)) == list(PARSERS)
    assert [one.model for one in orders if one.net == "bspnet"] == ["A", "B", "C"]
    for one in orders:
        alike = {name: getattr(one, name) for name in ("classes", "width", "size", "steps")}
        assert alike == {name: SMALL[name] for name in alike}


@pytest.mark.parametrize(("size", "dilation"), [(256, 12), (128, 6), (64, 3)])
def test_the_plain_fcn_is_as_wide_on_every_picture(size, dilation, tmp_path):
    fcn = study_of("001").variants[0]
    order = ParsingOrder((), net="vgg-fcn", size=size)
    assert varied(order, fcn, tmp_path).settings["dilation"] == dilation


def test_a_study_can_be_cut_to_some_variants():
    study = study_of("001")
    assert study.only([]) == study
    assert [v.name for v in study.only(["field", "FCN"]).variants] == ["FCN", "field"]
    with pytest.raises(InputError, match="no variant has this name"):
        study.only(["fields"])


def test_every_study_names_the_network_that_it_begins_with():
    assert {study.base["net"] for study in STUDIES} <= set(PARSERS)


def test_crops_are_the_stages_unless_a_margin_is_named():
    assert ParsingOrder((), margin=1.8, size=64).crop.margin == 1.8
    assert ParsingOrder((), size=64).crop.margin == 2.4
    with pytest.raises(InputError, match="between 1 and"):
        ParsingOrder((), margin=5.0)
