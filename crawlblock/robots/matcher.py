"""Rules to a match: which rule wins for a path, and how far a crawler is kept out.

The longest matching pattern wins, a tie goes to Allow (RFC 9309 section 2.2.2).  `decide` answers
for all paths at once.  Its question, "does this rule change anything?", comes down to one path:
fill each `*` of the rule's pattern with a byte no pattern can hold.  A rule that matches this
witness matches whatever the pattern matches; when none does, the witness shows the rule at work.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

from crawlblock.model import Restriction
from crawlblock.robots.line import Rule
from crawlblock.robots.parser import Group

_FRESH = b"\x00"  # ends a line when parsed, so no pattern holds it
EFFORT = 10_000_000  # bytes compared per robots.txt; real ones need about a fiftieth at most
_READING = 20  # bytes compared in the time a rule is read


class Match(NamedTuple):
    """What a set of rules comes to, with the rule that made it so."""

    restriction: Restriction
    root_allowed: bool
    rule: Rule | None


class Effort:
    """A bound on the work for one match: hostile files must not cost more than their size.

    Once it is spent a rule counts as one that changes something: `none` may then be called
    `partial` and `full` `all_but`, never the other way round.
    """

    __slots__ = ("left",)

    def __init__(self, limit: int = EFFORT) -> None:
        """Start with `limit` bytes to compare."""
        self.left = limit


def matches(pattern: bytes, path: bytes) -> bool:
    """Tell whether a pattern matches a path's start; `*` is any bytes, a last `$` the end."""
    anchored = pattern.endswith(b"$")
    if anchored:
        pattern = pattern[:-1]
    if b"*" not in pattern:
        return path == pattern if anchored else path.startswith(pattern)
    first, *middle, last = pattern.split(b"*")
    if not path.startswith(first):
        return False
    at = len(first)
    for part in middle:
        found = path.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    if anchored:
        return len(path) - at >= len(last) and path.endswith(last)
    return path.find(last, at) >= 0


def winner(rules: Iterable[Rule], path: bytes) -> Rule | None:
    """Return the rule that decides a path, None where none matches."""
    best: Rule | None = None
    for rule in rules:
        if matches(rule.pattern, path) and (
            _longer(rule, best) or (rule.allow and not _longer(best, rule))
        ):
            best = rule
    return best


def decide(groups: Sequence[Group], effort: Effort) -> Match:
    """Return the restriction that the rules of some groups come to together."""
    wide = [rule for group in groups for rule in group.wide()]
    if not wide:
        closer = _first_live(groups, False, 0, effort)
        return Match(Restriction.PARTIAL if closer else Restriction.NONE, True, closer)
    root_allow = _longest(rule for rule in wide if rule.allow)
    root_disallow = _longest(rule for rule in wide if not rule.allow)
    root_allowed = not _longer(root_disallow, root_allow)
    opened = _longest(rule for rule in wide if rule.universal and rule.allow)
    closed = _longest(rule for rule in wide if rule.universal and not rule.allow)
    if closed is not None and _longer(closed, opened):
        opener = _first_live(groups, True, len(closed.pattern), effort)
        return Match(Restriction.ALL_BUT if opener else Restriction.FULL, root_allowed, closed)
    least = len(opened.pattern) + 1 if opened else 0
    if closer := _first_live(groups, False, least, effort):
        return Match(Restriction.PARTIAL, root_allowed, closer)
    return Match(Restriction.NONE, root_allowed, root_allow)


def _longest(rules: Iterable[Rule]) -> Rule | None:
    return max(rules, key=lambda rule: len(rule.pattern), default=None)


def _longer(one: Rule | None, other: Rule | None) -> bool:
    """Tell whether a rule is there and beats the other by length."""
    return one is not None and (other is None or len(one.pattern) > len(other.pattern))


def _is_robots_txt(rule: Rule) -> bool:
    return rule.pattern.rstrip(b"*") in (b"/robots.txt", b"/robots.txt$")


def _first_live(groups: Sequence[Group], allow: bool, least: int, effort: Effort) -> Rule | None:
    """Return the first rule of one side, of at least that length, that decides some path.

    Universal rules are left to the caller, `Allow: /robots.txt` opens nothing.  A rule is beaten by
    one of the other side that matches its witnesses: an Allow by a longer one, a Disallow by one as
    long.  Without a `*` that can only be the same pattern: those are looked up, the rest compared.
    """
    against: list[Rule] = []
    for group in groups:
        effort.left -= _READING * group.count(not allow)
        if effort.left >= 0:
            against.extend(group.side(not allow))
    same = set() if allow else {rule.pattern for rule in against}
    wild = [rule.pattern for rule in against if b"*" in rule.pattern and not rule.universal]
    wild.sort(key=len, reverse=True)
    # A witness that goes on after the pattern ends in the fresh byte, which no literal end matches.
    wild_open = [pattern for pattern in wild if pattern[-1:] != b"$" or pattern[-2:] == b"*$"]
    for rule in chain.from_iterable(group.side(allow) for group in groups):
        effort.left -= _READING
        if effort.left < 0:
            return rule
        pattern = rule.pattern
        if len(pattern) < least or pattern in same or rule.universal:
            continue
        if allow and _is_robots_txt(rule):
            continue
        rivals = wild if pattern.endswith(b"$") else wild_open
        if not rivals:
            if pattern[:1] in (b"/", b"*"):  # other patterns match no path
                return rule
            continue
        longer = len(pattern) + allow
        if any(not _beaten(path, rivals, longer, effort) for path in _witnesses(pattern)):
            return rule
    return None


def _beaten(path: bytes, rivals: Sequence[bytes], least: int, effort: Effort) -> bool:
    """Tell whether one of the rivals, longest first, of at least that length matches the path."""
    for pattern in rivals:
        if len(pattern) < least:
            return False
        effort.left -= len(pattern) + len(path) + 100
        if effort.left < 0:
            return False
        if matches(pattern, path):
            return True
    return False


def _witnesses(pattern: bytes) -> list[bytes]:
    """Return the paths that stand for all a pattern matches; none where no path can reach it."""
    anchored = pattern.endswith(b"$")
    core = pattern[:-1] if anchored else pattern
    if core.startswith(b"/"):
        forms = [core]
    elif core.startswith(b"*"):
        rest = core.lstrip(b"*")
        forms = [b"/*" + rest, rest] if rest.startswith(b"/") else [b"/*" + rest]
    else:
        return []
    end = b"" if anchored else _FRESH
    return [form.replace(b"*", _FRESH) + end for form in forms]
