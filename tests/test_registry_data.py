"""Checks of the registry's data files, read as they are, without the code that loads them."""

import re
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from crawlblock import registry
from crawlblock.registry import AFFECTED

pytestmark = pytest.mark.own_code

REGISTRY = Path(__file__).parent.parent / "crawlblock" / "registry"

CRAWLER_KEYS = (
    "token",
    "operator",
    "purpose",
    "openness",
    "ai",
    "web_archive",
    "national_library",
    "obeys",
    "wildcard",
    "honours",
    "documented_since",
    "retired",
    "url",
    "source",
    "second_hand",
    "as_of",
    "aliases",
    "earlier",
)
REQUIRED_CRAWLER_KEYS = {"token", "operator", "openness", "ai", "url", "as_of"}
EARLIER_KEYS = ["operator", "until", "source"]
BREAK_KEYS = [
    "id", "date", "crawl", "last_crawl", "title", "affects", "effect", "handled", "source",
]  # fmt: skip
OPTIONAL_BREAK_KEYS = {"last_crawl", "handled"}
PURPOSES = {"training", "ai_search", "agent", "search", "archive", "other"}
HONOURS = {"yes", "no", "partly"}
EVENT_KEYS = {"id", "date", "kind", "tokens", "title", "source"}
OPTIONAL_EVENT_KEYS = {"until", "providers", "segments", "second_hand"}
DOCUMENTED = {"documented", "listed"}
EVENT_KINDS = DOCUMENTED | {
    "retired", "default", "vendor_switch", "vendor_default", "archive_block", "standard"
}  # fmt: skip
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
    "MistralAI-Training",
    "OAI-SearchBot",
    "PerplexityBot",
    "archive.org_bot",
    "meta-externalagent",
}
PRODUCT_TOKEN = re.compile(r"[A-Za-z_-]+")  # RFC 9309
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
        assert crawler.get("honours", "yes") in HONOURS, crawler
        assert crawler.get("wildcard", False) is False, crawler
        assert crawler.get("second_hand", True) is True, crawler
        assert all(text and text == text.strip() for text in texts_of(crawler)), crawler
        assert crawler.get("aliases") != [], crawler
        assert crawler.get("earlier") != [], crawler
        assert crawler.get("source") != crawler["url"], crawler
        assert "source" in crawler or "second_hand" not in crawler, crawler


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
    assert sum("purpose" in c for c in crawlers) >= 0.85 * len(crawlers)


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
    """Dates are plain TOML dates, none is ahead, and nothing retires before it was documented."""
    for crawler in crawlers:
        days = [crawler[key] for key in ("documented_since", "retired") if key in crawler]
        assert all(type(day) is date for day in [*days, crawler["as_of"]]), crawler
        assert all(day <= today() for day in [*days, crawler["as_of"]]), crawler
        assert days == sorted(set(days)), crawler
        assert crawler.get("documented_since", crawler["as_of"]) <= crawler["as_of"], crawler


def test_periods_of_a_name(crawlers: list[dict[str, Any]]) -> None:
    """Those who used a name before are in order of time, and gone before it was documented anew."""
    reused = {c["token"]: c["earlier"] for c in crawlers if "earlier" in c}
    assert set(reused) >= {"ExaBot", "ia_archiver"}
    for crawler in crawlers:
        spans = crawler.get("earlier", [])
        assert all(list(span) == EARLIER_KEYS for span in spans), crawler
        ends = [span["until"] for span in spans]
        assert all(type(day) is date for day in ends), crawler
        assert ends == sorted(set(ends)), crawler
        assert all(day < crawler.get("documented_since", crawler["as_of"]) for day in ends), crawler
        assert all(span["operator"] != crawler["operator"] for span in spans), crawler


def test_obeyed_tokens(crawlers: list[dict[str, Any]]) -> None:
    """A crawler obeys its own token first, then others that a file can name, none of them twice."""
    known = {c["token"].lower() for c in crawlers}
    for crawler in crawlers:
        if "obeys" not in crawler:
            continue
        first, *others = crawler["obeys"]
        assert first == crawler["token"], crawler
        assert others, crawler
        names = [name.lower() for name in crawler["obeys"]]
        assert len(names) == len(set(names)), crawler
        assert all(PRODUCT_TOKEN.fullmatch(name) or name in known for name in names), crawler


