"""The program's own networks stand behind the same contracts as any other segmenter."""

import json

import numpy as np
import pytest
import torch
from torch import nn

from lapa_annotator.domain.errors import InputError
from lapa_annotator.ppa.networks import NetworkForeground, NetworkSegmenter, ParsingNetwork
from lapa_annotator.ppa.opinion import SecondOpinion, disagreement, most_disputed
from lapa_annotator.ppa.registry import make_segmenter, parser_prints
from lapa_annotator.ppa.segment import segment_face
from lapa_annotator.runtime.convert import export_ir
from tests.ppa.faces import perfect_face

SIZE = 64


class ByColour(nn.Module):
    """Logits that follow the picture's colours: the more red, the surer of class 1."""

    def __init__(self, classes):
        super().__init__()
        self.mix = nn.Conv2d(3, classes, 1, bias=False)
        weights = torch.zeros(classes, 3, 1, 1)
        weights[0] = 2.0
        weights[1, 0] = 8.0
        weights[-1, 2] = 8.0
        self.mix.weight = nn.Parameter(weights)

    def forward(self, x):
        return self.mix(x)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Exports a network of so many classes, once; returns its .xml."""
    made = {}

    def export(classes):
        if classes not in made:
            path = tmp_path_factory.mktemp("net") / "network.xml"
            export_ir(ByColour(classes), SIZE, path)
            about = {"size": SIZE, "classes": classes}
            path.with_suffix(".json").write_text(json.dumps(about))
            made[classes] = path
        return made[classes]

    return export


def _picture():
    picture = np.zeros((SIZE, SIZE, 3), np.uint8)
    picture[:, 16:32, 0] = 255
    picture[:, 32:, 2] = 255
    return picture


@pytest.mark.parametrize("classes", [3, 11])
def test_a_fine_network_gives_background_skin_and_hair(exported, classes):
    segmenter = NetworkSegmenter("mine", exported(classes))
    said = segmenter.segment(_picture())
    assert (segmenter.name, segmenter.size) == ("mine", SIZE)
    assert said.dtype == np.float32
    np.testing.assert_allclose(said.sum(axis=0), 1, atol=1e-5)
    assert said[1, 10, 24] > 0.9
    assert said[2, 10, 48] > 0.9
    assert said[1, 10, 5] == pytest.approx(1 / 3 if classes == 3 else 9 / 11, abs=1e-3)


def test_a_coarse_network_gives_all_but_the_rest(exported):
    said = NetworkForeground("mine", exported(2)).foreground(_picture())
    assert said.shape == (SIZE, SIZE)
    assert said[10, 5] == pytest.approx(0.5, abs=1e-3)
    assert said[10, 48] > 0.9


def test_a_coarse_network_is_no_fine_one(exported):
    with pytest.raises(InputError, match="hair"):
        NetworkSegmenter("mine", exported(2))


@pytest.mark.parametrize("about", ["", "{}", '{"size": 64}', '{"size": 64, "classes": 7}'])
def test_a_network_that_does_not_say_what_it_wants_is_told(tmp_path, about):
    (tmp_path / "network.json").write_text(about)
    with pytest.raises(InputError, match="export the network again"):
        ParsingNetwork.open("mine", tmp_path / "network.xml")


def test_a_network_that_answers_something_else_is_told(exported, tmp_path):
    for suffix in (".xml", ".bin"):
        source = exported(3).with_suffix(suffix)
        (tmp_path / source.name).write_bytes(source.read_bytes())
    (tmp_path / "network.json").write_text('{"size": 64, "classes": 11}')
    network = ParsingNetwork.open("mine", tmp_path / "network.xml")
    with pytest.raises(InputError, match="not 11 classes"):
        network.probabilities(_picture())


def test_a_network_that_is_not_here_is_told():
    with pytest.raises(InputError, match="no-such-net"):
        NetworkSegmenter("no-such-net")


def test_the_second_opinion_lies_where_it_was_seen(exported):
    image = np.full((1000, 1000, 3), (0, 255, 0), np.uint8)
    image[400:600, 300:700] = (255, 0, 0)
    image[100:300, 300:700] = (0, 0, 255)
    labels = SecondOpinion("eleven", exported(11)).parse(image, perfect_face().points)
    assert labels.shape == (1000, 1000)
    edge = 12  # pixels of the picture that one pixel of the crop covers, and some
    assert (labels[400 + edge : 600 - edge, 300 + edge : 700 - edge] == 1).all()
    assert (labels[100 + edge : 300 - edge, 300 + edge : 700 - edge] == 10).all()
    y, x = np.nonzero(labels == 1)
    assert x.mean() == pytest.approx(499.5, abs=1.0)  # of 23 that a pixel of the crop covers
    assert y.mean() == pytest.approx(499.5, abs=1.0)  # of 23 that a pixel of the crop covers


def test_only_eleven_classes_give_a_second_opinion(exported):
    with pytest.raises(InputError, match="not 11"):
        SecondOpinion("three", exported(3))


def test_disagreement_is_one_minus_f1():
    fitted = np.zeros((10, 10), np.uint8)
    other = fitted.copy()
    fitted[:, :4] = 4
    other[:, 2:6] = 4
    fitted[:, 9] = other[:, 9] = 6
    differences = disagreement(fitted, other)
    assert differences == {4: 0.5, 6: 0.0}
    assert most_disputed(differences) == 4


def test_a_part_that_one_has_and_the_other_has_not_is_all_in_dispute():
    fitted = np.zeros((4, 4), np.uint8)
    fitted[1, 1] = 8
    assert disagreement(fitted, np.zeros_like(fitted)) == {8: 1.0}


def test_two_empty_maps_have_nothing_in_dispute():
    assert most_disputed(disagreement(*np.zeros((2, 4, 4), np.uint8))) is None


def test_maps_of_different_sizes_are_refused():
    with pytest.raises(ValueError, match="different sizes"):
        disagreement(np.zeros((4, 4), np.uint8), np.zeros((4, 5), np.uint8))


class ByGuide(nn.Module):
    """Says skin where the guide's channel is bright, hair elsewhere."""

    inputs = 4

    def forward(self, x):
        heat = x[:, 3:] * 40 - 4
        return torch.cat([torch.zeros_like(heat) - 20, heat, -heat], dim=1)


