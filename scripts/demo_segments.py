"""Which hosts the demo follows, as part of which segment, and from when to when."""

import csv
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
from demo_corpora import NEWS, PRESS, TOP_DOMAINS, TOP_SITES, US_GOV, Corpus, Version

from crawlblock.errors import InputError
from crawlblock.hosts import public_suffix, registered_domain
from crawlblock.model import Crawl

SAMPLED = 400  # hosts of US_GOV
LATE = (NEWS, PRESS, TOP_DOMAINS)
# Labelled by hand: what PRESS follows that is a newspaper, magazine or broadcaster, and what is a
# publisher of science, a library, a reference work or an archive.
LABELS = Path(__file__).with_name("demo_labels.csv")
BANDS = ((1_000, "top 1k"), (10_000, "1k to 10k"))
# Country codes that are used for other things.
NOT_COUNTRIES = {"ai", "cc", "co", "eu", "fm", "gg", "io", "ly", "me", "so", "to", "tv", "ws"}
PERIODICALS = "Periodicals"  # a kind of the hand labels; those in a list of the press are ones


Look = tuple[datetime, Corpus, str, Version]  # when, by whom, at which host, what it found


@dataclass(frozen=True, slots=True)
class Segment:
    """Hosts that were followed for one reason."""

    name: str
    sources: tuple[str, ...]
    bias: str
    sample: bool = False  # a simple random one, of more hosts
    whole: bool = False  # followed as one: whoever was not asked is unknown, not left out


SEGMENTS = (
    Segment("top sites", (TOP_SITES,), "a list of popular sites of 2022, not a sample; after a "
            "failed fetch the source kept the older file, so no site is unknown"),
    Segment("US government", (US_GOV,), "a simple random sample of all hosts that the source has "
            "in the period; the source follows half of the US government's domains", sample=True),
    Segment("news", (NEWS,), "a list of 100 large news sites, which changed between the dates; "
            "comments were lost on the way, so marks of templates and reservations are missing"),
    Segment("press", (PRESS,), "newspapers, magazines and broadcasters in one person's list, "
            "mostly French, English and Polish; some bodies are pages"),
    Segment("science and reference", (PRESS,), "publishers of science, libraries, reference works "
            "and archives in the same list; some bodies are pages"),
    Segment("followed throughout", (TOP_SITES, *LATE), "the top sites that a later source has as "
            "well: large and many of them news; the later source may have asked the site's www "
            "host; only crawls for which three quarters of the sites were asked", whole=True),
)  # fmt: skip


def site(host: str) -> str:
    """Return the name under which a host and its www host are one, as lists of hosts count."""
    return host.removeprefix("www.")


class Followed:
    """The hosts by segment, under one name per site."""

    def __init__(self, corpora: Mapping[str, Corpus], crawls: Sequence[Crawl]) -> None:
        """Choose the hosts; crawls are the oldest first."""
        self.corpora = corpora
        self.crawls = crawls
        self.names: dict[str, str] = {}  # of each site
        self.frame = 0  # hosts that US_GOV's were sampled from
        top = sorted(h for h in corpora[TOP_SITES].versions if self._seen(TOP_SITES, h))
        later = {site(h) for name in LATE for h in corpora[name].versions}
        self.members: dict[str, set[str]] = {
            "top sites": self._named(top),
            "news": self._named(corpora[NEWS].versions),
            "press": self._named(labelled("press")),
            "science and reference": self._named(labelled("science and reference")),
            "followed throughout": {site(h) for h in top} & later,
        }
        self.members["US government"] = self._named(self._sample())
        self._answered: dict[tuple[str, str], list[str]] = {}
        for name, corpus in corpora.items():
            for host in sorted(corpus.versions):
                self._answered.setdefault((name, site(host)), []).append(host)

    def _named(self, hosts: Iterable[str]) -> set[str]:
        """Return the sites of some hosts; the first host of a site gives it its name."""
        chosen = sorted(host for host in hosts if public_suffix(host) != host)  # com.in is no site
        for host in chosen:
            self.names.setdefault(site(host), host)
        return {site(host) for host in chosen}

    def _seen(self, source: str, host: str) -> bool:
        corpus = self.corpora[source]
        return any(corpus.in_force(host, crawl.last_capture) for crawl in self.crawls)

    def _sample(self) -> list[str]:
        """Return hosts of US_GOV, uniformly by a hash of their names; a site counts once."""
        frame: dict[str, str] = {}
        for host in sorted(self.corpora[US_GOV].versions, key=lambda h: (site(h), h)):
            if self._seen(US_GOV, host):
                frame.setdefault(site(host), host)
        self.frame = len(frame)
        return sorted(frame.values(), key=stable)[:SAMPLED]

    def cell(self, segment: Segment) -> str:
        """Return what a cell of the list says of a segment."""
        return f"{segment.name} (sample of {self.frame})" if segment.sample else segment.name

    def asked(self, segment: Segment, named: str, crawl: Crawl) -> list[Look]:
        """Return the looks at a site for a crawl by the sources of a segment."""
        moment = crawl.last_capture
        return [
            (seen, corpus, host, version)
            for corpus in map(self.corpora.__getitem__, segment.sources)
            if (seen := corpus.look(moment))
            for host in self._answered.get((corpus.name, named), ())
            if (version := corpus.in_force(host, moment))
        ]

    def days(self) -> dict[str, dict[str, list[Crawl]]]:
        """Return the crawls of each segment and site, oldest first."""
        found = {
            segment.name: {
                named: [crawl for crawl in self.crawls if self.asked(segment, named, crawl)]
                for named in sorted(self.members[segment.name])
            }
            for segment in SEGMENTS
        }
        for segment in SEGMENTS:
            if segment.whole:
                found[segment.name] = self._as_one(found[segment.name])
        return found

    def _as_one(self, days: Mapping[str, list[Crawl]]) -> dict[str, list[Crawl]]:
        """Return for every site the crawls for which three quarters of the sites were asked."""
        asked = Counter(crawl.crawl for crawls in days.values() for crawl in crawls)
        crawls = [crawl for crawl in self.crawls if 4 * asked[crawl.crawl] >= 3 * len(days)]
        return dict.fromkeys(days, crawls)


