"""Small charts as SVG, drawn without a library so that a report is one file of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

_BAR, _GAP, _LABEL, _WIDE = 18, 5, 150, 520
_INK, _FAINT, _FILL = "#333", "#ccc", "#0072B2"


def bars(
    values: Mapping[str, float], unit: str = "", colours: Mapping[str, str] | None = None
) -> str:
    """Bars that lie, one for each name, with the number behind it."""
    top = max([*values.values(), 1e-9])
    height = len(values) * (_BAR + _GAP) + _GAP
    out = [_open(_WIDE, height)]
    for i, (name, value) in enumerate(values.items()):
        y = _GAP + i * (_BAR + _GAP)
        width = (_WIDE - _LABEL - 90) * value / top
        colour = (colours or {}).get(name, _FILL)
        out.append(_text(_LABEL - 6, y + 13, name, "end"))
        out.append(
            f'<rect x="{_LABEL}" y="{y}" width="{width:.1f}" height="{_BAR}" fill="{colour}" '
            f'stroke="{_FAINT}" stroke-width="0.5"/>'
        )
        out.append(_text(_LABEL + width + 6, y + 13, f"{_number(value)}{unit}", "start"))
    return "".join([*out, "</svg>"])


def histogram(values: Sequence[float], edges: Sequence[float], unit: str) -> str:
    """Standing bars: how many values fall between each two edges; the ends take what is beyond."""
    clipped = np.clip(np.array(values, np.float64), edges[0], edges[-1])
    counts, _ = np.histogram(clipped, bins=edges)
    width, height, base = 520, 150, 120
    step = (width - 40) / len(counts)
    top = max(int(counts.max(initial=0)), 1)
    out = [_open(width, height)]
    for i, count in enumerate(counts.tolist()):
        tall = 100 * count / top
        x = 20 + i * step
        out.append(
            f'<rect x="{x:.1f}" y="{base - tall:.1f}" width="{step - 2:.1f}" '
            f'height="{tall:.1f}" fill="{_FILL}"><title>{count}</title></rect>'
        )
        if count:
            out.append(_text(x + step / 2 - 1, base - tall - 4, str(count), "middle", 9))
    for i, edge in enumerate(edges):
        if i % max(1, len(edges) // 8) == 0:
            out.append(_text(20 + i * step, base + 14, _number(edge), "middle", 10))
    out.append(_text(width / 2, height - 2, unit, "middle", 11))
    return "".join([*out, "</svg>"])


def grid(counts: NDArray[np.int64], rows: Sequence[str], columns: Sequence[str], unit: str) -> str:
    """A table of counts (r, c) as squares, the darker the more."""
    cell, left, top = 54, 110, 10
    width, height = left + cell * len(columns) + 10, top + cell * len(rows) + 40
    most = max(int(counts.max(initial=0)), 1)
    out = [_open(width, height)]
    for r, name in enumerate(rows):
        out.append(_text(left - 6, top + r * cell + cell / 2 + 4, name, "end"))
        for c in range(len(columns)):
            count = int(counts[r, c])
            # By the root: a few faces in a corner shall be told from none.
            share = (count / most) ** 0.5
            ink = "#fff" if share > 0.55 else _INK
            x, y = left + c * cell, top + r * cell
            out.append(
                f'<rect x="{x}" y="{y}" width="{cell - 2}" height="{cell - 2}" fill="{_FILL}" '
                f'fill-opacity="{share:.2f}" stroke="{_FAINT}"/>'
            )
            out.append(_text(x + cell / 2 - 1, y + cell / 2 + 4, str(count), "middle", 11, ink))
    for c, name in enumerate(columns):
        out.append(
            _text(left + c * cell + cell / 2, top + len(rows) * cell + 14, name, "middle", 10)
        )
    out.append(_text(left + cell * len(columns) / 2, height - 4, unit, "middle", 11))
    return "".join([*out, "</svg>"])


def line(values: Mapping[str, float], unit: str) -> str:
    """Values in the order given, joined by a line: how scores went from version to version."""
    width, height, base = 520, 190, 140
    low, high = min([*values.values(), 0.0]), max([*values.values(), 1e-9])
    span = (high - low) or 1.0
    step = (width - 80) / max(1, len(values) - 1)
    points = [(40 + i * step, base - 120 * (v - low) / span) for i, v in enumerate(values.values())]
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    out = [_open(width, height)]
    out.append(f'<polyline points="{joined}" fill="none" stroke="{_FILL}" stroke-width="2"/>')
    for (x, y), (name, value) in zip(points, values.items(), strict=True):
        out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{_FILL}"/>')
        out.append(_text(x, y - 8, _number(value), "middle", 10))
        out.append(_text(x, base + 18, name, "middle", 9))
    out.append(_text(width / 2, height - 4, unit, "middle", 11))
    return "".join([*out, "</svg>"])


def _open(width: float, height: float) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" font-family="sans-serif">'
    )


def _text(x: float, y: float, text: str, anchor: str, size: int = 12, colour: str = _INK) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" '
        f'fill="{colour}">{escape(text)}</text>'
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 1000 else f"{value:.3g}"
