"""Bytes to groups and rules."""

import pytest

from crawlblock.robots.line import Rule, escape
from crawlblock.robots.parser import LINE_LIMIT, SIZE_LIMIT, Group, Lines, line_of, parse

pytestmark = pytest.mark.own_code


def agents(body: bytes) -> list[list[bytes]]:
    """Return the agents of each group."""
    return [[value for value, _ in group.agents] for group in parse(body)]


def rules(body: bytes) -> list[tuple[bool, bytes]]:
    """Return the rules of a body that has one group."""
    (group,) = parse(body)
    return [(rule.allow, rule.pattern) for rule in group.rules()]


def rules_of_star(lines: bytes) -> list[tuple[bool, bytes]]:
    """Return the rules that some lines below an agent line come to."""
    return rules(b"User-agent: *\n" + lines)


@pytest.mark.parametrize("between", [b"\n", b"\n\n\n", b"# why\n", b"Sitemap: https://x/s.xml\n"])
def test_agents_stack(between: bytes) -> None:
    """Agent lines belong together over blank lines, comments and Sitemaps, without a flag."""
    (group,) = parse(b"User-agent: a\n" + between + b"User-agent: b\nDisallow: /\n")
    assert [value for value, _ in group.agents] == [b"a", b"b"]
    assert group.joined_over == []


@pytest.mark.parametrize(
    "line", [b"Crawl-delay: 5", b"Content-Signal: ai-train=no", b"Host: x.org"]
)
def test_joined_over(line: bytes) -> None:
    """Agent lines joined over another line keep the number of that line."""
    (group,) = parse(b"User-agent: a\n" + line + b"\nUser-agent: b\nDisallow: /\n")
    assert group.joined_over == [2]


def test_other_line_after_a_rule() -> None:
    """A Crawl-delay behind the rules joins nothing."""
    first, second = parse(b"User-agent: a\nDisallow: /\nCrawl-delay: 5\nUser-agent: b\n")
    assert first.joined_over == second.joined_over == []


@pytest.mark.parametrize("line", [b"Disallow:", b"Allow:", b"Disallow: /x", b"Allow: /x"])
def test_rule_ends_the_agents(line: bytes) -> None:
    """Any rule ends the agent lines, an empty one as well."""
    assert agents(b"User-agent: a\n" + line + b"\nUser-agent: b\n") == [[b"a"], [b"b"]]


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n", b"\n\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf", b"\xef\xbb"])
def test_line_ends_and_marks(end: bytes, mark: bytes) -> None:
    """LF, CR and CRLF end lines; a byte order mark, even a cut one, is skipped."""
    body = mark + end.join([b"User-agent: a", b"Disallow: /x", b"Allow: /y"])
    assert sorted(rules(body)) == [(False, b"/x"), (True, b"/y")]


def test_line_numbers() -> None:
    """Lines are counted from one, CRLF as one end."""
    body = b"# note\r\n\r\nUser-agent: a\r\nDisallow: /x\r\nAllow: /y*\r\nDisallow: /x\r\n"
    (group,) = parse(body)
    assert group.agents == [(b"a", 3)]
    assert {rule.pattern: line_of(body, group, rule) for rule in group.rules()} == {
        b"/x": 4,
        b"/y*": 5,
    }


def test_line_of_a_later_group() -> None:
    """The line of a rule is looked for in its own group."""
    body = b"User-agent: a\nDisallow: /x\nUser-agent: b\nDisallow: /x\n"
    first, second = parse(body)
    (rule,) = second.rules()
    assert (line_of(body, first, rule), line_of(body, second, rule)) == (2, 4)


def test_line_of_a_strange_rule() -> None:
    """A rule that is not in the body has no line."""
    body = b"User-agent: a\nDisallow: /x\n"
    (group,) = parse(body)
    with pytest.raises(ValueError, match="not from this body"):
        line_of(body, group, Rule(True, b"/y", False, False))


@pytest.mark.parametrize(
    "line",
    [
        b"Disallow: /x",
        b"disallow:/x",
        b"DISALLOW : /x",
        b"  Disallow:\t/x  ",
        b"Disallow: /x # why",
        b"Disallow: /x#y",
        b"Disallow: /x\x00/y",
        b"Disallow /x",
        b"Disallow\t/x",
        b"Dissallow: /x",
        b"Dissalow: /x",
        b"Disalow: /x",
        b"Diasllow: /x",
        b"Disallaw: /x",
        b"Disallowed: /x",
    ],
)
def test_spellings_of_disallow(line: bytes) -> None:
    """The accepted spellings of a Disallow are one rule."""
    assert rules_of_star(line) == [(False, b"/x")]


@pytest.mark.parametrize(
    "line", [b"Disallow /x /y", b"Disallow", b": /x", b"Deny: /x", b"# Disallow: /x", b"Disallow:"]
)
def test_no_rule(line: bytes) -> None:
    """Lines without a pattern or with another key are no rules."""
    assert rules_of_star(line) == []


