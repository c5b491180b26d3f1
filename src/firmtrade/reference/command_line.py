"""The page about the commands: their own help texts, at a fixed width."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

WIDTH = 100


def command_line_page() -> str:
    """What `firmtrade --help` and `firmtrade COMMAND --help` say."""
    from firmtrade.cli import app

    names = [command.name or _name(command.callback) for command in app.registered_commands]
    parts = ["# The command line\n", f"```text\n$ firmtrade --help\n{help_text()}```\n"]
    for name in names:
        parts.append(f"## firmtrade {name}\n\n```text\n$ firmtrade {name} --help\n{help_text(name)}```\n")
    for group in app.registered_groups:
        parts += _group(group.typer_instance)
    return "\n".join(parts)


def _group(group: Any) -> list[str]:
    """The commands of a group, such as `firmtrade support`."""
    name = str(group.info.name)
    parts = [f"## Group: firmtrade {name}\n\n```text\n$ firmtrade {name} --help\n{help_text(name)}```\n"]
    for command in group.registered_commands:
        words = [name, command.name or _name(command.callback)]
        asked = f"firmtrade {' '.join(words)}"
        parts.append(f"### {asked}\n\n```text\n$ {asked} --help\n{help_text(*words)}```\n")
    return parts


def _name(function: object) -> str:
    return str(getattr(function, "__name__", "")).replace("_", "-")


def help_text(*command: str) -> str:
    """The help of a command as a terminal of fixed width without colours shows it."""
    from typer.testing import CliRunner

    from firmtrade.cli import app

    with _terminal():
        shown = CliRunner().invoke(app, [*command, "--help"], prog_name="firmtrade").stdout
    lines = [line.rstrip() for line in shown.splitlines()]
    return "\n".join(lines).strip("\n") + "\n"


@contextmanager
def _terminal() -> Iterator[None]:
    """A terminal of fixed width without colours: typer asks for the real one once, when it is imported."""
    from typer import rich_utils

    settings = {"MAX_WIDTH": WIDTH, "COLOR_SYSTEM": None, "FORCE_TERMINAL": None}
    before = {name: getattr(rich_utils, name) for name in settings}
    try:
        for name, value in settings.items():
            setattr(rich_utils, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(rich_utils, name, value)
