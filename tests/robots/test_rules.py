"""Rules to a ruleset."""

from itertools import chain, product

import pytest

from crawlblock.model import Restriction
from crawlblock.robots.matcher import Effort, Match, decide, matches, winner
from crawlblock.robots.parser import Group, parse

pytestmark = pytest.mark.own_code

NONE, PARTIAL, ALL_BUT, FULL = list(Restriction)[:4]


def group(*lines: str) -> Group:
    """Return a group with the rules of some lines: `+/x` allows, `-/x` disallows."""
    keys = {"+": "Allow: ", "-": "Disallow: "}
    text = "\n".join(keys[line[0]] + line[1:] for line in lines)
    return parse(f"User-agent: *\n{text}".encode())[0]


def decided(*lines: str) -> Match:
    """Return what the rules of some lines come to."""
    return decide([group(*lines)], Effort())


@pytest.mark.parametrize(
    ("pattern", "path", "matched"),
    [
        (b"/", b"/", True),
        (b"/a", b"/ab", True),
        (b"/a", b"/A", False),
        (b"/a$", b"/a", True),
        (b"/a$", b"/ab", False),
        (b"/*b", b"/ab", True),
        (b"/*b$", b"/abc", False),
        (b"/*b$", b"/abcb", True),
        (b"/a*a", b"/a", False),
        (b"/a*a$", b"/aa", True),
        (b"/a*b*c", b"/a-b-c-d", True),
        (b"/a*b*c", b"/a-c-b", False),
        (b"/a$b", b"/a$bc", True),
        (b"*", b"/", True),
        (b"a", b"/a", False),
        (b"$", b"/", False),
    ],
)
def test_matches(pattern: bytes, path: bytes, matched: bool) -> None:
    """A pattern matches from the start; `*` is anything, `$` at the end is the end."""
    assert matches(pattern, path) is matched


@pytest.mark.parametrize(
    ("lines", "path", "allowed"),
    [
        (["-/", "+/a"], b"/ab", True),
        (["+/", "-/a"], b"/ab", False),
        (["-/a", "+/a"], b"/a", True),
        (["-/a*", "+/a"], b"/a", False),
        (["-/a"], b"/b", None),
    ],
)
def test_winner(lines: list[str], path: bytes, allowed: bool | None) -> None:
    """The longest matching rule wins, a tie goes to Allow, in any order of the lines."""
    for order in (lines, lines[::-1]):
        rule = winner(group(*order).rules(), path)
        assert (rule and rule.allow) == allowed


@pytest.mark.parametrize(
    ("lines", "restriction", "root_allowed"),
    [
        ([], NONE, True),
        (["+/"], NONE, True),
        (["-"], NONE, True),
        (["-/"], FULL, False),
        (["-/*"], FULL, False),
        (["-*"], FULL, False),
        (["-/*$"], FULL, False),
        (["-/", "-/x"], FULL, False),
        (["-/", "+/robots.txt"], FULL, False),
        (["-/", "+/robots.txt$"], FULL, False),
        (["-/", "+x"], FULL, False),
        (["-/*", "+/"], FULL, False),
        (["-/", "+/x", "-/x*"], FULL, False),
        (["-/", "+/x", "-/x*", "+/x/y$"], ALL_BUT, False),
        (["-/", "+/robots.txt/x"], ALL_BUT, False),
        (["-/", "+/x"], ALL_BUT, False),
        (["-/", "+/x", "-/x"], ALL_BUT, False),
        (["-/", "+/$"], ALL_BUT, True),
        (["-/", "+/index.html"], ALL_BUT, True),
        (["-/*/", "+/x"], PARTIAL, True),
        (["-/", "+/"], NONE, True),
        (["-/", "+*"], NONE, True),
        (["-/", "+/*"], NONE, True),
        (["-/*", "+/*"], NONE, True),
        (["-/", "+/", "-/x"], PARTIAL, True),
        (["-/$"], PARTIAL, False),
        (["-/$", "+/$"], NONE, True),
        (["-/x"], PARTIAL, True),
        (["-/*?"], PARTIAL, True),
        (["-/x", "+/x"], NONE, True),
        (["-/x", "+/*"], NONE, True),
        (["-/xy", "+/*"], PARTIAL, True),
        (["-/xy", "+/*y"], NONE, True),
        (["-/xy", "+/*z"], PARTIAL, True),
        (["-/x*y", "+/x*y*"], NONE, True),
        (["-*x", "+/*x"], NONE, True),
        (["-x"], NONE, True),
        (["-http://h/x"], NONE, True),
        (["-$"], NONE, True),
    ],
)
def test_decide(lines: list[str], restriction: Restriction, root_allowed: bool) -> None:
    """A restriction is about paths, not about how the rules are written, nor their order."""
    for order in (lines, lines[::-1]):
        ruleset = decided(*order)
        assert (ruleset.restriction, ruleset.root_allowed) == (restriction, root_allowed)


def test_groups_merge() -> None:
    """The rules of several groups decide together."""
    groups = [group("-/x"), group("-/"), group("+/x")]
    assert decide(groups, Effort()).restriction is ALL_BUT


@pytest.mark.parametrize(
    ("lines", "rule"), [(["-/x", "-/"], "-/"), (["+/x", "-/x", "-/y"], "-/y"), (["+/"], "+/")]
)
def test_deciding_rule(lines: list[str], rule: str) -> None:
    """A ruleset names the rule that made it so."""
    found = decided(*lines).rule
    assert found is not None
    assert ("+" if found.allow else "-") + found.pattern.decode() == rule


def test_spent_effort() -> None:
    """Without effort left a dead rule counts as live, so that no block is overlooked."""
    assert decide([group("-/xy", "+/*y")], Effort(1)).restriction is PARTIAL
    assert decide([group("-/", "+/x", "-/x*")], Effort(1)).restriction is ALL_BUT


def small_world() -> tuple[list[str], list[bytes]]:
    """Return the patterns over a small alphabet, and the paths over it and a byte they lack."""
    words = chain.from_iterable(product("a/*$", repeat=n) for n in range(4))
    tails = chain.from_iterable(product(b"a/$-", repeat=n) for n in range(6))
    patterns = [start + "".join(word) for word in words for start in "/*"]
    return patterns, [b"/" + bytes(tail) for tail in tails]


def test_every_pair_of_small_patterns() -> None:
    """For every Disallow beside every Allow of a small world, the ruleset is that of its paths."""
    patterns, paths = small_world()
    hits = {pattern: {p for p in paths if matches(pattern.encode(), p)} for pattern in patterns}
    for refused, opened in product(patterns, repeat=2):
        shut = hits[refused] - (hits[opened] if len(opened) >= len(refused) else set())
        if b"/-" in shut:  # only what blocks everything blocks a path that no pattern has
            expected = FULL if len(shut) == len(paths) else ALL_BUT
        else:
            expected = PARTIAL if shut else NONE
        ruleset = decided(f"-{refused}", f"+{opened}")
        assert ruleset.restriction is expected, (refused, opened)
        assert ruleset.root_allowed == (b"/" not in shut), (refused, opened)