def _guided(folder):
    path = export_ir(ByGuide(), SIZE, folder / "network.xml")
    about = {"size": SIZE, "classes": 3, "guide": "heatmap"}
    path.with_suffix(".json").write_text(json.dumps(about))
    return path


def test_a_network_with_a_guide_is_shown_the_landmarks(tmp_path):
    segmenter = NetworkSegmenter("mine", _guided(tmp_path))
    points = np.full((106, 2), -50.0)
    points[7] = (20, 30)
    said = segmenter.segment_with(_picture(), points)
    assert said[1, 30, 20] > 0.9
    assert said[2, 50, 50] > 0.9
    with pytest.raises(InputError, match="landmarks"):
        segmenter.segment(_picture())


def test_the_landmarks_lie_where_they_are_in_each_look(tmp_path):
    image = np.full((1000, 1000, 3), 128, np.uint8)
    points = perfect_face().points
    seen = segment_face(image, points, NetworkSegmenter("mine", _guided(tmp_path)))
    x, y = np.round(seen.to_crop.apply(points[54:55])[0]).astype(int)
    assert seen.probabilities[1, y, x] > 128


@pytest.mark.parametrize("given", ["folder", "network.xml", "weights.safetensors"])
def test_a_parser_is_named_by_its_run_or_a_file_of_it(exported, tmp_path, given):
    run = tmp_path / "my-run"
    run.mkdir()
    for suffix in (".xml", ".bin", ".json"):
        source = exported(3).with_suffix(suffix)
        (run / source.name).write_bytes(source.read_bytes())
    named = str(run) if given == "folder" else str(run / given)
    segmenter = make_segmenter(parser=named)
    assert segmenter.name.endswith("my-run")
    assert segmenter.size == SIZE
    prints = parser_prints(named)
    assert set(prints) == {f"my-run/network{s}" for s in (".xml", ".bin", ".json")}


@pytest.mark.parametrize("parser", ["no-such-parser", "/nowhere/network.xml"])
def test_a_parser_that_is_not_here_is_told(parser):
    with pytest.raises(InputError, match="no parser is here"):
        make_segmenter(parser=parser)
