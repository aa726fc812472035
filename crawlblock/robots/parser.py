"""robots.txt as bytes to groups and rules, read as Google's parser reads it.

Sources: RFC 9309 section 2.2 and the behaviour of github.com/google/robotstxt, which settles what
the RFC leaves open: groups that are joined, over-long lines.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from operator import itemgetter

from crawlblock.robots.line import PLAIN_START, Kind, Line, Rule, read_line, read_plain

SIZE_LIMIT = 500 * 1024  # bytes; RFC 9309 section 2.5
LINE_LIMIT = 2083 * 8 - 1  # bytes of a line that count; longer ones are cut

_BOM = b"\xef\xbb\xbf"
# The same, encoded twice by who collected the file; the site sent an ordinary one.  Google's parser
# would take it for the start of the first line, which it then does not know.
TWICE_ENCODED_BOM = b"\xc3\xaf\xc2\xbb\xc2\xbf"
START = 14  # bytes of a line looked at first
_start = itemgetter(slice(START))
# Besides plain lines, most of the web's lines have no meaning.
_EMPTY_START = re.compile(rb"\s*#|(?i:sitemap|site-map)\s*:")
_PLAIN, _EMPTY, REMARKABLE = b"DN?"
_RUNS = re.compile(rb"(D[DN]*)|\?+")
_MEMO_LINES = 100_000
_MEMO_LENGTH = 160  # bytes; longer lines seldom come again
_DISALLOW, _ALLOW, _AGENT, _UNKNOWN = Kind.DISALLOW, Kind.ALLOW, Kind.AGENT, Kind.OTHER


@dataclass(slots=True)
class Group:
    """Agent lines with their rules."""

    agents: list[tuple[bytes, int]] = field(default_factory=list)  # value of the line, line
    allows: list[Rule] = field(default_factory=list)
    disallows: list[Rule] = field(default_factory=list)  # those that were read: all that match /
    # Lines with the other ones, of which few are read, and lines without a meaning between them.
    plain: list[bytes] = field(default_factory=list)
    joined_over: list[int] = field(default_factory=list)  # other lines between agent lines
    _wide: tuple[Rule, ...] | None = field(default=None, repr=False, compare=False)
    _spelled: frozenset[bytes] | None = field(default=None, repr=False, compare=False)

    def side(self, allow: bool) -> Iterator[Rule]:
        """Return the Allow or the Disallow rules, reading the plain ones on the way."""
        if allow:
            yield from self.allows
            return
        yield from self.disallows
        yield from chain.from_iterable(map(read_plain, self.plain))

    def count(self, allow: bool) -> int:
        """Return about how many rules there are on a side, without reading them."""
        return len(self.allows) if allow else len(self.disallows) + len(self.plain)

    def wide(self) -> tuple[Rule, ...]:
        """Return the distinct rules that match /; call it once the group is complete."""
        if self._wide is None:
            at_root = (rule for rule in chain(self.allows, self.disallows) if rule.at_root)
            self._wide = tuple(dict.fromkeys(at_root))
        return self._wide

    def rules(self) -> list[Rule]:
        """Return all rules; their order means nothing."""
        return [*self.side(True), *self.side(False)]

    def spelled(self) -> frozenset[bytes]:
        """Return the distinct rules, as + or - and the pattern; call it as `wide`."""
        if self._spelled is None:
            sides = ((sign, self.side(sign == b"+")) for sign in (b"+", b"-"))
            self._spelled = frozenset(sign + rule.pattern for sign, side in sides for rule in side)
        return self._spelled


class Lines(dict[bytes, Line]):
    """What each line met so far comes to, and the groups of the last file.

    It empties itself when full, for strangers write the lines.
    """

    def __init__(self) -> None:
        """Start with nothing met."""
        super().__init__()
        self.starts = _Starts()
        self.last: tuple[bytes, list[Group]] = (b"", [])

    def __missing__(self, raw: bytes) -> Line:
        """Read a line for the first time."""
        line = read_line(raw)
        if len(raw) <= _MEMO_LENGTH:
            if len(self) >= _MEMO_LINES:
                self.clear()
            self[raw] = line
        return line


class _Starts(dict[bytes, int]):
    """What the first bytes of a line tell: a plain Disallow, nothing, or that it must be read."""

    def __missing__(self, start: bytes) -> int:
        code = _PLAIN if PLAIN_START.match(start) else REMARKABLE
        whole = len(start) < START
        if _EMPTY_START.match(start) or (whole and read_line(start).kind is Kind.NOTHING):
            code = _EMPTY
        if len(self) >= _MEMO_LINES:
            self.clear()
        self[start] = code
        return code


def parse(body: bytes, lines: Lines | None = None) -> list[Group]:
    """Return the groups of a robots.txt in the order they stand in.

    Rules before the first agent line belong to nobody and are left out.  `lines` may be shared
    between calls to spare reading the same line again.  Who asks for one file several times in a
    row gets the same list.
    """
    known = Lines() if lines is None else lines
    last, groups = known.last
    if last is not body:
        groups = _groups(body, known)
        known.last = body, groups
    return groups


def _groups(body: bytes, known: Lines) -> list[Group]:
    texts = countable(body)
    codes = bytes(map(known.starts.__getitem__, map(_start, texts)))
    groups: list[Group] = []
    group = Group()
    collecting = False  # agent lines join the group as long as no rule has been seen
    between = 0  # the last other line since the group's agents
    for run in _RUNS.finditer(codes):
        first, end = run.span()
        if run.lastindex:
            collecting = False
            group.plain += texts[first:end]
            continue
        for number, raw in enumerate(texts[first:end], first + 1):
            kind, value, rules = known[raw]
            if kind is _ALLOW:
                collecting = False
                group.allows += rules
            elif kind is _DISALLOW:
                collecting = False
                group.disallows += rules
            elif kind is _AGENT:
                if not collecting:
                    group, collecting, between = Group(), True, 0
                    groups.append(group)
                elif between:
                    group.joined_over.append(between)
                    between = 0
                group.agents.append((value, number))
            elif kind is _UNKNOWN:
                between = number
    return groups


def line_of(body: bytes, group: Group, rule: Rule) -> int:
    """Return the number of the first line that put a rule into a group."""
    last = group.agents[-1][1]
    for number, raw in enumerate(countable(body), 1):
        if number > last:
            line = read_line(raw)
            if rule in line.rules:
                return number
    raise ValueError("the rule is not from this body")


def countable(body: bytes) -> list[bytes]:
    """Return the lines that count: no BOM, the first 500 KiB, over-long ones cut."""
    if len(body) > SIZE_LIMIT:
        head = body[: SIZE_LIMIT + 1]
        body = head[: max(head.rfind(b"\n"), head.rfind(b"\r")) + 1]  # a cut rule is no rule
    start = len(TWICE_ENCODED_BOM) if body.startswith(TWICE_ENCODED_BOM) else 0
    while start < 3 and body[start : start + 1] == _BOM[start : start + 1]:
        start += 1
    lines = (body[start:] if start else body).splitlines()
    if len(body) > LINE_LIMIT and len(max(lines, key=len)) > LINE_LIMIT:
        return [line[:LINE_LIMIT] for line in lines]
    return lines
