"""Where protego, Scrapy's parser, differs from crawlblock on a robots.txt, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from crawlblock.model import Basis
from crawlblock.robots.judge import Finding, Judge, in_grammar
from crawlblock.robots.protego import protego_verdicts


class Cause(StrEnum):
    """Why protego reads a file in another way."""

    PART_OF_NAME = "part_of_name"  # it takes the group of `Applebot` for one of `Applebot-Extended`
    VERSION = "version"  # it does not find GPTBot in `User-agent: GPTBot/1.2` and the like
    OTHER_LINE = "other_line"  # it ends a group's agents at a Crawl-delay or unknown line
    OUTSIDE_GRAMMAR = "outside_grammar"  # the crawler's name is not a token of RFC 9309
    INDEX_PAGE = "index_page"  # it opens / for `Allow: /index.html`, not for other index.htm pages
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Difference:
    """A crawler on whose access to / the two parsers differ."""

    token: str
    root_allowed: bool  # what crawlblock says
    protego: bool  # what protego says
    cause: Cause


def agreement(body: bytes, tokens: Iterable[str]) -> list[Difference]:
    """Return the crawlers on which protego differs, with the cause of each.

    Crawlers that either parser says nothing about are left out.
    """
    judge = Judge(tokens)
    ours = judge.policy(body).verdicts
    differences = []
    for token, theirs in protego_verdicts(body, judge.tokens).items():
        allowed = ours[token].root_allowed
        if theirs is not None and allowed is not None and theirs != allowed:
            cause = _cause(body, token, judge.find(body, token))
            differences.append(Difference(token, allowed, theirs, cause))
    return differences


def _cause(body: bytes, token: str, finding: Finding) -> Cause:
    name = token.lower().encode()
    named = finding.verdict.basis is Basis.NAMED
    spelled = {value.lower() for group in finding.groups for value, _ in group.agents}
    if not named and _part_of_name(body, name):
        return Cause.PART_OF_NAME
    if named and name not in spelled:
        return Cause.VERSION
    if finding.ambiguous_group:
        return Cause.OTHER_LINE
    allows = (rule.pattern for group in finding.groups for rule in group.allows)
    if any(b"/index.htm" in pattern for pattern in allows):
        return Cause.INDEX_PAGE
    return Cause.OTHER if in_grammar(token) else Cause.OUTSIDE_GRAMMAR


def _part_of_name(body: bytes, name: bytes) -> bool:
    """Tell whether an agent line holds a part of a crawler's name; protego drops its `*`."""
    for line in body.lower().splitlines():
        key, _, value = line.partition(b"#")[0].partition(b":")
        part = value.replace(b"*", b"").strip()
        if part and part != name and part in name and key.strip().startswith(b"user"):
            return True
    return False