def labelled(segment: str) -> list[str]:
    """Return the hosts that are labelled as a segment."""
    with LABELS.open(encoding="utf-8", newline="") as file:
        return [row["host"] for row in csv.DictReader(file) if row["segment"] == segment]


def stable(text: str) -> int:
    """Return a number that is the same for a text on every machine."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())


def runs(followed: Sequence[Crawl], of: Sequence[Crawl]) -> Iterator[tuple[Crawl, Crawl]]:
    """Yield the first and last of crawls that follow one another in the series `of`."""
    place = {crawl.crawl: number for number, crawl in enumerate(of)}
    first = last = None
    for crawl in followed:
        if first is None or last is None:
            first = crawl
        elif place[crawl.crawl] != place[last.crawl] + 1:
            yield first, last
            first = crawl
        last = crawl
    if first and last:
        yield first, last


def cell(segment: str, followed: Sequence[Crawl], of: Sequence[Crawl]) -> str:
    """Return a cell of the list: a segment with the days on which a host belonged to it."""
    spans = [(a.first_capture.date(), b.first_capture.date()) for a, b in runs(followed, of)]
    return "; ".join(f"{segment} {first}/{last}" for first, last in spans)


def segments_frame(days: Mapping[str, Mapping[str, Sequence[Crawl]]]) -> pl.DataFrame:
    """Return each segment's period, hosts, sources and bias."""
    rows = []
    for segment in SEGMENTS:
        crawls = [c for some in days[segment.name].values() for c in some]
        rows.append(
            {
                "segment": segment.name,
                "first": min(c.first_capture for c in crawls).date().isoformat(),
                "last": max(c.first_capture for c in crawls).date().isoformat(),
                "hosts": sum(bool(some) for some in days[segment.name].values()),
                "source": "; ".join(segment.sources),
                "bias": segment.bias,
            }
        )
    return pl.DataFrame(rows)


def hosts_frame(
    followed: Followed, days: Mapping[str, Mapping[str, Sequence[Crawl]]], shared: Path
) -> pl.DataFrame:
    """Return the list: each host with its segments and their days, its rank and dimensions."""
    ranks = pl.read_parquet(shared / "ranks" / "tranco_top_100k_2026-08.parquet")
    rank = dict(ranks.select("domain", "rank").iter_rows())
    periodicals = followed.members["news"] | followed.members["press"]
    periodicals |= _periodicals(shared / "weights" / "top_2000_c4_annotated.csv")
    rows = []
    for named, host in sorted(followed.names.items(), key=lambda pair: pair[1]):
        cells = [(followed.cell(s), days[s.name].get(named, ())) for s in SEGMENTS]
        if not any(crawls for _, crawls in cells):
            continue
        place = rank.get(registered_domain(host))
        top = days["top sites"].get(named, ())
        kind = PERIODICALS if named in periodicals else None
        labels = [_dated(label, top, followed) for label in (kind, _band(place), _ending(host))]
        stratum = "; ".join(cell(n, crawls, followed.crawls) for n, crawls in cells if crawls)
        rows.append((host, stratum, place, *labels))
    columns = ["host", "stratum", "rank", "kind of site", "popularity", "ending of the name"]
    return pl.DataFrame(rows, schema=columns, orient="row", infer_schema_length=None)


def _dated(label: str | None, crawls: Sequence[Crawl], followed: Followed) -> str | None:
    """Return a label of a top site, for the days of that segment; no label blends segments."""
    return cell(label, crawls, followed.crawls) if label and crawls else None


def _band(rank: int | None) -> str:
    return next((name for last, name in BANDS if rank and rank <= last), "beyond 10k")


def _ending(host: str) -> str | None:
    """Return whether a name ends in the code of a country."""
    ending = host.rpartition(".")[2]
    return "country code" if len(ending) == 2 and ending not in NOT_COUNTRIES else None


def _periodicals(path: Path) -> set[str]:
    """Return the sites that are labelled by hand as periodicals; of other kinds too few are."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {site(row["Domain"]) for row in rows if row["Type of service"] == PERIODICALS}


def check_periods(
    facts: Iterable[tuple[str, str]], days: Mapping[str, Mapping[str, Sequence[Crawl]]]
) -> None:
    """Raise InputError for a fact (site and crawl) outside of all periods of its segments."""
    inside = {(n, c.crawl) for sites in days.values() for n, some in sites.items() for c in some}
    for named, crawl in facts:
        if (named, crawl) not in inside:
            raise InputError(f"{named}: {crawl} is outside of the days of its segments")
