"""`crawlblock check`: what one robots.txt means."""

import sys
from pathlib import Path

import click

import crawlblock
from crawlblock.api.robots_txt import AMBIGUOUS, TWICE_ENCODED
from crawlblock.cli.options import contact_option, token_option
from crawlblock.cli.output import Output, output_options, print_rows, say
from crawlblock.errors import InputError, did_you_mean
from crawlblock.model import Basis
from crawlblock.registry import crawlers
from crawlblock.robots.judge import STAR
from crawlblock.robots.protego import protego_verdicts
from crawlblock.robots.training_preference import Stated

COLUMNS = ["token", "restriction", "basis", "root_allowed", "group", "line", "rule", "flag"]


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
    found = _read(source, contact)
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
    robots = crawlblock.parse(body)
    reasons = [robots.explain(token) for token in asked]
    rows = [_row(reason) for reason in reasons]
    if absent:
        rows = [row | {"basis": str(Basis.ABSENT)} for row in rows]
    print_rows(rows, output, COLUMNS)
    if any(AMBIGUOUS in reason.flags for reason in reasons):
        say(
            "ambiguous_group: agent lines are joined over a Crawl-delay or unknown line, as "
            "RFC 9309 wants; the owner may have meant separate groups"
        )
    for line in dict.fromkeys(line for reason in reasons for line in reason.ineffective):
        say(f"ineffective_rules: {line}")
    for signal in robots.signals:
        say(f"signal in line {signal.line}: {signal.kind}: {signal.value}")
    if not absent:
        say(_training(robots.training))
    if TWICE_ENCODED in robots.flags:
        say(f"{TWICE_ENCODED}: the byte order mark is encoded twice; it is left out")


def _training(stated: Stated) -> str:
    """Return one sentence about the training of AI models."""
    where = f", line {stated.line}" if stated.line else ""
    by = f" ({stated.evidence}{where})" if stated.evidence else ""
    return f"training of AI models: {str(stated.preference).replace('_', ' ')}{by}"


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
        "group": " ".join(str(group.first) for group in reason.group),
        "line": reason.line,
        "rule": reason.rule,
        "flag": " ".join(reason.flags) or None,
    }


def _read(source: str, contact: str | None) -> bytes | None:
    """Return the bytes of a robots.txt; None where the server says that there is none."""
    if source == "-":
        return sys.stdin.buffer.read()
    if source.lower().startswith(("http://", "https://")):
        from crawlblock.pipeline.check import fetch  # loads what asks servers

        return fetch(source, contact)
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise InputError(f"{source}: {error.strerror}; name a file, a URL or -") from None
