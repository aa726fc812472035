"""The steps that change a database, as commands and notebooks run them.

Each holds the database while it works, judges what it stored, notes how it went and publishes the
copy for readers, also when it is interrupted: the same call then goes on from there.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from crawlblock.pipeline import evaluate as judging
from crawlblock.pipeline.run import UNLIMITED, Budget, Progress, Run, Say, Tally, recorded
from crawlblock.report.assemble import write_answer
from crawlblock.report.terminal.whole_crawl import write_census
from crawlblock.sources.files import RecordCount
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
    place: StepContext, results: Path, http_profile: str, census: bool, console: Console
) -> Path:
    """Compute the results that are not there yet and print the main ones.

    Returns the page, or the folder of the results about whole crawls (`census`).
    """
    with running(place, "analyze", {"http_profile": http_profile, "census": census}):
        pending = place.store.conclusions.pending()
        if pending:
            place.note(
                f"judged by other rules or entries than today's: {pending:,} of the texts; run "
                "crawlblock evaluate, then analyze again"
            )
        write = write_census if census else write_answer
        return write(place.store, results, http_profile, console)


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
