"""Training goes on where it stopped, and gives the same from the same seed."""

import torch

from lapa_annotator.training.loop import RunFolder, fit, trained
from tests.training.loop.stub import QUIET, Line, recipe


def weights(task, out):
    return torch.cat([p.flatten() for p in trained(task, out).state_dict().values()])


def stop_at(step, out):
    """Train until a report of ``step`` and stop there, as Ctrl+C does."""
    run = fit(Line(), recipe(), out, QUIET)
    for progress in run:
        if progress.step >= step:
            break
    run.close()


def test_two_trainings_of_a_seed_agree_to_the_last_bit(tmp_path):
    for name in ("a", "b"):
        last = list(fit(Line(), recipe(), tmp_path / name, QUIET))[-1]
        assert (last.stage, last.step) == ("done", 12)
    assert torch.equal(weights(Line(), tmp_path / "a"), weights(Line(), tmp_path / "b"))


def test_a_stopped_training_ends_as_if_it_had_not_been_stopped(tmp_path):
    list(fit(Line(), recipe(), tmp_path / "whole", QUIET))
    stop_at(4, tmp_path / "stopped")
    assert RunFolder(tmp_path / "stopped").latest()[1]["global_step"] < 12
    task = Line()
    list(fit(task, recipe(), tmp_path / "stopped", QUIET))
    assert min(task.steps_asked) >= 4
    assert torch.equal(weights(Line(), tmp_path / "whole"), weights(Line(), tmp_path / "stopped"))