def test_obeyed_tokens_have_no_cycle(crawlers: list[dict[str, Any]]) -> None:
    """No crawler obeys another that obeys it in turn, directly or through others."""
    obeyed = {c["token"].lower(): [t.lower() for t in c.get("obeys", [])[1:]] for c in crawlers}

    def reached(token: str, path: tuple[str, ...]) -> None:
        assert token not in path, (*path, token)
        for other in obeyed.get(token, []):
            reached(other, (*path, token))

    for token in obeyed:
        reached(token, ())


def test_documented_fallbacks(crawlers: list[dict[str, Any]]) -> None:
    """Fallbacks and ignored wildcards that operators document are the ones recorded."""
    obeys = {c["token"]: c.get("obeys") for c in crawlers}
    assert obeys["GoogleOther-Image"] == ["GoogleOther-Image", "GoogleOther"]
    assert obeys["Google-CloudVertexBot"] == ["Google-CloudVertexBot", "Googlebot"]
    assert obeys["YandexBot"] == ["YandexBot", "Yandex"]
    assert obeys["Applebot"] == ["Applebot", "Googlebot"]
    assert obeys["bingbot"] == ["bingbot", "msnbot"]
    own_only = {c["token"] for c in crawlers if "wildcard" in c}
    assert own_only >= {"AdsBot-Google", "AdsBot-Google-Mobile", "APIs-Google"}
    assert "Mediapartners-Google" in own_only and "Googlebot" not in own_only


def test_comparison_crawlers_have_other_purposes(crawlers: list[dict[str, Any]]) -> None:
    """A crawler kept for comparison is a search engine's or has a purpose beside ours."""
    assert {c.get("purpose") for c in crawlers if not c["ai"]} == {"search", "other"}


def test_break_keys(breaks: list[dict[str, Any]]) -> None:
    """Each break has the documented keys in order, a slug, a short title and what it affects."""
    assert len(breaks) >= 13
    for each in breaks:
        assert list(each) == [key for key in BREAK_KEYS if key in each]
        assert set(BREAK_KEYS) - set(each) <= OPTIONAL_BREAK_KEYS
        assert each["affects"] and set(each["affects"]) <= AFFECTED
        assert "handled" not in each or (REGISTRY.parent.parent / each["handled"]).is_file()
        assert each.get("last_crawl", each["crawl"]) >= each["crawl"]
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", each["id"])
        assert re.fullmatch(r"CC-MAIN-20\d\d-\d\d", each["crawl"])
        assert 0 < len(each["title"]) <= 60
        assert each["effect"].endswith(".")
        assert ". " not in each["effect"]


def test_breaks_are_sorted(breaks: list[dict[str, Any]]) -> None:
    """Breaks are in order of time, by day and by crawl alike, and no id stands twice."""
    days = [each["date"] for each in breaks]
    crawls = [each["crawl"] for each in breaks]
    assert days == sorted(days)
    assert days[-1] <= today()
    assert crawls == sorted(crawls)
    assert len({each["id"] for each in breaks}) == len(breaks)


def test_what_stops_a_forecast() -> None:
    """What affects digests or headers alone is no break of shares; wrong words are refused."""
    minding = {b.id for b in registry.breaks() if {"coverage", "verdicts"} & set(b.affects)}
    assert {"redirects-apart", "text-only", "server-errors-defer", "five-redirects"} <= minding
    assert not minding & {"five-mebibytes", "redirect-column", "line-end-too-many"}
    for wrong in ((), ("digests", "weather")):
        with pytest.raises(ValueError, match="name some of"):
            registry._break({"id": "b", "affects": wrong})


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
    documented = {t for each in events if each["kind"] in DOCUMENTED for t in each["tokens"]}
    assert len(dated & documented) >= 110


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
    spans = [span for c in crawlers for span in c.get("earlier", [])]
    sources = [each["source"] for each in [*crawlers, *spans, *breaks, *events] if "source" in each]
    for url in [c["url"] for c in crawlers] + sources:
        assert re.fullmatch(r"https?://[^\s/]+\.[^\s/]+(/\S*)?", url), url


def test_no_value_stands_for_nothing(
    crawlers: list[dict[str, Any]], breaks: list[dict[str, Any]]
) -> None:
    """What is not known is left out rather than spelled with a word for not knowing."""
    for table in crawlers + breaks:
        assert not [text for text in texts_of(table) if NON_VALUE.search(text)], table
