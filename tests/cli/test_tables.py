"""Tables are shown, and written as CSV and Markdown."""

import csv
import io

from rich.console import Console

from lapa_annotator.cli.tables import Table

TABLE = Table(
    title="F1 of 3 label maps",
    columns=("class", "F1", "pixels"),
    rows=(("left eye", 0.123456789, 7), ('人, "a"', float("nan"), 12)),
    digits=3,
)


def test_markdown_has_a_title_a_heading_and_aligned_numbers() -> None:
    assert TABLE.markdown().splitlines() == [
        "**F1 of 3 label maps**",
        "",
        "| class | F1 | pixels |",
        "| --- | ---: | ---: |",
        "| left eye | 0.123 | 7 |",
        '| 人, "a" | – | 12 |',
    ]


def test_csv_keeps_more_digits_and_any_text() -> None:
    rows = list(csv.reader(io.StringIO(TABLE.csv())))
    assert rows[0] == ["class", "F1", "pixels"]
    assert rows[1] == ["left eye", "0.123457", "7"]
    assert rows[2] == ['人, "a"', "nan", "12"]


def test_the_terminal_shows_every_cell() -> None:
    out = io.StringIO()
    TABLE.show(Console(file=out, width=60))
    for word in ("F1 of 3 label maps", "left eye", "0.123", "–", "12"):
        assert word in out.getvalue()
