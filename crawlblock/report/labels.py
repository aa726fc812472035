"""How numbers and definitions are said, on the page and in the terminal alike."""

from collections import Counter
from collections.abc import Iterable

DASH = "\N{EN DASH}"
DEFINITIONS = {
    "root": "robots.txt forbids /, by the crawler's name or for all crawlers",
    "access": "/ may not be fetched, by robots.txt or by the HTTP status of its request",
    "full": "nothing may be fetched",
    "all_but": "only what an Allow rule opens may be fetched",
    "partial": "some paths are blocked, / is not",
    "any": "some path is blocked",
}
RESTRICTIONS = {  # verdicts, from the strictest
    "full": "fully blocked",
    "all_but": "blocked with exceptions",
    "partial": "partly blocked",
    "none": "no path blocked",
    "unknown": "unknown",
}
HTTP_PROFILES = {
    "rfc9309": "HTTP statuses as in RFC 9309: 4xx allows, 5xx blocks",
    "ccbot": "HTTP statuses as Common Crawl's crawler reads them: 403 blocks, 429 and 5xx defer, "
    "other 4xx allow",
}
NO_WEIGHT = "no weight of these hosts is stored"
POPULATIONS = {
    "panel": "hosts of the panel",
    "captured": "the hosts captured in each snapshot, which differ,",
}

_ORIGINS = {  # in the order they are shown
    "alone": "this site's own rules",
    "shared": "rules that other sites share, author unknown",
    "copied": "a published list",
    "group": "a company's rules for all of its sites",
    "default": "a platform's default",
    "switch": "a platform's switch",
    "wildcard": "a rule for all crawlers",
}
ORIGINS = tuple(_ORIGINS.values())
_AUTHORS = {"own": "rules of no known template", "wildcard": "a rule for all crawlers"}


def author(name: str, act: str | None = None) -> str:
    """Return in words who wrote the rule that blocks; `act` is how a template gets onto a site."""
    how = f" ({_ORIGINS[act]})" if act else ""
    return _AUTHORS.get(name, f"the template {name}{how}")


def origin_words(origin: str) -> str:
    """Return in words where rules that block come from."""
    return _ORIGINS[origin]


def percent(share: float | None) -> str:
    """Return a share from 0 to 1 in percent with one decimal, a dash for None."""
    return DASH if share is None else f"{share * 100:.1f} %"


def interval(low: float | None, high: float | None) -> str:
    """Return an interval of shares in percent, a dash for None."""
    return DASH if low is None or high is None else f"{low * 100:.1f}{DASH}{high * 100:.1f} %"


def points(before: float, after: float) -> str:
    """Return a change between shares in percentage points, with its sign."""
    return f"{round((after - before) * 100, 1) + 0.0:+.1f}"


def not_compared(differs: Iterable[str], where: str) -> str:
    """Return how many published figures are listed and not compared, by what differs.

    `differs` has for each in what it differs; `where` names what has all of them.  Without any the
    text is empty.
    """
    counts = Counter(differs)
    if not counts:
        return ""
    by_reason = ", ".join(
        f"{_in_words(each)} ({count:,})"
        for each, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    )
    return (
        f"{sum(counts.values()):,} pairs of a published figure and one of ours do not measure the "
        f"same thing. They are listed and not compared. They differ in {by_reason}. {where} has "
        "each of them with the reason."
    )


def _in_words(listed: str) -> str:
    *before, last = listed.split(", ")
    return f"{', '.join(before)} and {last}" if before else last
