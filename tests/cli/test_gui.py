"""The verb ``gui`` where there is no display."""

import pytest
from typer.testing import CliRunner

from lapa_annotator.cli import gui
from lapa_annotator.cli.main import app


@pytest.fixture
def no_display(monkeypatch):
    monkeypatch.setattr(gui.sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)


def test_without_a_display_it_says_so_and_what_to_do(no_display):
    done = CliRunner().invoke(app, ["gui"])
    assert done.exit_code == 2
    assert "no display" in done.output


def test_without_a_display_the_demo_runs_if_that_is_wished(no_display, monkeypatch):
    ran = []
    monkeypatch.setattr("lapa_annotator.cli.demo.demo_verb", ran.append)
    done = CliRunner().invoke(app, ["gui", "--sample", "--or-demo"])
    assert done.exit_code == 0
    assert "running the demo" in done.output
    assert [str(path) for path in ran] == ["out/demo"]


@pytest.mark.parametrize("name", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_a_display_is_known_by_its_variable(no_display, monkeypatch, name):
    assert not gui.has_display()
    monkeypatch.setenv(name, ":0")
    assert gui.has_display()
