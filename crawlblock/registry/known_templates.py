"""Reads the templates: texts that many unrelated sites share, and how each is known."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from crawlblock.registry.entries import entries
from crawlblock.robots.authorship import SharedGroup, Template
from crawlblock.robots.markers import Mark
from crawlblock.robots.published_lists import ListVersion


@cache
def templates() -> tuple[Template, ...]:
    """Return the known templates in the order of the file."""
    return tuple(_template(entry) for entry in entries("templates.toml"))


def _template(entry: Mapping[str, Any]) -> Template:
    known = dict(entry)
    known["marks"] = tuple(_mark(mark) for mark in known.pop("mark", ()))
    known["groups"] = tuple(
        SharedGroup(tuple(group["agents"]), tuple(group["rules"]))
        for group in known.pop("group", ())
    )
    known["versions"] = _versions(known.pop("versions", []))
    if "blocks" in known:
        known["blocks"] = frozenset(known["blocks"])
    return Template(**known)


def _mark(entry: dict[str, Any]) -> Mark:
    several = {key: tuple(entry.get(key, ())) for key in ("also", "lines")}
    return Mark(**{**entry, **several})


def _versions(entries: list[dict[str, Any]]) -> tuple[ListVersion, ...]:
    """Return the versions of a list, of which the file keeps what each added and removed."""
    agents: frozenset[str] = frozenset()
    made = []
    for entry in entries:
        agents = (agents | frozenset(entry.get("added", ()))) - frozenset(entry.get("removed", ()))
        made.append(ListVersion(entry["date"], agents))
    return tuple(made)
