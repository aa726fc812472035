"""Results about scanned crawls: blocked, coverage, gap and selective, from the files merged.

Files were sampled, not hosts, so each file is a cluster of hosts.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from verify.answered import Capture, Row
from verify.arithmetic import (
    Bools,
    Columns,
    Floats,
    Ints,
    Z,
    manski,
    newcombe,
    student,
    wilson,
)  # fmt: skip
from verify.recomputed import (
    DEFINITIONS,
    SETS,
    Facts,
    Recomputed,
    across,
    column,
    comparisons,
    mean,
    selections,
)  # fmt: skip
from verify.stored import Stored

MOST_CLUSTERS = 1000


@dataclass(frozen=True, slots=True)
class Crawl:
    """The hosts, or the domains, of a scanned crawl with the cluster that each is counted in."""

    population: str
    snapshot: str
    date: date
    captures: list[Capture]
    cluster: Ints
    files: int  # that are merged
    of: int  # that the crawl has
    clusters: int | None  # None: a host may be counted in several files

    def counts(self, answers: Ints) -> tuple[Ints, Floats]:
        """Return the distinct answers, and the hosts by cluster (rows) and answer."""
        kinds, places = np.unique(answers, return_inverse=True)
        found = np.zeros((self.cluster.max(initial=0) + 1, len(kinds)))
        np.add.at(found, (self.cluster, places), 1)
        return kinds, found

    @property
    def estimand(self) -> str:
        """Return what results are about."""
        return "list" if self.files >= self.of else "sample"

    def size(self, spread: Floats, variance: Floats, x: Floats) -> Floats:
        """Return the size of a simple sample that would tell as well, with Student's quantile."""
        with np.errstate(all="ignore"):
            most = x.sum(axis=0) / (1 - self.files / self.of)
            size = np.where(variance > 0, np.minimum(spread / variance, most), most)
            return np.asarray(size * (Z / self.student(x)) ** 2)

    def student(self, x: Floats) -> Floats:
        """Return Student's quantile for the clusters with known hosts; NaN from one file."""
        freedom = (x > 0).sum(axis=0) - 1
        return np.array([student(int(f)) if f > 0 else np.nan for f in freedom])

    def variance(self, y: Floats, x: Floats) -> Floats:
        """Return the variance of sum(y) / sum(x) between clusters, of some of a crawl's files."""
        if self.files >= self.of or not self.clusters or self.clusters < 2:
            return np.full(x.shape[1], np.nan)
        with np.errstate(all="ignore"):
            ratio = y.sum(axis=0) / x.sum(axis=0)
            spread = ((y - ratio * x) ** 2).sum(axis=0) / x.sum(axis=0) ** 2
        left = 1 - self.files / self.of
        return np.asarray(left * self.clusters / (self.clusters - 1) * spread)


def crawls(stored: Stored) -> Iterator[Crawl]:
    """Yield the scanned crawls, all hosts and those that represent their domains."""
    scanned = {row["snapshot"]: row for row in stored.scanned["scans"]}
    names = {row["warc_file"]: row["id"] for row in stored.scanned["warc_files"]}
    files: dict[object, dict[object, int]] = {each: {} for each in scanned}
    for row in stored.scanned["scanned_files"]:
        files[row["snapshot"]][row["warc_file"]] = row["number"]
    counting: dict[object, dict[str, tuple[object, bool]]] = {each: {} for each in scanned}
    for row in stored.scanned["counting_files"]:
        file = names.get(row["warc_file"]), bool(row["representative"])
        counting.setdefault(row["snapshot"], {})[str(row["host"])] = file
    for snapshot in stored.scanned["snapshots"]:
        number = snapshot["id"]
        if files.get(number):
            captures = stored.captures[number]
            placed = _placed(stored, captures, counting[number])
            scan = scanned[number] | {"indexed": bool(counting[number])}
            yield from _of(snapshot, scan, files[number], placed)


def _placed(
    stored: Stored, captures: dict[str, Capture], counting: dict[str, tuple[object, bool]]
) -> list[tuple[Capture, object, bool]]:
    """Return captures with the file each counts in, and whether its host represents its domain."""
    if counting:
        return [(captures[host], *each) for host, each in counting.items() if host in captures]
    named: dict[str, list[str]] = {}
    for host in captures:
        if domain := stored.registered[host]:
            named.setdefault(domain, []).append(host)
    represents = {
        min(hosts, key=lambda h: (h != domain, h != f"www.{domain}", len(h), h))
        for domain, hosts in named.items()
    }
    return [(each, each.file, host in represents) for host, each in captures.items()]


def _of(
    snapshot: Row, scan: Row, files: dict[object, int], placed: list[tuple[Capture, object, bool]]
) -> Iterator[Crawl]:
    whole, here = len(files) >= scan["of"], [each for each in placed if each[1] in files]
    clusters = min(len(files), MOST_CLUSTERS) if whole or scan["indexed"] else None
    for population in ("hosts", "domains"):
        counted = [each for each in here if population == "hosts" or each[2]]
        yield Crawl(
            population=population, snapshot=str(snapshot["snapshot"]),
            date=snapshot["first_capture"].date(), captures=[each for each, *_ in counted],
            cluster=np.array([files[file] % MOST_CLUSTERS for _, file, _ in counted], np.int64),
            files=len(files), of=int(scan["of"]), clusters=clusters,
        )  # fmt: skip


