"""A report as one page of HTML without anything remote, and as tables for spreadsheets."""

from __future__ import annotations

import base64
import csv
import io
import math
from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise
from pathlib import Path

import numpy as np

from lapa_annotator import __version__
from lapa_annotator.batch.summary import charts
from lapa_annotator.batch.summary.agreement import class_f1, mean_points, nme_of
from lapa_annotator.batch.summary.gather import FaceRow, Gathered, poses_of, worst_of
from lapa_annotator.domain.classes import CLASSES
from lapa_annotator.domain.face import Status
from lapa_annotator.domain.schema import POINT_DEFINITIONS
from lapa_annotator.formats.atomic import replace_file

PAGE = "report.html"

Cell = str | int | float
Rows = Sequence[Sequence[Cell]]

_STYLE = """
body { font: 15px/1.5 sans-serif; color: #222; margin: 2rem auto; max-width: 1100px;
padding: 0 1rem }
h1 { font-size: 1.6rem } h2 { font-size: 1.2rem; margin-top: 2.2rem; border-bottom: 1px solid #ccc }
table { border-collapse: collapse; font-size: 0.9rem } th, td { padding: 0.2rem 0.7rem }
th { text-align: left; border-bottom: 1px solid #999 } td.n { text-align: right }
tr:nth-child(even) td { background: #f5f5f5 } p.none { color: #666 }
.cases { display: grid; grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)); gap: 1rem }
.cases figure { margin: 0 } .cases img { width: 100%; height: 220px; object-fit: contain;
background: #202020 } figcaption { font-size: 0.8rem; overflow-wrap: anywhere }
svg { max-width: 100%; height: auto } section { overflow-x: auto }
"""
# Nothing may be loaded from anywhere, whatever a name of a photo says.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"

_WORST_POINTS = 12
_YAWS = (-90.0, -60.0, -45.0, -30.0, -15.0, 15.0, 30.0, 45.0, 60.0, 90.0)
_PITCHES = (-90.0, -30.0, -10.0, 10.0, 30.0, 90.0)
_SIZES = (0.0, 16.0, 32.0, 48.0, 64.0, 96.0, 128.0, 192.0, 256.0, 384.0, 512.0)


def page(found: Gathered) -> str:
    """The report as HTML."""
    title = f"Report of {escape(found.name)}"
    parts = [
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        f"<title>{title}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{title}</h1>",
        f"<p>{len(found.images)} photos, {len(found.faces)} faces; "
        f"made by LaPa Annotator {__version__}.</p>",
        *_sections(found),
        "</body></html>\n",
    ]
    return "\n".join(parts)


def _sections(found: Gathered) -> Iterable[str]:
    yield _section("Progress", _progress(found))
    yield _section("Effort", _effort(found))
    yield _section("Agreement", _agreement(found))
    yield _section("Classes", _classes(found.faces))
    yield _section("Pose and size", _coverage(found.faces))
    yield _section("Models", _models(found))
    yield _section("Worst cases", _worst(found))


def _section(title: str, content: str) -> str:
    return f"<section><h2>{title}</h2>\n{content}\n</section>"


def _progress(found: Gathered) -> str:
    counts = {str(s): float(found.statuses.get(str(s), 0)) for s in Status}
    left = "How long the rest will take is not known yet."
    if found.left is not None:
        hours = found.left
        left = (
            f"{hours.images} photos are open: about {hours.hours:.1f} hours "
            f"(95 %: {hours.low:.1f} to {hours.high:.1f})."
        )
    return f"{charts.bars(counts)}<p>{left}</p>"


def effort_rows(found: Gathered) -> tuple[tuple[str, ...], Rows]:
    """Columns and rows of the effort a face."""
    columns = ("annotator", "model", "proposals", "faces", "drags", "seconds")
    shares = ("untouched %", "propagated %", "dragged %", "moved %")
    rows = [
        (
            *(e.annotator, e.model, "hidden" if e.blind else "shown", e.faces, e.drags, e.seconds),
            *(100 * e.untouched, 100 * e.propagated, 100 * e.dragged, e.moved),
        )
        for e in found.effort
    ]
    return (*columns, *shares), rows


def _effort(found: Gathered) -> str:
    columns, rows = effort_rows(found)
    return _table(columns, rows) if rows else _none("No face is finished yet.")


