"""The manifest and the sealed data card of an export.

``manifest.json`` has the sha256 of every file. ``card.json`` says what the data set is and carries
the manifest's own sha256; its ``seal`` is the sha256 of the card without it. So whoever notes the
seal down can tell later whether any byte of the data set has changed. ``card.md`` is for people.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lapa_annotator import __version__
from lapa_annotator.batch.export.options import ExportOptions
from lapa_annotator.batch.export.staging import MANIFEST
from lapa_annotator.batch.export.work import Made
from lapa_annotator.batch.records import sha256_of
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Status
from lapa_annotator.formats.checks import dict_of, inside, read_json
from lapa_annotator.runtime import manifest as weights

CARD, CARD_TEXT = "card.json", "card.md"


@dataclass
class Summary:
    """Counts over an export, added up photo by photo.

    Attributes:
        photos, faces: how many.
        counters: counts by kind: splits, poses, origins, visibility, models, and so on.
        pixels: of every class.
        shown: in how many faces a class is to be seen.
        sums: sums over faces with points, for means.
    """

    photos: int = 0
    faces: int = 0
    counters: dict[str, Counter[str]] = field(default_factory=dict)
    pixels: list[int] = field(default_factory=list)
    shown: list[int] = field(default_factory=list)
    sums: Counter[str] = field(default_factory=Counter)

    def add(self, made: Made) -> None:
        """Count a photo's faces."""
        self.photos += 1
        for fact in made.facts:
            self.faces += 1
            self._count("splits", {fact["split"]: 1})
            self._count("poses", {fact["pose_name"]: 1})
            self._count("status", {fact["status"]: 1})
            self._count("occluders", dict.fromkeys(fact["occluders"], 1))
            self._count("segmenters", {fact["segmenter"]: 1} if fact["segmenter"] else {})
            pixels = fact["pixels"]
            self.pixels = _added(self.pixels, pixels)
            self.shown = _added(self.shown, [int(n > 0) for n in pixels])
            self.sums["repaired pixels"] += fact["repaired"]
            if "confidence" in fact:
                self._count("origins", fact["origins"])
                self._count("visibility", fact["visibility"])
                self._count("models", dict.fromkeys(fact["models"], 1))
                self._count("annotators", dict.fromkeys(fact["annotators"], 1))
                for name in ("confidence", "touched", "interocular"):
                    self.sums[name] += fact[name]
                self.sums["with points"] += 1

    def _count(self, kind: str, counts: Mapping[str, int]) -> None:
        self.counters.setdefault(kind, Counter()).update(counts)

    def mean(self, name: str) -> float | None:
        """The mean of a number over the faces with points; None without any."""
        count = self.sums["with points"]
        return round(float(self.sums[name]) / count, 4) if count else None


def _added(a: list[int], b: list[int]) -> list[int]:
    longest = max(len(a), len(b))
    return [x + y for x, y in zip(*(v + [0] * (longest - len(v)) for v in (a, b)), strict=True)]


def summary_of(made: Iterable[Made]) -> Summary:
    """Add up what became of the photos of an export."""
    summary = Summary()
    for one in made:
        summary.add(one)
    return summary


def encode(value: Any) -> bytes:
    """JSON that is the same for the same value, for people to read."""
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def manifest(files: Mapping[str, str]) -> bytes:
    """The manifest of files: sha256 by place."""
    return encode({"files": dict(files), "hash": "sha256"})


def card(
    project: str,
    options: ExportOptions,
    summary: Summary,
    problems: Mapping[str, str],
    state: str,
    manifest_hash: str,
) -> dict[str, Any]:
    """Make the sealed data card.

    Args:
        project: the project's name.
        options: of the export.
        summary: counts over it.
        problems: what was wrong, by photo that was left out.
        state: digest of the state of the project that was exported.
        manifest_hash: sha256 of the manifest.
    """
    kinds = {kind: dict(sorted(counts.items())) for kind, counts in summary.counters.items()}
    models = {*kinds.pop("models", {}), *kinds.pop("segmenters", {})}
    told = {
        "program": f"lapa-annotator {__version__}",
        "format": {"name": options.format, "loses": options.row.loses},
        "counts": {"photos": summary.photos, "faces": summary.faces, "left out": len(problems)}
        | {kind: kinds[kind] for kind in ("splits", "poses") if kind in kinds},
        "classes": _classes(options, summary),
        "provenance": {
            "project": project,
            "query": options.query,
            "state": state,
            "origins of points": kinds.get("origins", {}),
            "annotators": kinds.get("annotators", {}),
            "models": sorted(models),
        },
        "licences": {
            "photos and annotations": options.licence or "not told",
            "models": {name: licence_of(name) for name in sorted(models)},
        },
        "quality": _quality(kinds, summary),
        "options": options.deciding(),
        "left out": dict(problems),
        "manifest": manifest_hash,
    }
    return {**told, "seal": seal(told)}


