"""Counts what a first run sends to the stand-in of the archive, beside what dry runs estimated.

The stand-in has both hosts of Common Crawl, every crawl, and ten hosts in each crawl.  The panel
is these ten.  The commands run in this process at 1,000 requests a second.  At the default rate for
the real archive, 1 request a second, a command takes as many seconds as it sends requests.
"""

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from in_process import run_command
from measured import Measurement, alone, paired
from stand_in import ANSWERS, StandIn, render, served

DRY = "--dry-run"


@dataclass(frozen=True, slots=True)
class Step:
    """A command, and the command that estimates it."""

    command: str
    asks: bool = True  # the archive, so it takes a mirror and a rate
    estimated: bool = False  # by the same command with --dry-run


STEPS = (
    Step("doctor"),
    Step("sample --list domains.csv", asks=False),
    Step("history --crawls 6", estimated=True),
    Step("history --crawls all --dry-run"),
    Step("history --crawls CC-MAIN-2018-34", estimated=True),
    Step("sample --crawl latest --size 1000", estimated=True),
    Step("update --no-live --quiet"),
)


SMOKE: dict[str, object] = {"commands": (STEPS[0].command, STEPS[1].command, STEPS[4].command)}


@dataclass(frozen=True, slots=True)
class Sent:
    """What a command sent, and what it printed."""

    requests: int
    bytes: int
    code: int
    printed: str


def run(step: Step, stand_in: StandIn, folder: Path, *more: str) -> Sent:
    """Run a step's command and count what both hosts are asked and answer."""
    before, size = stand_in.asked(), stand_in.data.bytes + stand_in.index.bytes
    words = step.command.replace("domains.csv", str(folder / "domains.csv")).split()
    at = ["--mirror", stand_in.url, "--rate", "1000"] if step.asks else []
    ended = run_command([*words, *more, *at, "--db", str(folder / "db.duckdb")])
    if ended.returncode not in (0, 5):  # 5: nothing new
        raise RuntimeError(f"{step.command}: {ended.stderr}")
    sent = stand_in.data.bytes + stand_in.index.bytes - size
    return Sent(stand_in.asked() - before, sent, ended.returncode, ended.stdout)


def measurements(step: Step, sent: Sent, planned: Sent | None) -> Iterator[Measurement]:
    """Yield what a command sent, next to what its dry run said that it would."""
    plan = json.loads(planned.printed.splitlines()[-1]) if planned else {}
    size = plan.get("gigabytes", 0) * 1000 + plan.get("megabytes", 0)
    figures = {
        "requests": (sent.requests, plan.get("requests", 0)),
        "MB": (sent.bytes / 1e6, size),
    }
    for unit, (ours, estimated) in figures.items():
        if estimated:
            yield paired(f"`{step.command}`", unit, [ours], [estimated], "its dry run's estimate")
        elif ours:
            yield alone(f"`{step.command}`", unit, [ours])
    if planned:
        yield alone(f"`{step.command} {DRY}`", "requests", [planned.requests])


def measure(commands: Sequence[str] = ()) -> Iterator[Measurement]:
    """Run the steps, or some of them; all that is sent is counted, so one round is exact."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "domains.csv").write_text("domain\n" + "\n".join(ANSWERS))
        with served(*render(folder)) as stand_in:
            for step in STEPS:
                if not commands or step.command in commands:
                    planned = run(step, stand_in, folder, DRY) if step.estimated else None
                    yield from measurements(step, run(step, stand_in, folder), planned)
