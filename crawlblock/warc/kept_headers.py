"""The headers of an answer that are kept, and how several of one name become one."""

import json
from collections.abc import Iterable

# Response headers worth keeping: what kind of answer it was, who gave it, and signals beside the
# rules (AIPREF's Content-Usage, TDMRep, RSL's Link, X-Robots-Tag).
KEPT_HEADERS = frozenset(
    {
        "cf-mitigated",
        "cf-ray",
        "content-signal",
        "content-type",
        "content-usage",
        "last-modified",
        "link",
        "location",
        "retry-after",
        "server",
        "tdm-policy",
        "tdm-reservation",
        "via",
        "x-amz-cf-id",
        "x-akamai-request-id",
        "x-cache",
        "x-served-by",
        "x-robots-tag",
    }
)
# Of these an answer may have several, which mean the same as one with all of their values.
_LISTS = frozenset({"content-signal", "content-usage", "link", "via", "x-robots-tag"})


def headers_kept(given: Iterable[tuple[object, object]]) -> str | None:
    """Return the headers worth keeping as a JSON object, None if there are none."""
    kept: dict[str, object] = {}
    for name, value in ((str(name).lower(), value) for name, value in given):
        if name in KEPT_HEADERS and value is not None:
            kept[name] = f"{kept[name]}, {value}" if name in kept and name in _LISTS else value
    return json.dumps(kept) if kept else None


def joined(name: str, earlier: bytes, line: bytes) -> bytes:
    """Return the line of a header with the values of the same one before (RFC 9110 5.3)."""
    if name not in _LISTS:
        return line
    return earlier.rstrip() + b", " + line.partition(b":")[2].strip()
