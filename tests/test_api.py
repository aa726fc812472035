"""The library's front door."""

import doctest

import crawlblock
from crawlblock import Basis, Restriction, Verdict
from crawlblock.registry import crawlers

BODY = b"User-agent: GPTBot\nDisallow: /\n\nUser-agent: *\nDisallow: /x\n"


def test_all_registered_crawlers_by_default() -> None:
    """Without tokens every registered crawler gets a verdict, in the registry's order."""
    assert list(crawlblock.judge(BODY)) == [crawler.token for crawler in crawlers()]


def test_verdicts() -> None:
    """A named crawler and one that inherits, of those asked for."""
    assert crawlblock.judge(BODY, ["GPTBot", "SomeBot", "*"]) == {
        "GPTBot": Verdict(Restriction.FULL, Basis.NAMED, False),
        "SomeBot": Verdict(Restriction.PARTIAL, Basis.WILDCARD, True),
        "*": Verdict(Restriction.PARTIAL, Basis.WILDCARD, True),
    }


def test_tokens_may_be_any_iterable() -> None:
    """Tokens may come from a generator, and none at all give an empty answer."""
    assert list(crawlblock.judge(BODY, (token for token in ["CCBot"]))) == ["CCBot"]
    assert crawlblock.judge(BODY, []) == {}


def test_answer_is_the_callers() -> None:
    """Changing an answer changes no later one."""
    crawlblock.judge(BODY).clear()
    crawlblock.judge(b"<html>").clear()
    assert len(crawlblock.judge(BODY)) == len(crawlblock.judge(b"<html>")) == len(crawlers())


def test_example() -> None:
    """The example in the package's docstring is true."""
    assert doctest.testmod(crawlblock).failed == 0
