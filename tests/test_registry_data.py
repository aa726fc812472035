"""Checks of the registry's data files, read as they are, without the code that loads them."""

import re
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.own_code

REGISTRY = Path(__file__).parent.parent / "crawlblock" / "registry"

CRAWLER_KEYS = (
    "token",
    "operator",
    "purpose",
    "openness",
    "ai",
    "documented_since",
    "retired",
    "url",
    "aliases",
)
REQUIRED_CRAWLER_KEYS = {"token", "operator", "openness", "ai", "url"}
BREAK_KEYS = ["id", "date", "crawl", "title", "effect", "source"]
EVENT_KEYS = {"id", "date", "kind", "tokens", "title", "source"}
OPTIONAL_EVENT_KEYS = {"until", "providers", "segments", "second_hand"}
DOCUMENTED = {"documented", "listed"}
EVENT_KINDS = DOCUMENTED | {
    "retired", "default", "vendor_switch", "vendor_default", "archive_block", "standard"
}  # fmt: skip
PURPOSES = {"training", "search", "assistant", "archive"}
KEY_TOKENS = {
    "Applebot",
    "Applebot-Extended",
    "Bytespider",
    "CCBot",
    "ChatGPT-User",
    "ClaudeBot",
    "GPTBot",
    "Google-Extended",
    "Googlebot",
    "OAI-SearchBot",
    "PerplexityBot",
    "archive.org_bot",
    "meta-externalagent",
}
NON_VALUE = re.compile(r"\b(unclear|unknown|undocumented|n/a|none|tbd|todo)\b", re.IGNORECASE)


def read_tables(file_name: str, key: str) -> list[dict[str, Any]]:
    """Return the tables under `key` of one registry file, in file order."""
    parsed = tomllib.loads((REGISTRY / file_name).read_text(encoding="utf-8"))
    assert list(parsed) == [key]
    tables: list[dict[str, Any]] = parsed[key]
    return tables


@pytest.fixture(scope="module")
def crawlers() -> list[dict[str, Any]]:
    """Return the crawlers as the file lists them."""
    return read_tables("crawlers.toml", "crawler")


@pytest.fixture(scope="module")
def breaks() -> list[dict[str, Any]]:
    """Return the breaks as the file lists them."""
    return read_tables("breaks.toml", "break")


@pytest.fixture(scope="module")
def events() -> list[dict[str, Any]]:
    """Return the public events as the file lists them."""
    return read_tables("events.toml", "event")


def today() -> date:
    """Return the current day in UTC."""
    return datetime.now(UTC).date()


def texts_of(table: dict[str, Any]) -> list[str]:
    """Return every string of a table, those of its lists included."""
    values = [
        item for value in table.values() for item in (value if isinstance(value, list) else [value])
    ]
    return [value for value in values if isinstance(value, str)]


def test_crawler_keys(crawlers: list[dict[str, Any]]) -> None:
    """Every crawler has the required keys, no key beyond the known ones, and keeps their order."""
    for crawler in crawlers:
        assert set(crawler) >= REQUIRED_CRAWLER_KEYS, crawler
        assert list(crawler) == [key for key in CRAWLER_KEYS if key in crawler], crawler


def test_crawler_values(crawlers: list[dict[str, Any]]) -> None:
    """Values have the right type and come from the fixed vocabulary where there is one."""
    for crawler in crawlers:
        assert crawler.get("purpose", "training") in PURPOSES, crawler
        assert crawler["openness"] in {"open", "closed"}, crawler
        assert isinstance(crawler["ai"], bool), crawler
        assert all(text and text == text.strip() for text in texts_of(crawler)), crawler
        assert crawler.get("aliases") != [], crawler


def test_tokens_are_unique(crawlers: list[dict[str, Any]]) -> None:
    """No name stands twice, be it token or alias, since agent lines ignore case."""
    names = [name.lower() for c in crawlers for name in (c["token"], *c.get("aliases", []))]
    assert sorted(names) == sorted(set(names))


def test_tokens_are_writable(crawlers: list[dict[str, Any]]) -> None:
    """Every token can stand on an agent line: printable ASCII without comment sign or wildcard."""
    for crawler in crawlers:
        assert re.fullmatch(r"[!-~]+( [!-~]+)*", crawler["token"]), crawler
        assert not set(crawler["token"]) & set("#*:"), crawler


def test_counts(crawlers: list[dict[str, Any]]) -> None:
    """The registry covers AI crawlers widely, keeps some for comparison and has open ones."""
    assert sum(c["ai"] for c in crawlers) >= 110
    assert sum(not c["ai"] for c in crawlers) >= 15
    assert sum(c["ai"] and c["openness"] == "open" for c in crawlers) >= 10
    assert {c["purpose"] for c in crawlers if c["ai"] and "purpose" in c} == PURPOSES


def test_key_tokens_exist(crawlers: list[dict[str, Any]]) -> None:
    """The tokens on which published figures rest are there, in their documented spelling."""
    assert {c["token"] for c in crawlers} >= KEY_TOKENS


