"""`crawlblock check`: what one robots.txt means."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

import crawlblock
from crawlblock.api.reason import AMBIGUOUS
from crawlblock.api.robots_txt import TWICE_ENCODED
from crawlblock.cli.options import contact_option, token_option
from crawlblock.cli.output import Output, output_options, print_rows, say
from crawlblock.errors import InputError, did_you_mean
from crawlblock.model import Basis
from crawlblock.registry import crawlers, templates
from crawlblock.report.formats import TABLE
from crawlblock.report.terminal.stated_lines import (
    author_lines,
    conflict_lines,
    fallback_lines,
    folded,
    ineffective_lines,
    signal_lines,
    training_line,
)
from crawlblock.robots.judge import STAR
from crawlblock.robots.protego import protego_verdicts

COLUMNS = ["token", "restriction", "basis", "root_allowed", "group", "line", "rule", "flag"]
MORE = ["matched_token", "authored_by"]  # a table has no room for these; lines below it say them
_GROUPS = 5  # shown in a table
_AMBIGUOUS = (
    "ambiguous_group: agent lines are joined over a Crawl-delay or unknown line, as RFC 9309 "
    "wants; the owner may have meant separate groups"
)


@click.command()
@click.argument("source", metavar="FILE|URL|-")
@token_option
@click.option(
    "--parser",
    type=click.Choice(["crawlblock", "protego"]),
    default="crawlblock",
    show_default=True,
    help="protego: what Scrapy would do, for / only.",
)
@output_options()
@contact_option
def check(
    source: str, tokens: tuple[str, ...], parser: str, output: Output, contact: str | None
) -> None:
    r"""Print what a robots.txt means for each crawler.

    \b
    Examples:
      crawlblock check robots.txt
      crawlblock check https://example.com/robots.txt --contact you@example.org
      cat robots.txt | crawlblock check - --token GPTBot -o json
    """
    found, headers = _read(source, contact)
    absent = found is None
    body = found or b""
    asked = _tokens(tokens)
    if parser == "protego":
        opinions = protego_verdicts(body, asked)
        rows: list[dict[str, object]] = [
            {"token": token, "root_allowed": allowed} for token, allowed in opinions.items()
        ]
        print_rows(rows, output, ["token", "root_allowed"])
        return
    robots = crawlblock.parse(body, headers)
    reasons = [robots.explain(token) for token in asked]
    rows = [_row(reason) for reason in reasons]
    if absent:
        rows = [row | {"basis": str(Basis.ABSENT)} for row in rows]
    print_rows(rows, output, COLUMNS if output.kind == TABLE else [*COLUMNS, *MORE])
    for line in _beside(robots, reasons, absent):
        say(line)


def _beside(
    robots: crawlblock.RobotsTxt, reasons: Sequence[crawlblock.Reason], absent: bool
) -> Iterator[str]:
    """Yield what the file says beside the verdicts."""
    if any(AMBIGUOUS in reason.flags for reason in reasons):
        yield from folded([_AMBIGUOUS], "")
    if TWICE_ENCODED in robots.flags:
        yield f"{TWICE_ENCODED}: the byte order mark is encoded twice; it is left out"
    asked = {reason.token for reason in reasons}
    acts = {template.id: template.act for template in templates()}
    yield from author_lines({reason.token: reason.author for reason in reasons}, acts)
    others = {r.token: r.verdict.fallback for r in reasons}
    yield from fallback_lines({token: other for token, other in others.items() if other})
    lines = {line for reason in reasons for line in reason.ineffective}
    yield from ineffective_lines(sorted(lines, key=lambda line: line.line))
    yield from signal_lines(robots.signals)
    met = [conflict for conflict in robots.conflicts if conflict.token in asked]
    yield from conflict_lines(met, robots.opposite_signals)
    if not absent or robots.signals:
        yield from folded([training_line(robots.training)], "")


def _tokens(wanted: tuple[str, ...]) -> list[str]:
    known = {crawler.token.lower(): crawler.token for crawler in crawlers()}
    known[STAR] = STAR
    for token in wanted:
        if token.lower() not in known:
            hint = did_you_mean(token, known.values())
            say(f"{token}: not registered, judged by its name all the same{hint and '; '}{hint}")
    return [known.get(token.lower(), token) for token in wanted] or list(known.values())


def _row(reason: crawlblock.Reason) -> dict[str, object]:
    return {
        "token": reason.token,
        "restriction": str(reason.verdict.restriction),
        "basis": str(reason.verdict.basis),
        "root_allowed": reason.verdict.root_allowed,
        "group": _groups(reason),
        "line": reason.line,
        "rule": reason.rule,
        "flag": " ".join(reason.flags) or None,
        "matched_token": reason.matched_token,
        "authored_by": reason.author,
    }


def _groups(reason: crawlblock.Reason) -> str:
    """Return the lines on which the groups begin; a file may have thousands for one crawler."""
    first = [str(group.first) for group in reason.group]
    more = f" and {len(first) - _GROUPS:,} more" if len(first) > _GROUPS else ""
    return " ".join(first[:_GROUPS]) + more


def _read(source: str, contact: str | None) -> tuple[bytes | None, Mapping[str, str]]:
    """Return a robots.txt and its headers; None where the server says that there is none."""
    if source == "-":
        return sys.stdin.buffer.read(), {}
    if source.lower().startswith(("http://", "https://")):
        from crawlblock.pipeline.check import fetch  # loads what asks servers

        answer = fetch(source, contact)
        return answer.body, answer.headers
    try:
        return Path(source).read_bytes(), {}
    except OSError as error:
        raise InputError(f"{source}: {error.strerror}; name a file, a URL or -") from None
