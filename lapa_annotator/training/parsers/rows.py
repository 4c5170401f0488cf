"""What a parsing network brings along to be trained and compared: rows of tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from lapa_annotator.domain.errors import InputError, choose
from lapa_annotator.training.loop.recipe import Value

if TYPE_CHECKING:
    from lapa_annotator.training.parsing import ParsingTask


@dataclass(frozen=True)
class Parser:
    """How one network of the registry is trained.

    Attributes:
        net: its row in ``nets.registry.NETWORKS``.
        task: the task of the training loop: its losses and what it is shown.
        takes: the fields of ``ParsingOrder`` that the network is built with, besides classes.
        settings: settings of the network that have no field there, with their first values.
        options: settings of its losses, with their first values.
        small: fields of ``ParsingOrder`` that make a network for a desktop machine.
        paper: fields that make the paper's network, trained as the paper has it.
    """

    net: str
    task: type[ParsingTask]
    takes: tuple[str, ...] = ()
    settings: Mapping[str, Value] = field(default_factory=dict)
    options: Mapping[str, Value] = field(default_factory=dict)
    small: Mapping[str, Any] = field(default_factory=dict)
    paper: Mapping[str, Any] = field(default_factory=dict)

    def check(self, named: Mapping[str, Value]) -> None:
        """See that the network knows all settings that are named.

        Raises:
            InputError: it does not; which ones it knows.
        """
        known = [*self.settings, *self.options]
        for name in named:
            if name not in known:
                remedy = f"take {', '.join(known)}" if known else "leave --set out"
                raise InputError(f"--set {name}", f"{self.net} has no such setting", remedy)

    def read(self, text: str) -> tuple[str, Value]:
        """Read ``name=value`` as one of the settings; the value is of the first value's kind.

        Raises:
            InputError: no such setting, or a value of another kind.
        """
        name, _, value = text.partition("=")
        self.check({name: value})
        return name, _understood(text, value, {**self.settings, **self.options}[name])


@dataclass(frozen=True)
class Variant:
    """One column of a comparison.

    Attributes:
        name: what its column is called.
        change: fields of ``ParsingOrder`` that it has otherwise; ``named`` is merged.
        scaled: settings of the network that grow with the picture's side, as they are at 256.
        begins: the variant whose weights it begins from, of the same seed; "" for none.
        teacher: the variant that teaches it, of the same seed: option ``teacher``; "" for none.
        unlabelled: whether it learns from the folders without truth instead of the others.
    """

    name: str
    change: Mapping[str, Any] = field(default_factory=dict)
    scaled: Mapping[str, float] = field(default_factory=dict)
    begins: str = ""
    teacher: str = ""
    unlabelled: bool = False


@dataclass(frozen=True)
class Study:
    """A comparison that a paper makes: everything equal but what is compared.

    Attributes:
        paper: its number, "000" for LaPa.
        name: what ``--study`` calls it.
        about: one line: what is compared, and the paper's table.
        variants: its columns, in order; those that others begin from come first.
        base: fields of ``ParsingOrder`` that all of them have.
    """

    paper: str
    name: str
    about: str
    variants: tuple[Variant, ...]
    base: Mapping[str, Any] = field(default_factory=dict)

    def only(self, names: Sequence[str]) -> Study:
        """The study with some of its variants, all without names.

        Raises:
            InputError: it has no such variant.
        """
        known = {variant.name: variant for variant in self.variants}
        for name in names:
            choose(known, name, "variant")
        some = tuple(known[name] for name in known if not names or name in names)
        return replace(self, variants=some)


def _understood(text: str, value: str, first: Value) -> Value:
    try:
        if isinstance(first, bool):
            return {"yes": True, "true": True, "no": False, "false": False}[value.lower()]
        return type(first)(value)
    except (KeyError, ValueError):
        kind = "yes or no" if isinstance(first, bool) else f"a value like {first}"
        raise InputError(f"--set {text}", f"{value!r} does not fit", f"give {kind}") from None
