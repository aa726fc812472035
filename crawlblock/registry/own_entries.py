"""The entries of the registry with those of the extra folder behind them, each of those checked.

An own entry has the keys of the package's entries, and has the name of none of them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

from crawlblock.errors import InputError, did_you_mean
from crawlblock.registry.entries import entries, read_entries
from crawlblock.registry.entry_keys import key_faults
from crawlblock.registry.extra import Extra, ExtraFile, extra
from crawlblock.robots.signals import TRAINING_TOKEN

Entry = Mapping[str, Any]

_TOKEN = re.compile(r"[!-~]+( [!-~]+)*")  # less what ends an agent's name


def all_entries(name: str) -> tuple[Entry, ...]:
    """Return the package's entries of a file, then those of the extra folder.

    Raises InputError, with file, line and entry, for an own one that cannot be used.
    """
    used = extra()
    return _joined(name, used) if used.file(name) else entries(name)


@lru_cache(maxsize=16)
def _joined(name: str, used: Extra) -> tuple[Entry, ...]:
    known = entries(name)
    file = used.file(name)
    return known if file is None else (*known, *_own(file, known))


def _own(file: ExtraFile, known: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Return the entries of an own file; raises InputError for the first that has a fault."""
    kind = file.name.removesuffix("s.toml")
    found = read_entries(file.text, str(file.path), kind)
    lines = [n for n, line in enumerate(file.text.splitlines(), 1) if _begins(line, kind)]
    beside = _beside(kind, known, found)
    for number, entry in enumerate(found):
        for fault in chain(key_faults(entry, kind), _clashes(kind, entry, beside)):
            where = f", line {lines[number]}" if len(lines) == len(found) else ""
            name = str(entry.get("token") or entry.get("id") or "no name")[:60]
            raise InputError(f"{file.path}{where}: entry {number + 1} ({name}): {fault}")
        beside.taken.update((name.lower(), _names(entry)[0]) for name in _names(entry))
    return found


def _begins(line: str, kind: str) -> bool:
    return re.fullmatch(rf"\[\[\s*{kind}\s*\]\]\s*(#.*)?", line.strip()) is not None


@dataclass(frozen=True, slots=True)
class _Beside:
    """The names that are taken."""

    taken: dict[str, str]  # a name in lower case, and whose it is; it grows with the entries
    obeyed: Mapping[str, Sequence[object]]  # by token in lower case
    tokens: Mapping[str, None]  # of the crawlers that an event may be about


def _beside(kind: str, known: Iterable[Entry], own: Iterable[Entry]) -> _Beside:
    taken = {name.lower(): _names(entry)[0] for entry in known for name in _names(entry)}
    if kind == "template":
        taken |= {"own": "own", "wildcard": "wildcard"}  # authors that are no template
    obeyed = {
        str(each.get("token")).lower(): obeys
        for each in (*known, *own)
        if isinstance(obeys := each.get("obeys"), list)
    }
    crawlers = all_entries("crawlers.toml") if kind == "event" else ()
    return _Beside(taken, obeyed, dict.fromkeys(crawler["token"] for crawler in crawlers))


def _names(entry: Entry) -> tuple[str, ...]:
    """Return the names that no other entry may have, its own first."""
    return (entry["token"], *entry.get("aliases", ())) if "token" in entry else (entry["id"],)


def _clashes(kind: str, entry: Entry, beside: _Beside) -> Iterator[str]:
    """Yield what is wrong with an entry beside others; its keys are right."""
    if kind == "crawler":
        yield from _of_token(entry, beside.taken)
        yield from _of_obeyed(entry, beside.obeyed)
        yield from _of_periods(entry)
    elif entry["id"].lower() in beside.taken:
        yield f"another {kind} has this id; use another one"
    elif kind == "event":
        yield from _of_event(entry, beside.tokens)


def _of_token(entry: Entry, taken: Mapping[str, str]) -> Iterator[str]:
    token = entry["token"]
    if not _TOKEN.fullmatch(token) or set(token) & set("#*:") or token.lower() == TRAINING_TOKEN:
        yield "a `User-agent` line cannot name a crawler so; write its product token"
    for name in (name for name in _names(entry) if name.lower() in taken):
        yield (
            f"{name} is registered already, for {taken[name.lower()]}; remove this entry, or take "
            "another token"
        )


def _of_obeyed(entry: Entry, obeyed: Mapping[str, Sequence[object]]) -> Iterator[str]:
    token, obeys = entry["token"], entry.get("obeys", [entry["token"]])
    if obeys[:1] != [token] or len({name.lower() for name in obeys}) < len(obeys):
        yield f"`obeys` must begin with {token} and name each token once; write them in order"
    if path := _way_back(token.lower(), obeyed):
        yield f"`obeys` leads back to {token} ({' -> '.join(path)}); take one of these out"


def _way_back(token: str, obeyed: Mapping[str, Sequence[object]]) -> tuple[str, ...]:
    """Return the tokens from one to the next that lead back to the first; nothing if none do."""
    before = {token: token}
    waiting = [token]
    while waiting:
        name = waiting.pop()
        for other in (str(each).lower() for each in obeyed.get(name, ())[1:]):
            if other == token:
                path = [token, name]
                while path[-1] != token:
                    path.append(before[path[-1]])
                return tuple(reversed(path))
            if other not in before:
                before[other] = name
                waiting.append(other)
    return ()


def _of_periods(entry: Entry) -> Iterator[str]:
    ends = [one["until"] for one in entry.get("earlier", ())]
    since = entry.get("documented_since")
    if ends != sorted(set(ends)) or (since and ends and ends[-1] >= since):
        yield (
            "the periods of its operators overlap; in `earlier` write the last day of each, the "
            "oldest first, all of them before `documented_since`"
        )


def _of_event(entry: Entry, tokens: Mapping[str, None]) -> Iterator[str]:
    if entry.get("until", entry["date"]) < entry["date"]:
        yield "`until` is before `date`; `date` is the first day"
    for token in (token for token in entry["tokens"] if token not in tokens):
        hint = did_you_mean(token, tokens) or "add it to crawlers.toml"
        yield f"{token} is no registered crawler; {hint}"
    if not entry["tokens"] and entry["kind"] != "standard":
        yield "`tokens` is empty; name the crawlers that it is about"
    names = {provider["provider"] for provider in entries("providers.toml")}
    for name in (name for name in entry.get("providers", ()) if name not in names):
        yield f"{name} is no provider; use {', '.join(sorted(names))}, or leave it out"
