"""Derives data/demo: facts about real hosts, without any text of their robots.txt files.

Usage: python scripts/derive_demo.py [SHARED] [SAMPLE] [KNOWN]
SHARED (default: ../shared beside the repository) holds corpus/, commoncrawl/, ranks/ and weights/.
KNOWN is a folder of earlier facts: the new ones judge for the same crawlers, not for all of the
registry.
Running it twice gives the same bytes.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
from demo_corpora import Corpus, check_sources, read_corpora, read_word
from demo_crawls import read_crawls
from demo_facts import Policies, tokens_of
from demo_segments import (
    SEGMENTS,
    Followed,
    check_periods,
    hosts_frame,
    segments_frame,
    site,
    stable,
)

from crawlblock.demo.bundled_facts import Fact
from crawlblock.model import Crawl

ROOT = Path(__file__).resolve().parent.parent


def main(shared: Path, sample: Path, known: Path | None = None) -> None:
    """Write the files of the sample."""
    check_sources(shared)
    corpora = read_corpora(shared / "corpus")
    crawls = read_crawls(shared / "commoncrawl" / "collinfo_2025-11.json", corpora.values())
    followed = Followed(corpora, crawls)
    days = followed.days()
    earlier = None if known is None else pl.read_parquet(known / "policies.parquet")["token"]
    policies = Policies(tokens_of(earlier))
    facts = sorted(
        filter(None, (tell(followed, *one, policies) for one in asked_for(days))),
        key=lambda fact: (fact.host, fact.fetch_time),
    )
    check_periods(((site(fact.host), fact.crawl) for fact in facts), days)
    sample.mkdir(parents=True, exist_ok=True)
    write_parquet(facts_frame(facts), sample / "facts.parquet")
    write_parquet(policies.frame(), sample / "policies.parquet")
    write_parquet(policies.statements_frame(), sample / "statements.parquet")
    hosts_frame(followed, days, shared).write_csv(sample / "hosts.csv")
    segments_frame(days).write_csv(sample / "segments.csv")
    crawls_frame(crawls, corpora.values()).write_csv(sample / "crawls.csv")
    print(f"{len(facts)} facts; US government: {followed.frame} hosts in the frame")
    print(f"stated: {dict(policies.kept)}; not stated by a text of ours: {dict(policies.lost)}")


def asked_for(days: Mapping[str, Mapping[str, Sequence[Crawl]]]) -> list[tuple[str, Crawl]]:
    """Return each site and crawl that a segment has, once, in the order of sites and time."""
    found = {
        (named, crawl.crawl): crawl
        for sites in days.values()
        for named, crawls in sites.items()
        for crawl in crawls
    }
    return [(named, crawl) for (named, _), crawl in sorted(found.items())]


def tell(followed: Followed, named: str, crawl: Crawl, policies: Policies) -> Fact | None:
    """Return what the newest look at a site found, of all segments that it is in; None: no look."""
    looks = [
        one
        for segment in SEGMENTS
        if named in followed.members[segment.name]
        for one in followed.asked(segment, named, crawl)
    ]
    if not looks:
        return None
    _, corpus, _, version = max(looks, key=lambda one: (one[0], one[1].name, one[2]))
    status, outcome, body = read_word(version)
    policy = None if body is None else policies.number(body)
    time = fetch_time(followed.names[named], crawl, corpus)
    return Fact(followed.names[named], crawl.crawl, time, status, outcome, policy)


def fetch_time(host: str, crawl: Crawl, corpus: Corpus) -> datetime:
    """Return a stable time in the crawl after the source saw the version: it was in force then."""
    start = max(crawl.first_capture, corpus.look(crawl.last_capture) or crawl.first_capture)
    span = max(1, int((crawl.last_capture - start).total_seconds()))
    return start.replace(microsecond=0) + timedelta(seconds=stable(f"{host} {crawl.crawl}") % span)


def facts_frame(facts: Iterable[Fact]) -> pl.DataFrame:
    """Return one row per host and crawl."""
    columns = pl.Schema(
        {
            "host": pl.String(),
            "crawl": pl.String(),
            "fetch_time": pl.Datetime("ms"),
            "status": pl.Int16(),
            "outcome": pl.String(),
            "policy": pl.UInt16(),
        }
    )
    rows = [(f.host, f.crawl, f.fetch_time, f.status, f.outcome.value, f.policy) for f in facts]
    return pl.DataFrame(rows, schema=columns, orient="row")


def write_parquet(frame: pl.DataFrame, path: Path) -> None:
    """Write a frame as Parquet."""
    frame.write_parquet(path, compression="zstd", compression_level=19)


def crawls_frame(crawls: Iterable[Crawl], corpora: Iterable[Corpus]) -> pl.DataFrame:
    """Return each crawl's dates, and when the sources looked last before its end."""
    known = tuple(corpora)
    rows = []
    for crawl in crawls:
        row = {
            "crawl": crawl.crawl,
            "first_capture": crawl.first_capture.isoformat(),
            "last_capture": crawl.last_capture.isoformat(),
        }
        for corpus in known:
            seen = corpus.look(crawl.last_capture)
            row[f"{corpus.name}_observed"] = seen.isoformat() if seen else ""
        rows.append(row)
    return pl.DataFrame(rows)


if __name__ == "__main__":
    given = [Path(argument) for argument in sys.argv[1:]]
    main(*given, *(ROOT.parent / "shared", ROOT / "data" / "demo")[len(given) :])
