"""Put trained weights into the program: files in its folder of models, a row in the manifest."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path

from lapa_annotator.domain.errors import InputError
from lapa_annotator.runtime.files import checksum
from lapa_annotator.runtime.manifest import SHIPPED, Precision, data_root

# What a run's folder calls its files, and the suffix they are shipped under.
_FILES = {
    "network.xml": ".xml",
    "network.bin": ".bin",
    "weights.safetensors": ".safetensors",
    "network.json": ".json",
    "network.prior.npz": ".prior.npz",
}
_IR = ("network.xml", "network.bin")
_NEEDED = (*_IR, "weights.safetensors")
_CARD = "card.md"


def ship(
    run: Path,
    name: str,
    *,
    stage: str,
    licence: str,
    about: str,
    precision: Precision = "f32",
    ir: bool = True,
) -> Path:
    """Copy a run's weights into the program's folder of models and write their row.

    Args:
        run: the folder that ``train`` has filled: ``network.xml``, ``network.bin``,
            ``weights.safetensors``, and as far as there are any ``network.json``,
            ``network.prior.npz``, ``card.md``.
        name: what the program shall call the weights; a row of that name is replaced.
        stage, licence, about, precision: columns of the row, see ``manifest.ModelFile``.
        ir: whether OpenVINO's files come along; without them they are made at first use, see
            ``built.built``.

    Returns:
        The path of the row's own file in the folder of models: .xml, or .safetensors.

    Raises:
        InputError: a file of the run is missing, or the folder cannot be written.
    """
    for file in _NEEDED:
        if not (run / file).is_file():
            raise InputError(run / file, "there is no such file", "train to the end first")
    folder = data_root("models")
    try:
        parts = []
        for file, suffix in _FILES.items():
            if (run / file).is_file() and (ir or file not in _IR):
                target = folder / f"{name}{suffix}"
                _replace(target, (run / file).read_bytes())
                parts.append((target.name, checksum(target), target.stat().st_size))
        card = f"{name}.md" if (run / _CARD).is_file() else ""
        if card:
            _replace(folder / card, (run / _CARD).read_bytes())
        texts = {"name": name, "stage": stage, "source": SHIPPED, "precision": precision}
        texts |= {"card": card, "licence": licence, "about": about}
        _write_row(folder / "manifest.toml", _row(texts, parts))
    except OSError as error:
        raise InputError(folder, f"cannot be written ({error.strerror})", "check it") from error
    return folder / parts[0][0]


def _row(texts: dict[str, str], parts: list[tuple[str, str, int]]) -> str:
    # JSON's strings are TOML's.
    lines = ["[[file]]", *(f"{key} = {_text(value)}" for key, value in texts.items())]
    own, *beside = parts
    lines += [f"file = {_text(own[0])}", f"sha256 = {_text(own[1])}", f"size = {own[2]}"]
    lines += ["beside = ["]
    for file, digest, size in beside:
        lines += [f"    {{ file = {_text(file)}, sha256 = {_text(digest)}, size = {size} }},"]
    return "\n".join([*lines, "]"])


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _write_row(manifest: Path, row: str) -> None:
    blocks = manifest.read_text(encoding="utf-8").split("[[file]]")
    name = tomllib.loads(row)["file"][0]["name"]
    head, *rows = [blocks[0].strip(), *("[[file]]" + b.rstrip() for b in blocks[1:])]
    kept = [r for r in rows if tomllib.loads(r)["file"][0]["name"] != name]
    text = "\n\n".join([head, *kept, row]) + "\n"
    tomllib.loads(text)
    _replace(manifest, text.encode("utf-8"))


def _replace(path: Path, data: bytes) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(data)
    beside.replace(path)