def test_documented_days(crawlers: list[dict[str, Any]]) -> None:
    """The announcement days that the literature agrees on are the ones recorded."""
    since = {c["token"]: c.get("documented_since") for c in crawlers}
    assert since["GPTBot"] == date(2023, 8, 7)
    assert since["Google-Extended"] == date(2023, 9, 28)
    assert since["Applebot-Extended"] == date(2024, 6, 11)


def test_crawler_dates(crawlers: list[dict[str, Any]]) -> None:
    """Dates are plain TOML dates, none lies ahead, and nothing retires before it was documented."""
    for crawler in crawlers:
        days = [crawler[key] for key in ("documented_since", "retired") if key in crawler]
        assert all(type(day) is date for day in days), crawler
        assert all(day <= today() for day in days), crawler
        assert days == sorted(set(days)), crawler


def test_comparison_crawlers_have_other_purposes(crawlers: list[dict[str, Any]]) -> None:
    """A crawler kept for comparison is a search engine's or has no purpose of ours."""
    assert {c.get("purpose") for c in crawlers if not c["ai"]} == {"search", None}


def test_break_keys(breaks: list[dict[str, Any]]) -> None:
    """There are six breaks, each with exactly the documented keys, a slug and a short title."""
    assert len(breaks) == 6
    for each in breaks:
        assert list(each) == BREAK_KEYS
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", each["id"])
        assert re.fullmatch(r"CC-MAIN-20\d\d-\d\d", each["crawl"])
        assert 0 < len(each["title"]) <= 60
        assert each["effect"].endswith(".")
        assert ". " not in each["effect"]


def test_breaks_are_sorted(breaks: list[dict[str, Any]]) -> None:
    """Breaks are in order of time, by day and by crawl alike, and no id stands twice."""
    days = [each["date"] for each in breaks]
    crawls = [each["crawl"] for each in breaks]
    assert days == sorted(set(days))
    assert days[-1] <= today()
    assert crawls == sorted(set(crawls))
    assert len({each["id"] for each in breaks}) == len(breaks)


def test_break_date_fits_crawl(breaks: list[dict[str, Any]]) -> None:
    """A break's day lies within five weeks before the end of the week its crawl is named for."""
    for each in breaks:
        year, week = map(int, each["crawl"].removeprefix("CC-MAIN-").split("-"))
        assert 0 <= (date.fromisocalendar(year, week, 7) - each["date"]).days <= 35, each["id"]


def test_events(events: list[dict[str, Any]], crawlers: list[dict[str, Any]]) -> None:
    """Events are in order of time, have known kinds and crawlers, and no id stands twice."""
    known = {c["token"] for c in crawlers}
    days = [each["date"] for each in events]
    assert days == sorted(days)
    assert len({each["id"] for each in events}) == len(events)
    providers = {each["provider"] for each in read_tables("providers.toml", "provider")}
    for each in events:
        assert EVENT_KEYS <= set(each) <= EVENT_KEYS | OPTIONAL_EVENT_KEYS, each["id"]
        assert each["kind"] in EVENT_KINDS, each["id"]
        assert (each["tokens"] or each["kind"] == "standard") and set(each["tokens"]) <= known
        assert each["date"] <= each.get("until", each["date"]) <= today(), each["id"]
        assert set(each.get("providers", ())) <= providers, each["id"]
        assert each.get("second_hand", True) is True, each["id"]
        assert all(each.get(key, True) for key in OPTIONAL_EVENT_KEYS), each["id"]


def test_documented_tokens_have_events(
    events: list[dict[str, Any]], crawlers: list[dict[str, Any]]
) -> None:
    """Most crawlers with a day have the event that it comes from."""
    dated = {c["token"] for c in crawlers if "documented_since" in c}
    told = {t for each in events if each["kind"] in DOCUMENTED for t in each["tokens"]}
    assert len(dated & told) >= 110


def test_event_days_are_the_crawlers(
    events: list[dict[str, Any]], crawlers: list[dict[str, Any]]
) -> None:
    """A crawler counts from the day that its event names, and is retired on it."""
    keys = {"documented": "documented_since", "listed": "documented_since", "retired": "retired"}
    entries = {c["token"]: c for c in crawlers}
    for each in events:
        for token in each["tokens"] if each["kind"] in keys else ():
            assert entries[token][keys[each["kind"]]] == each["date"], (each["id"], token)


def test_urls(
    crawlers: list[dict[str, Any]], breaks: list[dict[str, Any]], events: list[dict[str, Any]]
) -> None:
    """Every source is a web address without blanks, so that a reader can check the fact."""
    for url in [c["url"] for c in crawlers] + [each["source"] for each in breaks + events]:
        assert re.fullmatch(r"https?://[^\s/]+\.[^\s/]+(/\S*)?", url), url


def test_no_value_stands_for_nothing(
    crawlers: list[dict[str, Any]], breaks: list[dict[str, Any]]
) -> None:
    """What is not known is left out rather than spelled with a word for not knowing."""
    for table in crawlers + breaks:
        assert not [text for text in texts_of(table) if NON_VALUE.search(text)], table
