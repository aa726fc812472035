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
_FIRST = frozenset({"location"})  # of several the first counts, as for curl


def headers_kept(given: Iterable[tuple[object, object]]) -> str | None:
    """Return the headers worth keeping as a JSON object of texts, None if there are none.

    A value may be a text, a number, or a list of them for several headers of one name.
    """
    kept: dict[str, str] = {}
    for name, value in given:
        key = str(name).lower()
        if key not in KEPT_HEADERS:
            continue
        for each in value if isinstance(value, (list, tuple)) else (value,):
            if isinstance(each, bool) or not isinstance(each, (str, int, float)):
                continue
            text = str(each).encode("utf-8", "replace").decode()  # JSON may have half characters
            if key in kept and key in _LISTS:
                kept[key] += f", {text}"
            elif key not in kept or key not in _FIRST:
                kept[key] = text
    return json.dumps(kept) if kept else None


def joined(name: str, earlier: bytes, line: bytes) -> bytes:
    """Return the line of a header with the values of the same one before (RFC 9110 5.3)."""
    if name in _FIRST:
        return earlier
    if name not in _LISTS:
        return line
    return earlier.rstrip() + b", " + line.partition(b":")[2].strip()
