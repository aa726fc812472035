"""Wishes stated beside the rules: what is read, whom it addresses, and where the rules differ."""

import json
import re
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crawlblock.model import Basis, Purpose, Restriction
from crawlblock.registry import crawlers
from crawlblock.robots.conflicts import ConflictKind, conflicts
from crawlblock.robots.judge import STAR, Judge
from crawlblock.robots.parser import SIZE_LIMIT, Lines
from crawlblock.robots.signals import MOST, Signal, signals

pytestmark = pytest.mark.own_code

PURPOSES = {
    "GPTBot": Purpose.TRAINING,
    "ClaudeBot": Purpose.TRAINING,
    "OAI-SearchBot": Purpose.SEARCH,
    "ChatGPT-User": Purpose.AGENT,
    "CCBot": Purpose.ARCHIVE,
    "Unclear": None,
}
JUDGE = Judge([*PURPOSES, STAR])


def stated(line: str) -> list[tuple[str | None, str, str | None]]:
    """Return what a line in the group of `*` states: use, preference and path."""
    found = signals(f"User-agent: *\n{line}\n".encode())
    assert all(signal.agents == ("*",) and signal.line == 2 for signal in found)
    return [(signal.use, signal.preference, signal.path) for signal in found]


def conflicting(body: bytes) -> set[tuple[str, str]]:
    """Return the crawlers for which signals and rules differ, and how."""
    verdicts = JUDGE.policy(body).verdicts
    return {(c.token, c.kind.value) for c in conflicts(signals(body), verdicts, PURPOSES)}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "Content-Signal: search=yes,ai-train=no",
            [("search", "allow", None), ("train", "disallow", None)],
        ),
        (
            "content-signal : ai-input = no ; x # why",
            [("input", "disallow", None), (None, "other", None)],
        ),
        ("Content-Signal: /blog/ ai-train=yes", [("train", "allow", "/blog/")]),
        ("Content-Signal: use=reference", [("reuse", "reference", None)]),
        ("Content-Signal: use=FULL", [("reuse", "full", None)]),
        ("Content-Signal: use=sometimes", [("reuse", "other", None)]),
        ("Content-Signal: ai-train=reference", [("train", "other", None)]),
        (
            "Content-Signal: ai-retrieval=yes, ai-personalization=no",
            [("input", "allow", None), ("personalize", "disallow", None)],
        ),
        ("CONTENT-USAGE: AI=No", [("train", "disallow", None)]),
        ("Content-Usage: train-ai=n", [("train", "disallow", None)]),
        (
            "Content-Usage: /ai-ok/\ttrain-ai=y, search=y",
            [("train", "allow", "/ai-ok/"), ("search", "allow", "/ai-ok/")],
        ),
        ("Content-Usage: ai=n", [("train", "disallow", None)]),
        ("Content-Usage: bots=n, tdm=n", [("all", "disallow", None), ("mine", "disallow", None)]),
        ("Content-Usage: train-ai=maybe", [("train", "other", None)]),
        ("Content-Usage: /only-a-path", []),
        ("Content-Signal:", []),
        ("Content-Signal: ,;, ,", []),
        ("DisallowAITraining: /", [("train", "disallow", "/")]),
        ("DisallowAITraining:", []),
        ("AllowAITraining: /a", [("train", "allow", "/a")]),
        ("Crawl-delay: 10", [(None, "10", None)]),
        ("crawl-delay:.5 seconds", [(None, ".5", None)]),
        ("Crawl-delay: slow", []),
        ("# Content-Signal: ai-train=no", []),
        ("# (a) If a content-signal = yes, you may", []),
        ("Disallow: /content-signal: ai-train=no", []),
        ("My-Content-Signal: ai-train=no", []),
        ("Content-Signal\x00: ai-train=no", []),
    ],
)
def test_statements(line: str, expected: list[tuple[str | None, str, str | None]]) -> None:
    """Each way of stating a preference is read as its own specification says; comments are not."""
    assert stated(line) == expected


def test_whole_signal() -> None:
    """A signal keeps its kind, its words, its group and its line."""
    body = b"\xef\xbb\xbfUser-agent: GPTBot/1.0\r\nUSER-AGENT: *\r\rContent-Signal: AI-Train=No\n"
    agents = ("gptbot/1.0", "*")
    assert signals(body) == (
        Signal("content-signal", agents, "train", "disallow", "AI-Train=No", None, 4),
    )


