"""Flat names: unique, readable, and fit for every file system."""

import unicodedata
from pathlib import PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from lapa_annotator.batch.naming import flat_names, printable


def _names(*relatives: str) -> list[str]:
    return flat_names([PurePosixPath(r) for r in relatives])


def test_a_photo_keeps_its_name():
    assert _names("portrait.jpg", "IMG 12.JPEG", "a.b.png") == ["portrait", "IMG 12", "a.b"]


def test_folders_become_part_of_the_name():
    assert _names("2024/summer/one.jpg") == ["2024__summer__one"]


def test_the_same_name_in_two_folders_gives_two_names():
    assert _names("a/one.jpg", "b/one.jpg") == ["a__one", "b__one"]


def test_names_of_all_scripts_are_kept():
    assert _names("été.jpg", "人脸.png", "🙂👩‍🚀.webp") == ["été", "人脸", "🙂👩‍🚀"]


def test_names_that_would_meet_get_digits_of_their_own():
    names = _names("a.jpg", "a.png", "A.jpg", "b/c.jpg", "b__c.jpg")
    assert len({name.casefold() for name in names}) == 5
    assert all(name.casefold().startswith(("a_", "b__c_")) for name in names)


def test_names_that_differ_in_how_accents_are_encoded_alone_are_told_apart():
    names = _names(*(unicodedata.normalize(form, "é.jpg") for form in ("NFC", "NFD")))
    assert len({unicodedata.normalize("NFC", name) for name in names}) == 2


def test_a_name_does_not_depend_on_the_order_of_the_photos():
    forth, back = _names("a.jpg", "a.png", "b.jpg"), _names("b.jpg", "a.png", "a.jpg")
    assert forth == back[::-1]


def test_characters_that_some_systems_forbid_are_replaced_and_the_name_stays_unique():
    names = _names("what?.jpg", "what_.jpg", "a:b.jpg", "line\nbreak.jpg", "broken\udcff.jpg")
    assert len(set(names)) == 5
    assert not set("".join(names)) & set('<>:"|?*\\\n\udcff')


def test_long_names_are_cut_and_stay_unique():
    names = _names("人" * 120 + "1.jpg", "人" * 120 + "2.jpg")
    assert len(set(names)) == 2
    assert all(len(name.encode()) <= 220 for name in names)


@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=12, unique=True))
def test_names_never_meet(stems):
    relatives = {PurePosixPath("in/" + s.replace("\0", "_") + ".jpg") for s in stems}
    names = flat_names(sorted(relatives))
    keys = {unicodedata.normalize("NFC", name).casefold() for name in names}
    assert len(keys) == len(relatives)
    assert not any("/" in name for name in names)


def test_bytes_that_are_no_text_can_be_shown():
    assert printable("caf\udce9 🙂.jpg") == "caf\\udce9 🙂.jpg"
    assert printable("line\nbreak\x1b[31m") == "line\\nbreak\\x1b[31m"
