"""Splits: the same every time, whole groups, and fair to every pose."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lapa_annotator.batch.export.splits import assign, pose_name

SHARES = {"train": 0.8, "val": 0.1, "test": 0.1}
poses = st.sampled_from(["frontal", "turned", "profile", "unknown"])
groups = st.dictionaries(st.text(max_size=6), st.lists(poses, min_size=1, max_size=4), max_size=30)


@settings(max_examples=50, deadline=None)
@given(groups=groups, stratify=st.booleans())
def test_every_group_has_one_split_whatever_the_order(groups, stratify) -> None:
    given_ = assign(groups, SHARES, stratify=stratify)
    assert given_.keys() == groups.keys()
    turned = dict(reversed(list(groups.items())))
    assert assign(turned, SHARES, stratify=stratify) == given_


def test_each_pose_is_shared_as_the_whole() -> None:
    kinds = {"frontal": 200, "turned": 50, "profile": 20}
    groups = {f"{kind}{i}": [kind] for kind, n in kinds.items() for i in range(n)}
    given_ = assign(groups, SHARES, stratify=True)
    for kind, count in kinds.items():
        found = Counter(split for group, split in given_.items() if group.startswith(kind))
        assert found == {s: round(count * share) for s, share in SHARES.items()}


def test_poses_are_named_by_yaw() -> None:
    names = [pose_name(yaw) for yaw in (0, -15, 16, -45, 80, None)]
    assert names == ["frontal", "frontal", "turned", "turned", "profile", "unknown"]


def test_shares_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="shares"):
        assign({"a": ["frontal"]}, {"train": -1, "val": 1}, stratify=True)
