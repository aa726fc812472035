"""The option --fail-on of `crawlblock check`: verdicts that end it in 1, for use in CI."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import click

from crawlblock.errors import did_you_mean
from crawlblock.model import Verdict
from crawlblock.registry import crawlers
from crawlblock.report.terminal.site_verdict import STATES, UNKNOWN, state_of
from crawlblock.robots.judge import STAR


class Unwanted(NamedTuple):
    """A verdict that must not be."""

    state: str
    token: str


def unwanted(
    _: click.Context, __: click.Parameter, values: tuple[str, ...]
) -> tuple[Unwanted, ...]:
    """Return what was named as STATE:TOKEN; a name that is not registered would never fail."""
    return tuple(_read(value) for value in values)


def _read(value: str) -> Unwanted:
    state, _, token = value.partition(":")
    if state not in STATES or not token:
        raise click.BadParameter(f"{value!r}: write one of {', '.join(STATES)}, then :TOKEN")
    known = {crawler.token.lower(): crawler.token for crawler in crawlers()} | {STAR: STAR}
    if token.lower() not in known:
        hint = did_you_mean(token, known.values()) or "add it with --extra"
        raise click.BadParameter(f"{token}: no registered crawler has this token; {hint}")
    return Unwanted(state, known[token.lower()])


def failures(wanted: Sequence[Unwanted], verdicts: dict[str, Verdict]) -> Iterator[str]:
    """Yield what fails, in words; an unknown verdict fails every condition about its crawler."""
    for state, token in wanted:
        found = state_of(verdicts[token])
        if found in (state, UNKNOWN):
            yield f"--fail-on {state}:{token}: {token} is {found}"
