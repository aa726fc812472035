"""The steps that fill a database: which hosts are followed, and what they answered."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from crawlblock import loops
from crawlblock.api.steps import StepContext, StepResult, result, running
from crawlblock.model import Member
from crawlblock.pipeline import evaluate as judging
from crawlblock.pipeline.history import Wanted, collect_history
from crawlblock.pipeline.importing import import_files
from crawlblock.pipeline.live import Asking, collect_live, recover
from crawlblock.pipeline.run import Budget, Progress, Tally, now
from crawlblock.pipeline.sample import Sampled, store_panel
from crawlblock.sources.files import Every, read_observation_times
from crawlblock.sources.files.host_lists.rejects import Rejects
from crawlblock.store import removal


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelResult:
    """The panel that a step stored."""

    panel: str  # its name
    frame: str  # what the hosts were taken from
    hosts: tuple[str, ...]
    new: int  # hosts that the panel did not have before
    lines_left_out: int  # of a list: they name no host that can be followed
    left_out: tuple[str, ...]  # the first five of them, with the reason
    notes: tuple[str, ...]


# How to choose hosts: it counts what it sends, and shows how far it is.
Choose: TypeAlias = Callable[[Tally, Progress], Sampled]


def sample(
    place: StepContext, choose: Choose, configuration: Mapping[str, object],
    left_out: Rejects,
) -> PanelResult:  # fmt: skip
    """Choose hosts and store them as a panel."""
    with running(place, "sample", configuration) as run:
        run.progress("panel", 0, 0)
        sampled = choose(run.tally, run.progress)
        new = store_panel(place.store, sampled)
    return PanelResult(
        panel=sampled.panel,
        frame=sampled.frame,
        hosts=tuple(member.host for member in sampled.members),
        new=new,
        lines_left_out=left_out.count,
        left_out=tuple(
            f"line {r.line}: {r.text[:60]!r} left out: {r.reason}" for r in left_out.first
        ),
        notes=(*sampled.notes, *place.notes),
    )


def history(
    place: StepContext, wanted: Wanted, members: Sequence[Member],
    configuration: Mapping[str, object], budget: Budget,
) -> StepResult:  # fmt: skip
    """Collect what the archive has of some hosts, and judge it."""
    with running(place, "history", configuration, budget) as run:
        try:
            loops.run(collect_history(run, wanted, members))
        finally:
            judging.evaluate(run)
    return result(place, run.tally)


def live(
    place: StepContext, asking: Asking, members: Sequence[Member],
    configuration: Mapping[str, object], budget: Budget,
) -> StepResult:  # fmt: skip
    """Ask hosts for their robots.txt now, and judge it."""
    with running(place, "live", configuration, budget) as run:
        try:
            before = loops.run(collect_live(run, asking, members))
        finally:
            judging.evaluate(run)
    place.notes.append(f"{asking.snapshot}: {before:,} hosts were asked before")
    return result(place, run.tally)


def import_(
    place: StepContext, paths: Sequence[Path], every: Every, at: Path | None, snapshot: str | None
) -> StepResult:
    """Store the captures in files, and judge them."""
    times = read_observation_times(at) if at else []
    configuration = {
        "files": [str(path) for path in paths], "every": every, "at": at, "snapshot": snapshot,
    }  # fmt: skip
    with running(place, "import", configuration) as run:
        try:
            files = import_files(run, paths, every, times, snapshot)
        finally:
            judging.evaluate(run)
    for line in files.notes:
        place.note(line)
    done = result(place, run.tally, map(str, files.left_out))
    return replace(done, records=tuple(files.records))


def remove(place: StepContext, snapshot: str, reason: str) -> None:
    """Take a snapshot out of all views; what a stopped live run noted of it is stored first."""
    with running(place, "remove", {"snapshot": snapshot, "because": reason}) as run:
        recover(run.store)
        with run.store.transaction() as con:
            removal.remove(con, snapshot, now(), reason)


def restore(place: StepContext, snapshot: str) -> None:
    """Bring back a snapshot that was removed."""
    with running(place, "remove", {"snapshot": snapshot, "restore": True}) as run:
        with run.store.transaction() as con:
            removal.restore(con, snapshot)
        judging.evaluate(run)
