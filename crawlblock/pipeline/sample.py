"""From a frame to a panel."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from crawlblock.errors import InputError
from crawlblock.host_list import Ranking, Reject, take_list
from crawlblock.model import Member
from crawlblock.names import fault_of, mended
from crawlblock.pipeline.run import Progress, Say, Tally, now, silent
from crawlblock.sampling import (
    Strata,
    ranked_strata,
    sample_by_size,
    simple_sample,
    stratified_sample,
)
from crawlblock.sources.commoncrawl.columnar import part_keys
from crawlblock.sources.commoncrawl.crawls import find_crawls
from crawlblock.sources.commoncrawl.frame import (
    Frame,
    FramePlan,
    domain_file,
    is_kept,
    keep_domains,
    plan_frame,
)
from crawlblock.sources.commoncrawl.mirror import Mirror, open_mirror
from crawlblock.sources.commoncrawl.web_graph import ranking_lines
from crawlblock.sources.files.host_lists import HostList, list_of_lines, open_list
from crawlblock.store.store import Store
from crawlblock.transport import Limits

BANDS = (("1k", 1_000), ("10k", 10_000), ("100k", 100_000), ("1M", 1_000_000))


@dataclass(frozen=True, slots=True)
class Sampled:
    """A panel after sampling."""

    panel: str
    frame: str
    seed: str | None
    members: Sequence[Member]
    notes: Sequence[str] = ()  # messages for the user
    further: Sequence[tuple[str, str, str]] = ()  # of a list: domain, column and value
    listed: HostList | None = None  # how the file was read
    strata: Strata = ()  # the domains of the frame, if it is a ranking


@dataclass(frozen=True, slots=True)
class Reading:
    """How the file of a list or ranking is read."""

    column: str | None = None  # with the hosts; None: it is detected
    reject: Reject = lambda _: None  # is called with what is left out


READ_ALL = Reading()


@dataclass(frozen=True, slots=True)
class CrawlSample:
    """Which crawl to sample from, and how."""

    mirror: str
    contact: str | None
    limits: Limits
    crawl: str  # as the user said it: latest, CC-MAIN-2025-33, ...
    cache: Path  # where the domains of parts are kept
    panel: str | None  # None: named after the crawl
    seed: str
    size: int


@dataclass(frozen=True, slots=True)
class CrawlDomains:
    """The registered domains that were read from a crawl."""

    crawl: str
    folder: Path
    files: Sequence[Path]  # in the folder, one for each part of the index
    local: bool  # the archive is on this machine


def from_list(path: Path, panel: str, reading: Reading = READ_ALL) -> Sampled:
    """Take exactly the user's list: each host, domain or URL in it."""
    listed = open_list(path, reading.column)
    return _whole_list(listed, f"list {mended(path.name)}", panel, reading)


def from_hosts(hosts: Sequence[str], panel: str, reading: Reading = READ_ALL) -> Sampled:
    """Take exactly these hosts, domains or URLs."""
    return _whole_list(list_of_lines(hosts), f"list of {len(hosts):,} entries", panel, reading)


def _whole_list(listed: HostList, frame: str, panel: str, reading: Reading) -> Sampled:
    taken = take_list(listed.entries(), panel, reading.reject)
    return Sampled(
        panel=panel,
        frame=frame,
        seed=None,
        members=taken.members,
        notes=[*listed.notes, *taken.notes],
        further=taken.further,
        listed=listed,
    )


def from_ranking(
    path: Path, panel: str, seed: str, per_stratum: int, reading: Reading = READ_ALL
) -> Sampled:
    """Sample from the popularity strata of a ranking (Tranco, Majestic, a plain list)."""
    listed = open_list(path, reading.column)
    strata = ranked_strata(Ranking(listed.entries(), reading.reject), BANDS)
    return Sampled(
        panel=panel,
        frame=f"ranking {mended(path.name)}",
        seed=seed,
        members=stratified_sample(strata, per_stratum, seed, panel),
        strata=strata,
        notes=listed.notes,
        listed=listed,
    )


def from_weights(
    store: Store, corpus_unit: str, panel: str | None, seed: str, size: int
) -> Sampled:
    """Sample from the domains in the table weights, in proportion to their part of a corpus.

    An example of `corpus_unit` is C4_tokens.  Raises InputError if no such weights are stored.
    """
    corpus, _, unit = corpus_unit.rpartition("_")
    known = store.facts.weighed()
    if (corpus, unit) not in known:
        names = ", ".join("_".join(each) for each in known) or "none, store some by weights --list"
        raise InputError(f"--by-size {corpus_unit}: no such weights; stored: {names}")
    name = panel_name(panel, f"by-size-{mended(corpus_unit)}")
    members = sample_by_size(store.facts.sizes(corpus, unit), size, seed, name)
    # The metric `lost` finds the totals of this frame by its name.
    return Sampled(name, f"domains of {corpus} by {unit}", seed, members)


