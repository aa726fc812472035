"""A payload judged for many crawlers at once."""

import gzip
from dataclasses import replace

import pytest

from crawlblock.model import Basis, Obeyed, Restriction, Verdict
from crawlblock.robots.judge import Judge, in_grammar
from crawlblock.robots.sniff import is_robots

pytestmark = pytest.mark.own_code

REFUSED = Verdict(Restriction.FULL, Basis.NAMED, False)
FALLBACK = Verdict(Restriction.FULL, Basis.FALLBACK, False)
INHERITED = Verdict(Restriction.FULL, Basis.WILDCARD, False)
FREE = Verdict(Restriction.NONE, Basis.NAMED, True)
UNNAMED = Verdict(Restriction.NONE, Basis.DEFAULT, True)
UNKNOWN = Verdict(Restriction.UNKNOWN, Basis.UNKNOWN, None)


def verdict(body: bytes, token: str) -> Verdict:
    """Return one crawler's verdict."""
    return Judge([token]).policy(body).verdicts[token]


@pytest.mark.parametrize(
    ("agent", "token", "bound"),
    [
        ("GPTBot", "GPTBot", True),
        ("gptbot", "GPTBot", True),
        ("GPTBot/1.2", "GPTBot", True),
        ("GPTBot 1.2", "GPTBot", True),
        ("GPTBot*", "GPTBot", True),
        ("GPT", "GPTBot", False),
        ("MyGPTBot", "GPTBot", False),
        ("GPTBot-Extended", "GPTBot", False),
        ("Applebot", "Applebot-Extended", False),
        ("Applebot-Extended", "Applebot", False),
        ("Mozilla/5.0 GPTBot", "GPTBot", False),
        ("AI2Bot", "AI2Bot", True),
        ("ai2bot", "AI2Bot", True),
        ("AI2Bot/1.0", "AI2Bot", True),
        ("AI2Bot (research)", "AI2Bot", True),
        ("AI2Bot-Dolma", "AI2Bot", False),
        ("AI", "AI2Bot", False),
        ("AI2", "AI2Bot", False),
        ("Kangaroo Bot", "Kangaroo Bot", True),
        ("kangaroo bot/2", "Kangaroo Bot", True),
        ("Kangaroo", "Kangaroo Bot", False),
        ("iaskspider/2.0", "iaskspider/2.0", True),
        ("IaskSpider/2.0", "iaskspider/2.0", True),
        ("iaskspider/2.0 (x)", "iaskspider/2.0", True),
        ("iaskspider", "iaskspider/2.0", False),
        ("iaskspider/3.0", "iaskspider/2.0", False),
    ],
)
def test_binding(agent: str, token: str, bound: bool) -> None:
    """An agent line binds a crawler by its whole token, never by a part of it."""
    body = f"User-agent: {agent}\nDisallow: /\n".encode()
    assert verdict(body, token) == (REFUSED if bound else UNNAMED)


@pytest.mark.parametrize("agent", ["*", "* ", "* all", "*\t# all"])
def test_wildcard(agent: str) -> None:
    """A crawler that nobody names inherits from `*`, which may be followed by a blank."""
    body = f"User-agent: {agent}\nDisallow: /\n".encode()
    assert verdict(body, "GPTBot") == verdict(body, "*") == INHERITED


def test_no_wildcard() -> None:
    """`*` with other characters behind it is no wildcard."""
    assert verdict(b"User-agent: *bot\nDisallow: /\n", "GPTBot") == UNNAMED


@pytest.mark.parametrize("group", ["User-agent: GPTBot", "User-agent: GPTBot\nDisallow:"])
def test_named_group_without_rules(group: str) -> None:
    """A crawler named without rules is free, whatever `*` says, wherever its group stands."""
    star = "User-agent: *\nDisallow: /\n"
    assert verdict(f"{star}\n{group}".encode(), "GPTBot") == FREE
    assert verdict(f"{group}\nDisallow:\n{star}".encode(), "GPTBot") == FREE


def test_groups_of_one_crawler_merge() -> None:
    """All groups that name a crawler are its group, whatever their case and version."""
    body = b"User-agent: GPTBot\nDisallow: /a\n\nUser-agent: gptbot/1\nDisallow: /\nAllow: /b\n"
    assert verdict(body, "GPTBot").restriction is Restriction.ALL_BUT


