"""Counts what a first run sends to the stand-in of the archive, beside what dry runs estimated.

Usage:
    PYTHONPATH=tests python benchmarks/first_run.py

The stand-in has both hosts of Common Crawl, every crawl, and ten hosts in each crawl.  The panel
is these ten.  The commands run in this process at 1,000 requests a second; the minutes are those
of the default rate for the real archive, 1 request a second, computed from the requests.
"""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from in_process import run_command
from stand_in import ANSWERS, StandIn, render, served

RATE = 1.0  # requests a second, by default where the archive is public
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
        raise SystemExit(f"{step.command}: {ended.stderr}")
    sent = stand_in.data.bytes + stand_in.index.bytes - size
    return Sent(stand_in.asked() - before, sent, ended.returncode, ended.stdout)


def minutes(requests: int) -> str:
    """Return how long requests take at the default rate."""
    return f"{requests / RATE / 60:.2f}"


def row(command: str, sent: Sent, estimate: dict[str, float] | None) -> str:
    """Return a row of the table."""
    told = ["", "", ""]
    if estimate:
        size = estimate.get("gigabytes", 0) * 1000 + estimate.get("megabytes", 0)
        requests = int(estimate["requests"])
        told = [str(requests), f"{size:.2f}", minutes(requests)]
    ours = [str(sent.requests), f"{sent.bytes / 1e6:.2f}", minutes(sent.requests)]
    return f"| `{command}` | {' | '.join([*ours, *told])} |"


def main() -> None:
    """Run the steps and print the table."""
    print("| command | requests | MB | minutes | estimated requests | MB | minutes |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "domains.csv").write_text("domain\n" + "\n".join(ANSWERS))
        with served(*render(folder)) as stand_in:
            for step in STEPS:
                estimate = None
                if step.estimated:
                    planned = run(step, stand_in, folder, DRY)
                    estimate = json.loads(planned.printed.splitlines()[-1])
                    print(row(f"{step.command} {DRY}", planned, None))
                print(row(step.command, run(step, stand_in, folder), estimate))


if __name__ == "__main__":
    main()
