"""Networks that are shipped for torch alone: OpenVINO's files are made at first use and kept.

What is not asked for in every photo would double the program's weights for nothing.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import platformdirs

from lapa_annotator.domain.errors import InputError


def built(weights: Path, sha256: str) -> Path:
    """The .xml of a network, with what belongs to it beside it; made where it is not kept yet.

    Args:
        weights: the .safetensors; beside it a .json that says the network's input, ``size``.
        sha256: its checksum, which tells versions apart.

    Returns:
        The .xml in the user's folder of caches.

    Raises:
        InputError: torch is not installed, the weights are damaged, or the folder cannot be
            written.
    """
    kept = _folder() / f"{weights.stem}-{sha256[:16]}"
    made = kept / f"{weights.stem}.xml"
    if made.is_file():
        return made
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent, prefix=f".{kept.name}.") as folder:
            whole = Path(folder) / "whole"
            _build(weights, whole)
            try:
                whole.rename(kept)
            except OSError:
                if not made.is_file():  # another process was faster otherwise
                    raise
    except OSError as error:
        problem = f"cannot be written ({error.strerror})"
        raise InputError(kept, problem, "free space, or let the folder be written") from error
    return made


def _build(weights: Path, folder: Path) -> None:
    from lapa_annotator.runtime.convert import export_ir
    from lapa_annotator.runtime.engine import require_torch

    require_torch(f"the first use of {weights.stem}")
    from lapa_annotator.nets.weights import load_weights

    told = weights.with_suffix(".json").read_bytes()
    module, _ = load_weights(weights)
    export_ir(module, int(json.loads(told)["size"]), folder / f"{weights.stem}.xml")
    # On a GPU torch runs it, from beside the .xml.
    (folder / weights.name).write_bytes(weights.read_bytes())
    (folder / f"{weights.stem}.json").write_bytes(told)


def _folder() -> Path:
    return Path(platformdirs.user_cache_dir("lapa-annotator", appauthor=False)) / "networks"
