"""Tables for the terminal and for files: text, CSV, Markdown."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as RichTable

Cell = str | int | float


@dataclass(frozen=True, slots=True)
class Table:
    """A table of results.

    Attributes:
        title: what it shows, with units.
        columns: the headings.
        rows: cells, as many as there are columns; NaN is shown as a dash.
        digits: decimals of the numbers as shown; a CSV file keeps six significant digits.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    digits: int = 2

    def show(self, console: Console) -> None:
        """Print it."""
        table = RichTable(
            title=self.title,
            title_justify="left",
            box=SIMPLE_HEAD,
            show_edge=False,
            padding=(0, 1, 0, 0),
        )
        for name, cell in zip(self.columns, self.rows[0], strict=True):
            text = isinstance(cell, str)
            table.add_column(name, justify="left" if text else "right", no_wrap=text)
        for row in self.rows:
            table.add_row(*map(self._shown, row))
        console.print(table)

    def markdown(self) -> str:
        """Return it as Markdown, its title in bold above it."""
        marks = ("---" if isinstance(cell, str) else "---:" for cell in self.rows[0])
        rows = [self.columns, tuple(marks), *(tuple(map(self._shown, row)) for row in self.rows)]
        return "\n".join([f"**{self.title}**", "", *(f"| {' | '.join(r)} |" for r in rows), ""])

    def csv(self) -> str:
        """Return it as CSV with a heading line."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.columns)
        for row in self.rows:
            writer.writerow(f"{c:.6g}" if isinstance(c, float) else c for c in row)
        return out.getvalue()

    def _shown(self, cell: Cell) -> str:
        if isinstance(cell, float):
            return "–" if math.isnan(cell) else f"{cell:.{self.digits}f}"
        return str(cell)
