"""`crawlblock demo`: a small archive to try things on, and results from it."""

import csv
import io
import shlex
from pathlib import Path
from typing import cast

import click

from crawlblock.cli.existing import existing
from crawlblock.cli.options import (
    DEFAULT_DB,
    at_option,
    db_option,
    every_option,
    results_option,
)
from crawlblock.cli.output import say, working
from crawlblock.demo import BUNDLED, render_demo, some_sites
from crawlblock.demo.pack_files import pack_files
from crawlblock.durable import write_whole
from crawlblock.errors import InputError
from crawlblock.sources.files import Every, read_observation_times
from crawlblock.spreadsheets import harmless
from crawlblock.store.new_database import holds_anything

ARCHIVE = Path("build/demo")
_PANEL = "sample"
_OTHERS = """
SELECT snapshot FROM snapshots WHERE NOT starts_with(snapshot, 'DEMO-')
UNION ALL SELECT panel FROM panels WHERE panel <> $1
"""


@click.command()
@click.argument("source", required=False, type=click.Path(exists=True, path_type=Path))
@click.argument("directory", required=False, type=click.Path(file_okay=False, path_type=Path))
@db_option
@results_option
@click.option(
    "--sites",
    type=click.IntRange(1),
    help="Only this many of the bundled sites, for a quick look.  [default: all]",
)
@every_option
@at_option
@click.pass_context
def demo(
    context: click.Context, source: Path | None, directory: Path | None, db: Path,
    results: Path | None, sites: int | None, every: str, at: Path | None,
) -> None:  # fmt: skip
    r"""Show what crawlblock does, with facts that come with it.

    Without arguments it runs all steps on the bundled sites and prints each command before it runs
    it. It needs no network. The archive is in build/demo, the results are beside the database.

    With SOURCE and DIRECTORY it only renders an archive in Common Crawl's layout. SOURCE is a
    folder of facts such as data/demo, or a file of captures as `import` takes it, whose bodies are
    packed as they are.

    \b
    Examples:
      crawlblock demo --sites 20
      crawlblock demo data/demo build/demo
      crawlblock demo captures.parquet build/archive --every week
    """
    if source is None:
        _run_all(context, db, results, sites)
    elif directory is None:
        raise click.UsageError("name SOURCE and DIRECTORY, or none of them")
    elif sites is not None:
        raise click.UsageError("--sites goes with the bundled sites; leave out SOURCE")
    else:
        _render(source, directory, every, at)


def _render(source: Path, directory: Path, every: str, at: Path | None) -> None:
    times = read_observation_times(at) if at else []
    with working("archive"):
        if source.is_dir():
            render_demo(source, directory)
            count = None
        else:
            count = pack_files([source], cast("Every", every), times, directory)
    if count is not None:
        say(f"{count} captures packed")
    say(f"an archive for --mirror is in {directory}")


def _run_all(context: click.Context, db: Path, results: Path | None, sites: int | None) -> None:
    """Render the archive and run each step on it; raises InputError if the database has others."""
    if holds_anything(db):
        with existing(db).reading() as con:
            others = con.execute(_OTHERS, [_PANEL]).fetchall()
        if others:
            raise InputError(f"{db}: holds {others[0][0]}, which is not a demo; name a new --db")
    hosts = BUNDLED / "hosts.csv"
    with working("archive"):
        chosen = some_sites(BUNDLED, sites) if sites else []
        render_demo(BUNDLED, ARCHIVE, [row["host"] for row in chosen])
    if chosen:
        hosts = ARCHIVE.with_name("demo-sites.csv")
        write_whole(hosts, _csv(chosen))
    into = ["--results", results] if results else []
    for command in (
        ["sample", "--list", hosts, "--name", _PANEL, "--db", db],
        ["history", "--mirror", ARCHIVE, "--crawls", "all", "--db", db],
        ["weights", "--list", BUNDLED / "weights.csv", "--db", db],
        ["analyze", "-o", "table", "--db", db, *into],
    ):
        _run(context, [str(word) for word in command])
    host = chosen[0]["host"] if chosen else "nytimes.com"
    say("next:")
    opened = shlex.join(["open", *map(str, into)])
    for text in (opened, f"timeline {host} -o table", f"explain {host} GPTBot"):
        say(f"  crawlblock {text}" + (f" --db {shlex.quote(str(db))}" if db != DEFAULT_DB else ""))


def _run(context: click.Context, words: list[str]) -> None:
    """Print a command and run it."""
    say(f"$ crawlblock {shlex.join(words)}")
    root = context.find_root().command
    found = root.get_command(context, words[0]) if isinstance(root, click.Group) else None
    assert found is not None  # noqa: S101 - they are commands of ours
    code = found.main(words[1:], f"crawlblock {words[0]}", standalone_mode=False, parent=context)
    if code:
        context.exit(code)


def _csv(rows: list[dict[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: harmless(cell) for name, cell in row.items()} for row in rows)
    return text.getvalue().encode()
