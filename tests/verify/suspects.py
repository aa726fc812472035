"""Which snapshots of a panel look like a fault rather than news (docs/method.md)."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median


@dataclass(frozen=True, slots=True)
class Ends:
    """How the captures of a snapshot ended, all of whose hosts were asked."""

    snapshot: str
    date: date
    kind: str
    outcomes: Counter[str]

    def share(self, outcomes: Collection[str]) -> float:
        """Return the share of hosts that ended in one of some ways."""
        return sum(self.outcomes[each] for each in outcomes) / self.outcomes.total()


def suspect(
    snapshots: Sequence[Ends], answered: Collection[str], breaks: Sequence[date]
) -> set[str]:
    """Return the names of suspect snapshots; they come in the order of time."""
    return {
        now.snapshot
        for place, now in enumerate(snapshots)
        if now.kind != "import" and _suspect(now, snapshots[:place], answered, breaks)
    }


def _suspect(
    now: Ends, earlier: Sequence[Ends], answered: Collection[str], breaks: Sequence[date]
) -> bool:
    live, hosts = now.kind == "live", now.outcomes.total()
    usual = [
        each for each in earlier
        if each.kind == now.kind
        and (live or not any(each.date < day <= now.date for day in breaks))
    ][-5:]  # fmt: skip
    if live and now.share(answered) < 0.5:
        return True
    if not usual:
        return False

    def more(outcomes: Collection[str]) -> float:
        more = now.share(outcomes) - median(each.share(outcomes) for each in usual)
        return more if abs(more) * hosts >= 5 else 0  # a few hosts are no wave

    if more(answered) < (-0.1 if live else -0.2):
        return True
    others = now.outcomes.keys() - {"ok", "not_captured"}
    return live and any(more([each]) > 0.1 for each in others)
