"""`crawlblock check`: what one robots.txt means."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict

import click

import crawlblock
from crawlblock.api.reason import AMBIGUOUS
from crawlblock.api.robots_txt import TOO_LONG, TWICE_ENCODED
from crawlblock.cli.check_source import ReadRobots, read_robots
from crawlblock.cli.fail_on import Unwanted, failures, unwanted
from crawlblock.cli.options import contact_option, token_option
from crawlblock.cli.output import Output, output_options, print_rows, print_text, say
from crawlblock.errors import did_you_mean
from crawlblock.model import Basis
from crawlblock.registry import crawlers, templates
from crawlblock.report.formats import TABLE
from crawlblock.report.terminal.site_verdict import (
    CheckedCrawler,
    CheckedFile,
    site_verdict,
    state_of,
)
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
@click.argument("source", metavar="SITE|URL|FILE|-")
@token_option
@click.option("--all", "whole", is_flag=True, help="A table with a row per crawler.")
@click.option(
    "--fail-on",
    "unwanted_verdicts",
    multiple=True,
    callback=unwanted,
    metavar="STATE:TOKEN",
    help="Exit with 1 if this crawler is blocked, partly, allowed or unknown; may be repeated. An "
    "unknown verdict fails, too.",
)
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
    source: str, tokens: tuple[str, ...], whole: bool, unwanted_verdicts: tuple[Unwanted, ...],
    parser: str, output: Output, contact: str | None,
) -> None:  # fmt: skip
    r"""Print what a robots.txt means for each crawler.

    In a terminal it is a short verdict for the owner of the site: who is blocked, partly blocked
    (some paths, not the home page) and allowed, by which rules, and what that means for open data.
    --all or --token print a table instead. -o json has all evidence in one document, the other
    formats have a row per crawler. You can check one site without --contact.

    \b
    Examples:
      crawlblock check example.com
      crawlblock check robots.txt --all
      crawlblock check https://example.com/robots.txt --contact you@example.org
      crawlblock check robots.txt -o table --fail-on blocked:CCBot --fail-on allowed:GPTBot
      cat robots.txt | crawlblock check - --token GPTBot -o json
    """
    if parser == "protego" and unwanted_verdicts:
        raise click.UsageError("--fail-on is about crawlblock's verdicts; leave out --parser")
    read = read_robots(source, contact)
    asked = _tokens(tokens)
    if parser == "protego":
        opinions = protego_verdicts(read.body or b"", asked)
        found: list[dict[str, object]] = [
            {"token": token, "root_allowed": allowed} for token, allowed in opinions.items()
        ]
        print_rows(found, output, ["token", "root_allowed"])
        return
    robots = crawlblock.parse(read.body or b"", read.headers)
    reasons = [robots.explain(token) for token in asked]
    _print(read, robots, reasons, output, short=not (whole or tokens))
    verdicts = {each.token: robots.verdict(each.token) for each in unwanted_verdicts}
    failed = list(failures(unwanted_verdicts, verdicts))
    for line in failed:
        say(line)
    if failed:
        sys.exit(1)


def _print(
    read: ReadRobots, robots: crawlblock.RobotsTxt, reasons: Sequence[crawlblock.Reason],
    output: Output, *, short: bool,
) -> None:  # fmt: skip
    absent = read.body is None
    if output.kind == TABLE and short:
        print_text(site_verdict(_checked(read, robots, reasons)), output)
        return
    rows = [_row(reason, absent) for reason in reasons]
    if output.kind == "json":
        print_rows([_document(read, robots, reasons, rows)], output, [])
        return
    print_rows(rows, output, COLUMNS if output.kind == TABLE else [*COLUMNS, *MORE])
    for line in (*_sources(reasons), *_beside(robots, reasons, absent)):
        say(line)


def _checked(
    read: ReadRobots, robots: crawlblock.RobotsTxt, reasons: Sequence[crawlblock.Reason]
) -> CheckedFile:
    """Return what the short verdict is made from."""
    known = {crawler.token: crawler for crawler in crawlers()}
    made = {template.id: template for template in templates()}
    return CheckedFile(
        where=read.where,
        size=None if read.body is None else len(read.body),
        is_robots=robots.is_robots,
        crawlers=[
            CheckedCrawler(
                token=each.token,
                crawler=known.get(each.token),
                verdict=each.verdict,
                matched_token=each.matched_token,
                group=each.group[0].first if each.group else None,
                line=each.line,
                rule=each.rule,
                author=each.author,
                template=made.get(each.author or ""),
            )
            for each in reasons
        ],
        beside=list(_beside(robots, reasons, read.body is None)),
    )


def _sources(reasons: Sequence[crawlblock.Reason]) -> Iterator[str]:
    """Yield who wrote the rules, and which crawlers obey those for another one."""
    acts = {template.id: template.act for template in templates()}
    yield from author_lines({reason.token: reason.author for reason in reasons}, acts)
    others = {r.token: r.verdict.fallback for r in reasons}
    yield from fallback_lines({token: other for token, other in others.items() if other})


def _beside(
    robots: crawlblock.RobotsTxt, reasons: Sequence[crawlblock.Reason], absent: bool
) -> Iterator[str]:
    """Yield what the file says beside the verdicts."""
    if any(AMBIGUOUS in reason.flags for reason in reasons):
        yield from folded([_AMBIGUOUS], "")
    if TWICE_ENCODED in robots.flags:
        yield f"{TWICE_ENCODED}: the byte order mark is encoded twice; it is left out"
    if TOO_LONG in robots.flags:
        yield f"{TOO_LONG}: crawlers read the first 500 KiB alone"
    asked = {reason.token for reason in reasons}
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
            say(f"{token}: not registered, but judged by its name{hint and '; '}{hint}")
    return [known.get(token.lower(), token) for token in wanted] or list(known.values())


def _row(reason: crawlblock.Reason, absent: bool) -> dict[str, object]:
    return {
        "token": reason.token,
        "restriction": str(reason.verdict.restriction),
        "basis": str(Basis.ABSENT if absent else reason.verdict.basis),
        "root_allowed": reason.verdict.root_allowed,
        "group": _groups(reason),
        "line": reason.line,
        "rule": reason.rule,
        "flag": " ".join(reason.flags) or None,
        "matched_token": reason.matched_token,
        "authored_by": reason.author,
    }


def _document(
    read: ReadRobots, robots: crawlblock.RobotsTxt, reasons: Sequence[crawlblock.Reason],
    rows: Sequence[dict[str, object]],
) -> dict[str, object]:  # fmt: skip
    """Return all evidence as one document of plain values."""
    asked = {reason.token for reason in reasons}
    met = [conflict for conflict in robots.conflicts if conflict.token in asked]
    return {
        "source": read.where,
        "bytes": None if read.body is None else len(read.body),
        "is_robots": robots.is_robots,
        "flags": robots.flags,
        "crawlers": [
            {**row, "verdict": state_of(reason.verdict), "text": reason.text}
            for row, reason in zip(rows, reasons, strict=True)
        ],
        "training": robots.training._asdict(),
        "signals": [asdict(signal) for signal in robots.signals],
        "conflicts": [
            {"token": each.token, "kind": str(each.kind), "signal": asdict(each.signal)}
            for each in met
        ],
        "opposite_signals": [str(each) for each in robots.opposite_signals],
        "ineffective": [asdict(line) for line in robots.ineffective],
    }


def _groups(reason: crawlblock.Reason) -> str:
    """Return the lines on which the groups begin; a file may have thousands for one crawler."""
    first = [str(group.first) for group in reason.group]
    more = f" and {len(first) - _GROUPS:,} more" if len(first) > _GROUPS else ""
    return " ".join(first[:_GROUPS]) + more
