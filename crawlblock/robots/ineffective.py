"""Rules that bind nobody: lines that would change a verdict if they were read as they were meant.

The file is judged as it is and as it was meant.  A line counts only where the two differ for a
crawler that the line is about, so nothing counts that binds after all.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from crawlblock.model import Basis, Verdict
from crawlblock.robots.judge import STAR, Judge
from crawlblock.robots.line import Kind, read_line
from crawlblock.robots.meant import LineFault, Meant, MeantLines
from crawlblock.robots.parser import Group, Lines, countable, parse
from crawlblock.robots.sniff import is_robots

MOST = 200  # lines of a file that are reported
_LONGEST = 200  # characters kept of a line
_NAMED = 3  # crawlers named in a sentence
_WILDCARD = b"User-agent: *"


@dataclass(frozen=True, slots=True)
class IneffectiveLine:
    """A line that binds nobody, or not all whom it was meant for."""

    fault: str
    line: int  # from 1
    text: str  # as written, up to 200 characters
    tokens: tuple[str, ...]  # crawlers whose verdict would be another
    blocks: tuple[str, ...]  # of them, those that / would be closed to: a block that nobody obeys

    def __str__(self) -> str:
        """Return it as one sentence."""
        whom = "anybody" if STAR in self.tokens else ", ".join(self.tokens[:_NAMED])
        more = "" if STAR in self.tokens or len(self.tokens) <= _NAMED else " and others"
        return f"line {self.line} does not bind {whom}{more} ({self.fault}): {self.text}"


class _Both(NamedTuple):
    """The verdicts of a file as it is, and as it was meant."""

    now: Mapping[str, Verdict]
    then: Mapping[str, Verdict]

    def changed(self) -> set[str]:
        """Return the crawlers whose verdicts differ."""
        return {
            token
            for token, verdict in self.then.items()
            if (verdict.restriction, verdict.root_allowed)
            != (self.now[token].restriction, self.now[token].root_allowed)
        }

    def closed(self, token: str) -> bool:
        """Tell whether / would be closed to a crawler."""
        return bool(self.now[token].root_allowed) and self.then[token].root_allowed is False


class IneffectiveFinder:
    """Finds lines that bind nobody; it remembers lines that it met, within bounds."""

    def __init__(self, tokens: Iterable[str], lines: Lines | None = None) -> None:
        """Take the product tokens of the crawlers to look for, and `*`; `lines` may be shared."""
        known = tuple(tokens)
        self._lines = Lines() if lines is None else lines
        self._judge = Judge(known, lines=self._lines)
        self._meant = MeantLines([token for token in known if token != STAR])

    def find(
        self, body: bytes, verdicts: Mapping[str, Verdict] | None = None
    ) -> tuple[IneffectiveLine, ...]:
        """Return the lines of a robots.txt that bind nobody, in order; never raises.

        `verdicts`: what the body means for every token, if that is known already.
        """
        if not is_robots(body):
            return ()
        texts = countable(body)
        found = {
            number: meant
            for number, raw in enumerate(texts, 1)
            if (meant := self._meant[raw]) is not None
        }
        found |= _groupless(texts, found)
        if not found:
            return ()
        mended, places = _mended(texts, found)
        whole = b"\n".join(mended)
        now = verdicts or self._judge.policy(body).verdicts
        both = _Both(now, self._judge.policy(whole).verdicts)
        if not both.changed():
            return ()
        concerned = self._by_line(parse(whole, self._lines), found, places, both)
        lines = (
            _line(number, texts[number - 1], found[number], both, tokens)
            for number, tokens in sorted(concerned.items())
            if tokens
        )
        return tuple(islice(lines, MOST))

    def _by_line(
        self,
        groups: list[Group],
        found: Mapping[int, Meant],
        places: Mapping[int, int],
        both: _Both,
    ) -> dict[int, set[str]]:
        """Return the crawlers with another verdict that each faulty line is about."""
        starts = [group.agents[0][1] for group in groups]
        members = [self._concerned([v for v, _ in group.agents], both) for group in groups]
        changed = both.changed()
        concerned: dict[int, set[str]] = {}
        for number, meant in found.items():
            read = [read_line(line) for line in meant.lines]
            agents = [line.value for line in read if line.kind is Kind.AGENT]
            tokens = self._concerned(agents, both)
            at = bisect_right(starts, places[number]) - 1
            if at >= 0 and any(line.rules for line in read):
                tokens |= members[at]
            concerned[number] = tokens & changed
        return concerned

    def _concerned(self, agents: Iterable[bytes], both: _Both) -> set[str]:
        """Return the crawlers that agent lines are about; `*` is about all without a group."""
        tokens = {token for value in agents for token in self._meant.bound[value]}
        if STAR in tokens:
            tokens |= {t for t, verdict in both.then.items() if verdict.basis is Basis.WILDCARD}
        return tokens


def _groupless(texts: list[bytes], found: Mapping[int, Meant]) -> dict[int, Meant]:
    """Return the rules before the first agent line."""
    rules: dict[int, Meant] = {}
    for number, raw in enumerate(texts, 1):
        for line in found[number].lines if number in found else (raw,):
            read = read_line(line)
            if read.kind is Kind.AGENT:
                return rules
            if read.rules and number not in found:
                rules[number] = Meant(LineFault.NO_GROUP, (line,))
    return rules


def _mended(texts: list[bytes], found: Mapping[int, Meant]) -> tuple[list[bytes], dict[int, int]]:
    """Return the lines as they were meant, and where the last of each faulty one stands there."""
    mended: list[bytes] = []
    places: dict[int, int] = {}
    before = 0
    for number, meant in sorted(found.items()):
        mended += texts[before : number - 1]
        if meant.fault is LineFault.NO_GROUP and _WILDCARD not in mended[:1]:
            mended.insert(0, _WILDCARD)
            places = {other: place + 1 for other, place in places.items()}
        mended += meant.lines
        places[number], before = len(mended), number
    return mended + texts[before:], places


def _line(
    number: int, raw: bytes, meant: Meant, both: _Both, concerned: set[str]
) -> IneffectiveLine:
    tokens = tuple(token for token in both.then if token in concerned)
    rules = [rule for line in meant.lines for rule in read_line(line).rules]
    closing = not rules or any(rule.at_root and not rule.allow for rule in rules)
    return IneffectiveLine(
        fault=meant.fault.value,
        line=number,
        text=raw.strip().decode("utf-8", "replace")[:_LONGEST],
        tokens=tokens,
        blocks=tuple(filter(both.closed, tokens)) if closing else (),
    )
