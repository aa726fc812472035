"""The facts crawlblock rests on, read from the TOML files beside this module."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from crawlblock.model import Crawler, Openness, Purpose
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
    kind: str  # as in the header of events.toml
    tokens: tuple[str, ...]  # the crawlers it is about
    title: str
    source: str
    providers: tuple[str, ...] = ()  # whose customers it concerns
    segments: tuple[str, ...] = ()  # which sites it concerns, in words
    second_hand: bool = False  # the primary source could not be read


@cache
def crawlers() -> tuple[Crawler, ...]:
    """Return the registered crawlers in the order of the file."""
    return tuple(_crawler(entry) for entry in entries("crawlers.toml"))


@cache
def breaks() -> tuple[Break, ...]:
    """Return the archive's known breaks, oldest first."""
    return tuple(Break(**entry) for entry in entries("breaks.toml"))


@cache
def events() -> tuple[Event, ...]:
    """Return the public events, oldest first."""
    return tuple(
        Event(**{"until": None, **entry, **_tuples(entry, "tokens", "providers", "segments")})
        for entry in entries("events.toml")
    )


def _tuples(entry: Mapping[str, Any], *keys: str) -> dict[str, tuple[str, ...]]:
    """Return the lists of an entry as tuples."""
    return {key: tuple(entry.get(key, ())) for key in keys}


def _crawler(entry: Mapping[str, Any]) -> Crawler:
    known = dict(entry)
    if "purpose" in known:
        known["purpose"] = Purpose(known["purpose"])
    if "openness" in known:
        known["openness"] = Openness(known["openness"])
    known["aliases"] = tuple(known.get("aliases", ()))
    return Crawler(**known)
