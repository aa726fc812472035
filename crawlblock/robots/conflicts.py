"""Where the signals of a robots.txt say one thing and its rules another."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

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


class ConflictKind(StrEnum):
    """How a signal and the rules differ."""

    OVERRULED = "overruled"  # the signal allows a use, the rules keep its crawlers out
    UNENFORCED = "unenforced"  # the signal refuses a use, the rules let its crawlers in


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
