"""How numbers and definitions are said, on the page and in the terminal alike."""

DASH = "\N{EN DASH}"
DEFINITIONS = {
    "root": "/ may not be fetched, be it by name, by the wildcard * or by the server's status",
    "full": "nothing may be fetched",
    "all_but": "everything under / is refused but what an Allow rule opens",
    "partial": "some paths are refused, / is not",
    "any": "some path is refused",
}
HTTP_PROFILES = {
    "rfc9309": "HTTP statuses read as in RFC 9309 (4xx opens, 5xx closes)",
    "ccbot": "HTTP statuses read as by Common Crawl's crawler (403 closes, 429 and 5xx put off, "
    "other 4xx open)",
}
NO_WEIGHT = "no weight of these hosts is stored"
POPULATIONS = {
    "panel": "hosts of the panel",
    "captured": "the hosts captured in each snapshot, not the same throughout,",
}

_ACTS = {
    "default": "a vendor's or platform's default",
    "switch": "a vendor's switch, whoever set it",
    "copied": "a text copied from a list",
}
_OWN, _ALL, _TEMPLATE = "a text of no known template", "a group for all crawlers", "a template"
WRITERS = (_OWN, _ALL, *_ACTS.values(), _TEMPLATE)  # in the order they are told
_AUTHORS = {"own": "a text of its own", "wildcard": "a group for all crawlers"}


def author(name: str) -> str:
    """Return in words whose text refuses."""
    return _AUTHORS.get(name, f"the template {name}")


def writer(authored_by: str, act: str | None) -> str:
    """Return in words what kind of author wrote a refusal, and how it got onto the site."""
    known = {"own": _OWN, "wildcard": _ALL}
    return known.get(authored_by) or _ACTS.get(act or "", _TEMPLATE)


def percent(share: float | None) -> str:
    """Return a share from 0 to 1 in percent with one decimal, a dash for None."""
    return DASH if share is None else f"{share * 100:.1f} %"


def interval(low: float | None, high: float | None) -> str:
    """Return an interval of shares in percent, a dash for None."""
    return DASH if low is None or high is None else f"{low * 100:.1f}{DASH}{high * 100:.1f} %"


def points(before: float, after: float) -> str:
    """Return a change between shares in percentage points, with its sign."""
    return f"{round((after - before) * 100, 1) + 0.0:+.1f}"
