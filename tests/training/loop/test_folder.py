"""What lies in the folder of a run."""

import pytest
import torch

from lapa_annotator.domain.errors import InputError
from lapa_annotator.training.loop import Progress, RunFolder
from tests.training.loop.stub import recipe


def checkpoint(folder, step):
    folder.checkpoints.mkdir(parents=True, exist_ok=True)
    torch.save({"global_step": step, "w": torch.ones(4)}, folder.checkpoint(step))


def test_the_last_two_checkpoints_are_kept(tmp_path):
    folder = RunFolder(tmp_path)
    for step in (9, 10, 100):
        checkpoint(folder, step)
    folder.prune()
    assert [p.name for p in folder.saved()] == ["step-00000010.ckpt", "step-00000100.ckpt"]


class Bomb:
    """Would make a file if a checkpoint were read as pickles are."""

    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return open, (str(self.target), "w")


def test_a_checkpoint_runs_no_code(tmp_path):
    folder = RunFolder(tmp_path)
    folder.checkpoints.mkdir()
    torch.save({"global_step": 3, "x": Bomb(tmp_path / "ran")}, folder.checkpoint(3))
    path, content, note = folder.latest()
    assert path is None
    assert not content
    assert "step-00000003.ckpt is damaged" in note
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"not a checkpoint" * 9])
def test_what_is_no_checkpoint_is_passed_over(tmp_path, data):
    folder = RunFolder(tmp_path)
    checkpoint(folder, 5)
    folder.checkpoint(6).write_bytes(data)
    assert folder.latest()[0] == folder.checkpoint(5)


def test_a_report_that_a_kill_has_cut_off_is_left_out(tmp_path):
    folder = RunFolder(tmp_path)
    report = Progress("validated", 4, 12, None, {"NME": 3.5}, 8.0)
    folder.report(report)
    with (tmp_path / "progress.jsonl").open("a") as file:
        file.write('{"stage": "trai')
    assert list(folder.reports()) == [report]


def test_the_state_of_a_run_is_its_last_scores(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.begin(recipe())
    folder.report(Progress("validated", 4, 12, None, {"NME": 3.5}, 8.0))
    folder.report(Progress("training", 6, 12, 0.5))
    state = folder.state()
    assert (state.name, state.task, state.step, state.steps) == ("run", "line", 6, 12)
    assert state.scores == {"NME": 3.5}


def test_a_folder_that_is_no_run_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match="holds no recipe"):
        RunFolder(tmp_path).state()
