"""Small tasks that processes of the engines run; each notes in a folder that it was begun."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from crawlblock.errors import ArchiveError, StoreError


@dataclass(frozen=True, slots=True)
class Errand:
    """What is to be done, and where it is noted."""

    folder: Path
    name: str
    act: str = ""  # see `run`
    seconds: float = 0.0


def run(errand: Errand) -> str:
    """Note the time and the process, wait, act, and return the name."""
    with (errand.folder / errand.name).open("a") as file:
        file.write(f"{time.time()} {os.getpid()} {os.environ.get('POLARS_MAX_THREADS')}\n")
    time.sleep(errand.seconds)
    if errand.act == "die" or (errand.act == "die once" and len(begun(errand)) == 1):
        os.kill(os.getpid(), signal.SIGKILL)
    if errand.act == "raise" or (errand.act == "raise once" and len(begun(errand)) == 1):
        raise ValueError("it is spoiled")
    if errand.act == "unreadable":
        raise ArchiveError("it cannot be read")
    if errand.act == "stop":
        raise StoreError("the disk is full")
    with (errand.folder / errand.name).open("a") as file:
        file.write(f"{time.time()} {os.getpid()} end\n")
    return errand.name


def begun(errand: Errand) -> list[tuple[float, int]]:
    """Return when and in which processes a task was begun."""
    path = errand.folder / errand.name
    rows = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
    return [(float(time), int(process)) for time, process, last in rows if last != "end"]


def most_at_once(folder: Path) -> int:
    """Return how many tasks ran at the busiest moment."""
    moves = []
    for path in folder.iterdir():
        for line in path.read_text().splitlines():
            time, _, last = line.split()
            moves.append((float(time), -1 if last == "end" else 1))
    running = busiest = 0
    for _, move in sorted(moves):
        running += move
        busiest = max(busiest, running)
    return busiest
