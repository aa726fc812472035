"""Which hosts block which crawlers under the definitions of others, and the shares of them."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from crawlblock.intervals import stratified_n, wilson
from crawlblock.outcome import Outcome
from crawlblock.registry import obeyed
from crawlblock.replication.series import HOSTS, Series
from crawlblock.robots.judge import Judge
from crawlblock.robots.peers import DEFINITIONS, Definition


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesShare:
    """A share in percent, of hosts or of what they hold."""

    n: int  # hosts
    n_outside: int  # hosts that the definition does not count
    percent: float | None = None
    low: float | None = None  # 95 % interval of sampling; None for a list
    high: float | None = None


@dataclass(slots=True)
class _Stratum:
    counted: float = 0.0  # weight
    squared: float = 0.0  # sum of squared weights
    blocking: float = 0.0  # weight


class Readings:
    """Under which definitions a body blocks which crawlers; each body is judged once."""

    def __init__(self, tokens: Sequence[str]) -> None:
        """Take the crawlers asked about."""
        self._judge = Judge(tokens, obeyed())
        self._known: dict[str, dict[str, set[str]]] = {}

    def of(self, digest: str, body: bytes) -> dict[str, set[str]]:
        """Return the crawlers that a body blocks, by definition."""
        if digest not in self._known:
            findings = self._judge.findings(body)
            self._known[digest] = {
                definition.name: {t for t, found in findings.items() if definition.holds(found, t)}
                for definition in DEFINITIONS
            }
        return self._known[digest]


class Opinions:
    """Which hosts of a series block which crawlers."""

    def __init__(self, series: Series, readings: Readings) -> None:
        """Take the hosts."""
        self.series = series
        self._readings = readings
        self._parts = {
            str(snapshot): list(rows)
            for snapshot, rows in groupby(self._rows(), key=lambda row: row.snapshot)
        }

    def share(self, definition: Definition, snapshot: str, token: str) -> SeriesShare:
        """Return the share of hosts that block a crawler in a snapshot, or of their tokens.

        A sample of hosts has an interval, which follows its strata and weights.
        """
        hosts = outside = 0
        strata: dict[str, _Stratum] = {}
        for row in self._parts[snapshot]:
            if not definition.counts(row.outcome, self.series.bodies.get(row.digest, b"")):
                outside += row.hosts
                continue
            hosts += row.hosts
            stratum = strata.setdefault(row.stratum, _Stratum())
            stratum.counted += row.weight
            stratum.squared += row.squared
            if self._blocks(definition, row, token):
                stratum.blocking += row.weight
        if not hosts:
            return SeriesShare(n=0, n_outside=outside)
        share = math.fsum(s.blocking for s in strata.values()) / math.fsum(
            s.counted for s in strata.values()
        )
        low, high = self._interval(share, strata.values())
        return SeriesShare(n=hosts, n_outside=outside, percent=100 * share, low=low, high=high)

    def _interval(
        self, share: float, strata: Iterable[_Stratum]
    ) -> tuple[float, float] | tuple[None, None]:
        if not self.series.sampled or self.series.unit != HOSTS:
            return None, None
        n = stratified_n((s.counted, s.squared, s.blocking) for s in strata)
        if n is None:
            return None, None
        low, high = wilson(share, n)
        return 100 * low, 100 * high

    def _blocks(self, definition: Definition, row: "_Row", token: str) -> bool:
        if row.outcome in definition.by_outcome:
            return True
        if row.outcome is not Outcome.OK:
            return False
        body = self.series.bodies.get(row.digest, b"")
        return token in self._readings.of(row.digest, body)[definition.name]

    def _rows(self) -> Iterator["_Row"]:
        ordered = self.series.answers.sort("snapshot", "stratum", "outcome", "digest")
        for row in ordered.iter_rows(named=True):
            yield _Row(
                snapshot=row["snapshot"],
                stratum=row["stratum"],
                outcome=Outcome(row["outcome"]),
                digest=row["digest"] or "",
                hosts=row["hosts"],
                weight=row["weight"],
                squared=row["weight_squared"],
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """Hosts of a stratum that answered the same."""

    snapshot: str
    stratum: str
    outcome: Outcome
    digest: str
    hosts: int
    weight: float
    squared: float
