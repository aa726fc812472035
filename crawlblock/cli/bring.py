"""`crawlblock import`: captures from elsewhere."""

import click


@click.command("import")
def import_command() -> None:
    """Take captures from elsewhere."""
