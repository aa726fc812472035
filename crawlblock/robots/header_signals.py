"""Preferences that the headers of an answer state: Content-Usage, X-Robots-Tag, TDMRep and more.

A header is about the answer that carries it and not about the whole site, so a signal of a header
names one path.  The next header is one more entry in READ_HEADERS.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from crawlblock.robots import signals as said
from crawlblock.robots.signals import Signal, Statement, preferences

PATH = "/robots.txt"  # whose answers are read
_MOST = 100  # statements of a header that are read
_LONGEST = 200  # characters kept of what is written
_NO_TRAINING = frozenset({"noai", "noimageai"})
_WITH_VALUE = frozenset(
    {"max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"}
)
_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_LICENCE = re.compile(r";\s*rel\s*=\s*\"?(?:[^\";,]*\s)?license\b", re.IGNORECASE)

_Said = tuple[tuple[str, ...], Statement]  # whom it is for, empty for all; what it states


def header_signals(headers: Mapping[str, str]) -> tuple[Signal, ...]:
    """Return what headers state, by their names in any case; never raises."""
    given = {name.lower(): value for name, value in headers.items() if isinstance(value, str)}
    return tuple(
        _signal(name, agents, stated)
        for name, read in READ_HEADERS.items()
        if name in given
        for (agents, stated), _ in zip(read(given[name]), range(_MOST), strict=False)
    )


def kept_header_signals(kept: str | None) -> tuple[Signal, ...]:
    """Return what headers state that are kept as a JSON object; none for other text."""
    try:
        found = json.loads(kept) if kept else {}
    except (ValueError, RecursionError):
        return ()
    return header_signals(found) if isinstance(found, dict) else ()


def _signal(name: str, agents: tuple[str, ...], stated: Statement) -> Signal:
    return Signal(
        kind=f"header {name}",
        agents=agents,
        use=stated.use,
        preference=stated.preference,
        value=stated.value[:_LONGEST],
        path=PATH,
        line=None,
    )


def _preferences(value: str) -> Iterator[_Said]:
    for stated in preferences(value):
        yield (), stated


def _robots_tag(value: str) -> Iterator[_Said]:
    """Read `noai, noimageai`; a name before a colon is whom the rest is for."""
    agents: tuple[str, ...] = ()
    for part in value.split(","):
        name, colon, rest = part.partition(":")
        if colon and name.strip().lower() not in _WITH_VALUE:
            agents, part = (name.strip().lower()[:_LONGEST],), rest
        if part.strip().lower() in _NO_TRAINING:
            yield agents, Statement(said.TRAIN, said.DISALLOW, part.strip())


def _reservation(value: str) -> Iterator[_Said]:
    """Read 1 (rights to text and data mining are reserved) and 0 (they are not)."""
    word = value.split(",")[0].strip()
    preference = {"1": said.DISALLOW, "0": said.ALLOW}.get(word, said.OTHER)
    yield (), Statement(said.MINE, preference, value.strip())


def _policy(value: str) -> Iterator[_Said]:
    """Read the address of a policy for text and data mining."""
    if value.strip():
        yield (), Statement(said.MINE, said.TERMS, value.strip())


def _licences(value: str) -> Iterator[_Said]:
    """Read links to a licence (RSL 1.0)."""
    for address, parameters in _LINK.findall(value):
        if _LICENCE.match(parameters.strip()):
            yield (), Statement(said.ALL, said.TERMS, address.strip())


READ_HEADERS: Mapping[str, Callable[[str], Iterable[_Said]]] = {
    "content-usage": _preferences,  # draft-ietf-aipref-attach
    "content-signal": _preferences,  # not defined as a header, but sent
    "x-robots-tag": _robots_tag,
    "tdm-reservation": _reservation,  # TDMRep, W3C community group report of 2024-02
    "tdm-policy": _policy,
    "link": _licences,
}
