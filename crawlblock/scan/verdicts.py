"""Payloads to policies, each distinct text once: a policy is a vector of verdicts with a name."""

import hashlib
from collections.abc import Iterable
from itertools import product
from typing import NamedTuple

from crawlblock.model import Basis, Outcome, Restriction, Verdict
from crawlblock.robots.evaluate import Judge, Outline
from crawlblock.robots.sniff import is_robots
from crawlblock.robots.syntax import SIZE_LIMIT
from crawlblock.sources.outcomes import outcome_of

_MEMO = 200_000  # texts; some 150 bytes each
_FIRST = 40  # code of the first verdict: from ( on all are printable, to 0x81 at most
_NEAR = 16  # bytes before the word itself that the start of its line is looked for in
_SITEMAPS = 8  # lines that are emptied

# Every verdict there can be, as one character each.
VERDICTS = tuple(Verdict(*parts) for parts in product(Restriction, Basis, (True, False, None)))
CODES = {verdict: chr(_FIRST + number) for number, verdict in enumerate(VERDICTS)}
SPELLED = {
    code: (str(verdict.restriction), str(verdict.basis), verdict.root_allowed)
    for verdict, code in CODES.items()
}


class Meaning(NamedTuple):
    """What a payload means."""

    outcome: Outcome
    text: str  # the name of what is kept of it
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
        self._known: dict[str, Meaning] = {}
        self._names: dict[tuple[object, ...], str] = {}
        self._codes: dict[str, str] = {}  # by policy; some thousand a crawl

    def meaning(self, status: int, body: bytes, sha1: bytes) -> Meaning:
        """Return how a capture with this status and payload ended and what the payload means."""
        outcome = outcome_of(status, body)
        text = kept_text(body)
        raw = sha1 if text is body else hashlib.sha1(text, usedforsecurity=False).digest()
        name = raw[:8].hex()
        known = self._known.get(name)
        if known is None or known.outcome is not outcome:
            if len(self._known) >= _MEMO:
                self._known.clear()
            told = self._judge.outline(text)
            known = Meaning(outcome, name, self._policy(told), told.ambiguous_group)
            self._known[name] = known
        return known

    def spelled(self, policies: Iterable[str]) -> dict[str, str]:
        """Return the codes of policies that were met: a character for each token."""
        return {name: self._codes[name] for name in sorted(policies)}

    def _policy(self, told: Outline) -> str:
        """Return the name of a vector of verdicts."""
        known = (id(told.default), *((id(verdict), bits) for verdict, bits in told.named))
        if known not in self._names:
            if len(self._names) >= _MEMO:
                self._names.clear()
            row = dict.fromkeys(self.tokens, CODES[told.default])
            for verdict, bits in told.named:
                row.update(dict.fromkeys(self._judge.tokens_of(bits), CODES[verdict]))
            codes = "".join(row.values())
            name = hashlib.blake2b(f"{self._rules}\n{codes}".encode(), digest_size=8).hexdigest()
            self._names[known] = name
            self._codes[name] = codes
        return self._names[known]


def kept_text(body: bytes) -> bytes:
    """Return what a shard keeps of a payload: what decides, with every line at its place.

    Its first Sitemap lines are emptied, for they are most often what tells two hosts' texts apart;
    they belong to no group and change no verdict (RFC 9309 section 2.2.4).
    """
    if len(body) > SIZE_LIMIT:
        return body[: SIZE_LIMIT + 1]  # one more shows that it is longer
    pieces, start, at = [], 0, -1
    for _ in range(_SITEMAPS):
        at = body.find(b"itemap", at + 1)
        if at < 0:
            break
        first = body.rfind(b"\n", max(0, at - _NEAR), at) + 1
        end = body.find(b"\n", at)
        end = end if end >= 0 else len(body)
        line = body[first:end]
        begins = first > 0 or at < _NEAR
        if begins and line[:-1].find(b"\r") < 0 and line.lstrip()[:7].lower() == b"sitemap":
            pieces.append(body[start:first])
            start = end
    if not pieces:
        return body
    text = b"".join((*pieces, body[start:]))
    return text if is_robots(text) and is_robots(body) else body
