"""Records of what is done: kept through a kill, one run at a time."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lapa_annotator.batch.outcome import Outcome, Sample
from lapa_annotator.batch.records import Record, open_records, sha256_of
from lapa_annotator.domain.errors import InputError

OUTCOME = Outcome(
    samples=(Sample("a", (1.0, 2.0, 3.5, 4.0), 0.9, 0.8, 0.1),),
    outputs={"train/labels/a.png": "00ff"},
    seconds={"reading": 0.5},
    source="abcd",
)


def _record(**changes: object) -> Record:
    values = {"name": "a", "photo": "/photos/a.jpg", "size": 5, "modified": 7, "options": "o"}
    return Record(**{**values, "outcome": OUTCOME, **changes})


def test_a_record_comes_back_as_it_was(tmp_path):
    record = _record(name="é🙂", photo="/photos/\udcff.jpg")
    with open_records(tmp_path) as records:
        records.put(record)
    with open_records(tmp_path) as records:
        assert records.all() == {"é🙂": record}


def test_a_record_takes_the_place_of_the_one_before(tmp_path):
    with open_records(tmp_path) as records:
        records.put(_record())
        records.put(_record(options="p"))
        assert records.all()["a"].options == "p"
        records.drop("a")
        assert records.all() == {}


def test_records_outlive_a_kill(tmp_path):
    code = f"""
import os, signal
from pathlib import Path
from tests.batch.test_records import _record
from lapa_annotator.batch.records import open_records
with open_records(Path({str(tmp_path)!r})) as records:
    records.put(_record())
    os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[2])
    with open_records(tmp_path) as records:
        assert records.all() == {"a": _record()}


def test_a_second_run_in_the_same_folder_is_refused(tmp_path):
    with (
        open_records(tmp_path),
        pytest.raises(InputError, match="another run"),
        open_records(tmp_path),
    ):
        pass


def test_a_damaged_file_of_records_is_named(tmp_path):
    with open_records(tmp_path):
        pass
    (tmp_path / ".annotate" / "records.sqlite").write_bytes(b"no database at all, " * 100)
    with pytest.raises(InputError, match=r"records\.sqlite.*damaged"), open_records(tmp_path):
        pass


def test_a_file_in_place_of_the_out_folder_is_refused(tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(InputError, match="a file stands"), open_records(tmp_path / "out"):
        pass


def test_a_photo_is_known_by_its_bytes_when_its_time_has_changed(tmp_path):
    photo = tmp_path / "a.jpg"
    photo.write_bytes(b"12345")
    status = photo.stat()
    outcome = Outcome(source=sha256_of(photo))
    record = _record(modified=status.st_mtime_ns, outcome=outcome)
    os.utime(photo, ns=(1, 1))
    assert record.is_of(photo)
    photo.write_bytes(b"54321")
    assert not record.is_of(photo)
    photo.unlink()
    assert not record.is_of(photo)
