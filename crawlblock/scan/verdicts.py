"""Payloads to policies, each distinct text once: a policy is a vector of verdicts with a name."""

import hashlib
from collections.abc import Iterable
from itertools import product
from typing import NamedTuple

from crawlblock.model import Basis, Outcome, Restriction, Verdict
from crawlblock.robots.evaluate import Judge
from crawlblock.robots.syntax import SIZE_LIMIT
from crawlblock.sources.outcomes import outcome_of

_MEMO = 200_000  # texts; some 150 bytes each
_FIRST = 40  # code of the first verdict: from ( on all are printable, to 0x81 at most
_NEAR = 16  # bytes before the word itself that the start of its line is looked for in

# Every verdict there can be, as one character each.
VERDICTS = tuple(Verdict(*parts) for parts in product(Restriction, Basis, (True, False, None)))
CODES = {verdict: chr(_FIRST + number) for number, verdict in enumerate(VERDICTS)}
SPELLED = {
    code: (str(verdict.restriction), str(verdict.basis), verdict.root_allowed)
    for verdict, code in CODES.items()
}


_Named = tuple[tuple[str, str], ...]  # tokens with their codes


class Meaning(NamedTuple):
    """What a payload means."""

    outcome: Outcome
    policy: str
    ambiguous_group: bool


class Verdicts:
    """Judges payloads and names the distinct vectors of verdicts it meets.

    What it remembers is bounded, and changes no answer.
    """

    def __init__(self, tokens: Iterable[str], rules: str) -> None:
        """Take the product tokens, and the name of the rules they are judged by."""
        self.tokens = tuple(tokens)
        self._rules = rules
        self._judge = Judge(self.tokens)
        self._known: dict[bytes, tuple[str, bool]] = {}
        self._names: dict[tuple[str, _Named], str] = {}
        self._codes: dict[str, str] = {}  # by policy; some thousand a crawl

    def meaning(self, status: int, body: bytes) -> Meaning:
        """Return how a capture with this status and payload ended and what the payload means."""
        outcome = outcome_of(status, body)
        if outcome is not Outcome.OK or len(body) > SIZE_LIMIT:
            return Meaning(outcome, *self._judged(body))
        text = hashlib.sha1(without_sitemaps(body), usedforsecurity=False).digest()
        if text not in self._known:
            if len(self._known) >= _MEMO:
                self._known.clear()
            self._known[text] = self._judged(body)
        return Meaning(outcome, *self._known[text])

    def spelled(self, policies: Iterable[str]) -> dict[str, str]:
        """Return the codes of policies that were met: a character for each token."""
        return {name: self._codes[name] for name in sorted(policies)}

    def _judged(self, body: bytes) -> tuple[str, bool]:
        told = self._judge.outline(body)
        default = CODES[told.default]
        named = tuple((token, CODES[verdict]) for token, verdict in told.named.items())
        if (default, named) not in self._names:
            if len(self._names) >= _MEMO:
                self._names.clear()
            row = dict.fromkeys(self.tokens, default) | dict(named)
            codes = "".join(row.values())
            name = hashlib.blake2b(f"{self._rules}\n{codes}".encode(), digest_size=8).hexdigest()
            self._names[default, named] = name
            self._codes[name] = codes
        return self._names[default, named], told.ambiguous_group


def without_sitemaps(body: bytes) -> bytes:
    """Return a robots.txt less its first Sitemap lines: most often what tells two hosts' apart.

    They belong to no group and change no verdict (RFC 9309 section 2.2.4).
    """
    pieces, start, at = [], 0, -1
    for _ in range(8):
        at = body.find(b"itemap", at + 1)
        if at < 0:
            break
        first = body.rfind(b"\n", max(0, at - _NEAR), at) + 1
        end = body.find(b"\n", at)
        line = body[first : end if end >= 0 else len(body)]
        begins = first > 0 or at < _NEAR
        if begins and line[:-1].find(b"\r") < 0 and line.lstrip()[:7].lower() == b"sitemap":
            pieces.append(body[start:first])
            start = first + len(line) + 1
    return b"".join((*pieces, body[start:])) if pieces else body
