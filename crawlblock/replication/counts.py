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
_ALL = (*_RULED, *_HTTP, *_OPEN, *_EMPTY, *_UNKNOWN)
_ROBOTS_SHARE = "blocked by robots.txt"
_EITHER_SHARE = "blocked by robots.txt or HTTP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A share made of counts, and the published share beside it."""

    figure: str
    published: str | None  # a figure in percent of the same source; None: nobody published it
    blocking: tuple[str, ...]  # counts that add up to the numerator
    among: tuple[str, ...]  # counts that add up to the denominator
    differs: str = ""  # in what it differs from the published share: definition
    reason: str  # what it counts; {unknown} stands for the share of unknown hosts


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a formula gives in one stratum."""

    formula: Formula
    stratum: str
    blocking: int  # hosts
    among: int  # hosts
    unknown: int  # hosts of the stratum whose answer is not known
    hosts: int  # all hosts of the stratum
    published: PublishedFigure | None

    @property
    def percent(self) -> float:
        """Return the share in percent."""
        return 100 * self.blocking / self.among

    @property
    def reason(self) -> str:
        """Return what the formula counts."""
        return self.formula.reason.format(unknown=f"{100 * self.unknown / self.hosts:.1f} %")


_UNKNOWN_SHARE = (
    "the answer of {unknown} of the hosts is not known: no capture, an unresolved redirect, or an "
    "answer that is not a robots.txt"
)
FORMULAS = (
    Formula(
        figure="robots.txt, of hosts with a group for it or *",
        published=_ROBOTS_SHARE,
        blocking=_REFUSED,
        among=_GROUPED,
        reason="as published",
    ),
    Formula(
        figure="robots.txt, of hosts with rules",
        published=_ROBOTS_SHARE,
        blocking=_REFUSED,
        among=_RULED,
        differs="definition",
        reason="definition: theirs leaves out hosts with rules for other agents only",
    ),
    Formula(
        figure="robots.txt or HTTP, as coded",
        published=_EITHER_SHARE,
        blocking=_REFUSED,
        among=(*_RULED, *_OPEN),
        reason="as published: the cell takes the column without the HTTP refusals",
    ),
    Formula(
        figure="robots.txt or HTTP, as meant",
        published=_EITHER_SHARE,
        blocking=(*_REFUSED, *_HTTP),
        among=(*_RULED, *_HTTP, *_OPEN),
        reason="ours counts 403, 429 and 5xx, as the cell's comment says; theirs has left them out",
    ),
    Formula(
        figure="robots.txt or HTTP, of known hosts",
        published=_EITHER_SHARE,
        blocking=(*_REFUSED, *_HTTP),
        among=(*_RULED, *_HTTP, *_OPEN, *_EMPTY),
        differs="definition",
        reason="definition: theirs leaves out hosts whose robots.txt has no rules",
    ),
    Formula(
        figure="robots.txt or HTTP, of all hosts, unknown ones open",
        published=None,
        blocking=(*_REFUSED, *_HTTP),
        among=_ALL,
        reason=f"lower bound: {_UNKNOWN_SHARE}",
    ),
    Formula(
        figure="robots.txt or HTTP, of all hosts, unknown ones blocking",
        published=None,
        blocking=(*_REFUSED, *_HTTP, *_UNKNOWN),
        among=_ALL,
        reason=f"upper bound: {_UNKNOWN_SHARE}",
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
            formula=formula,
            stratum=stratum,
            blocking=_sum(counts[stratum], formula.blocking),
            among=_sum(counts[stratum], formula.among),
            unknown=_sum(counts[stratum], _UNKNOWN),
            hosts=_sum(counts[stratum], _ALL),
            published=published.get((stratum, formula.published or "")),
        )
        for formula in FORMULAS
        for stratum in sorted(counts, key=lambda stratum: _sum(counts[stratum], _RULED))
    ]


def _sum(counts: Mapping[str, int], names: Iterable[str]) -> int:
    return sum(counts[name] for name in names)
