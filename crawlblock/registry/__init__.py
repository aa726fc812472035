"""The facts crawlblock rests on, read from the TOML files beside this module."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from crawlblock.model import Crawler, Honours, Obeyed, Openness, Purpose
from crawlblock.registry.digests import conclusion_digests, stamp
from crawlblock.registry.entries import entries
from crawlblock.registry.known_templates import templates
from crawlblock.registry.providers import HeaderMark, provider_marks, providers_digest

__all__ = [
    "Break",
    "Event",
    "HeaderMark",
    "breaks",
    "conclusion_digests",
    "crawlers",
    "events",
    "obeyed",
    "provider_marks",
    "providers_digest",
    "stamp",
    "templates",
]


@dataclass(frozen=True, slots=True)
class Break:
    """A change in how the archive was made, after which its series is not the same."""

    id: str
    date: date  # the first day affected
    crawl: str  # the first crawl affected
    title: str
    effect: str
    source: str


@dataclass(frozen=True, slots=True)
class Event:
    """A public event that may explain blocks of some crawlers."""

    id: str
    until: date | None  # the last day it may have happened, where only a span is known
    date: date  # the day it happened, or the first on which it may have
    kind: str  # documented, listed, retired or default
    tokens: tuple[str, ...]
    title: str
    source: str


@cache
def crawlers() -> tuple[Crawler, ...]:
    """Return the registered crawlers in the order of the file."""
    return tuple(_crawler(entry) for entry in entries("crawlers.toml"))


@cache
def obeyed() -> Mapping[str, Obeyed]:
    """Return what crawlers obey, by token, where it is not their own token and then `*`."""
    return {
        crawler.token: Obeyed(crawler.obeys or (crawler.token,), crawler.wildcard)
        for crawler in crawlers()
        if crawler.obeys or not crawler.wildcard
    }


@cache
def breaks() -> tuple[Break, ...]:
    """Return the archive's known breaks, oldest first."""
    return tuple(Break(**entry) for entry in entries("breaks.toml"))


@cache
def events() -> tuple[Event, ...]:
    """Return the public events, oldest first."""
    return tuple(
        Event(**{"until": None, **entry, "tokens": tuple(entry["tokens"])})
        for entry in entries("events.toml")
    )


def _crawler(entry: Mapping[str, Any]) -> Crawler:
    known = dict(entry)
    kinds = {"purpose": Purpose, "openness": Openness, "honours": Honours}
    known.update((key, kind(known[key])) for key, kind in kinds.items() if key in known)
    known.update((key, tuple(known.get(key, ()))) for key in ("aliases", "obeys"))
    known["earlier"] = tuple(
        f"{one['operator']}, until {one['until']}" for one in known.get("earlier", ())
    )
    return Crawler(**known)
