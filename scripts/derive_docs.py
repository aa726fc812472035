"""Derives docs/reference.md from the code: commands, exit codes, tables and result files.

Usage: python scripts/derive_docs.py [FILE]; it gives the same bytes each time.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import click
import duckdb

from crawlblock import errors
from crawlblock.cli import cli
from crawlblock.cli.commands import every_command
from crawlblock.cli.output import PARTIAL
from crawlblock.cli.update import NOTHING_NEW
from crawlblock.metrics.columns import words_of
from crawlblock.metrics.computed import COMPUTED, Computed
from crawlblock.metrics.queries import CENSUS, Metric, metrics
from crawlblock.metrics.replicated import REPLICATION
from crawlblock.store.schema import schema

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "reference.md"
HEAD = """# Reference

This page is made from the code by `make docs`. New here? Start with the [tutorial](tutorial.md). \
The [how-to](howto.md) has recipes, and the [method](method.md) explains the figures.

"""
# Variables that are no command's option, with what reads them.
VARIABLES = {
    "CRAWLBLOCK_EXTRA": "Same as `--extra`: your own crawlers, templates, events and metrics.",
    "CRAWLBLOCK_RESULTS": "Folder of the result files, for `crawlblock.notebook`.",
    "CRAWLBLOCK_PACE": "Folder in which the runs of a user on a machine agree on the rate of a "
    "server; by default `crawlblock/pace` in the user's cache folder.",
    "NO_COLOR": "If set to anything, output has no colours, also in a terminal.",
    "HTTPS_PROXY": "Proxy for requests to the archive, as are `HTTP_PROXY` and `NO_PROXY`. `live` "
    "connects to hosts directly.",
    "AWS_REGION": "Region of an `s3://` mirror. If it is not set, `AWS_DEFAULT_REGION` is used, "
    "then us-east-1. Credentials come from the usual variables of AWS.",
    "AWS_ENDPOINT_URL": "Address of an `s3://` mirror that is not at AWS.",
    "POLARS_MAX_THREADS": "Threads of a process that reads shards. Default: 1.",
}
_CENSUS = (
    "`crawlblock analyze --census` writes these files. The population `hosts` is every host with a "
    "robots.txt request in the merged files, by its newest good capture. The population `domains` "
    "is every registered domain. It is represented by its apex host, else by its www host, else by "
    "its host with the shortest name. `low` and `high` are the 95 % interval of sampling WARC "
    "files, which are clusters of hosts. A single file has no interval, nor has a whole crawl, "
    "because nothing is sampled. A host in many files is more likely to be in a share of them.\n"
)


def main() -> None:
    """Write the reference."""
    (Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET).write_text(reference(), "utf-8")


def reference() -> str:
    """Return the whole page."""
    with closing(duckdb.connect()) as con:
        con.execute(schema()).fetchall()
        parts = [*_commands(), *_codes(), *_variables(), *_schema(con), *_results()]
    return HEAD + "\n".join(parts) + "\n"


def _commands() -> Iterator[str]:
    yield "## Commands\n"
    yield (
        "Every command has `--help`. `crawlblock --version` prints the version. Two options work "
        "with all commands: `--debug` shows where an error comes from, and `--extra FOLDER` adds "
        "[your own entries](howto.md#add-your-own-crawler).\n"
    )
    for name, command in every_command(cli, "crawlblock"):
        yield f"### {name}\n"
        yield f"{_prose(command.help)}\n"
        yield f"    {_usage(name, command)}\n"
        options = [p for p in command.params if isinstance(p, click.Option)]
        if options:
            yield _table(("option", "what it does"), map(_option, options))
        _, _, examples = (command.epilog or "").partition(":\n")
        lines = "\n".join(line.strip() for line in examples.splitlines() if line.strip())
        yield f"```console\n{lines}\n```\n"


def _usage(name: str, command: click.Command) -> str:
    words = [name]
    if any(isinstance(p, click.Option) for p in command.params):
        words.append("[OPTIONS]")
    for argument in command.params:
        if isinstance(argument, click.Argument):
            words.append(argument.metavar or argument.human_readable_name.upper())
            words[-1] += "..." * (argument.nargs < 0)
    return " ".join(words + ["COMMAND"] * isinstance(command, click.Group))


def _option(option: click.Option) -> tuple[str, str]:
    names = " ".join(f"`{name}`" for name in option.opts)
    text = " ".join((option.help or "").split())
    if option.show_default:
        text += f" Default: {option.default}."
    if isinstance(option.envvar, str):
        text += f" Variable: {option.envvar}."
    return f"{names}{_taken(option)}", text


def _taken(option: click.Option) -> str:
    """Return what an option takes."""
    kind = option.type
    if option.is_flag:
        return ""
    if isinstance(kind, click.Choice):
        return " " + ", ".join(str(choice) for choice in kind.choices)
    if isinstance(kind, click.IntRange | click.FloatRange):
        above = f"{'more than' if kind.min_open else 'from'} {kind.min}"
        return f" {kind.name.split()[0]} {above}" + (f" to {kind.max}" if kind.max else "")
    words = {"path": "path", "file": "path", "directory": "folder", "text": "text"}
    return f" {option.metavar or words[kind.name]}"


def _codes() -> Iterator[str]:
    classes = sorted(_leaves(errors.CrawlblockError), key=lambda c: (c.exit_code, c.__name__))
    rows = [
        (0, "done"),
        *((c.exit_code, f"`{c.__name__}`: {_sentence(c.__doc__)}") for c in classes),
        (2, "a command, option or value is not valid"),
        (PARTIAL, "a part is done and stored; run the same command again"),
        (NOTHING_NEW, "`update` found nothing new"),
        (130, "stopped by Ctrl-C or a signal (SIGTERM, SIGHUP); stored data are kept"),
    ]
    yield "## Exit codes\n"
    yield _table(("code", "means"), ((str(code), text) for code, text in sorted(rows)))
    yield (
        "`status` and `doctor` exit with 1 if something is wrong. `check --fail-on` exits with 1 "
        "if a verdict is one of those named, or unknown.\n"
    )


def _leaves(kind: type[errors.CrawlblockError]) -> list[type[errors.CrawlblockError]]:
    return [kind, *(leaf for each in kind.__subclasses__() for leaf in _leaves(each))]


def _variables() -> Iterator[str]:
    found: dict[str, str] = {}
    for _, command in every_command(cli, "crawlblock"):
        for option in command.params:
            if isinstance(option, click.Option) and isinstance(option.envvar, str):
                found.setdefault(option.envvar, f"Same as `{option.opts[0]}`.")
    yield "## Environment\n"
    yield _table(
        ("variable", "what it does"), ((f"`{k}`", v) for k, v in (found | VARIABLES).items())
    )


def _schema(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    yield "## Tables and views\n"
    yield (
        "Times are UTC without a zone, and lengths are in bytes. The views come first: they have "
        "names where the tables have numbers. The tables in `facts` hold what was seen, those in "
        "`conclusions` what follows from it. If a column of a view has no description, look at the "
        "column of the same name elsewhere, or in `crawlblock/store/population.sql` or "
        "`crawlblock/store/census.sql`.\n"
    )
    for name in _in_order("VIEW"):
        columns = _columns(con, name)
        yield f"### {name} (view)\n"
        yield f"{_plain(_comment(con, name))}\n"
        own = [row for row in columns if row[2]]
        if len(own) < len(columns):
            yield f"Columns: {', '.join(column for column, *_ in columns)}.\n"
        if own:
            yield _table(("column", "type", "holds"), own)
    for name in _in_order("TABLE"):
        yield f"### {name} (table)\n"
        yield f"{_plain(_comment(con, name))}\n"
        yield _table(("column", "type", "holds"), _columns(con, name))
    yield "### Macros\n"
    yield _table(("macro", "returns"), _macros(con))


def _in_order(kind: str) -> list[str]:
    """Return the names of tables, views or macros in the order of the schema."""
    return re.findall(
        rf"^CREATE (?:OR REPLACE )?{kind} (?:IF NOT EXISTS )?([\w.]+)", schema(), re.MULTILINE
    )


def _place(name: str) -> list[str]:
    """Return the database schema and the name of a table or view."""
    schema_name, _, own = name.rpartition(".")
    return [schema_name or "main", own]


def _comment(con: duckdb.DuckDBPyConnection, name: str) -> str:
    ((comment,),) = con.execute(
        "SELECT comment FROM duckdb_tables() WHERE schema_name = $1 AND table_name = $2 "
        "UNION ALL "
        "SELECT comment FROM duckdb_views() WHERE schema_name = $1 AND view_name = $2",
        _place(name),
    ).fetchall()
    return str(comment)


def _columns(con: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, str, str]]:
    rows = con.execute(
        "SELECT column_name, data_type, comment FROM duckdb_columns() "
        "WHERE schema_name = ? AND table_name = ? ORDER BY column_index",
        _place(table),
    ).fetchall()
    return [(f"`{name}`", kind, comment or "") for name, kind, comment in rows]


def _macros(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    found = {
        name: (", ".join(parameters), comment)
        for name, parameters, comment in con.execute(
            "SELECT function_name, parameters, comment FROM duckdb_functions() "
            "WHERE NOT internal AND comment IS NOT NULL"
        ).fetchall()
    }
    named = [name for name in _in_order("MACRO") if name in found]
    return [(f"`{name}({found[name][0]})`", found[name][1]) for name in named]


def _results() -> Iterator[str]:
    yield "## Result files\n"
    yield (
        "`crawlblock analyze` writes each result as Parquet and as CSV. In the same folder are the "
        "page, its figures as SVG and PNG, `manifest.json`, which says which data and code the "
        "results come from, and `columns.csv`, which describes every column.\n"
    )
    for made in [*metrics(), *COMPUTED]:
        yield from _result(made, words_of(made.name))
    yield f"### {REPLICATION}\n\nPublished figures compared with ours, each with its source.\n"
    yield f"Columns: {', '.join(f'`{name}`' for name in words_of(REPLICATION))}.\n"
    yield "## Result files of a census\n"
    yield _CENSUS
    for made in metrics(CENSUS):
        yield from _result(made, words_of(made.name, census=True), "census/")
    yield "## Columns of result files\n"
    yield _table(("column", "holds"), _words())


def _result(made: Metric | Computed, words: Iterable[str], folder: str = "") -> Iterator[str]:
    yield f"### {folder}{made.name}\n"
    yield f"{_plain(f'{made.title}. Unit: {made.unit}. {made.note}')}\n"
    yield f"Columns: {', '.join(f'`{name}`' for name in words)}.\n"


def _words() -> list[tuple[str, str]]:
    """Return every column with what it holds, and in which results if it holds several things."""
    results = {made.name: words_of(made.name) for made in [*metrics(), *COMPUTED]}
    results[REPLICATION] = words_of(REPLICATION)
    results |= {f"census/{m.name}": words_of(m.name, census=True) for m in metrics(CENSUS)}
    found: dict[str, dict[str, list[str]]] = {}
    for name, words in results.items():
        for column, about in words.items():
            found.setdefault(column, {}).setdefault(about, []).append(name)
    rows = []
    for column, abouts in found.items():
        usual, *others = sorted(abouts, key=lambda about: -len(abouts[about]))
        rows.append((f"`{column}`", usual))
        rows += [(f"`{column}` in {_places(abouts[about])}", about) for about in others]
    return rows


def _places(names: list[str]) -> str:
    """Return in which results a column holds something else."""
    everywhere = len(names) == len(metrics(CENSUS)) and all("/" in name for name in names)
    return "a census" if everywhere else ", ".join(names)


def _prose(text: str | None) -> str:
    parts = (text or "").strip().split("\n\n")
    return "\n\n".join(_plain(" ".join(part.split())) for part in parts)


def _sentence(text: str | None) -> str:
    words = " ".join((text or "").split()).removesuffix(".")
    return words[0].lower() + words[1:]


def _plain(text: str) -> str:
    """Return text in which nothing is read as Markdown; code in backticks stays."""
    parts = text.replace("|", "\\|").split("`")
    parts[::2] = [re.sub(r"([*<])", r"\\\1", part) for part in parts[::2]]
    return "`".join(parts)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(map(_plain, line))} |\n" for line in lines)


if __name__ == "__main__":
    main()
