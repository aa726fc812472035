"""Counts how often an interval holds the truth."""

import statistics
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """What became of one method's intervals in one scenario."""

    interval: str  # what is estimated
    method: str
    scenario: str
    n: str
    rulesets: str = "-"
    tries: int = 0
    held: int = 0
    width: float = 0.0
    errors: list[float] = field(default_factory=list)

    def add(self, low: float, high: float, truth: float) -> None:
        """Count an interval."""
        self.tries += 1
        self.held += low - 1e-12 <= truth <= high + 1e-12
        self.width += high - low

    def add_error(self, error: float) -> None:
        """Note how far an estimate is off."""
        self.errors.append(error)

    def bias(self) -> float:
        """Return the mean error in standard deviations of the error."""
        return statistics.fmean(self.errors) / statistics.stdev(self.errors)

    def row(self) -> str:
        """Return a row of the table."""
        shown = "- | -"
        if self.tries:
            shown = f"{100 * self.held / self.tries:.1f} | {self.width / self.tries:.3f}"
        return (
            f"| {self.interval} | {self.method} | {self.scenario} | {self.n} | {self.rulesets} "
            f"| {self.tries:,} | {shown} | {f'{self.bias():+.2f}' if self.errors else '-'} |"
        )


HEADER = (
    "| interval of | method | scenario | n | rule sets | series | coverage % | mean width "
    "| bias / sd |\n|---|---|---|---|---|---|---|---|---|"
)
