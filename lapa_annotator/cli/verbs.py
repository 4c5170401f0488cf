"""Verbs of the command line as rows of a table; a verb's module is loaded when it is called.

Loading every verb would load the networks and the window, and typing ``--help`` would take
seconds. So the root of the command line knows names and one line of help, and no more.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

from lapa_annotator.domain.errors import InputError

EXIT_SKIPPED = 1
EXIT_WRONG_CALL = 2
EXIT_CANCELLED = 130


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb.

    Attributes:
        name: what is typed after ``lapa-annotator``.
        target: "module:attribute" of a ``typer.Typer`` or of a function that typer can call.
        help: one line for the list of verbs.
    """

    name: str
    target: str
    help: str


VERBS: tuple[Verb, ...] = (
    Verb("annotate", "lapa_annotator.cli.annotate:annotate_verb", "Make a data set of photos."),
    Verb("check", "lapa_annotator.cli.check:check_verb", "Find points that cannot be right."),
    Verb("demo", "lapa_annotator.cli.demo:demo_verb", "Annotate the photos of installed packages."),
    Verb("effort", "lapa_annotator.cli.effort:effort_verb", "What work took, and what is left."),
    Verb("eval", "lapa_annotator.cli.evaluate:app", "Compare landmarks or label maps to truth."),
    Verb("export", "lapa_annotator.cli.export:export_verb", "Write a project as a data set."),
    Verb("gui", "lapa_annotator.cli.gui:gui_verb", "Open the window."),
    Verb("import", "lapa_annotator.cli.export:import_verb", "Take a data set into a project."),
    Verb("models", "lapa_annotator.cli.models:app", "List, fetch and verify the files of weights."),
    Verb("nets", "lapa_annotator.cli.nets:app", "The program's own networks, and their costs."),
    Verb("project", "lapa_annotator.cli.project:app", "Make, fill and check projects."),
    Verb("report", "lapa_annotator.cli.report:report_verb", "How a project stands: HTML and CSV."),
    Verb("retrain", "lapa_annotator.cli.retrain:retrain_verb", "Make a project's model better."),
    Verb("simulate", "lapa_annotator.cli.simulate:simulate_verb", "Count the drags faces take."),
    Verb("synth", "lapa_annotator.cli.synth:app", "Render faces with exact labels."),
    Verb("train", "lapa_annotator.cli.train:app", "Train the networks."),
    Verb("versions", "lapa_annotator.cli.versions:app", "A project's model versions."),
    Verb("what-if", "lapa_annotator.cli.whatif:what_if_verb", "Try other settings of label maps."),
)


def load(verb: Verb) -> TyperCommand | TyperGroup:
    """Load a verb's module and return its command."""
    module, attribute = verb.target.split(":")
    target: typer.Typer | Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    if isinstance(target, typer.Typer):
        command: TyperCommand | TyperGroup = get_group(target)
    else:
        single = typer.Typer(add_completion=False)
        single.command()(target)
        found = get_command(single)
        assert isinstance(found, TyperCommand)
        command = found
    command.name = verb.name
    return command


class Verbs(TyperGroup):
    """The root group: lists the table's rows, loads one only to run it, tells bad input."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self._rows = {verb.name: verb for verb in VERBS}
        for verb in VERBS:
            self.add_command(TyperCommand(verb.name, help=verb.help), verb.name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Replace the row that was named by the command itself."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, load(self._rows[name]) if name in self._rows else command, rest

    def invoke(self, ctx: Any) -> Any:
        """Run the verb; bad input that it does not handle is one sentence and exit status 2."""
        try:
            return super().invoke(ctx)
        except InputError as error:
            tell(str(error))
            raise typer.Exit(EXIT_WRONG_CALL) from error


def tell(sentence: str) -> None:
    """Write one sentence to the terminal's error stream, in red where there are colours."""
    typer.secho(sentence, fg="red", err=True)


def forgiving_streams() -> None:
    """Let names that the terminal cannot show be written with backslashes, not end the job."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