def test_groups() -> None:
    """A signal belongs to the group it stands in; before the first group it belongs to none."""
    body = (
        b"Crawl-delay: 1\nUser-agent: A\nCrawl-delay: 2\nUser-agent: B\nDisallow: /x\n"
        b"Crawl-delay: 3\nUser-agent: *\nLicense: https://h.example/l.xml\n"
    )
    assert [(s.agents, s.preference, s.line) for s in signals(body)] == [
        ((), "1", 1),
        (("a", "b"), "2", 3),
        (("a", "b"), "3", 6),
        ((), "terms", 8),
    ]


@pytest.mark.parametrize(
    ("comment", "count"),
    [
        ("# Rights reserved under Article 4 of Directive (EU) 2019/790.", 1),
        ("# ... Art. 4 of the EU Directive on Copyright in\n# the Digital Single Market", 1),
        ("# Nutzungsvorbehalt gem\u00e4\u00df \u00a7 44b Abs. 3 UrhG", 1),
        ("# article 4 of the\n# Copyright Directive\n# and Directive 2019/790", 1),
        ("# 2019/790\n\n# and once more: 2019/790", 2),
        ("Disallow: /law/2019/790", 0),
        ("Disallow: / # see Directive 2019/790", 1),
        ("# directive 2001/29, the single market", 0),
    ],
)
def test_reservations(comment: str, count: int) -> None:
    """A comment that cites the directive or its German act is one reservation; a path is none."""
    found = signals(f"# robots.txt\nUser-agent: *\n{comment}\n".encode())
    assert [(s.kind, s.agents, s.use, s.preference) for s in found] == [
        ("eu-2019-790", (), "mine", "disallow")
    ] * count
    for signal in found:
        assert signal.value[:15] in comment.splitlines()[(signal.line or 0) - 3]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("User-agent: __usage_ai-training\nDisallow: /\n", [("disallow", "/", 2)]),
        ("user-agent: __USAGE_AI-Training/1.0\nDISALLOW : /a # why\n", [("disallow", "/a", 2)]),
        (
            "User-agent: GPTBot\nUser-agent: __usage_ai-training\nDisallow: /\nAllow: /open\n",
            [("disallow", "/", 3), ("allow", "/open", 4)],
        ),
        ("User-agent: __usage_ai-training\nDisallow:\n", [("allow", None, 2)]),
        ("User-agent: __usage_ai-training\nAllow:\n", []),
        ("User-agent: __usage_ai-training-x\nDisallow: /\n", []),
        ("User-agent: __usage_other\nDisallow: /\n", []),
        ("User-agent: *\nDisallow: /\n# __usage_ai-training\n", []),
    ],
)
def test_preference_tokens(body: str, expected: list[tuple[str, str | None, int]]) -> None:
    """A group for a purpose states a preference for each of its rules, and binds no crawler."""
    found = signals(body.encode())
    assert [(s.preference, s.path, s.line) for s in found] == expected
    assert {(s.kind, s.use) for s in found} <= {("usage-token", "train")}


READINGS = {
    "Content-Signal: search=yes,ai-train=no": "search allow, train disallow",
    "Content-Signal: search=yes,ai-train=no,use=reference":
        "search allow, train disallow, reuse reference",
    "Content-signal: search=yes, ai-input=yes, ai-train=no":
        "search allow, input allow, train disallow",
    "Content-Signal: ai-train=no, search=yes, ai-input=no":
        "train disallow, search allow, input disallow",
    "Content-Signal: ai-train=yes, search=yes, ai-retrieval=yes, ai-personalization=no":
        "train allow, search allow, input allow, personalize disallow",
    "Content-Signal: use=reference": "reuse reference",
    "Content-Signal: /private/ ai-input=no": "input disallow /private/",
    "Content-Usage: ai=n": "train disallow",
    "Content-Usage: train-ai=n": "train disallow",
    "Content-Usage: train-ai=n, search=y": "train disallow, search allow",
    "Content-Usage: /ai-ok/ train-ai=y": "train allow /ai-ok/",
    "Content-Usage: /$ train-ai=y, search=y, ai-input=y":
        "train allow /$, search allow /$, input allow /$",
    "CONTENT-USAGE: AI=No": "train disallow",
    "DisallowAITraining: /": "train disallow /",
    "License: https://rslcollective.org/royalty.xml": "all terms",
    "License: https://rslcollective.org/attribution.xml": "all terms",
    "License: /license.xml": "all terms",
    "License: https://rsl.ai/1.0/allow-search-only": "all terms",
}  # fmt: skip


