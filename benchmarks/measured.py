"""What a benchmark measured, rounds in which contestants take turns, and the table of all of it."""

import gc
import math
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

T = TypeVar("T")
CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound that a figure is to keep."""

    bound: float
    at_least: bool = False  # else at most

    def met(self, figure: float) -> bool:
        """Return whether a figure keeps the bound."""
        return figure >= self.bound if self.at_least else figure <= self.bound


def at_most(bound: float) -> Goal:
    """Return the goal of a figure that is to be small."""
    return Goal(bound)


def at_least(bound: float) -> Goal:
    """Return the goal of a figure that is to be large."""
    return Goal(bound, at_least=True)


@dataclass(frozen=True, slots=True)
class Measurement:
    """A figure, beside another one if there is one; both are medians over the rounds.

    With another figure, the ratio is the median of the rounds' ratios, and the goal is one for the
    ratio.  Without, the goal is one for the figure, and the ratio is the figure in parts of it.
    """

    what: str
    unit: str
    ours: float
    rounds: int
    other: float | None = None
    against: str = ""  # what the other figure is of
    ratio: float | None = None
    goal: Goal | None = None

    @property
    def met(self) -> bool | None:
        """Return whether the goal is met; None without a goal."""
        if self.goal is None:
            return None
        compared = self.ours if self.other is None else self.ratio
        return compared is not None and self.goal.met(compared)

    def row(self) -> str:
        """Return the cells of the table."""
        other = "" if self.other is None else f"{short(self.other)} ({self.against})"
        ratio = "" if self.ratio is None else f"{short(self.ratio)}"
        goal = ""
        if self.goal:
            goal = f"{'at least' if self.goal.at_least else 'at most'} {short(self.goal.bound)}: "
            goal += "met" if self.met else "missed"
        cells = (
            self.what,
            f"{short(self.ours)} {self.unit}",
            other,
            ratio,
            goal,
            str(self.rounds),
        )
        return " | ".join(cells)


HEADER = (
    "| benchmark | what | ours | other | ratio | goal | rounds |\n|---|---|---|---|---|---|---|"
)


def alone(what: str, unit: str, figures: Sequence[float], goal: Goal | None = None) -> Measurement:
    """Return what rounds gave that have nothing to be compared with but a goal."""
    ours = statistics.median(figures)
    ratio = ours / goal.bound if goal else None
    return Measurement(what, unit, ours, len(figures), ratio=ratio, goal=goal)


def paired(
    what: str, unit: str, ours: Sequence[float], other: Sequence[float], against: str,
    goal: Goal | None = None,
) -> Measurement:  # fmt: skip
    """Return what rounds gave for us and for another; raises ValueError if one has more rounds."""
    ratio = statistics.median(one / two for one, two in zip(ours, other, strict=True))
    middle = statistics.median(other)
    return Measurement(what, unit, statistics.median(ours), len(ours), middle, against, ratio, goal)


def in_turns(contestants: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Return what each contestant gives in each round; each round begins with another one."""
    given: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(rounds):
        for name in islice(cycle(contestants), turn, turn + len(contestants)):
            given[name].append(contestants[name]())
    return given


def timed(call: Callable[[], T]) -> tuple[T, float]:
    """Return what a call gives, and the seconds of the processor that it takes in this process."""
    gc.collect()
    begun = time.process_time()
    given = call()
    return given, time.process_time() - begun


def processor_time(call: Callable[[], object]) -> float:
    """Return the seconds of the processor that a call takes in this process."""
    return timed(call)[1]


def short(number: float) -> str:
    """Return a number with three digits, or more before the point."""
    if not math.isfinite(number) or abs(number) >= 100:
        return f"{number:,.0f}"
    digits = 2 - math.floor(math.log10(abs(number))) if number else 0
    return f"{number:.{digits}f}".rstrip("0").rstrip(".") if digits > 0 else f"{number:.0f}"


def parquet_files(corpus: Path, pattern: str) -> list[Path]:
    """Return the corpora of a folder; raises FileNotFoundError if there are none."""
    found = sorted(corpus.glob(f"{pattern}.parquet"))
    if not found:
        raise FileNotFoundError(f"{corpus}: no Parquet files; name a folder that has some")
    return found


@contextmanager
def folders(directory: str) -> Iterator[tuple[Path, Path]]:
    """Give a folder that is kept, if one is named, and one on the same disk that is not."""
    if directory:
        Path(directory).mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=directory or None) as temporary:
        yield Path(directory or temporary), Path(temporary)


def rows(name: str, measurements: Iterable[Measurement]) -> list[str]:
    """Return the rows of a benchmark in the table."""
    return [f"| {name} | {each.row()} |" for each in measurements]
