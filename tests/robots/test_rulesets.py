"""What rule sets and whole texts are known by: equal where the rules are, short ones in words."""

import pytest

from crawlblock.robots.rulesets import name_of, name_of_text

LONG = b"User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /\n"


@pytest.mark.parametrize(
    "alike",
    [
        b"user-agent: ccbot\nuser-agent: gptbot\ndisallow: /\n",
        b"User-agent: CCBot\nDisallow: /\n\nUser-agent: GPTBot\nDisallow: /\n",
        b"# ours\n" + LONG + b"Sitemap: https://a.example/sitemap.xml\n",
        LONG.replace(b"\n", b"\r\n"),
    ],
)
def test_layout_makes_no_other_text(alike: bytes) -> None:
    """Texts with the same rules have one name, which is a digest."""
    assert name_of_text(alike) == name_of_text(LONG)
    assert len(name_of_text(LONG)) == 16
    assert " " not in name_of_text(LONG)


@pytest.mark.parametrize(
    "other",
    [
        b"User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /a\n",
        b"User-agent: GPTBot\nUser-agent: CCBot\nUser-agent: *\nDisallow: /\n",
        LONG + b"User-agent: *\nDisallow: /admin\n",
    ],
)
def test_other_rules_make_another_text(other: bytes) -> None:
    """One more rule or agent makes another name."""
    assert name_of_text(other) != name_of_text(LONG)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b"", " "),
        (b"User-agent: *\nDisallow: /\n", "* -/"),
        (b"User-agent: GPTBot\nDisallow: /\n", "gptbot -/"),
        (b"User-agent: *\nAllow: /\n", "* +/"),
        (b"User-agent: * (all)\nDisallow: /\n", "* -/"),
    ],
)
def test_short_texts_are_named_by_themselves(body: bytes, name: str) -> None:
    """One agent and one rule are alike by chance: the name says them, with a space."""
    assert name_of_text(body) == name


def test_two_of_either_are_no_chance() -> None:
    """Two agents or two rules have a digest, and so has an agent too long for chance."""
    two = frozenset((b"a", b"b"))
    one = frozenset((b"-/",))
    for names, rules in ((two, one), (one, two), (frozenset((b"a" * 300,)), one)):
        assert " " not in name_of(names, rules)