def test_lines_in_use(shared: Path) -> None:
    """Every line that public repositories quote is read as it is meant."""
    lines = json.loads((shared / "conformance" / "signal_lines.json").read_text("utf-8"))["lines"]
    read = {
        line: ", ".join(
            " ".join(filter(None, (s.use, s.preference, s.path)))
            for s in signals(f"User-agent: *\n{line}\n".encode())
        )
        for line in lines
    }
    assert read == READINGS


def test_licence() -> None:
    """A License is an address; a name of a licence is no RSL."""
    assert [s.value for s in signals(b"License: https://h.example/l.xml#a\nlicense: MIT\n")] == [
        "https://h.example/l.xml"
    ]


def test_not_robots() -> None:
    """A page served in place of a robots.txt states nothing."""
    assert signals(b"<!doctype html><html>\nContent-Signal: ai-train=no\n</html>") == ()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # The signal of * binds those that have no group of their own.
        (
            b"User-agent: *\nContent-Signal: ai-train=yes\nDisallow: /\n",
            {("GPTBot", "overruled"), ("ClaudeBot", "overruled")},
        ),
        (
            b"User-agent: *\nContent-Signal: ai-train=yes\nAllow: /\n\n"
            b"User-agent: GPTBot\nDisallow: /\n",
            set(),
        ),
        (
            b"User-agent: *\nContent-Signal: ai-train=no\nAllow: /\n\n"
            b"User-agent: GPTBot\nDisallow: /\n",
            {("ClaudeBot", "unenforced")},
        ),
        (
            b"User-agent: gptbot/1.0\nContent-Usage: train-ai=y, search=n\nDisallow: /\n",
            {("GPTBot", "overruled")},
        ),
        (b"User-agent: *\nContent-Signal: search=no\n", {("OAI-SearchBot", "unenforced")}),
        (b"User-agent: *\nContent-Signal: ai-input=no\n", {("ChatGPT-User", "unenforced")}),
        (b"User-agent: *\nContent-Usage: /a train-ai=n\n", set()),  # a part of the paths
        (b"Content-Signal: ai-train=no\nUser-agent: *\nAllow: /\n", set()),  # in no group
        (
            b"# Directive 2019/790\nUser-agent: GPTBot\nDisallow: /\n"
            b"User-agent: ClaudeBot\nAllow: /\n",
            {("ClaudeBot", "unenforced"), ("CCBot", "unenforced")},
        ),
        (b"User-agent: *\nCrawl-delay: 9\nLicense: /l.xml\nContent-Signal: ai-train=x\n", set()),
    ],
)
def test_contradictions(body: bytes, expected: set[tuple[str, str]]) -> None:
    """A signal is held against the rules of the crawlers it binds and whose use it is about."""
    assert conflicting(body) == expected


def test_contradiction_shows_evidence() -> None:
    """A conflict holds the signal with its line and the verdict it differs from."""
    body = b"User-agent: *\nContent-Signal: ai-train=no\nDisallow: /private\n"
    found = conflicts(signals(body), JUDGE.policy(body).verdicts, PURPOSES)
    assert {c.token for c in found} == {"GPTBot", "ClaudeBot"}
    assert {c.kind for c in found} == {ConflictKind.UNENFORCED}
    assert {c.signal.line for c in found} == {2}
    assert {c.verdict.restriction for c in found} == {Restriction.PARTIAL}
    assert {c.verdict.basis for c in found} == {Basis.WILDCARD}


WORDS = (
    "User-agent: |*|GPTBot|Content-Signal|Content-Usage|License|DisallowAITraining|Crawl-delay"
    "|:|=|,|;|/|y|yes|no|ai-train|train-ai|#|2019/790|directive|digital| single|\nmarket|44b|UrhG"
    "|https://|\n|\r| |\t|\x00|1|.|\xe4"
)
PARTS = st.sampled_from(re.split(r"\|", WORDS))
BODIES = st.one_of(
    st.binary(max_size=200), st.lists(PARTS, max_size=40).map("".join).map(str.encode)
)


@settings(max_examples=500, deadline=None)
@given(BODIES)
@example(b"User-agent: \xff*\nContent-Signal: ai-train=\xff")
def test_never_raises(body: bytes) -> None:
    """Any bytes give signals within bounds, on lines that are there, and conflicts."""
    found = signals(body)
    assert signals(body, Lines()) == found
    lines = len(body.splitlines())
    numbers = [s.line or 0 for s in found]
    assert numbers == sorted(numbers)
    assert all(1 <= number <= lines for number in numbers)
    for signal in found:
        assert len(signal.value) <= 200 and signal.preference and "\n" not in signal.value
    conflicts(found, JUDGE.policy(body).verdicts, PURPOSES)


