"""The options that steps share, and what a step makes of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from ipaddress import ip_network
from os import PathLike
from pathlib import Path
from typing import Literal, TypedDict

from crawlblock import loops
from crawlblock.api.fill import Choose
from crawlblock.errors import InputError, did_you_mean
from crawlblock.pipeline.history import Wanted
from crawlblock.pipeline.run import Budget, Progress, Tally
from crawlblock.pipeline.sample import (
    READ_ALL,
    CrawlSample,
    Reading,
    Sampled,
    from_crawl,
    from_hosts,
    from_list,
    from_ranking,
    from_web_graph,
    from_weights,
    panel_name,
    read_crawl,
)
from crawlblock.sources.commoncrawl.cache import INDEX_BYTES
from crawlblock.sources.commoncrawl.mirror import limits_for, open_mirror
from crawlblock.sources.live.ssrf import Network
from crawlblock.store.store import Store

COMMON_CRAWL = "https://data.commoncrawl.org"
WEB_GRAPH = "webgraph"
AnyPath = str | PathLike[str]


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders of a database."""

    results: Path | None  # None: beside it
    extra: Path | None  # own entries; None: those of the environment, if it names some

    @classmethod
    def of(cls, results: AnyPath | None, extra: AnyPath | None) -> "Folders":
        """Return the folders that a person named."""
        return cls(*(None if folder is None else Path(folder) for folder in (results, extra)))


class ArchiveOptions(TypedDict, total=False):
    """How an archive is asked."""

    mirror: AnyPath  # an archive in Common Crawl's layout, by default Common Crawl's own
    contact: str | None  # your e-mail address or page; needed for a public archive
    rate: float | None  # requests a second; by default 1 to a public archive, else 2
    in_flight: int | None  # requests at a time, with the same defaults
    cache: AnyPath | None  # folder; by default *.cache beside the database


class BudgetOptions(TypedDict, total=False):
    """What a step may use before it ends; the same call goes on from there."""

    max_runtime: float | None  # minutes
    max_requests: int | None


class SampleOptions(ArchiveOptions, total=False):
    """Options of `sample`."""

    size: int  # domains to choose, of each band of a ranking; by default 1,000
    seed: str  # the same seed and frame give the same panel
    by_size: str | None  # sample the domains of stored weights by what they hold: C4_tokens


class HistoryOptions(ArchiveOptions, BudgetOptions, total=False):
    """Options of `history`."""

    lookup: Literal["zipnum", "columnar", "cdx-api"] | None  # by default the cheaper index
    cache_size: float | None  # gigabytes of indexes that are kept; by default 2


class LiveOptions(BudgetOptions, total=False):
    """Options of `live`."""

    concurrency: int  # hosts at a time; by default 100
    probe_page: bool  # ask for the home page, too, where robots.txt allows it
    allow_network: Iterable[str | Network]  # networks of yours that are not public


def checked(step: str, options: Mapping[str, object], known: type, own: Iterable[str]) -> None:
    """Raise TypeError, with a suggestion, for an option that a step does not have.

    `own` are its parameters that are not among the `known` options.
    """
    names = {*known.__annotations__, *own}
    for name in options:
        if name not in names:
            hint = did_you_mean(name, names) or f"it has {', '.join(sorted(names))}"
            raise TypeError(f"{step}() has no option {name!r}; {hint}")


def budget_of(options: BudgetOptions) -> Budget:
    """Return the budget that options name."""
    return Budget.of(options.get("max_runtime"), options.get("max_requests"))


def wanted_of(db: Path, crawls: str, options: HistoryOptions) -> Wanted:
    """Return what is asked of an archive's history."""
    size = options.get("cache_size")
    mirror, cache = _archive(db, options)
    return Wanted(
        mirror=mirror,
        contact=options.get("contact"),
        crawls=crawls,
        method=options.get("lookup"),
        limits=limits_for(mirror, options.get("rate"), options.get("in_flight")),
        cache=cache,
        cache_bytes=INDEX_BYTES if size is None else round(size * 1e9),
    )


def crawl_sample_of(db: Path, crawl: str, name: str | None, options: SampleOptions) -> CrawlSample:
    """Return what is asked for a sample that needs an archive."""
    mirror, cache = _archive(db, options)
    return CrawlSample(
        mirror=mirror,
        contact=options.get("contact"),
        limits=limits_for(mirror, options.get("rate"), options.get("in_flight")),
        crawl=crawl,
        cache=cache,
        panel=name,
        seed=options.get("seed", "crawlblock"),
        size=options.get("size", 1000),
    )


def chooser(
    hosts: AnyPath | Iterable[str] | None,
    ranks: AnyPath | None,
    wanted: CrawlSample,
    reading: Reading = READ_ALL,
) -> Choose:
    """Return how to choose the hosts; raises InputError unless one frame is named."""
    if sum(given is not None and given != "" for given in (hosts, ranks, wanted.crawl)) != 1:
        raise InputError("sample: name one of hosts, ranks and crawl")
    if isinstance(hosts, str | PathLike):
        path = Path(hosts)
        name = panel_name(wanted.panel, f"list-{path.stem}")
        return lambda *_: from_list(path, name, reading)
    if hosts is not None:
        given = list(hosts)
        name = panel_name(wanted.panel, "list")
        return lambda *_: from_hosts(given, name, reading)
    if ranks is None:
        return lambda tally, progress: _of_crawl(tally, progress, wanted)
    if ranks == WEB_GRAPH:
        return lambda *_: loops.run(_of_web_graph(wanted))
    ranking = Path(ranks)
    name = panel_name(wanted.panel, f"ranks-{Path(ranking.name.removesuffix('.zip')).stem}")
    return lambda *_: from_ranking(ranking, name, wanted.seed, wanted.size, reading)


def chooser_by_size(
    store: Store, by_size: str, wanted: CrawlSample, others: Iterable[object] = ()
) -> Choose:
    """Return how to choose hosts by weights in a database; raises InputError for other frames."""
    if any(other is not None for other in others):
        raise InputError("sample: name one of hosts, ranks, crawl and by_size")
    return lambda *_: from_weights(store, by_size, wanted.panel, wanted.seed, wanted.size)


def networks(given: Iterable[str | Network]) -> tuple[Network, ...]:
    """Return networks; raises InputError for one that cannot be read."""
    try:
        return tuple(ip_network(each) if isinstance(each, str) else each for each in given)
    except ValueError as error:
        raise InputError(f"allow_network: {error}; write one as 10.1.0.0/16") from None


def _archive(db: Path, options: ArchiveOptions) -> tuple[str, Path]:
    """Return where the archive and the cache are."""
    cache = options.get("cache")
    folder = db.with_suffix(".cache") if cache is None else Path(cache)
    return str(options.get("mirror", COMMON_CRAWL)), folder


def _of_crawl(tally: Tally, progress: Progress, wanted: CrawlSample) -> Sampled:
    domains = loops.run(read_crawl(wanted, tally, progress))
    return from_crawl(domains, wanted, progress)


async def _of_web_graph(wanted: CrawlSample) -> Sampled:
    async with open_mirror(wanted.mirror, wanted.contact, wanted.limits) as archive:
        panel = wanted.panel or WEB_GRAPH
        return await from_web_graph(archive, wanted.cache, panel, wanted.seed, wanted.size)


def names(tokens: str | Iterable[str] | None) -> list[str]:
    """Return tokens as a list; a single one may be given as it is."""
    return [tokens] if isinstance(tokens, str) else list(tokens or ())


def moment(at: str | date | None) -> str | None:
    """Return a day or a time as a person writes it."""
    return at.isoformat() if isinstance(at, date) else at
