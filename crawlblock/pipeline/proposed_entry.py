"""An entry of crawlers.toml for an unregistered agent, with guesses and blanks marked as such."""

from collections import Counter
from dataclasses import dataclass

from crawlblock import registry
from crawlblock.model import Purpose
from crawlblock.names import safe
from crawlblock.pipeline.discover import Stranger

_SHOWN = 5  # crawlers of the company that a comment names
_BLANKS = {
    "operator": "fill in: who runs it",
    "url": "fill in: the operator's page about it",
    "source": "fill in where the facts come from, or remove this line",
    "documented_since": "fill in, without quotes: the first day it was documented, or remove it",
    "as_of": "fill in, without quotes: the day for which you checked this, or remove it",
}


@dataclass(frozen=True, slots=True)
class Guess:
    """What an agent may be, judging by the registered crawlers in the same groups."""

    ai: bool
    purpose: Purpose

    def __str__(self) -> str:
        """Return the guess in words."""
        return f"likely {'an AI crawler' if self.ai else 'no AI crawler'}, {self.purpose}"


def guess(stranger: Stranger) -> Guess | None:
    """Guess what an agent is from its company, by domains; None without any."""
    known = {crawler.token: crawler for crawler in registry.crawlers()}
    purposes: Counter[Purpose] = Counter()
    ai = others = 0
    for token, domains in stranger.company.items():
        crawler = known[token]
        ai += domains * crawler.ai
        others += domains * (not crawler.ai)
        if crawler.purpose:
            purposes[crawler.purpose] += domains
    if not purposes:
        return None
    return Guess(ai > others, purposes.most_common(1)[0][0])


def entry(stranger: Stranger) -> str:
    """Return the entry as TOML; a comment marks each guess and each blank."""
    guessed = guess(stranger)
    beside = [f"{token} {domains}" for token, domains in stranger.company.items()]
    unsure = "a guess from the crawlers in the same groups" if guessed else "a guess"
    purposes = "|".join(Purpose)
    lines = [
        f"# {safe(stranger.name)}: {stranger.domains_last:,} registered domains name it in "
        f"{safe(stranger.last)}; first seen {stranger.since:%Y-%m-%d}",
        f"# in the same groups (domains): {', '.join(beside[:_SHOWN]) or 'no registered crawler'}",
        "[[crawler]]",
        f"token = {_quoted(stranger.spelling)}  # as most domains write it",
        _blank("operator"),
        f'purpose = "{guessed.purpose}"  # {unsure}: {purposes}'
        if guessed
        else f'purpose = ""  # fill in ({purposes}), or remove this line',
        'openness = "closed"  # a guess: open if anyone may use what it collects',
        f"ai = {str(bool(guessed and guessed.ai)).lower()}  # {unsure}",
        *(_blank(key) for key in ("documented_since", "url", "source", "as_of")),
    ]
    return "\n".join(lines) + "\n"


def _blank(key: str) -> str:
    return f'{key} = ""  # {_BLANKS[key]}'


def _quoted(text: str) -> str:
    """Return a text as TOML writes it; text from strangers may contain any character."""
    plain = (c if c.isprintable() and c not in '\\"' else f"\\U{ord(c):08X}" for c in text)
    return f'"{"".join(plain)}"'