HOSTILE = {
    "lines": b"Content-Signal: ai-train=no\n",
    "empty lines": b"Content-Signal:\n",
    "statements": b"Content-Signal: " + b"a=y," * 4_000 + b"\n",
    "commas": b"Content-Signal: " + b"," * 16_000 + b"\n",
    "equals": b"Content-Usage: " + b" = " * 5_000 + b"\n",
    "one word": b"Content-Usage: " + b"a" * 16_000 + b"\n",
    "spaces": b" " * 16_000 + b"Crawl-delay" + b" " * 600 + b"\n",
    "agents": b"User-agent: a\nCrawl-delay: 1\n",
    "groups": b"User-agent: a\nDisallow: /\nCrawl-delay: 1\n",
    "reservations": b"# 2019/790\n\n",
    "law": b"# directive digital single\n#",
    "gaps": b"#digital" + b"#" * 16_000 + b"\n# directive",
    "paragraphs": b"# directive 44b ",
    "licences": b"License: /" + b"a" * 10_000 + b"\n",
    "newlines": b"content-signal:\n\n\n\n\n\n\n\n\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_sizes(name: str) -> None:
    """500 KiB of anything take time linear in their size and give a bounded number of signals."""
    part = HOSTILE[name]
    head = b"User-agent: *\n"
    spent: dict[int, float] = {}
    for size in (SIZE_LIMIT // 8, SIZE_LIMIT):
        body = (head + part * (size // len(part) + 1))[:size]
        start = time.process_time()
        found = signals(body)
        conflicts(found, JUDGE.policy(head).verdicts, PURPOSES)
        spent[size] = time.process_time() - start
        assert len(found) <= 8 * MOST
    assert spent[SIZE_LIMIT] < 5.0
    assert spent[SIZE_LIMIT] < 30 * spent[SIZE_LIMIT // 8] + 0.5


def test_beyond_the_limit() -> None:
    """What stands beyond 500 KiB is not read."""
    filler = b"Disallow: /a\n" * (SIZE_LIMIT // 13 + 1)
    assert signals(b"User-agent: *\n" + filler + b"Content-Signal: ai-train=no\n") == ()
    assert len(signals(b"Content-Signal: ai-train=no\n" + filler)) == 1


def test_cloudflare(shared: Path) -> None:
    """Of Cloudflare's text the two statements and the reservation count, its definitions do not."""
    body = (shared / "templates/cloudflare_managed_2026.robots.txt").read_bytes()
    assert [(s.kind, s.agents, s.use, s.preference, s.line) for s in signals(body)] == [
        ("eu-2019-790", (), "mine", "disallow", 23),
        ("content-signal", ("*",), "search", "allow", 29),
        ("content-signal", ("*",), "train", "disallow", 29),
    ]
    known = {crawler.token: crawler.purpose for crawler in crawlers()}
    found = conflicts(signals(body), Judge([*known, STAR]).policy(body).verdicts, known)
    training = {token for token, purpose in known.items() if purpose is Purpose.TRAINING}
    unenforced = {c.token for c in found if c.signal.kind == "content-signal"}
    assert unenforced and unenforced <= training and "GPTBot" not in unenforced


def test_real_files(shared: Path, record_property: Callable[[str, object], None]) -> None:
    """On all real files: counts per kind, and no line with a signal's key is passed over."""
    frames = [pl.read_parquet(path, columns=["body"]) for path in shared.glob("corpus/*.parquet")]
    bodies = dict.fromkeys(pl.concat(frames)["body"].drop_nulls())  # versions stand together
    bodies |= dict.fromkeys(path.read_bytes() for path in shared.glob("corpus/*/*.txt"))
    lines = Lines()
    files: Counter[str] = Counter()
    stated: Counter[str] = Counter()
    plain = re.compile(rb"^[ \t]*content-(?:signal|usage)[ \t]*:[ \t]*[^#\s]", re.I | re.M)
    passed_over = 0
    for body in bodies:
        found = signals(body, lines)
        stated.update(signal.kind for signal in found)
        kinds = {signal.kind for signal in found}
        files.update(kinds)
        if b"content-" in body and plain.search(body):
            passed_over += not kinds & {"content-signal", "content-usage"}
    record_property(
        "proof", f"signals in {len(bodies)} real files: {dict(stated)}, in {dict(files)}"
    )
    assert passed_over == 0
    assert files["content-signal"] >= 2
    assert files["crawl-delay"] > 3_000
    assert files["eu-2019-790"] > 20
    assert files["rsl-license"] >= 3
