"""The keys of the registry's entries: which an entry must have, and what their values must be."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from crawlblock.errors import did_you_mean
from crawlblock.model import Honours, Openness, Purpose

Check = Callable[[Any], str | None]  # what to write in place of a value, None if it is right
Keys = Mapping[str, tuple[bool, Check]]  # whether an entry must have the key, and the check

_ADDRESS = re.compile(r"https?://[^\s/]+\.[^\s/]+(/\S*)?")
EVENT_KINDS = (
    "documented", "listed", "retired", "default", "vendor_switch", "vendor_default",
    "archive_block", "standard",
)  # fmt: skip
_TEMPLATE_KINDS = (
    "cdn", "site_builder", "cms", "hosting", "plugin", "ad_network", "list", "platform",
)  # fmt: skip
_EXTENTS = ("block", "paragraph", "lines", "rest", "file")


def _text(value: Any) -> str | None:
    return None if isinstance(value, str) else "write a text in quotes"


def _address(value: Any) -> str | None:
    good = isinstance(value, str) and _ADDRESS.fullmatch(value)
    return None if good else "write an address such as https://example.com/bot"


def _flag(value: Any) -> str | None:
    return None if isinstance(value, bool) else "write true or false"


def _number(value: Any) -> str | None:
    return None if type(value) in (int, float) else "write a number"


def _day(value: Any) -> str | None:
    return None if type(value) is date else "write a day without quotes, such as 2026-11-01"


def _texts(value: Any) -> str | None:
    good = isinstance(value, list) and all(isinstance(each, str) and each for each in value)
    return None if good else 'write a list of texts, such as ["ExampleBot"]'


def _tables(value: Any) -> str | None:
    good = isinstance(value, list) and all(isinstance(each, dict) for each in value)
    return None if good else "write each as a table of its own, in double brackets"


def _rules(value: Any) -> str | None:
    good = not _texts(value) and all(":" in rule for rule in value)
    return None if good else 'write a list of rules, such as ["Disallow: /"]'


def _one_of(words: Iterable[str]) -> Check:
    known = tuple(words)
    return lambda value: None if value in known else f"write one of {', '.join(known)}"


KEYS: Mapping[str, Keys] = {
    "crawler": {
        "token": (True, _text), "operator": (True, _text), "purpose": (False, _one_of(Purpose)),
        "openness": (False, _one_of(Openness)), "ai": (True, _flag), "obeys": (False, _texts),
        "web_archive": (False, _flag), "national_library": (False, _flag),
        "wildcard": (False, _flag), "honours": (False, _one_of(Honours)),
        "documented_since": (False, _day), "retired": (False, _day), "url": (True, _address),
        "source": (False, _address), "second_hand": (False, _flag), "as_of": (False, _day),
        "aliases": (False, _texts), "earlier": (False, _tables),
    },
    "event": {
        "id": (True, _text), "date": (True, _day), "until": (False, _day),
        "kind": (True, _one_of(EVENT_KINDS)), "tokens": (True, _texts), "title": (True, _text),
        "source": (True, _address), "providers": (False, _texts), "segments": (False, _texts),
        "second_hand": (False, _flag),
    },
    "template": {
        "id": (True, _text), "title": (True, _text), "vendor": (True, _text),
        "kind": (True, _one_of(_TEMPLATE_KINDS)), "act": (True, _text), "evidence": (True, _text),
        "source": (False, _address), "blocks": (False, _texts), "likeness": (False, _number),
        "mark": (False, _tables), "group": (False, _tables), "versions": (False, _tables),
    },
}  # fmt: skip
# The keys of the tables inside an entry, by the key that has them.
_INSIDE: Mapping[str, Keys] = {
    "earlier": {"operator": (True, _text), "until": (True, _day), "source": (True, _address)},
    "mark": {
        "start": (True, _text), "extent": (False, _one_of(_EXTENTS)), "end": (False, _text),
        "also": (False, _texts), "absent": (False, _texts), "lines": (False, _texts),
    },
    "group": {"agents": (True, _texts), "rules": (True, _rules)},
    "versions": {"date": (True, _day), "added": (False, _texts), "removed": (False, _texts)},
}  # fmt: skip


def key_faults(entry: Mapping[str, Any], kind: str) -> Iterator[str]:
    """Yield what is wrong with the keys of a crawler, an event or a template."""
    yield from _faults(entry, KEYS[kind], kind)


def _faults(entry: Mapping[str, Any], keys: Keys, kind: str) -> Iterator[str]:
    for key in (key for key in entry if key not in keys):
        hint = did_you_mean(key, keys) or f"the keys are {', '.join(keys)}"
        yield f"`{key}` is no key of a {kind}; {hint}"
    for key, (needed, check) in keys.items():
        if key not in entry:
            if needed:
                yield f"it lacks `{key}`; add it"
        elif entry[key] == "":
            yield f"`{key}` is empty; fill it in{'' if needed else ', or leave it out'}"
        elif advice := check(entry[key]):
            yield f"`{key}` is {str(entry[key])[:60]}; {advice}"
        elif key in _INSIDE:
            for one in entry[key]:
                yield from (f"`{key}`: {fault}" for fault in _faults(one, _INSIDE[key], key))
