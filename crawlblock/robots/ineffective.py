"""Rules that bind nobody: lines that would change a verdict if they were read as they were meant.

The file is judged as it is and as it was meant.  A line counts only where the two differ for a
crawler that the line is about, so nothing counts that binds after all.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from crawlblock.model import Basis, Verdict
from crawlblock.robots.judge import STAR, Judge
from crawlblock.robots.meant import LineFault, Meant, MeantLines
from crawlblock.robots.parser import Kind, Line, Lines, countable, parse, read_line
from crawlblock.robots.sniff import is_robots

MOST = 200  # lines of a file that are reported
_LONGEST = 200  # characters kept of a line
_WILDCARD = b"User-agent: *"


@dataclass(frozen=True, slots=True)
class IneffectiveLine:
    """A line that binds nobody, or not all whom it was meant for."""

    fault: str
    line: int  # from 1
    text: str  # as written, up to 200 characters
    tokens: tuple[str, ...]  # crawlers whose verdict would be another
    blocks: tuple[str, ...]  # of them, those that / would be closed to: a block that nobody obeys


class IneffectiveFinder:
    """Finds lines that bind nobody; it remembers lines that it met, within bounds."""

    def __init__(self, tokens: Iterable[str]) -> None:
        """Take the product tokens of the crawlers to look for, and `*`."""
        known = tuple(tokens)
        self._judge = Judge(known)
        self._meant = MeantLines([token for token in known if token != STAR])
        self._lines = Lines()

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
        then = self._judge.policy(whole).verdicts
        changed = {token for token, verdict in then.items() if _unlike(now[token], verdict)}
        groups = parse(whole, self._lines) if changed else []
        starts = [group.agents[0][1] for group in groups]
        lines = []
        for number, meant in sorted(found.items()):
            at = bisect_right(starts, places[number]) - 1
            read = [read_line(line) for line in meant.lines]
            agents = [line.value for line in read if line.kind is Kind.AGENT]
            if any(line.rules for line in read) and at >= 0:
                agents += [value for value, _ in groups[at].agents]
            tokens = self._concerned(agents, then) & changed
            if tokens:
                ordered = [token for token in then if token in tokens]
                closed = _closed(read, ordered, now, then)
                text = texts[number - 1].strip().decode("utf-8", "replace")[:_LONGEST]
                lines.append(
                    IneffectiveLine(meant.fault.value, number, text, tuple(ordered), closed)
                )
        return tuple(lines[:MOST])

    def _concerned(self, agents: list[bytes], then: Mapping[str, Verdict]) -> set[str]:
        """Return the crawlers that agent lines are about; `*` is about all without a group."""
        tokens = {token for value in agents for token in self._meant.bound[value]}
        if STAR in tokens:
            tokens |= {token for token, verdict in then.items() if verdict.basis is Basis.WILDCARD}
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


def _unlike(now: Verdict, then: Verdict) -> bool:
    return (now.restriction, now.root_allowed) != (then.restriction, then.root_allowed)


def _closed(
    read: list[Line], tokens: list[str], now: Mapping[str, Verdict], then: Mapping[str, Verdict]
) -> tuple[str, ...]:
    """Return the crawlers that a line would close / to, where it is about that."""
    rules = [rule for line in read for rule in line.rules]
    if rules and not any(rule.at_root and not rule.allow for rule in rules):
        return ()
    return tuple(t for t in tokens if now[t].root_allowed and then[t].root_allowed is False)