def test_groups_of_the_wildcard_merge() -> None:
    """Several groups of `*` are one, and an Allow in the first undoes a block in the second."""
    body = (
        b"User-agent: *\nAllow: /\n\nUser-agent: CCBot\nDisallow: /\n\nUser-agent: *\nDisallow: /"
    )
    policy = Judge(["*", "CCBot", "GPTBot"]).policy(body)
    assert policy.verdicts["CCBot"] == REFUSED
    assert policy.verdicts["GPTBot"] == policy.verdicts["*"]
    assert policy.verdicts["*"] == Verdict(Restriction.NONE, Basis.WILDCARD, True)


def test_spellings_asked_for() -> None:
    """Two spellings of one token get the same verdict."""
    policy = Judge(["GPTBot", "gptbot", "AI2Bot", "ai2bot"]).policy(
        b"User-agent: GPTBot\nUser-agent: AI2Bot\nDisallow: /\n"
    )
    assert set(policy.verdicts.values()) == {REFUSED}


@pytest.mark.parametrize(
    ("between", "flagged"),
    [("Crawl-delay: 5", True), ("Noindex: /x", True), ("Sitemap: /s", False), ("# x", False)],
)
def test_ambiguous_group(between: str, flagged: bool) -> None:
    """A policy is flagged where only a line without meaning stands between two agent lines."""
    body = f"User-agent: CCBot\n{between}\nUser-agent: b\nDisallow: /\n".encode()
    judge = Judge(["CCBot", "GPTBot"])
    assert judge.policy(body).ambiguous_group is flagged
    assert judge.find(body, "CCBot").ambiguous_group is flagged
    assert judge.find(body, "CCBot").verdict == REFUSED
    assert not judge.find(body, "GPTBot").ambiguous_group
    assert not Judge(["GPTBot"]).policy(body).ambiguous_group


def test_find_shows_the_evidence() -> None:
    """A finding holds the groups and the rule that decided, and their lines."""
    body = b"User-agent: *\nDisallow: /\n\nUser-agent: GPTBot\nAllow: /\nDisallow: /x\n"
    finding = Judge(["GPTBot"]).find(body, "GPTBot")
    assert [group.agents for group in finding.groups] == [[(b"GPTBot", 4)]]
    assert finding.rule is not None
    assert finding.rule.pattern == b"/x"


def test_find_without_a_group() -> None:
    """Where nothing is said about a crawler, no group and no rule decided."""
    finding = Judge(["GPTBot"]).find(b"User-agent: b\nDisallow: /\n", "GPTBot")
    assert (finding.verdict, finding.groups, finding.rule) == (UNNAMED, (), None)


@pytest.mark.parametrize(
    ("path", "allowed"), [("/", True), ("/x", False), ("/x/y?z", True), ("/ü", False)]
)
def test_allowed(path: str, allowed: bool) -> None:
    """One path is judged by the same rules."""
    body = b"User-agent: *\nDisallow: /x\nAllow: /*?\nDisallow: /%c3%bc\n"
    assert Judge(["GPTBot"]).allowed(body, "GPTBot", path) is allowed


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE html>\n<html><body>User-agent: *\nDisallow: /\n</body></html>",
        b"\n  <HTML><head></head></HTML>",
        b"\xef\xbb\xbf<?xml version='1.0'?><error/>",
        b"<!-- a page -->\n<div>Not found</div>",
        b"<br><center>Shortcut does not exist.</center>",
        "User-agent: *\nDisallow: /\n".encode("utf-16"),
        gzip.compress(b"User-agent: *\nDisallow: /\n", mtime=0),
        b"\x89PNG\r\n\x1a\n",
        b"\x00" * 100,
        # Pages in plain text have no line that robots.txt files have.
        b"hello",
        b"<",
        b"Access to this site has been denied.",
        b"this content is not available in your region\n",
        b"Too Many Requests",
        b"404 page not found\r\n",
        b"Sorry, you have been blocked. Request #17 of user-agent: you\n",
        b"Allow cookies to go on.\nHost name: unknown\n",
        b"status: 404\nerror: Not Found\npath: /robots.txt\n",
        b"\xc3\xaf\xc2\xbb\xc2\xbfForbidden",
        b"x\n" * 300_000,
        b" " * 600_000 + b"Forbidden",
    ],
    ids=range(21),
)
def test_no_robots(body: bytes) -> None:
    """Pages, UTF-16, compressed and binary data say nothing: unknown, not allowed."""
    assert not is_robots(body)
    assert verdict(body, "GPTBot") == UNKNOWN
    assert Judge(["GPTBot"]).find(body, "GPTBot").verdict == UNKNOWN


