"""The script that derives the demo: sources that are absent or changed, looks that are too old."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from demo_corpora import (
    DIGESTS,
    NEWS,
    PRESS,
    TOP_DOMAINS,
    TOP_SITES,
    US_GOV,
    WEEKLY,
    Corpus,
    Version,
    check_sources,
)
from demo_facts import Policies, tokens_of
from demo_segments import Followed, cell, check_periods
from derive_demo import tell

from crawlblock.errors import InputError
from crawlblock.model import Crawl

CRAWLS = [Crawl(f"DEMO-{n}", datetime(2025, n, 1), datetime(2025, n, 14)) for n in range(1, 6)]


def test_absent_and_changed_sources(tmp_path: Path) -> None:
    """The script names each source that is absent or has changed, and stops."""
    changed = tmp_path / next(iter(DIGESTS))
    changed.parent.mkdir(parents=True)
    changed.write_bytes(b"other")
    with pytest.raises(SystemExit) as stopped:
        check_sources(tmp_path)
    said = str(stopped.value).splitlines()
    assert said[0].startswith(f"{changed}: changed (SHA-256 ")
    assert sum(line.endswith(": absent") for line in said) == len(DIGESTS) - 1


def test_sources_are_those_that_were_used(shared: Path) -> None:
    """The sources at hand are those that the bundled facts come from."""
    check_sources(shared)


@pytest.mark.parametrize(("days", "counts"), [(0, True), (14, True), (15, False)])
def test_an_old_file_is_not_carried_on(days: int, counts: bool) -> None:
    """What a source found counts for a crawl if it looked not long before the crawl's end."""
    seen = datetime(2025, 1, 1)
    version = Version(seen, seen, "200", b"")
    corpus = Corpus("x", (seen,), WEEKLY, {"a.com": [version]})
    found = corpus.in_force("a.com", seen + timedelta(days=days))
    assert found == (version if counts else None)


def test_a_site_of_two_sources_has_the_newest_look() -> None:
    """Of a site in two segments the newest look counts, whatever each source carried forward."""
    old, new = datetime(2025, 1, 2), datetime(2025, 1, 9)
    corpora = {
        name: Corpus(name, (), WEEKLY, {}) for name in (TOP_SITES, US_GOV, NEWS, PRESS, TOP_DOMAINS)
    }
    for name, seen, body in ((TOP_SITES, old, b"User-agent: *"), (NEWS, new, b"Disallow: /")):
        version = Version(seen, seen, "200", body)
        corpora[name] = Corpus(name, (seen,), WEEKLY, {"a.com": [version]})
    followed = Followed(corpora, CRAWLS)
    assert all("a.com" in followed.members[name] for name in ("top sites", "news"))
    policies = Policies(tokens_of(None))
    fact = tell(followed, "a.com", CRAWLS[0], policies)
    assert fact is not None and fact.policy == policies.number(b"Disallow: /")
    assert tell(followed, "a.com", CRAWLS[4], policies) is None  # too long ago


def test_days_in_cells() -> None:
    """Crawls that follow one another are one span; a fact outside of all spans is an error."""
    followed = [CRAWLS[0], CRAWLS[1], CRAWLS[3]]
    assert (
        cell("news", followed, CRAWLS) == "news 2025-01-01/2025-02-01; news 2025-04-01/2025-04-01"
    )
    days = {"news": {"a.com": followed}}
    check_periods([("a.com", "DEMO-4")], days)
    with pytest.raises(InputError, match="DEMO-3 is outside of the days of its segments"):
        check_periods([("a.com", "DEMO-3")], days)