@pytest.mark.parametrize("key", [b"User-agent", b"USER-AGENT", b"useragent", b"User agent"])
def test_spellings_of_agent(key: bytes) -> None:
    """The accepted spellings of an agent line."""
    assert agents(key + b": a\nDisallow: /\n") == [[b"a"]]


def test_rules_before_any_agent() -> None:
    """Rules above the first agent line belong to nobody."""
    assert rules(b"Disallow: /x\nUser-agent: a\nDisallow: /y\n") == [(False, b"/y")]


@pytest.mark.parametrize(
    ("path", "escaped"),
    [
        (b"/caf\xc3\xa9", b"/caf%C3%A9"),
        (b"/caf\xe9", b"/caf%E9"),
        (b"/caf%c3%A9", b"/caf%C3%A9"),
        (b"/%7euser/%41", b"/~user/A"),
        (b"/%2f%2A%24", b"/%2F%2A%24"),
        (b"/100%", b"/100%"),
        (b"/%zz", b"/%zz"),
    ],
)
def test_escape(path: bytes, escaped: bytes) -> None:
    """Bytes above 127 are escaped, unreserved ones not, escapes get capitals, the rest stays."""
    assert escape(path) == escaped
    assert rules_of_star(b"Disallow: " + path) == [(False, escaped)]


@pytest.mark.parametrize(
    ("page", "patterns"),
    [
        (b"/index.html", [b"/index.html", b"/$"]),
        (b"/a/index.htm", [b"/a/index.htm", b"/a/$"]),
        (b"/index.html/a", [b"/index.html/a"]),
        (b"/a.html", [b"/a.html"]),
    ],
)
def test_index_page(page: bytes, patterns: list[bytes]) -> None:
    """To allow a folder's index page is to allow the folder."""
    assert [pattern for _, pattern in rules_of_star(b"Allow: " + page)] == patterns
    assert rules_of_star(b"Disallow: " + page) == [(False, page)]


@pytest.mark.parametrize(
    ("pattern", "at_root", "universal"),
    [
        (b"/", True, True),
        (b"*", True, True),
        (b"/*", True, True),
        (b"**/**", True, True),
        (b"/*$", True, True),
        (b"*$", True, True),
        (b"/$", True, False),
        (b"*/$", True, False),
        (b"$", False, False),
        (b"/*/", False, False),
        (b"/a", False, False),
        (b"//", False, False),
        (b"/$*", False, False),
        (b"a", False, False),
    ],
)
def test_reach(pattern: bytes, at_root: bool, universal: bool) -> None:
    """A rule knows whether it matches the root, and whether it matches everything."""
    (group,) = parse(b"User-agent: *\nAllow: " + pattern)
    (rule,) = group.rules()
    assert (rule.at_root, rule.universal) == (at_root, universal)
    assert group.wide() == ((rule,) if at_root else ())


def test_size_limit() -> None:
    """Only the first 500 KiB count, and a rule cut by the limit is none."""
    head = b"User-agent: *\nDisallow: /x\n"
    filler = b"#" * (SIZE_LIMIT - len(head) - 11) + b"\n"
    assert rules(head + filler + b"Allow: /a\n") == [(True, b"/a"), (False, b"/x")]
    assert rules(head + filler + b"Allow: /ab\n") == [(True, b"/ab"), (False, b"/x")]
    assert rules(head + filler + b"Allow: /abc\n") == [(False, b"/x")]
    assert rules(head + filler + b"Allow: /a\nAllow: /b\n") == [(True, b"/a"), (False, b"/x")]
    assert parse(b"#" * (SIZE_LIMIT + 1)) == []


def test_over_long_lines() -> None:
    """What stands beyond the limit of a line is cut, and the next line is read."""
    lines = b"Disallow: /" + b"x" * LINE_LIMIT + b"\nAllow: /y"
    allowed, (_, pattern) = rules_of_star(lines)
    assert allowed == (True, b"/y")
    assert len(pattern) == LINE_LIMIT - len(b"Disallow: ")


def test_memo_changes_nothing() -> None:
    """Lines and files met before come to the same as new ones, also with another between them."""
    lines = Lines()
    body = b"User-agent: a\nDisallow: /x\nAllow: /y\nDisallow: /\n" + b"Allow: /" + b"z" * 500
    first: list[Group] = parse(body, lines)
    assert parse(body, lines) is first
    assert parse(body.replace(b"/x", b"/w"), lines) != first
    assert parse(body, lines) == first == parse(body)


def test_rules_spelled() -> None:
    """Each distinct rule is spelled once; lines without a meaning between rules are none."""
    body = b"User-agent: a\nDisallow: /x # y\nSitemap: /s\n\n# z\nDisallow:/%7ex\nDisallow: /x\n"
    (group,) = parse(body + b"Allow: /index.html\nDisallow: /\nDisallow:\n")
    assert group.spelled() == {b"-/x", b"-/~x", b"+/index.html", b"+/$", b"-/"}
    assert sorted(group.spelled()) == sorted(
        {"-+"[r.allow].encode() + r.pattern for r in group.rules()}
    )