@pytest.mark.parametrize("start", [b"<!-- built by a tool -->\r\n", b"<<<<<<< HEAD\n", b"<pre>\n"])
def test_markup_before_rules(start: bytes) -> None:
    """A robots.txt that begins with a stray comment, tag or merge mark is still one."""
    assert verdict(start + b"User-agent: GPTBot\nDisallow: /\n", "GPTBot") == REFUSED


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n\n",
        b"\xef\xbb\xbf",
        b"\xc3\xaf\xc2\xbb\xc2\xbf",  # a byte order mark that a collector encoded twice
        b"# nothing",
        b"text\r# a comment",
        b"Not here\n\n Sitemap : https://h.example/s.xml",
        b"allow /\n",
        b"Host: h.example",
        b"Crawl-Delay: 10",
        b"Content-Signal: search=yes",
        "\u200bUser-Agent\uff1a*\nDisallow\uff1a/\n".encode(),  # full-width colons bind nobody
    ],
)
def test_nothing_blocked(body: bytes) -> None:
    """An empty file, or one without any group, blocks nothing."""
    assert verdict(body, "GPTBot") == UNNAMED


def test_nul_cuts_a_line() -> None:
    """A line ends at a NUL byte, the file does not."""
    assert verdict(b"User-agent: GPTBot\x00x\nDisallow: /\x00x\n", "GPTBot") == REFUSED


def test_effort_does_not_depend_on_others() -> None:
    """On a file that exhausts the effort every crawler gets what it would get alone."""
    tokens = [f"bot{letter}" for letter in "abcdefghij"]
    own = "".join(f"User-agent: {token}\nDisallow: /{token}\n" for token in tokens)
    stack = "".join(f"User-agent: {token}\n" for token in tokens)
    dead = "".join(f"Disallow: /*{n}\nAllow: /*{n}*\n" for n in range(2_000))
    body = (own + stack + dead).encode()
    forward, backward = Judge(tokens), Judge(reversed(tokens))
    assert forward.policy(body).verdicts == backward.policy(body).verdicts
    assert forward.find(body, "botj").verdict == forward.policy(body).verdicts["botj"]


@pytest.mark.parametrize(
    ("name", "inside"), [("GPTBot", True), ("a-b_c", True), ("AI2Bot", False), ("a b", False)]
)
def test_in_grammar(name: str, inside: bool) -> None:
    """RFC 9309 knows letters, hyphens and underscores."""
    assert in_grammar(name) is inside


OBEYED = {
    "Photos": Obeyed(("Photos", "Other")),
    "Apple": Obeyed(("Apple", "Goo", "Other")),
    "Ads": Obeyed(("Ads",), wildcard=False),
}


@pytest.mark.parametrize(
    ("body", "token", "expected"),
    [
        # the first token that has a group decides, whatever the others say
        (b"User-agent: Photos\nAllow: /\n\nUser-agent: Other\nDisallow: /", "Photos", FREE),
        (b"User-agent: Other\nDisallow: /", "Photos", replace(FALLBACK, fallback="Other")),
        (b"User-agent: other/2.0\nDisallow: /", "Photos", replace(FALLBACK, fallback="Other")),
        (
            b"User-agent: Other\nAllow: /\n\nUser-agent: Goo\nDisallow: /",
            "Apple",
            replace(FALLBACK, fallback="Goo"),
        ),
        (b"User-agent: *\nDisallow: /", "Apple", INHERITED),
        (b"User-agent: Else\nDisallow: /", "Apple", UNNAMED),
        # a crawler that ignores `*` is bound by its own group alone
        (b"User-agent: *\nDisallow: /", "Ads", UNNAMED),
        (b"User-agent: Ads\nDisallow: /", "Ads", REFUSED),
        (b"User-agent: Ads\nUser-agent: *\nDisallow: /", "Ads", REFUSED),
        # the token that stands in is judged as ever
        (b"User-agent: Photos\nDisallow: /", "Other", UNNAMED),
    ],
)
def test_fallbacks(body: bytes, token: str, expected: Verdict) -> None:
    """A crawler obeys the first of its documented tokens that has a group, and then `*`."""
    judge = Judge(["*", "Photos", "Apple", "Ads", "Other"], OBEYED)
    assert judge.policy(body).verdicts[token] == expected
    assert judge.find(body, token).verdict == expected
    assert judge.allowed(body, token, "/x") is (expected.restriction is Restriction.NONE)


def test_fallback_names_need_no_crawler() -> None:
    """A name that is only obeyed binds the crawler that obeys it."""
    verdict = Judge(["Photos"], OBEYED).policy(b"User-agent: Other\nDisallow: /").verdicts["Photos"]
    assert verdict.basis is Basis.FALLBACK
    assert verdict.matched_token("Photos") == "Other"
