"""Where the signals of a robots.txt say one thing and its rules another."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from crawlblock.model import Purpose, Restriction, Verdict
from crawlblock.robots import signals as said
from crawlblock.robots.judge import STAR, Bindings
from crawlblock.robots.signals import Signal

_CONCERNED = {
    said.TRAIN: {Purpose.TRAINING},
    said.SEARCH: {Purpose.SEARCH},
    said.INPUT: {Purpose.AGENT, Purpose.AI_SEARCH},
    said.MINE: {Purpose.TRAINING, Purpose.ARCHIVE},
    said.ALL: set(Purpose),
}
_WHOLE = {None, "/", "*", "/*"}  # paths that mean all of them


class Opposed(NamedTuple):
    """Two signals about the same use, agents and paths, of which one allows and one disallows."""

    first: Signal
    second: Signal

    def __str__(self) -> str:
        """Return it as one sentence."""
        path = "" if self.first.path in _WHOLE else f" on {self.first.path}"
        return (
            f"{self.first.place} says {self.first.preference} and {self.second.place} says "
            f"{self.second.preference} ({self.first.use}{path})"
        )


class ConflictKind(StrEnum):
    """How a signal and the rules differ."""

    OVERRULED = "overruled"  # the signal allows a use, the rules keep its crawlers out
    UNENFORCED = "unenforced"  # the signal disallows a use, the rules let its crawlers in


@dataclass(frozen=True, slots=True)
class Conflict:
    """A crawler for which a signal and the rules differ."""

    token: str
    kind: ConflictKind
    signal: Signal
    verdict: Verdict  # a stricter reading of "kept out" or "let in" can be taken from it


def conflicts(
    signals: Iterable[Signal],
    verdicts: Mapping[str, Verdict],
    crawlers: Mapping[str, Purpose | None],
) -> tuple[Conflict, ...]:
    """Return the crawlers for which signals and rules differ, with the first such signal of a kind.

    A crawler is bound by the signals of its own groups where it has some, else by those of `*`
    (RFC 9309 section 2.2.1), and concerned by the uses it crawls for.  `full` and `all_but` count
    as kept out, `none` and `partial` as let in; signals about a part of the paths are left out.
    """
    stated = [
        s for s in signals if s.preference in (said.ALLOW, said.DISALLOW) and s.path in _WHOLE
    ]
    if not stated:
        return ()
    others = (verdict.fallback for verdict in verdicts.values() if verdict.fallback)
    known = _bindings(tuple(dict.fromkeys((*crawlers, *others))))
    found: dict[tuple[str, ConflictKind, str], Conflict] = {}
    for signal in stated:
        named = {token for agent in signal.agents for token in known[agent.encode()]}
        for token, verdict in _bound(signal, named, verdicts):
            kind = _kind_of(signal.preference, verdict.restriction)
            if kind and crawlers.get(token) in _CONCERNED.get(signal.use or "", ()):
                conflict = Conflict(token, kind, signal, verdict)
                found.setdefault((token, kind, signal.kind), conflict)
    return tuple(found.values())


def opposed(signals: Iterable[Signal]) -> tuple[Opposed, ...]:
    """Return the signals that say the opposite of an earlier one, each with that one.

    Only signals about the same paths and for the same agents are compared.
    """
    found: list[Opposed] = []
    first: dict[tuple[object, ...], Signal] = {}
    for signal in signals:
        if signal.use is None or signal.preference not in (said.ALLOW, said.DISALLOW):
            continue
        path = None if signal.path in _WHOLE else signal.path
        agents = () if _for_everyone(signal) else signal.agents
        earlier = first.setdefault((signal.use, agents, path), signal)
        if earlier.preference != signal.preference:
            found.append(Opposed(earlier, signal))
    return tuple(found)


def _for_everyone(signal: Signal) -> bool:
    """Tell whether a signal is for all crawlers; one for a purpose is."""
    return STAR in signal.agents or signal.kind == said.USAGE_TOKEN


@lru_cache(maxsize=8)
def _bindings(tokens: tuple[str, ...]) -> Bindings:
    """Sort the tokens once for many files."""
    return Bindings(tokens)


def _bound(
    signal: Signal, named: set[str], verdicts: Mapping[str, Verdict]
) -> Iterator[tuple[str, Verdict]]:
    """Yield the crawlers that a signal binds; `*` is none."""
    everyone = not signal.agents and signal.kind in said.ADDRESSED_TO_ALL
    for token, verdict in verdicts.items():
        matched = verdict.matched_token(token) or STAR
        if token != STAR and (everyone or matched in named):
            yield token, verdict


def _kind_of(preference: str, restriction: Restriction) -> ConflictKind | None:
    if preference == said.ALLOW and restriction in (Restriction.FULL, Restriction.ALL_BUT):
        return ConflictKind.OVERRULED
    if preference == said.DISALLOW and restriction in (Restriction.NONE, Restriction.PARTIAL):
        return ConflictKind.UNENFORCED
    return None
