"""What Common Crawl's own counts come to, under the formulas of their notebook and under others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from crawlblock.replication.published import PublishedFigure

_REFUSED = ("disallow all, named or *",)
_GROUPED = (*_REFUSED, "allow part, named or *", "allow all, named or *")
_RULED = ("robots.txt with rules",)
_HTTP = ("http forbidden", "http deferred")
_OPEN = ("http allows all",)
_EMPTY = ("robots.txt without rules",)
_UNKNOWN = ("not captured", "redirect unresolved", "not a robots.txt")
_ROBOTS_SHARE = "blocked by robots.txt"
_EITHER_SHARE = "blocked by robots.txt or HTTP"


@dataclass(frozen=True, slots=True)
class Formula:
    """A share made of counts, and the published share it stands beside."""

    figure: str
    published: str | None  # a figure in percent of the same source; None: nobody published it
    refusing: tuple[str, ...]  # counts that add up to the numerator
    among: tuple[str, ...]  # counts that add up to the denominator
    reason: str


@dataclass(frozen=True, slots=True)
class Share:
    """What a formula gives in one stratum."""

    formula: Formula
    stratum: str
    refusing: int  # hosts
    among: int  # hosts
    published: PublishedFigure | None

    @property
    def percent(self) -> float:
        """Return the share in percent."""
        return 100 * self.refusing / self.among


FORMULAS = (
    Formula(
        "robots.txt, of hosts with a group for it or *",
        _ROBOTS_SHARE,
        _REFUSED,
        _GROUPED,
        "as published",
    ),
    Formula(
        "robots.txt, of hosts with rules",
        _ROBOTS_SHARE,
        _REFUSED,
        _RULED,
        "denominator: theirs leaves out hosts with rules for other agents only",
    ),
    Formula(
        "robots.txt or HTTP, as coded",
        _EITHER_SHARE,
        _REFUSED,
        (*_RULED, *_OPEN),
        "as published: the cell takes the column without the HTTP refusals",
    ),
    Formula(
        "robots.txt or HTTP, as meant",
        _EITHER_SHARE,
        (*_REFUSED, *_HTTP),
        (*_RULED, *_HTTP, *_OPEN),
        "numerator: as the cell's comment says, with 403, 429 and 5xx",
    ),
    Formula(
        "robots.txt or HTTP, of known hosts",
        _EITHER_SHARE,
        (*_REFUSED, *_HTTP),
        (*_RULED, *_HTTP, *_OPEN, *_EMPTY),
        "denominator: hosts whose robots.txt has no rules are known and open",
    ),
    Formula(
        "robots.txt or HTTP, of all hosts, unknown ones open",
        None,
        (*_REFUSED, *_HTTP),
        (*_RULED, *_HTTP, *_OPEN, *_EMPTY, *_UNKNOWN),
        "lower bound: about half of the hosts have no capture",
    ),
    Formula(
        "robots.txt or HTTP, of all hosts, unknown ones refusing",
        None,
        (*_REFUSED, *_HTTP, *_UNKNOWN),
        (*_RULED, *_HTTP, *_OPEN, *_EMPTY, *_UNKNOWN),
        "upper bound: about half of the hosts have no capture",
    ),
)


def shares(figures: Iterable[PublishedFigure]) -> list[Share]:
    """Return what every formula gives in every stratum whose counts are among the figures."""
    counts: dict[str, dict[str, int]] = {}
    published: dict[tuple[str, str], PublishedFigure] = {}
    for figure in figures:
        if figure.unit == "hosts":
            counts.setdefault(figure.stratum, {})[figure.figure] = int(figure.value)
        else:
            published[figure.stratum, figure.figure] = figure
    return [
        Share(
            formula,
            stratum,
            _sum(counts[stratum], formula.refusing),
            _sum(counts[stratum], formula.among),
            published.get((stratum, formula.published or "")),
        )
        for formula in FORMULAS
        for stratum in sorted(counts, key=lambda stratum: _sum(counts[stratum], _RULED))
    ]


def _sum(counts: Mapping[str, int], names: Iterable[str]) -> int:
    return sum(counts[name] for name in names)
