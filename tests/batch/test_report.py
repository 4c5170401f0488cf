"""The report: one row a photo, the same for the same photos."""

import csv
import json

from lapa_annotator.batch.outcome import Outcome, Sample
from lapa_annotator.batch.report import Row, write_report

SAMPLES = (
    Sample("a_0", (1.0, 2.0, 30.5, 40.0), 0.91, 0.8, 0.1),
    Sample("a_1", (5.0, 2.0, 9.0, 8.0), 0.7, 0.6, 0.2),
)


def _rows(seconds: float) -> list[Row]:
    return [
        Row("a.jpg", "train", Outcome(SAMPLES, seconds={"reading": seconds, "networks": 0.25})),
        Row("sub/b, c.jpg", "val", Outcome(problem='b.jpg: the file is "empty"; copy it.')),
    ]


def test_the_table_has_one_row_a_photo(tmp_path):
    write_report(tmp_path, _rows(0.5), {})
    with (tmp_path / "report.csv").open(encoding="utf-8", newline="") as file:
        first, second = csv.DictReader(file)
    assert first["photo"] == "a.jpg"
    assert first["faces"] == "2"
    assert first["samples"] == "a_0 a_1"
    assert first["confidence"] == "0.8000 0.6000"
    assert first["problem"] == ""
    assert first["seconds"] == "0.7500"
    assert first["reading seconds"] == "0.5000"
    assert second["photo"] == "sub/b, c.jpg"
    assert second["faces"] == "0"
    assert second["problem"] == 'b.jpg: the file is "empty"; copy it.'


def test_the_report_tells_every_face_and_the_sums(tmp_path):
    write_report(tmp_path, _rows(0.5), {"options": {"faces": "all"}})
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert (report["photos"], report["faces"], report["skipped"]) == (2, 2, 1)
    assert report["options"] == {"faces": "all"}
    assert report["results"][0]["faces"][1] == {
        "sample": "a_1",
        "box": [5.0, 2.0, 9.0, 8.0],
        "score": 0.7,
        "confidence": 0.6,
        "lowest": 0.2,
        "remarks": [],
    }
    assert report["results"][1]["problem"] == 'b.jpg: the file is "empty"; copy it.'


def test_reports_of_a_slow_and_a_fast_run_agree_byte_for_byte(tmp_path):
    for name, seconds in (("slow", 9.0), ("fast", 0.1)):
        write_report(tmp_path / name, _rows(seconds), {})
    slow, fast = ((tmp_path / name / "report.json").read_bytes() for name in ("slow", "fast"))
    assert slow == fast
