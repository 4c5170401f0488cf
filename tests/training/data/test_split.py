import pytest

from lapa_annotator.training.data.split import belongs, held_out, photo_of


@pytest.mark.parametrize("key", ["A000360", "some/folder/A000360", "A000360~1", "A000360~t2"])
def test_everything_made_of_one_photo_falls_on_the_same_side(key):
    assert photo_of(key) == "A000360"
    assert held_out(key) == held_out("A000360")


def test_about_one_photo_in_ten_is_held_out():
    share = sum(held_out(f"photo{k}") for k in range(5000)) / 5000
    assert 0.08 < share < 0.12


def test_the_choice_is_the_same_on_every_machine():
    assert [n for n in (f"photo{k}" for k in range(30)) if held_out(n)] == ["photo10", "photo26"]


def test_training_and_held_out_parts_share_nothing_and_miss_nothing():
    keys = [f"k{n}" for n in range(200)]
    train, held = ({k for k in keys if belongs(k, p)} for p in ("train", "held out"))
    assert not train & held
    assert train | held == {k for k in keys if belongs(k, "all")}
