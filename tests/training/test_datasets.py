"""Folders with shares, and nested parts of them."""

import pytest

from lapa_annotator.domain.errors import InputError
from lapa_annotator.training.datasets import Data, count_photos, first_faces
from tests.training.crops import Dotted


def dots(keys, name="dots"):
    return Dotted(keys, name, crop=lambda index: (name, index))


def test_a_folder_may_have_a_share(tmp_path):
    assert Data.parse(f"{tmp_path}:0.25") == Data(tmp_path, 0.25)
    assert Data.parse(str(tmp_path)) == Data(tmp_path, 1.0)


def test_a_colon_in_a_folder_s_name_is_no_share(tmp_path):
    folder = tmp_path / "faces:old"
    folder.mkdir()
    assert Data.parse(str(folder)) == Data(folder, 1.0)


@pytest.mark.parametrize("share", ["-1", "inf", "nan"])
def test_a_share_that_is_no_share_is_one_sentence(tmp_path, share):
    with pytest.raises(InputError, match="a share is a number"):
        Data.parse(f"{tmp_path}:{share}")


def test_an_unknown_folder_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        Data.parse(str(tmp_path / "nowhere"))


def keys_of(some):
    return {(s.name, key) for s in some for key in s.keys}


def test_more_photos_hold_the_fewer_ones():
    stores = [dots([f"a{i}" for i in range(30)], "a"), dots([f"b{i}" for i in range(30)], "b")]
    few, more = (keys_of(first_faces(stores, n, seed=0)) for n in (10, 25))
    assert (len(few), len(more)) == (10, 25)
    assert few < more
    assert {name for name, _ in more} == {"a", "b"}


def test_another_seed_takes_other_photos():
    stores = [dots([f"a{i}" for i in range(60)])]
    assert keys_of(first_faces(stores, 20, 0)) != keys_of(first_faces(stores, 20, 1))


def test_pictures_of_one_photo_go_together_and_count_once():
    stores = [dots(["x", "x~t1", "x~t2", "y", "y~1", "z"])]
    assert count_photos(stores) == 3
    (some,) = first_faces(stores, 2, seed=0)
    photos = {key.split("~")[0] for key in some.keys}
    assert len(photos) == 2
    assert set(some.keys) == {k for k in stores[0].keys if k.split("~")[0] in photos}


def test_some_crops_are_those_of_their_keys():
    store = dots(["a", "b", "c", "d"])
    (some,) = first_faces([store], 2, seed=0)
    assert [some[i] for i in range(len(some))] == [
        ("dots", store.keys.index(key)) for key in some.keys
    ]
