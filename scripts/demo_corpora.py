"""The sources that the demo is derived from: what hosts answered, and when somebody looked."""

import csv
import hashlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from crawlblock.outcome import Outcome, outcome_of, status_outcome
from crawlblock.robots.sniff import body_of

TOP_SITES, US_GOV = "top_sites_weekly_2022_2024", "usgov_monthly_2020_2025"
NEWS, PRESS = "news_top100_2025_2026", "press_and_science_monthly_2025_2026"
TOP_DOMAINS = "top_domains_2025_12"
# Ages of a look from which it says nothing about a crawl.
WEEKLY, MONTHLY = timedelta(days=14), timedelta(days=35)
# The first 16 digits of the SHA-256 of each file: other bytes would give other facts.
DIGESTS = {
    "corpus/top_sites_weekly_2022_2024.parquet": "c128dc1de8a3c2b6",
    "corpus/top_sites_weekly_2022_2024.observed_at.csv": "c8d7f5b2139874cc",
    "corpus/usgov_monthly_2020_2025.parquet": "b55c5cc9ed9078e7",
    "corpus/usgov_monthly_2020_2025.observed_at.csv": "55ba5e0b69cc215c",
    "corpus/news_top100_2025_2026.parquet": "77f6cade6fc7301b",
    "corpus/press_and_science_monthly_2025_2026.parquet": "c27c4af65eed8f33",
    "corpus/top_domains_2025_12.parquet": "2f35b5ff08a39e91",
    "commoncrawl/collinfo_2025-11.json": "4b1ca97ba82fac9f",
    "ranks/tranco_top_100k_2026-08.parquet": "dcdc38a211cf8855",
    "weights/top_2000_c4_annotated.csv": "f703dc3faf0848e7",
}
NETWORK = {
    "error_dns": Outcome.DNS,
    "error_timeout": Outcome.TIMEOUT,
    "error_ssl": Outcome.TLS,
    "error_refused": Outcome.CONNECTION_REFUSED,
    "error_other": Outcome.UNREACHABLE,
}
PAGES = ("html", "other_text")


@dataclass(frozen=True, slots=True)
class Version:
    """What a host answered for some time."""

    first_seen: datetime  # UTC
    last_seen: datetime  # UTC, of the last fetch that found it so
    word: str  # the source's status
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Corpus:
    """A source with the times at which it looked."""

    name: str
    observed: tuple[datetime, ...]  # UTC, ascending
    oldest: timedelta  # age of a look from which it says nothing about a crawl
    versions: Mapping[str, Sequence[Version]]  # by host

    def look(self, moment: datetime) -> datetime | None:
        """Return the last time it looked, up to a moment; None if that is too long ago."""
        place = bisect_right(self.observed, moment)
        if not place or moment - self.observed[place - 1] > self.oldest:
            return None
        return self.observed[place - 1]

    def in_force(self, host: str, moment: datetime) -> Version | None:
        """Return what the last look up to a moment found; None if the host was not looked at."""
        seen = self.look(moment)
        if seen is None:
            return None
        found = (v for v in self.versions.get(host, ()) if v.first_seen <= seen <= v.last_seen)
        return next(found, None)


def check_sources(shared: Path) -> None:
    """Raise SystemExit, naming them, where sources are absent or have changed."""
    wrong = []
    for name, expected in DIGESTS.items():
        path = shared / name
        if not path.exists():
            wrong.append(f"{path}: absent")
        elif (found := hashlib.sha256(path.read_bytes()).hexdigest()[:16]) != expected:
            wrong.append(f"{path}: changed (SHA-256 {found}…, expected {expected}…)")
    if wrong:
        raise SystemExit("\n".join([*wrong, "restore these files, or review what changed"]))


def read_corpora(folder: Path) -> dict[str, Corpus]:
    """Return the five sources by name."""
    weekly = sorted({utc(row["date"]) for row in looks(folder, TOP_SITES)})
    months = {row["month"]: utc(row["observed_at"]) for row in looks(folder, US_GOV)}
    found = [
        Corpus(TOP_SITES, tuple(weekly), WEEKLY, versions(folder, TOP_SITES, {})),
        Corpus(US_GOV, tuple(sorted(months.values())), MONTHLY, versions(folder, US_GOV, months)),
        *(snapshots(folder, name) for name in (NEWS, PRESS, TOP_DOMAINS)),
    ]
    return {corpus.name: corpus for corpus in found}


def looks(folder: Path, name: str) -> list[dict[str, str]]:
    """Return the rows of a source's list of observation times."""
    return list(csv.DictReader((folder / f"{name}.observed_at.csv").read_text().splitlines()))


def versions(folder: Path, name: str, months: Mapping[str, datetime]) -> dict[str, list[Version]]:
    """Return the rows by host of a source that gives spans of time."""
    found: dict[str, list[Version]] = defaultdict(list)
    for host, first, last, word, body in pl.read_parquet(folder / f"{name}.parquet").iter_rows():
        seen = [months[time] if months else utc(time) for time in (first, last)]
        found[host].append(Version(seen[0], seen[1], word, body))
    return found


def snapshots(folder: Path, name: str) -> Corpus:
    """Return a source that gives one answer per host and date; two of a day count as the last."""
    frame = pl.read_parquet(folder / f"{name}.parquet")
    time = "fetch_time" if "fetch_time" in frame.columns else "first_seen"
    found: dict[str, dict[datetime, Version]] = defaultdict(dict)
    for host, stated, status, body in frame.select("host", time, "status", "body").iter_rows():
        seen = datetime.fromisoformat(stated)
        word = "error_other" if status is None else f"http_{status}"
        if str(status) == "200" and body is not None:
            word = "200"
        found[host][seen] = Version(seen, seen, word, body)
    observed = sorted({seen for rows in found.values() for seen in rows})
    return Corpus(
        name, tuple(observed), MONTHLY, {host: list(rows.values()) for host, rows in found.items()}
    )


def utc(text: str) -> datetime:
    """Return an ISO time as naive UTC."""
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def read_word(version: Version) -> tuple[int | None, Outcome, bytes | None]:
    """Return status, outcome and the body to judge of what a source says in a word.

    A 200 of which the source kept no body is not captured: nobody knows what it said.
    """
    word, body = version.word, version.body
    if word == "empty" or (body is not None and word in ("robots", "200")):
        outcome = outcome_of(200, None, body_of(body or b""), True, False)
        return 200, outcome, (body or b"") if outcome is Outcome.OK else None
    if word in NETWORK:
        return None, NETWORK[word], None
    if word in PAGES:
        return 200, Outcome.NOT_ROBOTS, None
    if word == "error_redirects":
        return 301, Outcome.REDIRECT_UNRESOLVED, None
    if word in ("http_200", "robots_over_512KiB"):
        return None, Outcome.NOT_CAPTURED, None
    status = int(word.removeprefix("http_"))
    return status, status_outcome(status), None
