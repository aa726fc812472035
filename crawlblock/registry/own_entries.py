"""The entries of the registry with those of the extra folder behind them, each of those checked.

An own entry has the keys of the package's entries, and clashes with none of them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    for number, entry in enumerate(found):
        others = (*known, *found[:number])
        for fault in chain(key_faults(entry, kind), _clashes(kind, entry, others, found)):
            where = f", line {lines[number]}" if len(lines) == len(found) else ""
            name = str(entry.get("token") or entry.get("id") or "no name")[:60]
            raise InputError(f"{file.path}{where}: entry {number + 1} ({name}): {fault}")
    return found


def _begins(line: str, kind: str) -> bool:
    return re.fullmatch(rf"\[\[\s*{kind}\s*\]\]\s*(#.*)?", line.strip()) is not None


def _clashes(
    kind: str, entry: Entry, others: Sequence[Entry], own: Iterable[Entry]
) -> Iterator[str]:
    """Yield what is wrong with an entry beside others; its keys are right."""
    if kind == "crawler":
        yield from _of_token(entry, others)
        yield from _of_obeyed(entry, [*others, *own])
        yield from _of_periods(entry)
    elif kind == "event":
        yield from _of_event(entry, others)
    elif entry["id"] in {"own", "wildcard", *(other["id"] for other in others)}:
        yield "another template has this id; use another one"


def _of_token(entry: Entry, others: Iterable[Entry]) -> Iterator[str]:
    token = entry["token"]
    if not _TOKEN.fullmatch(token) or set(token) & set("#*:") or token.lower() == TRAINING_TOKEN:
        yield "a `User-agent` line cannot name a crawler so; write its product token"
    taken = {name.lower(): other["token"] for other in others for name in _names(other)}
    for name in (name for name in _names(entry) if name.lower() in taken):
        yield (
            f"{name} is registered already, for {taken[name.lower()]}; remove this entry, or take "
            "another token"
        )


def _names(crawler: Entry) -> tuple[str, ...]:
    return (crawler["token"], *crawler.get("aliases", ()))


def _of_obeyed(entry: Entry, known: Iterable[Entry]) -> Iterator[str]:
    token, obeys = entry["token"], entry.get("obeys", [entry["token"]])
    if obeys[:1] != [token] or len({name.lower() for name in obeys}) < len(obeys):
        yield f"`obeys` must begin with {token} and name each token once; write them in order"
    others = {str(each.get("token")).lower(): each.get("obeys") or () for each in known}
    if path := _way_back(token.lower(), others):
        yield f"`obeys` leads back to {token} ({' -> '.join(path)}); take one of these out"


def _way_back(token: str, obeyed: Mapping[str, Sequence[object]]) -> tuple[str, ...]:
    """Return the tokens from one to the next that lead back to the first; nothing if none do."""
    paths: dict[str, tuple[str, ...]] = {token: (token,)}
    waiting = [token]
    while waiting:
        name = waiting.pop()
        for other in (str(each).lower() for each in obeyed.get(name, ())[1:]):
            if other == token:
                return (*paths[name], token)
            if other not in paths:
                paths[other] = (*paths[name], other)
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


def _of_event(entry: Entry, others: Iterable[Entry]) -> Iterator[str]:
    if entry["id"] in {other["id"] for other in others}:
        yield "another event has this id; use another one"
    if entry.get("until", entry["date"]) < entry["date"]:
        yield "`until` is before `date`; `date` is the first day"
    known = [crawler["token"] for crawler in all_entries("crawlers.toml")]
    for token in (token for token in entry["tokens"] if token not in known):
        hint = did_you_mean(token, known) or "add it to crawlers.toml"
        yield f"{token} is no registered crawler; {hint}"
    if not entry["tokens"] and entry["kind"] != "standard":
        yield "`tokens` is empty; name the crawlers that it is about"
    names = {provider["provider"] for provider in entries("providers.toml")}
    for name in (name for name in entry.get("providers", ()) if name not in names):
        yield f"{name} is no provider; use {', '.join(sorted(names))}, or leave it out"
