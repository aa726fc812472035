"""Derives data/demo: facts about real hosts, without any text of their robots.txt files.

Usage: python scripts/derive_demo.py [SHARED] [SAMPLE] [KNOWN]
SHARED (default: ../shared beside the repository) holds corpus/, commoncrawl/ and ranks/.
KNOWN is a folder of earlier facts: the new ones judge for the same crawlers, not for all of the
registry.
Running it twice gives the same bytes.
"""

import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
from demo_corpora import TOP_SITES, US_GOV, Corpus, read_corpora, read_word

from crawlblock import registry
from crawlblock.demo.bundled_facts import Fact
from crawlblock.hosts import registered_domain
from crawlblock.model import Crawl, Verdict
from crawlblock.outcome import Outcome
from crawlblock.robots.judge import STAR
from crawlblock.robots.meaning import Reader, Ruling

ROOT = Path(__file__).resolve().parent.parent
FIRST, LAST = "CC-MAIN-2022-33", "CC-MAIN-2024-30"
STRATA = {TOP_SITES: "top sites", US_GOV: "US government"}

# How many hosts of US_GOV are chosen for each way of answering, the rarest first: a host counts
# where it is first eligible.  A plain sample would hold a handful of failures.
QUOTAS = {
    Outcome.REDIRECT_UNRESOLVED: 10,
    Outcome.THROTTLED: 5,
    Outcome.ORIGIN_DOWN: 10,
    Outcome.CONNECTION_REFUSED: 10,
    Outcome.TLS: 10,
    Outcome.SERVER_ERROR: 25,
    Outcome.UNREACHABLE: 15,
    Outcome.NOT_ROBOTS: 40,
    Outcome.REFUSED: 45,
    Outcome.DNS: 20,
    Outcome.TIMEOUT: 35,
    Outcome.ABSENT: 55,
    Outcome.OK: 120,
}
# A host is left out where the corpus has too little: a 200 or a large file without its body.
UNTELLING = ("http_200", "robots_over_512KiB")


class Policies:
    """The distinct vectors of verdicts and their authors met, numbered from 1."""

    def __init__(self, tokens: Sequence[str]) -> None:
        """Judge for these tokens, in their order."""
        self._reader = Reader(tokens, registry.obeyed(), registry.templates(), ())
        self._numbers: dict[tuple[tuple[str, Verdict, str | None, int | None], ...], int] = {}
        self._rulesets: dict[str, int] = {}

    def number(self, body: bytes) -> int:
        """Return the number of a body's policy."""
        vector = tuple(self._row(token, r) for token, r in self._reader.read(body).rulings.items())
        return self._numbers.setdefault(vector, len(self._numbers) + 1)

    def _row(self, token: str, ruling: Ruling) -> tuple[str, Verdict, str | None, int | None]:
        """Return a verdict, and where it blocks / who wrote that and which rule set it is."""
        verdict, text = ruling
        if text.ruleset is None:
            return token, verdict, None, None
        ruleset = self._rulesets.setdefault(text.ruleset, len(self._rulesets) + 1)
        return token, verdict, text.author, ruleset

    def frame(self) -> pl.DataFrame:
        """Return one row per policy and token."""
        rows = [
            (
                number, token, v.restriction.value, v.basis.value, v.root_allowed, v.fallback,
                author, ruleset,
            )
            for vector, number in self._numbers.items()
            for token, v, author, ruleset in vector
        ]  # fmt: skip
        columns = pl.Schema(
            {
                "policy": pl.UInt16(),
                "token": pl.String(),
                "restriction": pl.String(),
                "basis": pl.String(),
                "root_allowed": pl.Boolean(),
                "fallback": pl.String(),
                "authored_by": pl.String(),
                "ruleset": pl.UInt16(),
            }
        )
        return pl.DataFrame(rows, schema=columns, orient="row")


def main(shared: Path, sample: Path, known: Path | None = None) -> None:
    """Write the four files of the sample."""
    crawls = read_crawls(shared / "commoncrawl" / "collinfo_2025-11.json")
    top_sites, us_gov = read_corpora(shared / "corpus")
    chosen = dict.fromkeys(sorted(top_sites.versions), top_sites)
    chosen |= dict.fromkeys(draw(us_gov, crawls, taken=set(chosen)), us_gov)
    policies = Policies(tokens_of(known))
    facts = [
        fact
        for host, corpus in sorted(chosen.items())
        for crawl in crawls
        if (fact := tell(host, crawl, corpus, policies))
    ]
    sample.mkdir(parents=True, exist_ok=True)
    write_parquet(facts_frame(facts), sample / "facts.parquet")
    write_parquet(policies.frame(), sample / "policies.parquet")
    ranks = shared / "ranks" / "tranco_top_100k_2026-08.parquet"
    told = {fact.host: chosen[fact.host] for fact in facts}
    hosts_frame(told, ranks).write_csv(sample / "hosts.csv")
    crawls_frame(crawls, (top_sites, us_gov)).write_csv(sample / "crawls.csv")


