"""Groups of commands: each command is loaded when it is called, and a wrong name is explained."""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

import click
from click.shell_completion import CompletionItem

from crawlblock.errors import did_you_mean
from crawlblock.renamed import COMMANDS, now_called

# Title of a section of the help: name of a command, its module and attribute, its summary.
Sections = Mapping[str, Sequence[tuple[str, str, str]]]


class Commands(click.Group):
    """A group whose commands are loaded when they are called.

    `sections` lists them as the help shows them.  Commands that are added to the group in the
    ordinary way are in no section.
    """

    def __init__(self, *args: Any, sections: Sections | None = None, **options: Any) -> None:
        """Take what a group takes, and the sections."""
        super().__init__(*args, **options)
        self._sections = sections or {}
        self._places = {name: place for rows in self._sections.values() for name, place, _ in rows}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands in the order of the help."""
        added = (name for name in super().list_commands(ctx) if name not in self._places)
        return [*self._places, *added]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name, None if there is none."""
        command = super().get_command(ctx, cmd_name)
        if command is None and cmd_name in self._places:
            module, _, attribute = self._places[cmd_name].partition(":")
            command = getattr(import_module(module), attribute)
        return command and with_examples(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is named first; raises UsageError if there is none."""
        names = self.list_commands(ctx)
        if args and not args[0].startswith("-") and args[0] not in names:
            renamed = now_called(args[0], COMMANDS)
            hint = renamed or did_you_mean(args[0], names) or "--help lists all"
            raise click.UsageError(f"no command is called '{args[0]}'; {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections without loading any command."""
        if not self._sections:
            super().format_commands(ctx, formatter)
            return
        width = max(map(len, self._places))
        for title, rows in self._sections.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), summary) for name, _, summary in rows])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return commands and options that a shell completes a word to, loading no command."""
        if not self._sections:
            return super().shell_complete(ctx, incomplete)
        found = [
            CompletionItem(name, help=summary)
            for rows in self._sections.values()
            for name, _, summary in rows
            if name.startswith(incomplete)
        ]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]


def with_examples(command: click.Command) -> click.Command:
    r"""Make the examples of a docstring, which follow `\b`, the end of the command's help."""
    if command.epilog is None:
        text, _, examples = (command.help or "").partition("\\b\n")
        command.help = text.rstrip()
        command.epilog = f"\b\n{examples}"
    return command


def every_command(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    """Yield all commands below a group, loaded, each with its whole name."""
    with click.Context(group) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            if command is not None:
                yield f"{path} {name}", command
                if isinstance(command, click.Group):
                    yield from every_command(command, f"{path} {name}")
