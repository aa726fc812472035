"""Reads the templates: texts that many unrelated sites share, and how each is known."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from crawlblock.errors import InputError
from crawlblock.registry.entries import entries
from crawlblock.registry.extra import extra, per_extra
from crawlblock.registry.own_entries import all_entries
from crawlblock.robots.authorship import SharedGroup, Template
from crawlblock.robots.markers import Mark, spelling
from crawlblock.robots.published_lists import ListVersion

_FILE = "templates.toml"
_RULES = ("user-agent", "disallow", "allow", "crawl-delay")
_EVERYBODY = ("", "*", "/", "/*", "10")  # values of rules that say nothing about an author
_SITEMAP = "sitemap: https://example.com/sitemap.xml"
ACTS = ("default", "switch", "copied", "group", "shared")


@per_extra
def templates() -> tuple[Template, ...]:
    """Return the known templates in the order of the file, own ones last."""
    return tuple(map(_known, all_entries(_FILE)))


def _known(entry: Mapping[str, Any]) -> Template:
    """Return a template; the error about an own one names its file."""
    try:
        return read_template(entry)
    except InputError as error:
        own = extra().file(_FILE)
        if own is None or entry in entries(_FILE):
            raise
        raise InputError(f"{own.path}: {error}") from None


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
        if _is_common(mark.start) and not (mark.end or mark.also or mark.lines):
            yield (
                f"the mark {mark.start!r} is a line that many unrelated sites write; take a line "
                "that only this text has, or add `also`"
            )
    if not 0 < template.likeness <= 1:
        yield f"likeness is {template.likeness}; write a number above 0 and up to 1"


def _is_common(start: str) -> bool:
    """Tell whether a line stands in files of many: a common comment, or a rule of everybody."""
    line = spelling(start)
    if "*" in line and line.startswith(("#", "sitemap:")):
        pattern = re.compile(".*".join(map(re.escape, line.split("*"))))
        return any(map(pattern.fullmatch, (*_common(), "#", _SITEMAP)))
    key, _, value = (part.strip() for part in line.partition(":"))
    everybody = value in _EVERYBODY or (key == "user-agent" and value in _registered())
    return line in _common() or line in ("", "#") or (key in _RULES and everybody)


@cache
def _registered() -> frozenset[str]:
    return frozenset(crawler["token"].lower() for crawler in entries("crawlers.toml"))


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
