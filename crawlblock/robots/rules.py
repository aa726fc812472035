"""Rules to a decision: which rule wins for a path, and how far a crawler is kept out.

The longest matching pattern wins, a tie goes to Allow (RFC 9309 section 2.2.2).  `decide` answers
for all paths at once.  Its question, "does this rule change anything?", comes down to one path: fill
each `*` of the rule's pattern with a byte no pattern can hold.  A rule that matches this witness
matches whatever the pattern matches; when none does, the witness itself shows the rule at work.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

from crawlblock.model import Restriction
from crawlblock.robots.syntax import Group, Rule

_FRESH = b"\x00"  # ends a line when parsed, so no pattern holds it
_EFFORT = 4_000_000  # bytes of patterns and witnesses compared per robots.txt


class Decision(NamedTuple):
    """What a set of rules comes to, with the rule that made it so."""

    restriction: Restriction
    root_allowed: bool
    rule: Rule | None


class Effort:
    """A bound on the work for one robots.txt: hostile files must not cost more than their size.

    Once it is spent a rule counts as one that changes something: `none` may then be called
    `partial` and `full` `all_but`, never the other way round.
    """

    __slots__ = ("left",)

    def __init__(self, limit: int = _EFFORT) -> None:
        """Start with `limit` bytes to compare."""
        self.left = limit


def matches(pattern: bytes, path: bytes) -> bool:
    """Tell whether a pattern matches the start of a path (`*` any bytes, `$` at the end its end)."""
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


def decide(groups: Sequence[Group], effort: Effort) -> Decision:
    """Return the restriction that the rules of some groups come to together."""
    allows = [rule for group in groups for rule in group.allows]
    disallows = chain.from_iterable(group.all_disallows() for group in groups)
    wide = [rule for rule in allows if rule.at_root]
    wide += [rule for group in groups for rule in group.disallows if rule.at_root]
    if not wide:
        closer = _first_live(disallows, allows, 0, effort)
        return Decision(Restriction.PARTIAL if closer else Restriction.NONE, True, closer)
    root_allow = _longest(rule for rule in wide if rule.allow)
    root_disallow = _longest(rule for rule in wide if not rule.allow)
    root_allowed = not _longer(root_disallow, root_allow)
    opened = _longest(rule for rule in wide if rule.universal and rule.allow)
    closed = _longest(rule for rule in wide if rule.universal and not rule.allow)
    allows = [rule for rule in allows if not rule.universal]
    some = (rule for rule in disallows if not rule.universal)
    if closed is not None and _longer(closed, opened):
        openers = [r for r in allows if not _longer(closed, r) and not _is_robots_txt(r)]
        opener = openers and _first_live(openers, list(some), 1, effort)
        return Decision(Restriction.ALL_BUT if opener else Restriction.FULL, root_allowed, closed)
    closers = (rule for rule in some if _longer(rule, opened))
    closer = _first_live(closers, allows, 0, effort)
    if closer:
        return Decision(Restriction.PARTIAL, root_allowed, closer)
    return Decision(Restriction.NONE, root_allowed, root_allow)


def _longest(rules: Iterable[Rule]) -> Rule | None:
    return max(rules, key=lambda rule: len(rule.pattern), default=None)


def _longer(one: Rule | None, other: Rule | None) -> bool:
    """Tell whether a rule is there and beats the other by length."""
    return one is not None and (other is None or len(one.pattern) > len(other.pattern))


def _is_robots_txt(rule: Rule) -> bool:
    return rule.pattern.rstrip(b"*") in (b"/robots.txt", b"/robots.txt$")


def _first_live(
    candidates: Iterable[Rule], against: Sequence[Rule], margin: int, effort: Effort
) -> Rule | None:
    """Return the first rule that decides some path.

    A rule is beaten by one that is at least `margin` longer and matches its witnesses.  Without a
    `*` such a rule can only be the same pattern, so those are looked up and the rest compared.
    """
    same = {rule.pattern for rule in against} if margin == 0 else set()
    wild = [rule.pattern for rule in against if b"*" in rule.pattern]
    wild.sort(key=len, reverse=True)
    # A witness that goes on after the pattern ends in the fresh byte, which no literal end matches.
    wild_open = [pattern for pattern in wild if pattern[-1:] != b"$" or pattern[-2:] == b"*$"]
    for rule in candidates:
        if rule.pattern in same:
            continue
        rivals = wild if rule.pattern.endswith(b"$") else wild_open
        least = len(rule.pattern) + margin
        if any(not _beaten(path, rivals, least, effort) for path in _witnesses(rule.pattern)):
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
