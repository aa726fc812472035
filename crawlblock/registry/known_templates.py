"""Reads the templates: texts that many unrelated sites share, and how each is known."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from crawlblock.errors import InputError
from crawlblock.registry.entries import entries
from crawlblock.robots.authorship import SharedGroup, Template
from crawlblock.robots.markers import Mark, spelling
from crawlblock.robots.published_lists import ListVersion

ACTS = ("default", "switch", "copied", "group", "shared")


@cache
def templates() -> tuple[Template, ...]:
    """Return the known templates in the order of the file."""
    return tuple(read_template(entry) for entry in entries("templates.toml"))


def read_template(entry: Mapping[str, Any]) -> Template:
    """Return a template from its entry; InputError says why it could show nothing."""
    known = dict(entry)
    known["marks"] = tuple(_mark(mark) for mark in known.pop("mark", ()))
    known["groups"] = tuple(
        SharedGroup(tuple(group["agents"]), tuple(group["rules"]))
        for group in known.pop("group", ())
    )
    known["versions"] = _versions(known.pop("versions", []))
    if "blocks" in known:
        known["blocks"] = frozenset(known["blocks"])
    template = Template(**known)
    for fault in _faults(template):
        raise InputError(f"template {template.id}: {fault}")
    return template


def _faults(template: Template) -> Iterator[str]:
    """Yield why a template cannot be used."""
    if template.act not in ACTS:
        yield f"act is {template.act}; write one of {', '.join(ACTS)}"
    if not (template.marks or template.groups or template.versions):
        yield "nothing shows it; give it a mark, a group or versions"
    for mark in template.marks:
        if (mark.end is not None) != (mark.extent == "block"):
            yield f"the mark {mark.start!r} needs `end` with the extent block, and only with it"
        if spelling(mark.start) in _common() and not (mark.end or mark.also or mark.lines):
            yield (
                f"the mark {mark.start!r} is a comment that many unrelated sites write; take a "
                "line that only this text has, or add `also`"
            )


@cache
def _common() -> frozenset[str]:
    return frozenset(text for entry in entries("common_comments.toml") for text in entry["text"])


def _mark(entry: dict[str, Any]) -> Mark:
    several = {key: tuple(entry.get(key, ())) for key in ("also", "absent", "lines")}
    return Mark(**{**entry, **several})


def _versions(entries: list[dict[str, Any]]) -> tuple[ListVersion, ...]:
    """Return the versions of a list, of which the file keeps what each added and removed."""
    agents: frozenset[str] = frozenset()
    made = []
    for entry in entries:
        agents = (agents | frozenset(entry.get("added", ()))) - frozenset(entry.get("removed", ()))
        made.append(ListVersion(entry["date"], agents))
    return tuple(made)
