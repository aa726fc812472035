"""Work for engines: what worker processes import, and a run of its own to be disturbed.

    python tests/engine_items.py FOLDER NUMBER local|ADDRESS [NAME=BEHAVIOUR ...]

maps `work` over the numbers that have no file in the folder yet, and prints what became of each.
"""

import json
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from crawlblock.engine import dask, local
from crawlblock.errors import ArchiveError


@dataclass(frozen=True, slots=True)
class Shard:
    """A number to square into a file, and what goes wrong on the way."""

    name: str
    folder: str
    number: int
    behaviour: str = ""

    @property
    def file(self) -> Path:
        """Return where the result goes."""
        return Path(self.folder) / f"{self.name}.result"


def work(shard: Shard) -> int:
    """Write the square beside its place and rename it, as a scan does."""
    with (Path(shard.folder) / "attempts").open("a") as attempts:
        attempts.write(f"{shard.name} {os.getpid()}\n")
    misbehave(shard)
    part = shard.file.with_suffix(f".{os.getpid()}.part")
    part.write_text(str(shard.number**2))
    part.replace(shard.file)
    return shard.number**2


def misbehave(shard: Shard) -> None:
    """Do what the shard's behaviour says."""
    match shard.behaviour:
        case "deadly":
            os.kill(os.getpid(), signal.SIGKILL)
        case "deadly once" if attempts_at(shard) == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        case "corrupt":
            raise ArchiveError(f"{shard.name} is corrupt; fetch it again")
        case "wrong":
            raise ZeroDivisionError("one by none")
        case "wrong once" if attempts_at(shard) == 1:
            raise ZeroDivisionError("one by none")
        case "exit":
            sys.exit(3)
        case "slow":
            time.sleep(0.3)
        case "endless":
            time.sleep(600)


def attempts_at(shard: Shard) -> int:
    """Return how often a shard was begun."""
    begun = (Path(shard.folder) / "attempts").read_text().splitlines()
    return sum(line.split()[0] == shard.name for line in begun)


def unsendable(shard: Shard) -> object:
    """Return what cannot be pickled."""
    return lambda: shard


def shards(folder: Path, number: int, behaviours: dict[str, str]) -> list[Shard]:
    """Return numbered shards; those without a behaviour of their own have that of `all`."""
    names = [f"shard-{i:03}" for i in range(number)]
    usual = behaviours.get("all", "")
    return [Shard(n, str(folder), i, behaviours.get(n, usual)) for i, n in enumerate(names)]


def main(folder: Path, number: int, where: str, *behaviours: str) -> None:
    """Do what has no file yet."""
    engine = local(2) if where == "local" else dask(where)
    every = shards(folder, number, dict(b.split("=") for b in behaviours))
    for done in engine.map(work, [shard for shard in every if not shard.file.exists()]):
        print(json.dumps([done.item, done.result, done.failure]), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