def _agreement(found: Gathered) -> str:
    told = found.agreements
    if not told:
        return _none("No photo has been annotated by two people.")
    columns = ("photo", "first", "second", *told[0].nme)
    rows: list[Sequence[Cell]] = [(a.path, a.first, a.second, *a.nme.values()) for a in told]
    points = mean_points(told)
    rows.append(("mean", "", "", *nme_of(points).values()))
    text = "<p>Mean distance of the points, in per cent of the inter-ocular distance.</p>"
    text += _table(columns, rows)
    known = [i for i in np.argsort(-points) if np.isfinite(points[i])][:_WORST_POINTS]
    worst = [(int(i), POINT_DEFINITIONS[i], float(points[i])) for i in known]
    text += "<h3>The points that people agree on least</h3>"
    text += _table(("point", "where", "mean distance %"), worst)
    scores = {k: 100 * v for k, v in class_f1(told).items() if not math.isnan(v)}
    colours = {c.name: "#" + "".join(f"{v:02x}" for v in c.colour) for c in CLASSES}
    if scores:
        text += f"<h3>Classes: F1 of their label maps</h3>{charts.bars(scores, ' %', colours)}"
    return text


def class_rows(faces: Sequence[FaceRow]) -> tuple[tuple[str, ...], Rows]:
    """Columns and rows of the classes: faces, pixels and shares, over faces with a map."""
    made = np.array([row.pixels for row in faces if row.pixels], np.int64).reshape(-1, len(CLASSES))
    inside = made[:, 1:].sum(axis=1, keepdims=True)
    shares = 100 * made / np.maximum(inside, 1)
    rows = [
        (
            *(c.id, c.name, int((made[:, c.id] > 0).sum()), int(made[:, c.id].sum())),
            *(float(shares[:, c.id].mean()) if len(made) and c.id else math.nan,),
        )
        for c in CLASSES
    ]
    return ("id", "class", "faces", "pixels", "mean share of the face %"), rows


def _classes(faces: Sequence[FaceRow]) -> str:
    columns, rows = class_rows(faces)
    made = sum(1 for row in faces if row.pixels)
    if not made:
        return _none("No label map has been made yet.")
    shares = {str(r[1]): float(r[4]) for r in rows if not math.isnan(float(r[4]))}
    colours = {c.name: "#" + "".join(f"{v:02x}" for v in c.colour) for c in CLASSES}
    said = f"<p>{made} of {len(faces)} faces have a label map.</p>"
    return said + charts.bars(shares, " %", colours) + _table(columns, rows)


def _coverage(faces: Sequence[FaceRow]) -> str:
    posed = [row.pose for row in faces if row.pose is not None]
    if not posed:
        return _none("No face has points yet.")
    yaw, pitch = (np.array([getattr(p, n) for p in posed]) for n in ("yaw", "pitch"))
    counts, _, _ = np.histogram2d(
        np.clip(pitch, _PITCHES[0], _PITCHES[-1]),
        np.clip(yaw, _YAWS[0], _YAWS[-1]),
        bins=(_PITCHES, _YAWS),
    )
    rows = [f"{a:g} to {b:g}°" for a, b in pairwise(_PITCHES)]
    columns = [f"{a:g}…{b:g}" for a, b in pairwise(_YAWS)]
    names = {k: float(v) for k, v in sorted(poses_of(list(faces)).items())}
    sizes = [row.size for row in faces if row.size]
    return (
        charts.bars(names)
        + "<h3>Pitch (rows, up is positive) by yaw</h3>"
        + charts.grid(counts[::-1].astype(np.int64), rows[::-1], columns, "yaw in degrees")
        + "<h3>Size</h3>"
        + charts.histogram(sizes, _SIZES, "distance of the outer eye corners in pixels")
    )


def _models(found: Gathered) -> str:
    if not found.models:
        return _none("No model version has been trained in this project.")
    rows = [
        (m.name, m.task, m.parent, "in use" if m.active else "", _metrics(m.metrics or {}))
        for m in found.models
    ]
    text = _table(("version", "task", "from", "", "scores"), rows)
    for task in sorted({m.task for m in found.models}):
        scores = {
            m.name: m.metrics["nme"]
            for m in found.models
            if m.task == task and m.metrics and "nme" in m.metrics
        }
        if len(scores) > 1:
            text += f"<h3>{escape(task)}</h3>{charts.line(scores, 'NME in % by version')}"
    return text


