"""Counts how often an interval holds the truth."""

from dataclasses import dataclass


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

    def add(self, low: float, high: float, truth: float) -> None:
        """Count an interval."""
        self.tries += 1
        self.held += low - 1e-12 <= truth <= high + 1e-12
        self.width += high - low

    def row(self) -> str:
        """Return a row of the table."""
        told = "- | -"
        if self.tries:
            told = f"{100 * self.held / self.tries:.1f} | {self.width / self.tries:.3f}"
        return (
            f"| {self.interval} | {self.method} | {self.scenario} | {self.n} | {self.rulesets} "
            f"| {self.tries:,} | {told} |"
        )


HEADER = (
    "| interval of | method | scenario | n | rule sets | series | coverage % | mean width |\n"
    "|---|---|---|---|---|---|---|---|"
)
