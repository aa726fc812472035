"""What protego says, and why it differs."""

import pytest
from oracles.agreement import Cause, agreement

from crawlblock.robots.parser import SIZE_LIMIT
from crawlblock.robots.protego import protego_verdicts

REFUSE_GPTBOT = b"User-agent: GPTBot\nDisallow: /\n"


def test_plain_file() -> None:
    """On a plain file both parsers agree."""
    assert protego_verdicts(REFUSE_GPTBOT, ["GPTBot", "CCBot"]) == {"GPTBot": False, "CCBot": True}
    assert agreement(REFUSE_GPTBOT, ["GPTBot", "CCBot"]) == []


def test_byte_order_mark() -> None:
    """The bytes are decoded as Scrapy does, which drops a byte order mark and broken UTF-8."""
    assert protego_verdicts(b"\xef\xbb\xbf" + REFUSE_GPTBOT, ["GPTBot"]) == {"GPTBot": False}
    assert protego_verdicts(b"# caf\xe9\n" + REFUSE_GPTBOT, ["GPTBot"]) == {"GPTBot": False}


@pytest.mark.parametrize(
    ("body", "token", "ours", "cause"),
    [
        (b"User-agent: Applebot\nDisallow: /", "Applebot-Extended", True, Cause.PART_OF_NAME),
        (b"User-agent: Claude*\nDisallow: /", "ClaudeBot", True, Cause.PART_OF_NAME),
        (b"User-agent: GPTBot/1.2\nDisallow: /", "GPTBot", False, Cause.VERSION),
        (
            b"User-agent: CCBot\nCrawl-delay: 2\nUser-agent: b\nDisallow: /",
            "CCBot",
            False,
            Cause.OTHER_LINE,
        ),
        (
            b"User-agent: *\nDisallow: /\nAllow: /index.htm",
            "GPTBot",
            True,
            Cause.INDEX_PAGE,
        ),
        (b"User-agent: GPTBot\nDisallowed: /", "GPTBot", False, Cause.OTHER),
        (b"User-agent: AI2Bot\nDisallowed: /", "AI2Bot", False, Cause.OUTSIDE_GRAMMAR),
    ],
)
def test_causes(body: bytes, token: str, ours: bool, cause: Cause) -> None:
    """The known causes of a difference are kept apart."""
    (difference,) = agreement(body, [token])
    assert (difference.root_allowed, difference.protego) == (ours, not ours)
    assert difference.cause is cause


TOKENS = [f"{letter}bot" for letter in "abcdefghijklmnopqrstuvwxyz"]
STACK = [b"User-agent: b%d" % number for number in range(4_000)]
RULES = [b"Disallow: /%d" % number for number in range(4_000)]
HOSTILE = {
    "agents times rules": b"\n".join(STACK + RULES),
    "lines that only protego ends": b"\x0c".join(STACK + RULES),
    "wildcards times crawlers": b"User-agent: *\n" + b"Disallow: /*a*b*c*d\n" * 100_000,
    "agents times agents": b"User-agent: a\n" * 20_000,
    "too long": b"#" * (SIZE_LIMIT + 1),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_get_no_opinion(name: str) -> None:
    """What would keep protego busy for long is not given to it."""
    assert protego_verdicts(HOSTILE[name], TOKENS) == dict.fromkeys(TOKENS)


def test_unknown_is_left_out() -> None:
    """A page, or a file that protego is not asked about, makes no difference."""
    assert agreement(b"<html>\nUser-agent: *\nDisallow: /", ["GPTBot"]) == []
    assert agreement(b"User-agent: *\nDisallow: /\n" + HOSTILE["too long"], ["GPTBot"]) == []