def _metrics(metrics: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in sorted(metrics.items()))


def _worst(found: Gathered) -> str:
    shown = [
        row for row in worst_of(found.faces, len(found.faces)) if row.face_id in found.pictures
    ]
    if not shown:
        return _none("Nothing stands out.")
    figures = []
    for row in shown:
        data = base64.b64encode(found.pictures[row.face_id]).decode("ascii")
        why = "; ".join(row.problems) or f"doubt {row.doubt:.2f}, confidence {row.confidence:.2f}"
        figures.append(
            f'<figure><img alt="" src="data:image/jpeg;base64,{data}">'
            f"<figcaption><b>{escape(row.path)}</b><br>{escape(why)}</figcaption></figure>"
        )
    return f'<div class="cases">{"".join(figures)}</div>'


def _table(columns: Sequence[str], rows: Rows) -> str:
    head = "".join(f"<th>{escape(c)}</th>" for c in columns)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: Cell) -> str:
    if isinstance(value, str):
        return f"<td>{escape(value) or '–'}</td>"
    if isinstance(value, int):
        return f'<td class="n">{value:,}</td>'
    return f'<td class="n">{"–" if math.isnan(value) else f"{value:.2f}"}</td>'


def _none(sentence: str) -> str:
    return f'<p class="none">{sentence}</p>'


def tables(found: Gathered) -> dict[str, str]:
    """The tables as CSV, by file name."""
    images = [
        (
            i.path.as_posix(),
            str(i.status),
            i.faces,
            i.annotator,
            i.seconds,
            i.doubt or "",
            "|".join(i.tags),
        )
        for i in found.images
    ]
    faces = [_face_cells(row) for row in found.faces]
    columns = ("photo", "face", "status", "annotator", "yaw", "pitch", "roll", "eye distance")
    more = ("confidence", "touched", *(c.name for c in CLASSES), "problems")
    groups, agreed = agreement_rows(found)
    told = mean_points(found.agreements).tolist() if found.agreements else []
    off = [(i, POINT_DEFINITIONS[i], v) for i, v in enumerate(told)]
    return {
        "images.csv": _csv(
            ("photo", "status", "faces", "annotator", "seconds", "doubt", "tags"), images
        ),
        "faces.csv": _csv((*columns, *more), faces),
        "classes.csv": _csv(*class_rows(found.faces)),
        "effort.csv": _csv(*effort_rows(found)),
        "agreement.csv": _csv(groups, agreed),
        "agreement-points.csv": _csv(("point", "definition", "mean distance %"), off),
    }


def agreement_rows(found: Gathered) -> tuple[tuple[str, ...], Rows]:
    """Columns and rows of the agreement: NME by group in %, F1 by class."""
    groups = tuple(found.agreements[0].nme) if found.agreements else ("all",)
    names = tuple(f"F1 {c.name}" for c in CLASSES if c.id)
    rows = [
        (a.path, a.first, a.second, *a.nme.values(), *a.f1[1:].tolist()) for a in found.agreements
    ]
    return ("photo", "first", "second", *groups, *names), rows


def _face_cells(row: FaceRow) -> Sequence[Cell]:
    pose: Sequence[Cell] = ("", "", "")
    if row.pose is not None:
        pose = row.pose.yaw, row.pose.pitch, row.pose.roll
    pixels: Sequence[Cell] = row.pixels or ("",) * len(CLASSES)
    about = (row.path, row.face_id, row.status, row.annotator, *pose, row.size)
    return (*about, row.confidence, row.touched, *pixels, "; ".join(row.problems))


def _csv(columns: Sequence[str], rows: Rows) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(_number(c) if isinstance(c, float) else _tame(c) for c in row)
    return out.getvalue()


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6g}"


def _tame(cell: str | int) -> str | int:
    """A cell that no spreadsheet takes for a formula."""
    dangerous = isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{cell}" if dangerous else cell


def write_report(folder: Path, found: Gathered) -> Path:
    """Write the tables and, last, the page into a folder; returns the page's file.

    Raises:
        InputError: it cannot be written.
    """
    for name, text in tables(found).items():
        replace_file(folder / name, text.encode("utf-8"))
    replace_file(folder / PAGE, page(found).encode("utf-8"))
    return folder / PAGE
