"""The steps that change a database, as commands and notebooks run them.

Each holds the database while it works, judges what it stored, notes how it went and publishes the
copy for readers, also when it is interrupted: the same call then goes on from there.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from rich.console import Console

from crawlblock import loops
from crawlblock.model import Member
from crawlblock.pipeline import evaluate as judging
from crawlblock.pipeline.history import Wanted, collect_history
from crawlblock.pipeline.importing import import_files
from crawlblock.pipeline.live import Asking, collect_live, recover
from crawlblock.pipeline.run import UNLIMITED, Budget, Progress, Run, Say, Tally, now, recorded
from crawlblock.pipeline.sample import Sampled, store_panel
from crawlblock.report.assemble import write_answer
from crawlblock.report.terminal.whole_crawl import write_census
from crawlblock.sources.files import Every, RecordCount, read_observation_times
from crawlblock.sources.files.host_lists.rejects import Rejects
from crawlblock.store import removal
from crawlblock.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """What a step did."""

    captures: int  # new ones
    payloads: int  # judged
    requests: int  # sent
    bytes: int  # received
    finished: bool  # False: the budget ended the step; the same call goes on from there
    problems: tuple[str, ...]  # what could not be done, a line each
    notes: tuple[str, ...]  # what else to know, a line each
    records: tuple[RecordCount, ...] = ()  # of imported WARC and ARC files, by file and type


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


@dataclass(frozen=True, slots=True)
class StepContext:
    """Where a step stores what it finds, and whom it tells how far it is."""

    store: Store
    progress: Progress
    say: Say
    notes: list[str] = field(default_factory=list)

    def note(self, line: str) -> None:
        """Tell a line at once and keep it for the result."""
        self.notes.append(line)
        self.say(line)


@contextmanager
def running(
    place: StepContext,
    command: str,
    configuration: Mapping[str, object],
    budget: Budget = UNLIMITED,
) -> Iterator[Run]:
    """Hold the database for a step that is noted as a run of a command."""
    with recorded(place.store, command, configuration) as tally:
        yield Run(place.store, tally, place.progress, budget, place.note)


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


def evaluate(place: StepContext) -> StepResult:
    """Judge again what was judged by other rules or another registry."""
    with running(place, "evaluate", {}) as run:
        judging.evaluate(run)
    problems = [
        f"{snapshot}: for {len(hosts):,} hosts a record must be fetched before this version can "
        f"tell which capture counts; run crawlblock history --crawls {snapshot}"
        for snapshot, hosts in place.store.conclusions.to_fetch().items()
    ]
    return result(place, run.tally, problems)


def analyze(
    place: StepContext, results: Path, reading: str, census: bool, console: Console
) -> Path:
    """Compute the results that are not there yet and print the main ones.

    Returns the page, or the folder of the results about whole crawls (`census`).
    """
    with running(place, "analyze", {"reading": reading, "census": census}):
        pending = place.store.conclusions.pending()
        if pending:
            place.note(
                f"judged by other rules or entries than today's: {pending:,} of the texts; run "
                "crawlblock evaluate, then analyze again"
            )
        write = write_census if census else write_answer
        return write(place.store, results, reading, console)


def result(place: StepContext, tally: Tally, problems: Iterable[str] = ()) -> StepResult:
    """Return what a step did, from what it counted."""
    return StepResult(
        captures=tally.captures,
        payloads=tally.payloads,
        requests=tally.requests,
        bytes=tally.bytes,
        finished=not tally.unfinished,
        problems=(*tally.troubles, *problems),
        notes=tuple(place.notes),
    )
