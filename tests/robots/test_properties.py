"""What holds for any robots.txt."""

from itertools import chain, product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.agreement import agreement

from crawlblock.model import Restriction
from crawlblock.robots.judge import STAR, Judge
from crawlblock.robots.matcher import Effort, decide, winner
from crawlblock.robots.parser import Group, line_of, parse
from crawlblock.robots.protego import protego_verdicts
from robots.generated import TOKENS, robots_files

pytestmark = pytest.mark.own_code

NONE, PARTIAL, ALL_BUT, FULL = ORDER = list(Restriction)[:4]
JUDGE = Judge([*TOKENS, "AI2Bot", "Kangaroo Bot", STAR])
PATHS = [
    "/",
    "/a",
    "/b",
    "/a/",
    "/ab",
    "/aab",
    "/a/b/",
    "/?a=b",
    "/a?b",
    "/index.html",
    "/a/index.htm",
    "/zz",
    "/.b",
    "//a",
]

keys = st.sampled_from(["User-agent: ", "Allow: ", "Disallow: ", "Disallow:", "Crawl-delay: "])
values = st.one_of(
    st.sampled_from([*TOKENS, "AI2Bot", "*", "/", "/*", "/$", "/a", "/robots.txt", ""]),
    st.text("/ab*$?#% ", max_size=6),
)
lines = st.builds(lambda key, value: f"{key}{value}\n".encode(), keys, values)
texts = st.lists(lines, max_size=12).map(b"".join)
files = st.integers(0, 2**32).map(lambda seed: next(robots_files(1, seed)))
bodies = st.one_of(st.binary(max_size=200), texts, files)
tokens = st.sampled_from(JUDGE.tokens)


def restriction(body: bytes, token: str) -> Restriction:
    """Return how far a crawler is kept out."""
    return JUDGE.policy(body).verdicts[token].restriction


@settings(max_examples=300, deadline=None)
@given(bodies)
def test_never_raises(body: bytes) -> None:
    """Any bytes get a verdict for every crawler, from protego too, and evidence that is there."""
    policy = JUDGE.policy(body)
    assert set(policy.verdicts) == set(JUDGE.tokens)
    assert set(protego_verdicts(body, JUDGE.tokens)) == set(JUDGE.tokens)
    agreement(body, JUDGE.tokens)


@settings(max_examples=200, deadline=None)
@given(bodies, tokens)
def test_find_agrees(body: bytes, token: str) -> None:
    """The verdict with evidence is the one of the policy, and its rule has a line."""
    finding = JUDGE.find(body, token)
    assert finding.verdict == JUDGE.policy(body).verdicts[token]
    if finding.rule:
        group = next(group for group in finding.groups if finding.rule in group.rules())
        assert line_of(body, group, finding.rule) > group.agents[0][1]


@settings(max_examples=200, deadline=None)
@given(st.lists(texts, max_size=4), st.randoms(use_true_random=False))
def test_order_of_groups(parts: list[bytes], random: Random) -> None:
    """The order in which groups stand does not matter."""
    groups = [b"User-agent: GPTBot\n" + part + b"Disallow:\n" for part in parts]
    shuffled = random.sample(groups, len(groups))
    assert JUDGE.policy(b"".join(groups)) == JUDGE.policy(b"".join(shuffled))


@settings(max_examples=200, deadline=None)
@given(bodies, tokens)
def test_a_block_never_widens(body: bytes, token: str) -> None:
    """A `Disallow: /` more for a crawler that is named opens nothing for it."""
    before = JUDGE.find(body, token)
    if not before.groups or before.verdict.restriction is Restriction.UNKNOWN:
        return
    more = body + b"\nDisallow:\nUser-agent: " + _name(before.groups[0]) + b"\nDisallow: /\n"
    assert ORDER.index(restriction(more, token)) >= ORDER.index(before.verdict.restriction)
    for path in PATHS:
        assert JUDGE.allowed(body, token, path) or not JUDGE.allowed(more, token, path)


def _name(group: Group) -> bytes:
    return group.agents[0][0]


@settings(max_examples=300, deadline=None)
@given(bodies, tokens)
def test_restriction_and_paths(body: bytes, token: str) -> None:
    """What a restriction says holds for every path asked about."""
    verdict = JUDGE.policy(body).verdicts[token]
    if verdict.restriction is Restriction.UNKNOWN:
        return
    own = [rule.pattern.decode() for group in parse(body) for rule in group.rules()]
    asked = [*PATHS, *(path.replace("*", "zz").rstrip("$") for path in own if path[:1] == "/")]
    answers = {JUDGE.allowed(body, token, p) for p in asked if not p.startswith("/robots.txt")}
    assert verdict.root_allowed == JUDGE.allowed(body, token, "/")
    if verdict.restriction is NONE:
        assert answers == {True}
    if verdict.restriction is FULL:
        assert answers == {False}
    unheard_of = JUDGE.allowed(body, token, "/\x01\x02")
    assert unheard_of == (verdict.restriction in (NONE, PARTIAL))


small_patterns = st.tuples(st.sampled_from("/*"), st.text("ab*$", max_size=3)).map("".join)
small_rules = st.lists(st.tuples(st.booleans(), small_patterns), min_size=1, max_size=7)
SMALL_PATHS = [
    b"/" + bytes(tail) for tail in chain.from_iterable(product(b"ab$-", repeat=n) for n in range(6))
]


@settings(max_examples=250, deadline=None)
@given(small_rules)
def test_restriction_is_exact(rules: list[tuple[bool, str]]) -> None:
    """A restriction is the one that asking about every path of a small world gives."""
    text = "".join(f"{'Allow' if allow else 'Disallow'}: {pattern}\n" for allow, pattern in rules)
    (group,) = parse(f"User-agent: *\n{text}".encode())
    deciding = [winner(group.rules(), path) for path in SMALL_PATHS]
    shut = sum(rule is not None and not rule.allow for rule in deciding)
    stranger = winner(group.rules(), b"/-")
    if stranger and not stranger.allow:
        expected = FULL if shut == len(SMALL_PATHS) else ALL_BUT
    else:
        expected = PARTIAL if shut else NONE
    assert decide([group], Effort()).restriction is expected