def tokens_of(known: Path | None) -> list[str]:
    """Return `*` and the registered crawlers, or only those that earlier facts judge for."""
    registered = [STAR, *(crawler.token for crawler in registry.crawlers())]
    if known is None:
        return registered
    earlier = set(pl.read_parquet(known / "policies.parquet", columns=["token"])["token"])
    return [token for token in registered if token in earlier]


def read_crawls(path: Path) -> list[Crawl]:
    """Return the crawls of the sample, oldest first, under the names the demo gives them."""
    return [
        Crawl(
            entry["id"].replace("CC-MAIN", "DEMO"),
            datetime.fromisoformat(entry["from"]),
            datetime.fromisoformat(entry["to"]),
        )
        for entry in reversed(json.loads(path.read_text()))
        if FIRST <= entry["id"] <= LAST
    ]


def tell(host: str, crawl: Crawl, corpus: Corpus, policies: Policies) -> Fact | None:
    """Return what is known of a host in a crawl: what was in force when the crawl ended."""
    version = corpus.in_force(host, crawl.last_capture)
    if version is None:
        return None
    status, outcome, body = read_word(version)
    policy = None if body is None else policies.number(body)
    return Fact(host, crawl.crawl, fetch_time(host, crawl, corpus), status, outcome, policy)


def fetch_time(host: str, crawl: Crawl, corpus: Corpus) -> datetime:
    """Return a stable time in the crawl after the corpus saw the version: it was in force then."""
    start = max(crawl.first_capture, corpus.look(crawl.last_capture))
    span = int((crawl.last_capture - start).total_seconds())
    return start.replace(microsecond=0) + timedelta(seconds=stable(f"{host} {crawl.crawl}") % span)


def stable(text: str) -> int:
    """Return a number that is the same for a text on every machine."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())


def draw(corpus: Corpus, crawls: Iterable[Crawl], taken: set[str]) -> Iterator[str]:
    """Return hosts of a corpus, by a stable hash in each stratum of QUOTAS."""
    moments = [crawl.last_capture for crawl in crawls]
    strata: dict[Outcome, list[str]] = defaultdict(list)
    for host in sorted(corpus.versions, key=stable):
        twin = host.removeprefix("www.") if host.startswith("www.") else f"www.{host}"
        found = [version for m in moments if (version := corpus.in_force(host, m))]
        if not found or {host, twin} & taken or twin in corpus.versions:
            continue
        if not any(version.word in UNTELLING for version in found):
            seen = {read_word(version)[1] for version in found}
            strata[next((o for o in QUOTAS if o in seen), Outcome.OK)].append(host)
    for outcome, quota in QUOTAS.items():
        yield from strata[outcome][:quota]


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


def hosts_frame(chosen: Mapping[str, Corpus], ranks: Path) -> pl.DataFrame:
    """Return where each host comes from, and its registered domain's rank in the Tranco list."""
    rank = dict(pl.read_parquet(ranks).select("domain", "rank").iter_rows())
    rows = [
        (host, STRATA[corpus.name], rank.get(registered_domain(host)))
        for host, corpus in sorted(chosen.items())
    ]
    return pl.DataFrame(rows, schema=["host", "stratum", "tranco_rank"], orient="row")


def crawls_frame(crawls: Iterable[Crawl], corpora: Iterable[Corpus]) -> pl.DataFrame:
    """Return each crawl's dates, and when the corpora looked last before its end."""
    return pl.DataFrame(
        [
            {
                "crawl": crawl.crawl,
                "first_capture": crawl.first_capture.isoformat(),
                "last_capture": crawl.last_capture.isoformat(),
            }
            | {f"{c.name}_observed": c.look(crawl.last_capture).isoformat() for c in corpora}
            for crawl in crawls
        ]
    )


if __name__ == "__main__":
    given = [Path(argument) for argument in sys.argv[1:]]
    main(*given, *(ROOT.parent / "shared", ROOT / "data" / "demo")[len(given) :])
