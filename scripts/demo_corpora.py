"""The corpora that the demo is derived from: what hosts answered, and when somebody looked."""

import csv
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from crawlblock.outcome import Outcome, outcome_of, status_outcome
from crawlblock.robots.sniff import body_of

TOP_SITES, US_GOV = "top_sites_weekly_2022_2024", "usgov_monthly_2020_2025"
WORDS = {
    "html": Outcome.NOT_ROBOTS,
    "other_text": Outcome.NOT_ROBOTS,
    "error_dns": Outcome.DNS,
    "error_timeout": Outcome.TIMEOUT,
    "error_ssl": Outcome.TLS,
    "error_refused": Outcome.CONNECTION_REFUSED,
    "error_other": Outcome.UNREACHABLE,
    "error_redirects": Outcome.REDIRECT_UNRESOLVED,
    "robots_over_512KiB": Outcome.TOO_LARGE,
}
ANSWERED = {Outcome.NOT_ROBOTS: 200, Outcome.TOO_LARGE: 200, Outcome.REDIRECT_UNRESOLVED: 301}


@dataclass(frozen=True, slots=True)
class Version:
    """What a host answered for some time."""

    first_seen: datetime  # UTC
    last_seen: datetime  # UTC, of the last fetch that found it so
    word: str  # the corpus's status
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Corpus:
    """A corpus with the times at which it looked."""

    name: str
    observed: tuple[datetime, ...]  # UTC, ascending
    versions: Mapping[str, list[Version]]  # by host

    def look(self, moment: datetime) -> datetime:
        """Return the last time it looked, up to a moment."""
        return self.observed[bisect_right(self.observed, moment) - 1]

    def in_force(self, host: str, moment: datetime) -> Version | None:
        """Return what the last look up to a moment found; None if the host was not looked at."""
        seen = self.look(moment)
        found = (v for v in self.versions[host] if v.first_seen <= seen <= v.last_seen)
        return next(found, None)


def read_corpora(folder: Path) -> tuple[Corpus, Corpus]:
    """Return the two corpora; US_GOV gives months, each with the time at which it looked."""
    observed = sorted({utc(row["date"]) for row in looks(folder, TOP_SITES)})
    weekly = Corpus(TOP_SITES, tuple(observed), versions(folder, TOP_SITES, {}))
    months = {row["month"]: utc(row["observed_at"]) for row in looks(folder, US_GOV)}
    monthly = Corpus(US_GOV, tuple(sorted(months.values())), versions(folder, US_GOV, months))
    return weekly, monthly


def looks(folder: Path, name: str) -> list[dict[str, str]]:
    """Return the rows of a corpus's list of observation times."""
    return list(csv.DictReader((folder / f"{name}.observed_at.csv").read_text().splitlines()))


def versions(folder: Path, name: str, months: Mapping[str, datetime]) -> dict[str, list[Version]]:
    """Return a corpus's rows by host."""
    found: dict[str, list[Version]] = defaultdict(list)
    for host, first, last, word, body in pl.read_parquet(folder / f"{name}.parquet").iter_rows():
        seen = [months[time] if months else utc(time) for time in (first, last)]
        found[host].append(Version(seen[0], seen[1], word, body))
    return found


def utc(text: str) -> datetime:
    """Return an ISO time as naive UTC."""
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def read_word(version: Version) -> tuple[int | None, Outcome, bytes | None]:
    """Return status, outcome and the body to judge of what a corpus says in a word."""
    word, body = version.word, version.body
    if word == "empty" or (body is not None and word in ("robots", "200")):
        outcome = outcome_of(200, None, body_of(body or b""), True, False)
        return 200, outcome, (body or b"") if outcome is Outcome.OK else None
    if word in WORDS:
        outcome = WORDS[word]
        return ANSWERED.get(outcome), outcome, None
    status = int(word.removeprefix("http_"))
    return status, status_outcome(status), None
