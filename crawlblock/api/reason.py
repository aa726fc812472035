"""A verdict with the lines that decide it, as the public API gives it."""

from dataclasses import dataclass
from typing import NamedTuple

from crawlblock.model import Verdict
from crawlblock.robots.ineffective import IneffectiveLine
from crawlblock.robots.judge import Finding
from crawlblock.robots.parser import countable
from crawlblock.robots.quoted import GroupLines, lines_of, spelled

AMBIGUOUS = "ambiguous_group"
INEFFECTIVE = "ineffective_rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A verdict and the part of the file that decides it."""

    token: str  # the crawler that was asked about
    verdict: Verdict
    matched_token: str | None  # whose groups apply: its own, one it obeys too, "*"; None: none do
    group: tuple[GroupLines, ...]  # the groups that apply, as written; empty without one
    rule: str | None  # in its normal form, such as "Disallow: /"; None: no rule decides
    line: int | None  # number of the rule's line, from 1
    text: str | None  # that line as written
    author: str | None = None  # of the rules that block it: a template, "own" or "wildcard"
    flags: tuple[str, ...] = ()  # see `RobotsTxt.flags`; here those about this crawler
    ineffective: tuple[IneffectiveLine, ...] = ()  # lines that were meant for it and do not bind it

    def __str__(self) -> str:
        """Return the reason as one sentence."""
        said = f"{self.token}: {self.verdict.restriction} ({self.verdict.basis})"
        return said if self.line is None else f"{said}, line {self.line}: {self.text}"


class Quote(NamedTuple):
    """What a finding rests on, as written."""

    group: tuple[GroupLines, ...]
    line: int | None
    text: str | None


def quote_of(body: bytes, found: Finding) -> Quote:
    """Return what a finding rests on."""
    line = found.line(body)
    text = None if line is None else countable(body)[line - 1].decode("utf-8", "replace")
    return Quote(lines_of(body, found.groups), line, text)


def reason_of(
    token: str,
    found: Finding,
    quote: Quote,
    author: str | None,
    ineffective: tuple[IneffectiveLine, ...],
) -> Reason:
    """Return a crawler's verdict with its reasons."""
    flags = ((AMBIGUOUS, found.ambiguous_group), (INEFFECTIVE, bool(ineffective)))
    return Reason(
        token=token,
        verdict=found.verdict,
        matched_token=found.verdict.matched_token(token),
        group=quote.group,
        rule=spelled(found.rule) if found.rule else None,
        line=quote.line,
        text=quote.text,
        author=author,
        flags=tuple(flag for flag, holds in flags if holds),
        ineffective=ineffective,
    )
