"""A group of commands that says which of them was meant."""

import click

from crawlblock.errors import did_you_mean


class Commands(click.Group):
    """A group that names what is spelled nearly so where there is no such command."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is named first; raises UsageError if there is none."""
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            hint = did_you_mean(args[0], self.list_commands(ctx)) or "--help lists all"
            raise click.UsageError(f"no command is called '{args[0]}'; {hint}", ctx)
        return super().resolve_command(ctx, args)
