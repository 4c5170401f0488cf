"""What is to be exported: one task per photo, with the names, numbers and splits of its samples."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lapa_annotator.batch.export.options import ExportOptions
from lapa_annotator.batch.export.splits import assign, group_of, poses_of, tagged_split
from lapa_annotator.batch.naming import flat_names
from lapa_annotator.ppa.settings import settings_of
from lapa_annotator.store.project import Project
from lapa_annotator.store.values import ImageInfo, PhotoState


@dataclass(frozen=True, slots=True)
class ExportTask:
    """One photo to export.

    Attributes:
        image_id: its number in the project.
        name: the flat name of its samples.
        split: where they go.
        number: the number of its first face among all.
        relative: the photo's place below its folder, for reports.
        width, height: the size it was annotated at.
        tags: the photo's.
        status: how far it is.
        changed: whether the photo is another than was annotated.
        stamp: the same as long as photo, annotation, options, the project's settings of label maps
            and place in the order are the same.
    """

    image_id: int
    name: str
    split: str
    number: int
    relative: str
    width: int
    height: int
    tags: tuple[str, ...]
    status: str
    changed: bool
    stamp: str


def make_plan(project: Project, options: ExportOptions) -> list[ExportTask]:
    """List what the query finds, in the order of the paths.

    Raises:
        InputError: the query is not understood, or the project's settings are damaged.
    """
    infos = project.infos(project.ids(options.query).tolist())
    names = flat_names(_relatives(infos))
    splits = _splits(project, options, infos, names)
    fingerprint = options.fingerprint() + settings_of(project).fingerprint()
    tasks = []
    number = 0
    for info, name, split in zip(infos, names, splits, strict=True):
        told = (info.content, repr(info.updated), info.width, info.height, info.photo, info.tags)
        deciding = json.dumps([fingerprint, name, split, number, *told, str(info.status)])
        tasks.append(
            ExportTask(
                image_id=info.id,
                name=name,
                split=split,
                number=number,
                relative=info.path.as_posix(),
                width=info.width,
                height=info.height,
                tags=info.tags,
                status=str(info.status),
                changed=info.photo is PhotoState.CHANGED,
                stamp=hashlib.sha256(deciding.encode("utf-8", "replace")).hexdigest(),
            )
        )
        number += max(info.faces, 1)
    return tasks


def state_of(tasks: list[ExportTask]) -> str:
    """One digest of all that is to be exported: 64 hexadecimal digits."""
    whole = "\n".join(task.stamp for task in tasks)
    return hashlib.sha256(whole.encode()).hexdigest()


def _relatives(infos: list[ImageInfo]) -> list[PurePosixPath]:
    """A place of its own for every photo: where two folders share one, theirs comes before it."""
    relatives = [info.path for info in infos]
    if len(set(relatives)) == len(relatives):
        return relatives
    roots: dict[Path, str] = {}
    for root in sorted({info.root for info in infos}):
        name, count = root.name or "root", 2
        while name in roots.values():
            name, count = f"{root.name}-{count}", count + 1
        roots[root] = name
    return [PurePosixPath(roots[info.root]) / info.path for info in infos]


def _splits(
    project: Project, options: ExportOptions, infos: list[ImageInfo], names: list[str]
) -> list[str]:
    tagged = [tagged_split(info, options.split_by) for info in infos]
    groups = [group_of(i, n, options.split_by) for i, n in zip(infos, names, strict=True)]
    poses: dict[str, list[str]] = {}
    for info, group, tag in zip(infos, groups, tagged, strict=True):
        if tag is None:
            stratified = options.stratify and info.faces
            found = poses_of(project.load(info.id)) if stratified else [""]
            poses.setdefault(group, []).extend(found[:1])
    given = assign(poses, options.shares, stratify=options.stratify)
    return [tag or given[group] for tag, group in zip(tagged, groups, strict=True)]
