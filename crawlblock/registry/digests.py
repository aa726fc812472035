"""What makes a stored conclusion out of date: a digest of the code and data that can change it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from crawlblock.code_digest import code_digest, data_digest, digest, module_digest
from crawlblock.registry.extra import REGISTRIES, extra, per_extra
from crawlblock.registry.own_entries import all_entries

# What only describes a crawler or a template.  A new key counts until it is named here.
_OF_A_CRAWLER = {
    "operator", "purpose", "openness", "ai", "honours", "documented_since", "retired", "url",
    "source", "second_hand", "as_of", "aliases", "earlier", "national_library",
}  # fmt: skip
_OF_A_TEMPLATE = {"title", "vendor", "kind", "act", "evidence", "source"}


def _crawlers() -> str:
    return _kept("crawlers.toml", "token", _OF_A_CRAWLER)


def _purposes() -> str:
    """Return which crawlers are for training; their blocks state a preference."""
    found = all_entries("crawlers.toml")
    return json.dumps(sorted(c["token"] for c in found if c.get("purpose") == "training"))


def _templates() -> str:
    return _kept("templates.toml", "id", _OF_A_TEMPLATE)


@dataclass(frozen=True, slots=True)
class _Roots:
    """Where the code and the data of a conclusion begin."""

    modules: tuple[str, ...]  # and all they import
    data: Callable[[], str] | None = None


def _selection() -> str:
    return data_digest("captures")


_ROOTS: Mapping[str, _Roots] = {
    "reading": _Roots(("crawlblock.captures.build",)),
    "body": _Roots(("crawlblock.robots.sniff",)),
    "selection": _Roots(("crawlblock.captures.selection", "crawlblock.outcome"), _selection),
    "verdicts": _Roots(("crawlblock.robots.judge",), _crawlers),
    "authorship": _Roots(
        ("crawlblock.robots.authorship", "crawlblock.registry.known_templates"), _templates
    ),
    "signals": _Roots(
        ("crawlblock.robots.training_preference", "crawlblock.robots.header_signals"), _purposes
    ),
    "ineffective": _Roots(("crawlblock.robots.ineffective",), _crawlers),
}
_OF_A_TEXT = ("verdicts", "authorship", "signals", "ineffective")


@per_extra
def conclusion_digests() -> Mapping[str, str]:
    """Return a digest for each kind of conclusion; one made with another is out of date."""
    found = {
        name: digest(code_digest(*roots.modules), roots.data() if roots.data else "")
        for name, roots in _ROOTS.items()
    }
    together = module_digest("crawlblock.robots.meaning")  # which asks all that is about a text
    return found | {name: digest(found[name], together) for name in _OF_A_TEXT}


@per_extra
def stamp() -> str:
    """Return one digest for reading and all conclusions."""
    return digest(*(f"{name}={value}" for name, value in conclusion_digests().items()))


def registry_digest() -> str:
    """Return a digest of all the registry says, descriptions too, with the extra folder's files."""
    own = (f"{name}={made}" for name, made in extra().digests().items() if name in REGISTRIES)
    return digest(data_digest("registry"), *own)


def _kept(name: str, key: str, descriptive: set[str]) -> str:
    """Return what a registry file says apart from descriptions; the order of entries is none."""
    ordered = sorted(all_entries(name), key=lambda entry: str(entry[key]))
    kept = [{k: v for k, v in entry.items() if k not in descriptive} for entry in ordered]
    return json.dumps(kept, sort_keys=True, default=str)
