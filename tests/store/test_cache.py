"""The cache of segmentations: derived, deletable, and never trusted when damaged."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from lapa_annotator.domain.geometry import Similarity
from lapa_annotator.store.cache import CachedSegmentation, SegmentationCache

VALUE = CachedSegmentation(
    np.random.default_rng(0).integers(0, 256, (3, 20, 30)).astype(np.uint8),
    Similarity(0.7, 0.1, -3.3, 1e-17),
    "multiclass",
)


@pytest.fixture
def cache(tmp_path: Path) -> SegmentationCache:
    return SegmentationCache(tmp_path)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_segmentation_comes_back_as_it_was(cache: SegmentationCache) -> None:
    assert cache.load("face") is None
    cache.store("face", VALUE)
    back = cache.load("face")
    assert np.array_equal(back.probabilities, VALUE.probabilities)
    assert (back.to_crop, back.model) == (VALUE.to_crop, VALUE.model)
    assert cache.load("other face") is None


def test_the_cache_may_be_deleted_at_any_time(cache: SegmentationCache, tmp_path: Path) -> None:
    cache.store("face", VALUE)
    shutil.rmtree(tmp_path / "cache")
    assert cache.load("face") is None
    cache.store("face", VALUE)
    assert cache.load("face") is not None
    cache.forget("face")
    assert cache.load("face") is None


def test_a_damaged_file_counts_as_missing(cache: SegmentationCache, tmp_path: Path) -> None:
    cache.store("face", VALUE)
    (file,) = _files(tmp_path)
    whole = file.read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 50)):
        file.write_bytes(whole[:place])
        assert cache.load("face") is None
        flipped = bytearray(whole)
        flipped[place] ^= 1
        file.write_bytes(flipped)
        assert cache.load("face") is None


def test_no_face_id_leads_out_of_the_folder(cache: SegmentationCache, tmp_path: Path) -> None:
    for face_id in ("../../../outside", "/etc/passwd", "", "a\0b", "\udcff"):
        cache.store(face_id, VALUE)
        assert cache.load(face_id) is not None
    assert all(file.is_relative_to(tmp_path / "cache") for file in _files(tmp_path))


def test_something_else_is_not_kept(cache: SegmentationCache) -> None:
    wrong = CachedSegmentation(np.zeros((3, 4)), VALUE.to_crop, "m")
    with pytest.raises(ValueError, match="uint8"):
        cache.store("face", wrong)
