"""The facts crawlblock rests on, read from the TOML files beside this module and own ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from crawlblock.model import Crawler, Honours, Obeyed, Openness, Purpose
from crawlblock.registry.digests import conclusion_digests, registry_digest, stamp
from crawlblock.registry.entries import entries, made_of
from crawlblock.registry.extra import extra, extra_folder, per_extra, using
from crawlblock.registry.known_templates import templates
from crawlblock.registry.own_entries import all_entries
from crawlblock.registry.providers import HeaderMark, provider_marks, providers_digest

__all__ = [
    "AFFECTED",
    "Break",
    "Event",
    "HeaderMark",
    "breaks",
    "checked_days",
    "conclusion_digests",
    "crawlers",
    "events",
    "extra",
    "extra_folder",
    "known_until",
    "obeyed",
    "provider_marks",
    "providers_digest",
    "registry_digest",
    "stamp",
    "templates",
    "training_tokens",
    "using",
]


AFFECTED = frozenset({"digests", "coverage", "verdicts", "headers"})  # what a break may affect


@dataclass(frozen=True, slots=True)
class Break:
    """A change in how the archive was made, after which its series is not the same."""

    id: str
    date: date  # the first day affected
    crawl: str  # the first crawl affected
    title: str
    effect: str
    source: str
    affects: tuple[str, ...]  # of `AFFECTED`: what is not the same before and after
    last_crawl: str | None = None  # the last crawl affected, where it ended
    handled: str | None = None  # the module that reads it in spite of it; None: declared only


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


@per_extra
def crawlers() -> tuple[Crawler, ...]:
    """Return the registered crawlers in the order of the file, own ones last.

    Raises InputError for an own entry that cannot be used.
    """
    return made_of(all_entries("crawlers.toml"), "crawlers.toml", crawler_of)


@per_extra
def obeyed() -> Mapping[str, Obeyed]:
    """Return what crawlers obey, by token, where it is not their own token and then `*`."""
    return {
        crawler.token: Obeyed(crawler.obeys or (crawler.token,), crawler.wildcard)
        for crawler in crawlers()
        if crawler.obeys or not crawler.wildcard
    }


@cache
def checked_days() -> tuple[date | None, ...]:
    """Return the day for which each of the package's crawlers was checked."""
    return tuple(each.get("as_of") for each in entries("crawlers.toml"))


def known_until() -> date:
    """Return the newest day for which the package's facts about crawlers were checked.

    An own entry does not make the others newer.
    """
    return max(day for day in checked_days() if day)


@per_extra
def training_tokens() -> tuple[str, ...]:
    """Return the tokens of crawlers for training; a name that others used before is none."""
    return tuple(
        crawler.token
        for crawler in crawlers()
        if crawler.purpose is Purpose.TRAINING and not crawler.earlier
    )


@cache
def breaks() -> tuple[Break, ...]:
    """Return the archive's known breaks, oldest first."""
    return made_of(entries("breaks.toml"), "breaks.toml", _break)


@per_extra
def events() -> tuple[Event, ...]:
    """Return the public events, oldest first; raises InputError as `crawlers` does."""
    found = made_of(all_entries("events.toml"), "events.toml", _event)
    return tuple(sorted(found, key=lambda event: event.date))


def _event(entry: Mapping[str, Any]) -> Event:
    return Event(**{"until": None, **entry, **_tuples(entry, "tokens", "providers", "segments")})


def _tuples(entry: Mapping[str, Any], *keys: str) -> dict[str, tuple[str, ...]]:
    """Return the lists of an entry as tuples."""
    return {key: tuple(entry.get(key, ())) for key in keys}


def _break(entry: Mapping[str, Any]) -> Break:
    affects = tuple(entry["affects"])
    if not affects or set(affects) - AFFECTED:
        known = ", ".join(sorted(AFFECTED))
        raise ValueError(f"breaks.toml: {entry['id']} affects {affects}; name some of {known}")
    return Break(**{**entry, "affects": affects})


def crawler_of(entry: Mapping[str, Any]) -> Crawler:
    """Return the crawler of an entry; raises ValueError or TypeError for a wrong one."""
    known = dict(entry)
    kinds = {"purpose": Purpose, "openness": Openness, "honours": Honours}
    known.update((key, kind(known[key])) for key, kind in kinds.items() if key in known)
    known.update((key, tuple(known.get(key, ()))) for key in ("aliases", "obeys"))
    known["earlier"] = tuple(
        f"{one['operator']}, until {one['until']}" for one in known.get("earlier", ())
    )
    return Crawler(**known)
