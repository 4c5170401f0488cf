"""Which split a photo goes to: by tag, person, folder or name, and fair to every pose."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence

from lapa_annotator.batch.export.options import SplitBy
from lapa_annotator.dla.pose import estimate_pose
from lapa_annotator.domain.face import Annotation
from lapa_annotator.formats.lapa import SPLITS, split_of
from lapa_annotator.store.values import ImageInfo

PERSON = "person:"
"""What the tags begin with that name persons."""

POSES: tuple[tuple[str, float], ...] = (
    ("frontal", 15.0),
    ("turned", 45.0),
    ("profile", 180.0),
)
"""Names of poses, and the yaw in degrees, to either side, up to which they go."""

UNKNOWN = "unknown"


def pose_name(yaw: float | None) -> str:
    """The name of a pose with that yaw in degrees."""
    if yaw is None:
        return UNKNOWN
    return next((name for name, most in POSES if abs(yaw) <= most), POSES[-1][0])


def group_of(info: ImageInfo, name: str, by: SplitBy) -> str:
    """What stays together with an image: its person, its folder, or itself alone."""
    if by is SplitBy.PERSON:
        person = next((tag for tag in info.tags if tag.startswith(PERSON)), None)
        return name if person is None else person
    if by is SplitBy.FOLDER:
        return f"{info.root.name}/{info.path.parent.as_posix()}"
    return name


def assign(
    groups: Mapping[str, Sequence[str]], shares: Mapping[str, float], *, stratify: bool
) -> dict[str, str]:
    """Return the split of every group.

    Args:
        groups: for each group the poses of its images.
        shares: split -> weight.
        stratify: deal the groups of each pose out in turn, in an order that is chance but the
            same every time; otherwise each group's name alone decides.

    Raises:
        ValueError: a negative weight, or none above zero.
    """
    if not stratify:
        return {group: split_of(group, shares) for group in groups}
    strata: dict[str, list[str]] = defaultdict(list)
    for group, poses in groups.items():
        # The rarest kind of pose in it counts: there are few of these to deal out.
        strata[max(poses, key=lambda pose: (_rank(pose), pose), default=UNKNOWN)].append(group)
    given: dict[str, str] = {}
    for members in strata.values():
        members.sort(key=lambda group: hashlib.sha256(group.encode("utf-8", "replace")).digest())
        given |= _dealt(members, groups, shares)
    return given


def _rank(pose: str) -> int:
    names = [UNKNOWN, *(name for name, _ in POSES)]
    return names.index(pose) if pose in names else 0


def _dealt(
    members: Sequence[str], groups: Mapping[str, Sequence[str]], shares: Mapping[str, float]
) -> dict[str, str]:
    """Deal groups out so that every split has its share of the images, as nearly as may be."""
    whole = sum(shares.values())
    if whole <= 0 or min(shares.values()) < 0:
        raise ValueError(f"shares of splits are not negative and not all zero, got {dict(shares)}")
    there = dict.fromkeys(shares, 0)
    given = {}
    for group in members:
        count = len(groups[group])
        total = sum(there.values()) + count
        owed = {split: shares[split] / whole * total - there[split] for split in shares}
        split = max(owed, key=lambda name: (owed[name], shares[name]))
        there[split] += count
        given[group] = split
    return given


def tagged_split(info: ImageInfo, by: SplitBy) -> str | None:
    """The split that an image is tagged with, if it is for the tags to decide."""
    return next((t for t in info.tags if t in SPLITS), None) if by is SplitBy.TAG else None


def poses_of(annotation: Annotation) -> list[str]:
    """The pose of every face with points, estimated where it is not known."""
    found = []
    for face in annotation.faces:
        if face.pose is not None:
            found.append(pose_name(face.pose.yaw))
        elif face.landmarks is not None:
            found.append(pose_name(estimate_pose(face.landmarks.points).yaw))
    return found or [UNKNOWN]
