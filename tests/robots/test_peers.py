"""How others read robots.txt and what they call a block."""

from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from crawlblock.outcome import Outcome
from crawlblock.robots.judge import Judge
from crawlblock.robots.peers import DEFINITIONS, PARSERS, unambiguous

pytestmark = pytest.mark.own_code

DEFINED = {definition.name: definition for definition in DEFINITIONS}
READ = {reading.name: reading for reading in PARSERS}
NAMED = b"User-agent: Alpha\n"


@pytest.mark.parametrize(
    ("body", "by"),
    [
        (NAMED + b"Disallow: /", "dpi ccexp ccexp_http imc25 httparchive crawlora"),
        (b"User-agent: *\nDisallow: /", "dpi ccexp ccexp_http"),
        (NAMED + b"Disallow: /\nAllow: /about", "httparchive crawlora"),
        (NAMED + b"Disallow: /\nAllow: /?page", "dpi httparchive crawlora"),
        (NAMED + b"Disallow: /*", "imc25 httparchive"),
        (NAMED + b"Disallow: /\nDisallow: /x", "dpi imc25 httparchive crawlora"),
        (NAMED + b"Disallow: /\nDisallow: /", "dpi imc25 httparchive crawlora"),
        (NAMED + b"Disallow: /x", "httparchive"),
        (NAMED + b"Disallow:\n\nUser-agent: *\nDisallow: /", "httparchive"),
        (b"User-agent: alpha\nDisallow: /", "dpi ccexp ccexp_http imc25 httparchive crawlora"),
        (b"User-agent: Alpha/1.0\nDisallow: /", "dpi ccexp ccexp_http imc25"),
        (b"User-agent: Alpha-Extended\nDisallow: /", ""),
        (b"<html>User-agent: Alpha\nDisallow: /", ""),
        (b"", ""),
    ],
)
def test_definitions(body: bytes, by: str) -> None:
    """Each definition calls a block what its source calls one, on a correct parse."""
    assert {d.name for d in DEFINITIONS if d.blocks(body, "Alpha")} == set(by.split())


@pytest.mark.parametrize(
    ("outcome", "body", "by"),
    [
        (
            Outcome.OK,
            b"User-agent: *\nDisallow:",
            "dpi ccexp ccexp_http imc25 httparchive crawlora",
        ),
        (Outcome.OK, b"# nothing", "dpi imc25 httparchive crawlora"),
        (Outcome.NOT_ROBOTS, b"", "dpi httparchive crawlora"),
        (Outcome.ABSENT, b"", "ccexp_http imc25 httparchive crawlora"),
        (Outcome.SERVER_ERROR, b"", "ccexp_http httparchive crawlora"),
        (Outcome.DNS, b"", "crawlora"),
        (Outcome.NOT_CAPTURED, b"", ""),
    ],
)
def test_denominators(outcome: Outcome, body: bytes, by: str) -> None:
    """Each definition counts among the hosts that its source counts among."""
    counting = {d.name for d in DEFINITIONS if d.counts(outcome, body)}
    assert counting == set(by.split())


@pytest.mark.parametrize(
    ("body", "dpi_2024", "dpi_2025", "ccexp"),
    [
        (b"User-agent: A\nUser-agent: B\nDisallow: /", "B", "AB", "AB"),
        (b"User-agent: *\nDisallow: /x\nUser-agent: A\nUser-agent: B\nDisallow: /", "B", "B", "B"),
        (b"User-agent: A\nDisallow: /\n\nUser-agent: B\nDisallow: /", "AB", "AB", "AB"),
        (b"User-Agent: A\nDisallow: /", "", "A", "A"),
        (b"User-agent: a\nDisallow: /", "", "A", "A"),
        (b"User-agent: A\n# why\nDisallow: /", "", "A", "A"),
        (b"User-agent: A\nDisallow: / # all", "", "A", "A"),
        (b"User-agent: A\nDisallow: /\nDisallow: /", "A", "A", ""),
        (b"User-agent: A\rDisallow: /", "A", "A", ""),
        (b"\xef\xbb\xbfUser-agent: A\nDisallow: /", "A", "A", "A"),
        (b"User-agent: *\nDisallow: /", "AB", "AB", "AB"),
        (b"User-agent: A\nCrawl-delay: 1\nUser-agent: *\nDisallow: /", "B", "AB", "AB"),
    ],
)
def test_readings(body: bytes, dpi_2024: str, dpi_2025: str, ccexp: str) -> None:
    """Each parser's mistakes are made, and no others."""
    found = {r.name: "".join(sorted(r.blocked(body, ["A", "B"]))) for r in PARSERS}
    assert found == {"dpi_2024": dpi_2024, "dpi_2025": dpi_2025, "ccexp": ccexp}


def test_an_allow_makes_it_ambiguous() -> None:
    """A block counts as unambiguous only if it is by name, at the root, and without any Allow."""
    bodies = {
        NAMED + b"Disallow: /": True,
        NAMED + b"Disallow: /\nAllow: /x": False,
        NAMED + b"Disallow: /x": False,
        b"User-agent: *\nDisallow: /": False,
    }
    judge = Judge(["Alpha"])
    assert {body: unambiguous(judge.find(body, "Alpha")) for body in bodies} == bodies


# What field.md measured over all hosts of the spider's list (11,505 distinct bodies), in percent;
# half of these hosts are at hand.
PUBLISHED = {
    "dpi_2024": {
        "GPTBot": 12.1, "CCBot": 9.8, "ClaudeBot": 20.1, "Google-Extended": 8.2,
        "anthropic-ai": 7.0, "Bytespider": 5.9, "Amazonbot": 2.4,
    },
    "dpi_2025": {
        "GPTBot": 2.2, "CCBot": 5.2, "ClaudeBot": 4.5, "Google-Extended": 3.1,
        "anthropic-ai": 3.5, "Bytespider": 4.7, "Amazonbot": 1.4,
    },
    "ccexp": {
        "GPTBot": 3.6, "CCBot": 4.8, "ClaudeBot": 3.4, "Google-Extended": 5.1,
        "anthropic-ai": 3.1, "Bytespider": 4.0, "Amazonbot": 1.0,
    },
}  # fmt: skip


def test_missed_on_real_files(shared: Path) -> None:
    """On half of the hosts the mistakes cost what was measured on all, within three deviations."""
    path = shared / "corpus" / "spider_2024_05.parquet"
    bodies = pl.read_parquet(path)["body"].drop_nulls().unique()
    tokens = list(PUBLISHED["ccexp"])
    judge = Judge(tokens)
    blocks: Counter[str] = Counter()
    missed: Counter[tuple[str, str]] = Counter()
    for body in bodies:
        findings = judge.findings(body)
        refused = {token for token in tokens if unambiguous(findings[token])}
        blocks.update(refused)
        for name, reading in READ.items():
            missed.update((name, token) for token in refused - reading.blocked(body, refused))
    assert min(blocks.values()) > 90
    for name, rates in PUBLISHED.items():
        for token, percent in rates.items():
            share, n = percent / 100, blocks[token]
            deviation = (share * (1 - share) / n / 2) ** 0.5  # half of a finite population
            assert abs(missed[name, token] / n - share) < 3 * deviation, (name, token)
