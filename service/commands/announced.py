"""Commands announced by other packages, such as the demo: named at once, imported only when asked for.

Entry point group `icu_twin.commands`: name of the command = a function with typer's annotations.
"""

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import typer
from typer.core import TyperGroup

GROUP = "icu_twin.commands"


class AnnouncedCommands(dict[str, Any]):
    """Commands by name; an announced one is imported when its value is read."""

    def __init__(self, own: dict[str, Any], announced: Iterable[EntryPoint]) -> None:
        super().__init__(own)
        self._waiting = {point.name: point for point in announced if point.name not in own}
        for name in self._waiting:
            super().__setitem__(name, None)

    def __getitem__(self, name: str) -> Any:
        """The command. Raises KeyError when there is none of this name."""
        if name in self._waiting:
            self[name] = _command(self._waiting.pop(name))
        return super().__getitem__(name)

    def get(self, key: str, default: Any = None, /) -> Any:
        """The command, or the default."""
        try:
            return self[key]
        except KeyError:
            return default

    def items(self) -> Any:
        """Names and commands, all imported."""
        return [(name, self[name]) for name in self]

    def values(self) -> Any:
        """All commands, imported."""
        return [self[name] for name in self]


class Commands(TyperGroup):
    """The commands of this package and the announced ones."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = AnnouncedCommands(dict(self.commands), entry_points(group=GROUP))

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """Every name, in order; nothing is imported."""
        return list(self.commands)


def _command(point: EntryPoint) -> Any:
    alone = typer.Typer(add_completion=False)
    alone.command(point.name)(point.load())
    return typer.main.get_command(alone)
