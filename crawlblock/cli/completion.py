"""`crawlblock completion`: what a shell must know to complete commands and options."""

import click
from click.shell_completion import get_completion_class

_VARIABLE = "_CRAWLBLOCK_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    r"""Print the completion script of a shell.

    \b
    Examples:
      eval "$(crawlblock completion bash)"
      crawlblock completion zsh > _crawlblock
      crawlblock completion fish > crawlblock.fish
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise click.BadParameter(f"this version of click does not know {shell}")
    root = context.find_root()
    click.echo(kind(root.command, {}, "crawlblock", _VARIABLE).source())