def _quality(kinds: Mapping[str, Any], summary: Summary) -> dict[str, Any]:
    return {
        "faces by status": {str(s): kinds.get("status", {}).get(str(s), 0) for s in Status},
        "visibility of points": kinds.get("visibility", {}),
        "faces hidden by": kinds.get("occluders", {}),
        "mean confidence of points": summary.mean("confidence"),
        "mean share of points set by people": summary.mean("touched"),
        "mean distance of the eyes' outer corners in pixels": summary.mean("interocular"),
        "pixels repaired by hand": summary.sums["repaired pixels"],
    }


def _classes(options: ExportOptions, summary: Summary) -> list[dict[str, Any]]:
    whole = max(1, sum(summary.pixels))
    rows = []
    for row in options.classes.rows:
        pixels = summary.pixels[row.id] if row.id < len(summary.pixels) else 0
        faces = summary.shown[row.id] if row.id < len(summary.shown) else 0
        about = {"id": row.id, "name": row.name, "colour": list(row.colour), "faces": faces}
        rows.append({**about, "pixels": pixels, "share": round(pixels / whole, 6)})
    return rows


def licence_of(model: str) -> str:
    """The terms of the weights that a model version's name tells of."""
    for file in weights.manifest().values():
        if file.name == model or file.name in model or model in file.about:
            return file.licence
    return "see the model's card"


def seal(told: Mapping[str, Any]) -> str:
    """The sha256 of a card without its seal."""
    return hashlib.sha256(encode({k: v for k, v in told.items() if k != "seal"})).hexdigest()


def card_text(told: Mapping[str, Any]) -> str:
    """The card for people, in Markdown."""
    counts, source = told["counts"], told["provenance"]
    lines = [f"# Data card of {source['project']}", ""]
    lines.append(
        f"{counts['faces']} faces of {counts['photos']} photos, exported by {told['program']} as "
        f"{told['format']['name']}; {counts['left out']} photos were left out."
    )
    lines += ["", f"The format does not keep: {told['format']['loses']}.", "", "## Classes", ""]
    lines += ["| id | class | colour | faces | share of pixels |", "|---:|---|---|---:|---:|"]
    for row in told["classes"]:
        colour = "#" + "".join(f"{v:02x}" for v in row["colour"])
        share = f"{100 * row['share']:.2f} %"
        lines.append(f"| {row['id']} | {row['name']} | {colour} | {row['faces']} | {share} |")
    for title, values in (
        ("Counts", counts),
        ("Provenance", source),
        ("Licences", told["licences"]),
        ("Quality", told["quality"]),
        ("Options", told["options"]),
    ):
        lines += ["", f"## {title}", "", *(f"- {k}: {_shown(v)}" for k, v in values.items())]
    if told["left out"]:
        lines += ["", "## Left out", "", *(f"- {v}" for v in told["left out"].values())]
    lines += ["", "## Seal", "", f"- manifest: `{told['manifest']}`", f"- seal: `{told['seal']}`"]
    return "\n".join([*lines, ""])


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{k} {_shown(v)}" for k, v in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return "none" if value in (None, "") else str(value)


def verify(folder: Path) -> list[str]:
    """Compare an export with its manifest and its card; return what is wrong, a sentence each.

    Raises:
        InputError: it has no manifest or card, or they are damaged.
    """
    told = dict_of(folder / CARD, read_json(folder / CARD), "the whole")
    path = folder / MANIFEST
    files = dict_of(path, dict_of(path, read_json(path), "the whole").get("files"), "files")
    wrong = []
    if told.get("seal") != seal(told):
        wrong.append(str(InputError(folder / CARD, "it was changed", "export again")))
    if told.get("manifest") != sha256_of(path):
        wrong.append(str(InputError(path, "it was changed", "export again")))
    for place, digest in files.items():
        file = inside(folder, place, path)
        if not file.is_file() or sha256_of(file) != digest:
            problem = "it was changed" if file.is_file() else "it is missing"
            wrong.append(str(InputError(file, problem, "export again")))
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    extra = there - files.keys() - {MANIFEST, CARD, CARD_TEXT}
    wrong += [str(InputError(folder / p, "came later", "remove it")) for p in sorted(extra)]
    return wrong
