"""Training goes on where it stopped, and gives the same from the same seed."""

import dataclasses
import errno
import os
import time

import pytest
import torch

from lapa_annotator.domain.errors import InputError
from lapa_annotator.training.loop import RunFolder, fit
from tests.training.loop.stub import QUIET, Dies, KilledError, Line, recipe, weights


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that nothing has stopped."""
    out = tmp_path_factory.mktemp("whole")
    return out, list(fit(Line(), recipe(), out, QUIET))


def killed_at(step, out):
    with pytest.raises(KilledError):
        list(fit(Dies(step), recipe(), out, QUIET))


def test_two_trainings_of_a_seed_agree_to_the_last_bit(whole, tmp_path):
    reports = list(fit(Line(), recipe(), tmp_path, QUIET))
    assert torch.equal(weights(whole[0]), weights(tmp_path))
    scores = [[r.metrics for r in run if r.stage == "validated"] for run in (whole[1], reports)]
    assert scores[0] == scores[1]


def test_another_seed_gives_other_weights(whole, tmp_path):
    list(fit(Line(), recipe(seed=1), tmp_path, QUIET))
    assert not torch.equal(weights(whole[0]), weights(tmp_path))


def test_a_training_tells_its_loss_its_scores_and_its_end(whole):
    reports = whole[1]
    assert [r.step for r in reports if r.stage == "training"] == [2, 4, 6, 8, 10, 12]
    assert [r.step for r in reports if r.stage == "validated"] == [4, 8, 12]
    assert {"error", "rate", "images a minute"} <= reports[0].metrics.keys()
    assert reports[0].loss == pytest.approx(reports[0].metrics["error"])
    assert (reports[-1].stage, reports[-1].step) == ("done", 12)
    assert list(RunFolder(whole[0]).reports()) == reports
    assert list((whole[0] / "tensorboard").glob("events*"))


def test_a_killed_training_ends_as_if_it_had_not_been_killed(whole, tmp_path):
    killed_at(8, tmp_path)
    assert RunFolder(tmp_path).latest()[1]["global_step"] == 6
    task = Line()
    list(fit(task, recipe(), tmp_path, QUIET))
    assert min(task.steps_asked) == 6
    assert torch.equal(weights(whole[0]), weights(tmp_path))


def test_steps_taken_twice_are_reported_once(whole, tmp_path):
    killed_at(8, tmp_path)
    list(fit(Line(), recipe(), tmp_path, QUIET))
    steps = [r.step for r in RunFolder(tmp_path).reports() if r.stage == "validated"]
    assert steps == [4, 8, 12]


def test_stopping_saves_the_step_that_was_reached(whole, tmp_path):
    class Slow(Line):
        def loss(self, module, batch):
            time.sleep(0.05)
            return super().loss(module, batch)

    long = recipe(steps=500)
    run = fit(Slow(), long, tmp_path, dataclasses.replace(QUIET, save_every=0))
    next(run)
    run.close()
    assert 2 <= RunFolder(tmp_path).latest()[1]["global_step"] < 500


def test_a_training_in_half_precision_goes_on_to_the_last_bit_as_well(tmp_path):
    half = dataclasses.replace(QUIET, precision="bf16")
    list(fit(Line(), recipe(), tmp_path / "whole", half))
    with pytest.raises(KilledError):
        list(fit(Dies(8), recipe(), tmp_path / "killed", half))
    list(fit(Line(), recipe(), tmp_path / "killed", half))
    assert torch.equal(weights(tmp_path / "whole"), weights(tmp_path / "killed"))


def test_a_finished_training_is_not_begun_again(whole):
    task = Line()
    assert [r.stage for r in fit(task, recipe(), whole[0], QUIET)] == ["done"]
    assert not task.steps_asked


def test_a_damaged_checkpoint_is_told_and_the_one_before_taken(whole, tmp_path):
    killed_at(11, tmp_path)
    first, last = RunFolder(tmp_path).saved()
    data = bytearray(last.read_bytes())
    data[len(data) // 2] ^= 1
    last.write_bytes(data)
    reports = list(fit(Line(), recipe(), tmp_path, QUIET))
    assert last.name in reports[0].note
    assert first.name in reports[0].note
    assert torch.equal(weights(whole[0]), weights(tmp_path))


def test_another_recipe_is_refused_and_the_run_left_alone(whole):
    before = weights(whole[0])
    with pytest.raises(InputError, match=r"seed = 0, not 4"):
        list(fit(Line(), recipe(seed=4), whole[0], QUIET))
    assert torch.equal(before, weights(whole[0]))


def test_where_memory_runs_out_the_batch_is_halved_and_that_is_said(tmp_path):
    class Big(Line):
        def loss(self, module, batch):
            if len(batch["x"]) > 2:
                raise RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")
            return super().loss(module, batch)

    reports = list(fit(Big(), recipe(), tmp_path, QUIET))
    notes = [r.note for r in reports if r.note]
    assert ["4 images" in notes[0], "2 images" in notes[1]] == [True, True]
    assert reports[-1].step == 12
    assert [r.step for r in reports if r.stage == "validated"] == [4, 8, 12]


def test_where_not_even_one_image_fits_it_is_one_sentence(tmp_path):
    class TooBig(Line):
        def loss(self, module, batch):
            raise MemoryError

    with pytest.raises(InputError, match="no memory even for one image"):
        list(fit(TooBig(), recipe(), tmp_path, QUIET))


def test_a_gpu_that_is_gone_is_one_sentence(tmp_path):
    class Lost(Line):
        def loss(self, module, batch):
            raise RuntimeError("CUDA error: unspecified launch failure\nCUDA kernel errors might")

    with pytest.raises(InputError, match=r"the GPU: it has stopped working .*launch failure\)"):
        list(fit(Lost(), recipe(), tmp_path, QUIET))


def test_a_full_disk_is_one_sentence_and_training_goes_on_later(whole, tmp_path, monkeypatch):
    replace = os.replace

    def full(source, target):
        if str(target).endswith("06.ckpt"):
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(InputError, match="the disk is full"):
        list(fit(Line(), recipe(), tmp_path, QUIET))
    monkeypatch.undo()
    list(fit(Line(), recipe(), tmp_path, QUIET))
    assert torch.equal(weights(whole[0]), weights(tmp_path))


def test_a_loss_that_is_no_number_is_one_sentence_and_is_not_saved(tmp_path):
    class Explodes(Line):
        def loss(self, module, batch):
            error, parts = super().loss(module, batch)
            return error * float("nan"), parts

    with pytest.raises(InputError, match="at step 2 the loss is no number"):
        list(fit(Explodes(), recipe(), tmp_path, QUIET))
    assert not RunFolder(tmp_path).saved()


def test_an_error_of_the_task_reaches_the_caller(tmp_path):
    class Broken(Line):
        def validate(self, module):
            raise InputError("faces", "it is gone", "bring it back")

    with pytest.raises(InputError, match="it is gone"):
        list(fit(Broken(), recipe(), tmp_path, QUIET))


def test_torch_is_left_as_it_was(whole):
    assert not torch.are_deterministic_algorithms_enabled()