def shares(crawl: Crawl, counts: Floats, yes: Bools, known: Bools) -> Columns:
    """Return the shares of hosts that say yes, with interval and bounds; yes by kind of host."""
    x, y, u = counts @ known, counts @ (yes & known), counts @ ~known
    n, n_yes, n_unknown = x.sum(axis=0), y.sum(axis=0), u.sum(axis=0)
    with np.errstate(all="ignore"):
        estimate = n_yes / n
        size = crawl.size(estimate * (1 - estimate), crawl.variance(y, x), x)
        size = np.where(np.isnan(crawl.variance(y, x)), np.nan, size)
        low, high = wilson(estimate, size)
        lowest, highest = n_yes / (n + n_unknown), (n_yes + n_unknown) / (n + n_unknown)
        bounds = manski(lowest, highest, size * (n + n_unknown) / n)
    return {
        "n": n, "n_yes": n_yes, "n_unknown": n_unknown, "estimate": estimate, "low": low,
        "high": high, "bound_low": bounds[0], "bound_high": bounds[1],
    }  # fmt: skip


def blocked(facts: Facts) -> Recomputed:
    """Yield `blocked` of crawls."""
    for crawl in crawls(facts.stored):
        crawlers = facts.counted(crawl.date)
        refused = float(sum(each.refused for each in crawl.captures))
        for definition in DEFINITIONS:
            said = [c.access if definition == "access" else c.answer for c in crawl.captures]
            kinds, counts = crawl.counts(np.array(said, np.int64))
            columns = shares(crawl, counts, *facts.defined(kinds, crawlers, definition))
            for number, crawler in enumerate(crawlers):
                key = crawl.population, crawl.snapshot, crawler.token, definition, crawl.estimand
                yield key, column(columns, number) | {"n_refused": refused}


def coverage(facts: Facts) -> Recomputed:
    """Yield `coverage` of crawls; how a capture ended is taken from the database."""
    for crawl in crawls(facts.stored):
        ends = Counter(each.outcome for each in crawl.captures)
        measures: dict[str, Callable[[Capture], bool]] = {
            "captured": lambda each: each.outcome != "not_captured",
            "known": lambda each: each.answer >= 0,
        }
        for measure in (*measures, *ends):
            said = [measures.get(measure, lambda each, m=measure: each.outcome == m)(each)
                    for each in crawl.captures]  # fmt: skip
            kinds, counts = crawl.counts(np.array(said, np.int64))
            yes = (kinds == 1)[:, None]
            values = column(shares(crawl, counts, yes, np.ones_like(yes)), 0)
            del values["bound_low"], values["bound_high"]  # no host is unknown
            yield (crawl.population, crawl.snapshot, "", "", measure, crawl.estimand), values


def selective(facts: Facts) -> Recomputed:
    """Yield `selective` of crawls."""
    for crawl in crawls(facts.stored):
        kinds, counts = crawl.counts(np.array([c.answer for c in crawl.captures], np.int64))
        said = selections(facts, facts.counted(crawl.date), kinds)
        yes = np.stack(list(said.values()), axis=1)
        columns = shares(crawl, counts, yes, across(kinds >= 0, len(said)))
        for number, selection in enumerate(said):
            key = crawl.population, crawl.snapshot, "", "", selection, crawl.estimand
            yield key, column(columns, number)


def gap(facts: Facts) -> Recomputed:
    """Yield `gap` of crawls."""
    for crawl in crawls(facts.stored):
        kinds, counts = crawl.counts(np.array([c.answer for c in crawl.captures], np.int64))
        for name, first, second in comparisons(facts.counted(crawl.date)):
            one, other = (mean(facts.blocked(kinds, side)) for side in (first, second))
            values = column(_gap(crawl, counts[:, kinds >= 0], (one[kinds >= 0], other[kinds >= 0]),
                                 sets=name.split(" - ")[0] in SETS), 0)  # fmt: skip
            values |= {
                "n_unknown": float(counts[:, kinds < 0].sum()),
                "first_crawlers": float(len(first)), "second_crawlers": float(len(second)),
            }  # fmt: skip
            yield (crawl.population, crawl.snapshot, "", "", name, crawl.estimand), values


def _gap(crawl: Crawl, counts: Floats, sides: tuple[Floats, Floats], sets: bool) -> Columns:
    one, other = sides
    x = counts.sum(axis=1, keepdims=True)
    hosts, n = counts.sum(axis=0), x.sum()
    with np.errstate(all="ignore"):
        first, second, both = (hosts @ side / n for side in (one, other, one * other))
        estimate, variance = first - second, crawl.variance(counts @ (one - other), x)
        spread = first + second - 2 * both - estimate**2
        size = np.where(np.isnan(variance), np.nan, crawl.size(spread, variance, x))
        low, high = newcombe(both, first - both, second - both, size)
        if sets and variance[0] > 1e-12:
            reach = crawl.student(x) * np.sqrt(variance)
            low, high = estimate - reach, estimate + reach
    return {
        "n": np.array([n]), "first_share": first, "second_share": second, "estimate": estimate,
        "first_only": hosts @ (one > other), "second_only": hosts @ (other > one),
        "low": low, "high": high,
    }  # fmt: skip
