"""Agents and directives that crawlblock does not know."""

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlblock.registry import crawlers
from crawlblock.robots.judge import Bindings
from crawlblock.robots.parser import SIZE_LIMIT, Lines
from crawlblock.robots.unknown import MOST, unknown_directives, unregistered

pytestmark = pytest.mark.own_code

KNOWN = Bindings(["GPTBot", "Kangaroo Bot", "AI2Bot"])


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("GPTBot", ()),
        ("gptbot/2.0 (+https://h.example)", ()),
        ("GPTBot, NewBot", ()),  # it binds by its product token
        ("Kangaroo Bot", ()),
        ("AI2Bot/1.0", ()),
        ("*", ()),
        ("* # all", ()),
        ("", ()),
        ("NewBot", ("newbot",)),
        ("NewBot/2.1 (+https://h.example/bot)", ("newbot",)),
        ("NewBot 2.1", ("newbot",)),
        ("NewBot*", ("newbot",)),
        ("GPTBot-News", ("gptbot-news",)),
        ("Foo Bar/3", ("foo bar",)),
        ("360Spider", ("360spider",)),
        ("008", ("008",)),
        ("crawl.example.com", ("crawl.example.com",)),
        ("(strange)", ("(strange)",)),
        ("\u8718\u86db", ("\u8718\u86db",)),
        ("a" * 500, ("a" * 60,)),
    ],
)
def test_unregistered(value: str, names: tuple[str, ...]) -> None:
    """Names that bind no known crawler are returned without version and case."""
    assert unregistered(f"User-agent: {value}\nDisallow: /\n".encode(), KNOWN) == names


def test_each_once() -> None:
    """A name is returned once, in the order of the file, whatever stands around it."""
    body = b"\xef\xbb\xbfUser-agent: B\nUser agent: a/1\n# User-agent: c\nuser-agent b\nAllow: /\n"
    assert unregistered(body, KNOWN) == ("b", "a")


def test_unknown_directives() -> None:
    """Keys of RFC 9309, accepted typos, known extensions and signals are left out."""
    body = (
        b"User-agent: *\nDisalow: /\nSite-map: x\nCrawl-delay: 1\nHost: h.example\nlicense: x\n"
        b"Content-Signal: ai-train=no\nNew-Thing: 1\nnew-thing : 2\nAI policy: none\n# Other: 1\n"
        b"https://h.example\nhttps ://x\nno colon\n<b>: x\nwidth=1: 2\n: 1\nDisallowed: /\n"
    )
    assert unknown_directives(body) == ("new-thing", "ai policy")


def test_not_robots() -> None:
    """A page served in place of a robots.txt names nobody."""
    body = b"<html>\nUser-agent: NewBot\nNew-Thing: 1\n"
    assert unregistered(body, KNOWN) == unknown_directives(body) == ()


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.lists(st.binary(max_size=20), max_size=9).map(lambda v: b"User-agent: ".join(v)),
    )
)
def test_never_raises(body: bytes) -> None:
    """Any bytes give bounded names, the same with a shared memory as without."""
    lines = Lines()
    names = unregistered(body, KNOWN, lines)
    assert names == unregistered(body, KNOWN)
    keys = unknown_directives(body, lines)
    assert keys == unknown_directives(body)
    assert all(0 < len(name) <= 60 for name in (*names, *keys))


@pytest.mark.parametrize(
    "part", [b"User-agent: %06d\n", b"key-%06d: x\n", b"User-agent: " + b"a %%d" * 3_000 + b"\n"]
)
def test_hostile_sizes(part: bytes) -> None:
    """500 KiB of distinct names take linear time and stay within a bound."""
    numbered = part if b"%06d" in part else part.replace(b"%%", b"%")
    texts = (part % i if b"%06d" in part else numbered for i in range(SIZE_LIMIT // len(part)))
    body = b"# names\n" + b"".join(texts)
    start = time.process_time()
    found = (*unregistered(body, KNOWN), *unknown_directives(body))
    assert time.process_time() - start < 5.0
    assert 0 < len(found) <= MOST


def test_real_files(shared: Path, record_property: Callable[[str, object], None]) -> None:
    """On real files: the most frequent strangers, and time for 10,000 plain files a second."""
    known = Bindings([crawler.token for crawler in crawlers()])
    path = shared / "corpus/spider_2024_05.parquet"
    bodies = [
        b for b in pl.read_parquet(path, columns=["body"])["body"].drop_nulls() if len(b) < 4_000
    ]
    lines = Lines()
    names: Counter[str] = Counter()
    keys: Counter[str] = Counter()
    start = time.process_time()
    for body in bodies:
        names.update(unregistered(body, known, lines))
        keys.update(unknown_directives(body, lines))
    each = (time.process_time() - start) / len(bodies)
    top = ", ".join(f"{name} {count}" for name, count in names.most_common(5))
    record_property(
        "proof",
        f"strangers in {len(bodies)} plain files: {len(names)} agents ({top}), {len(keys)} keys,"
        f" {each * 1e6:.0f} µs a file",
    )
    assert each < 100e-6 * 3  # on a busy machine
    assert not {crawler.token.lower() for crawler in crawlers()} & set(names)
