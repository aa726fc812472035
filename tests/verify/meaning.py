"""What every stored text means for every registered crawler, by Google's parser."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np

from verify.arithmetic import Bools, Ints
from verify.google import RESTRICTIONS, File, Google

REGISTRY = Path(__file__).parents[2] / "crawlblock" / "registry" / "crawlers.toml"


@dataclass(frozen=True, slots=True)
class Crawler:
    """A registered crawler."""

    token: str
    purpose: str | None = None
    openness: str | None = None
    ai: bool = False
    archive: bool = False
    operator: str = ""
    library: bool = False
    reused: bool = False  # another operator used the name before
    since: date | None = None
    obeys: tuple[str, ...] = field(default=())
    wildcard: bool = True

    def counts(self, day: date) -> bool:
        """Tell whether it was documented by a day."""
        return self.since is None or day >= self.since


def registered() -> list[Crawler]:
    """Return the crawlers of the registry, and * for the crawler that nobody names."""
    entries = tomllib.loads(REGISTRY.read_text())["crawler"]
    return [Crawler("*", obeys=("*",))] + [
        Crawler(
            token=entry["token"], purpose=entry.get("purpose"), openness=entry.get("openness"),
            ai=entry["ai"], archive=entry.get("web_archive", False), reused="earlier" in entry,
            operator=entry["operator"], library=entry.get("national_library", False),
            since=entry.get("documented_since"),
            obeys=tuple(entry.get("obeys", (entry["token"],))),
            wildcard=entry.get("wildcard", True),
        )
        for entry in entries
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Meanings:
    """Whether `/` and other paths are blocked, by which group, by answer and crawler (columns)."""

    crawlers: list[Crawler]
    blocked: Bools
    own: Bools
    named: Bools  # by its name or by another token that it obeys
    restriction: Ints  # places in RESTRICTIONS

    def of(self, tokens: Sequence[Crawler]) -> list[int]:
        """Return the columns of some crawlers."""
        return [self.crawlers.index(crawler) for crawler in tokens]


def meanings(texts: Sequence[bytes]) -> Meanings:
    """Ask Google's parser about all texts and crawlers; answer 0 blocks nobody."""
    crawlers, google = registered(), Google()
    shape = len(texts) + 1, len(crawlers)
    blocked, own, named = (np.zeros(shape, bool) for _ in range(3))
    made = Meanings(crawlers, blocked, own, named, restriction=np.zeros(shape, np.int64))
    for row, text in enumerate(texts, 1):
        file = File(google, text)
        for column, crawler in enumerate(crawlers):
            tokens = () if crawler.token == "*" else crawler.obeys
            answer = file.answer(tokens, crawler.wildcard)
            made.blocked[row, column] = answer.blocked
            made.own[row, column] = answer.own
            made.named[row, column] = answer.own or answer.other
            made.restriction[row, column] = RESTRICTIONS.index(answer.restriction)
    google.close()
    return made