def panel_name(given: str | None, derived: str) -> str:
    """Return the name of a panel; raises InputError if it cannot be a name."""
    if given is None:
        return mended(derived)
    if fault := fault_of(given):
        raise InputError(f"--name {given[:80]!r}: {fault}; choose another name")
    return given


async def from_web_graph(
    mirror: Mirror, cache: Path, panel: str, seed: str, per_stratum: int
) -> Sampled:
    """Sample from the popularity strata of Common Crawl's web-graph domain ranks."""
    found = await ranking_lines(mirror, BANDS[-1][1], cache)
    strata = ranked_strata(Ranking(list_of_lines(found.lines).entries()), BANDS)
    return Sampled(
        panel=panel,
        frame=f"web graph {found.release}",
        seed=seed,
        members=stratified_sample(strata, per_stratum, seed, panel),
        notes=found.notes,
        strata=strata,
    )


async def plan_crawl_sample(wanted: CrawlSample, say: Say = silent) -> FramePlan:
    """Estimate the cost of a sample from a crawl; this reads the end of one part."""
    async with open_mirror(wanted.mirror, wanted.contact, wanted.limits) as mirror:
        crawl, keys = await _parts(mirror, wanted, say)
        return await plan_frame(mirror, crawl, keys, _folder(wanted, crawl))


async def read_crawl(wanted: CrawlSample, tally: Tally, progress: Progress) -> CrawlDomains:
    """Read the registered domains with a capture in a crawl's robotstxt subset.

    The domains of a remote archive's parts are kept in the cache folder, so that a resumed run,
    another size or another seed requests no part again.
    """
    async with open_mirror(wanted.mirror, wanted.contact, wanted.limits) as mirror:
        try:
            crawl, keys = await _parts(mirror, wanted)
            folder = _folder(wanted, crawl)
            await _keep_all(mirror, crawl, keys, folder, progress)
        finally:
            tally.requests += mirror.traffic.requests
            tally.bytes += mirror.traffic.bytes
        local = any(mirror.local_path(key) for key in keys)
    return CrawlDomains(crawl, folder, [domain_file(key, folder) for key in keys], local)


def from_crawl(domains: CrawlDomains, wanted: CrawlSample, progress: Progress) -> Sampled:
    """Sample uniformly from the domains of a crawl."""
    panel = wanted.panel or f"crawl-{domains.crawl}"
    frame = _shown(Frame(domains.files), progress)
    members = simple_sample(frame, wanted.size, wanted.seed, panel, "all")
    if domains.local:  # they are read fast, and the archive may change
        shutil.rmtree(domains.folder, ignore_errors=True)
    return Sampled(panel, f"registered domains of {domains.crawl}", wanted.seed, members)


async def _parts(mirror: Mirror, wanted: CrawlSample, say: Say = silent) -> tuple[str, list[str]]:
    """Return the crawl and the keys of its parts."""
    found = await find_crawls(mirror, wanted.crawl, wanted.cache)
    for note in found.notes:
        say(note)
    crawl = found.crawls[0].crawl
    return crawl, await part_keys(mirror, crawl)


async def _keep_all(
    mirror: Mirror, crawl: str, keys: Sequence[str], folder: Path, progress: Progress
) -> None:
    """Keep the domains of all parts; those kept by an earlier run do not count as progress."""
    left = [key for key in keys if mirror.local_path(key) or not is_kept(key, folder)]
    for done, key in enumerate(left):
        progress(crawl, done, len(left))
        await keep_domains(mirror, key, folder)
    progress(crawl, len(left), len(left))


def _shown(frame: Frame, progress: Progress) -> Iterator[str]:
    """Yield the domains of a frame and show the progress."""
    for done, domains in enumerate(frame):
        progress("sample", done, frame.ranges)
        yield from domains
    progress("sample", frame.ranges, frame.ranges)


def _folder(wanted: CrawlSample, crawl: str) -> Path:
    return wanted.cache / "sample" / crawl


def store_panel(store: Store, sampled: Sampled) -> int:
    """Store a panel; return how many members are new.  Raises InputError if it is empty."""
    if not sampled.members:
        raise InputError(f"{sampled.frame}: no host in it can be used; nothing was stored")
    new = store.facts.add_panel(sampled.panel, sampled.frame, sampled.seed, now(), sampled.members)
    store.facts.add_panel_columns(sampled.panel, sampled.further)
    store.facts.add_frame(sampled.panel, sampled.strata)
    return new
