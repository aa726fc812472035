"""The facts crawlblock rests on, read from the TOML files beside this module."""

import hashlib
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from crawlblock.model import Crawler, Openness, Purpose
from crawlblock.registry.providers import Mark, provider_marks, providers_digest
from crawlblock.registry.templates import templates
from crawlblock.robots.evaluate import RULES_VERSION

__all__ = [
    "Break",
    "Event",
    "Mark",
    "breaks",
    "crawlers",
    "digest",
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
    """A public event that may have moved refusals of some crawlers."""

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
    return tuple(_crawler(entry) for entry in _read("crawlers.toml")["crawler"])


@cache
def breaks() -> tuple[Break, ...]:
    """Return the archive's known breaks, oldest first."""
    return tuple(Break(**entry) for entry in _read("breaks.toml")["break"])


@cache
def events() -> tuple[Event, ...]:
    """Return the public events, oldest first."""
    entries = ({"until": None, **entry} for entry in _read("events.toml")["event"])
    return tuple(Event(**{**entry, "tokens": tuple(entry["tokens"])}) for entry in entries)


def digest() -> str:
    """Return a digest of tokens and templates; policies made with others are out of date."""
    tokens = "\n".join(sorted(crawler.token for crawler in crawlers()))
    texts = (files(__package__) / "templates.toml").read_bytes()
    return hashlib.blake2b(tokens.encode() + texts, digest_size=8).hexdigest()


def stamp() -> str:
    """Return what stored policies must have been judged with to be up to date."""
    return f"{digest()}.{RULES_VERSION}"


def _read(name: str) -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads((files(__package__) / name).read_text("utf-8"))


def _crawler(entry: dict[str, Any]) -> Crawler:
    known = dict(entry)
    if "purpose" in known:
        known["purpose"] = Purpose(known["purpose"])
    if "openness" in known:
        known["openness"] = Openness(known["openness"])
    known["aliases"] = tuple(known.get("aliases", ()))
    return Crawler(**known)
