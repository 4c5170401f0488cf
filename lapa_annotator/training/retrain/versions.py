"""The versions of a project's models: which one is in use, and the proposer or segmenter of it."""

from __future__ import annotations

from pathlib import Path

from lapa_annotator.dla.hourglass import HourglassProposer
from lapa_annotator.dla.registry import Proposer, make_proposer
from lapa_annotator.domain.errors import InputError
from lapa_annotator.ppa.networks import FINE
from lapa_annotator.ppa.registry import make_segmenter, parser_file
from lapa_annotator.ppa.segment import Segmenter
from lapa_annotator.ppa.settings import making, settings_of
from lapa_annotator.runtime.files import model_path
from lapa_annotator.store.project import Project
from lapa_annotator.store.values import ModelVersion
from lapa_annotator.training.landmark_files import IR, WEIGHTS

TASK = "landmarks"
PARSING = "parsing"
TASKS = (TASK, PARSING)
"""What a project's models can be taught: points, and label maps."""
FOLDER = "training"
"""Where a project keeps its snapshots, runs and versions."""

_SHIPPED = "hourglass-106"


def runs_folder(project: Project) -> Path:
    """The folder of a project's trainings, one folder each."""
    return project.folder / FOLDER / "runs"


def proposer_of(project: Project, version: ModelVersion) -> HourglassProposer:
    """The proposer of one of a project's versions.

    Raises:
        InputError: its weights are gone.
    """
    path = project.folder / version.weights / IR
    for file in (path, path.with_suffix(".bin")):
        if not file.is_file():
            raise InputError(
                file, f"the weights of {version.name} are gone", "go back to another version"
            )
    return HourglassProposer(version.name, path)


def current_proposer(project: Project) -> Proposer:
    """The proposer in use: of the project's active version, else the program's default.

    Raises:
        InputError: the weights of the active version are gone.
    """
    version = project.models.active(TASK)
    return make_proposer() if version is None else proposer_of(project, version)


def weights_to_begin_from(project: Project) -> tuple[str, Path] | None:
    """Name and file of the weights that fine-tuning begins from; None where there are none."""
    version = project.models.active(TASK)
    if version is not None:
        return version.name, project.folder / version.weights / WEIGHTS
    try:
        shipped = model_path(_SHIPPED).with_suffix(".safetensors")
    except InputError:
        return None
    return (_SHIPPED, shipped) if shipped.is_file() else None


def segmenter_of(folder: Path) -> Segmenter:
    """The segmenter of the version whose run is in a folder.

    Raises:
        InputError: its weights are gone or damaged.
    """
    for name in (IR, IR.replace(".xml", ".bin")):
        if not (folder / name).is_file():
            raise InputError(
                folder / name,
                f"the weights of {folder.name} are gone",
                "go back to another version",
            )
    return make_segmenter(parser=str(folder))


def current_segmenter(project: Project) -> Segmenter:
    """The segmenter that makes new label maps: the one that the project's settings name, else
    its active version, else the program's default.

    Raises:
        InputError: the weights of the segmenter are gone.
    """
    wanted = making(project, settings_of(project))
    return make_segmenter(wanted.segmenter, wanted.parser)


def parser_to_begin_from(project: Project) -> tuple[str, Path] | None:
    """Name and file of the parsing network that fine-tuning begins from; None without one.

    Raises:
        InputError: the network that the project's settings name is not here.
    """
    version = project.models.active(PARSING)
    if version is not None:
        return version.name, project.folder / version.weights / WEIGHTS
    named = settings_of(project).parser
    try:
        name, network = parser_file(named or FINE)
    except InputError:
        if named:
            raise
        return None
    beside = network.with_name(WEIGHTS) if network.name == IR else network
    weights = beside.with_suffix(".safetensors")
    return (name, weights) if weights.is_file() else None


def go_back(project: Project, name: str) -> ModelVersion:
    """Use a version for its task from now on, whichever it is; returns it.

    Raises:
        InputError: no version of that name, or its weights are gone.
    """
    for version in project.models.all():
        if version.name == name:
            if version.task == PARSING:
                segmenter_of(project.folder / version.weights)
            else:
                proposer_of(project, version)
            project.models.activate(name)
            return version
    raise InputError(name, "is no version of this project", "take one of its list of versions")
