"""What a scan reads: the robotstxt files of some crawls, or a seeded share, cut into shards."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from crawlblock.durable import put_in_place
from crawlblock.errors import ArchiveError, InputError
from crawlblock.names import key_fault_of, part_fault_of
from crawlblock.sampling import sampling_key
from crawlblock.sources.commoncrawl.crawls import Listed, paths, period_of
from crawlblock.sources.commoncrawl.mirror import Mirror
from crawlblock.unpacking import LARGEST_JSON, TooLargeError, parse_json

PLAN = "plan.json"
_LARGEST = 256 * 1024 * 1024  # bytes of a plan, of two million files
_MOST_FILES = 10_000  # of a shard
_BEFORE_SHARDS = b', "shards": ['
_FORMAT = 3
_READABLE = (2, _FORMAT)
_FILE_BYTES = 1_500_000  # of a robotstxt file in 2025 and 2026; older ones have up to 2 MB
_FILE_CAPTURES = 750
_CAPTURES_PER_SECOND = 17_000  # read by one core: see benchmarks/README.md
_BYTES_PER_SECOND = 5_000_000  # a modest line


@dataclass(frozen=True, slots=True)
class TakenFiles:
    """How many of a crawl's files are read; files are sampled, so hosts come in clusters."""

    crawl: str
    files: int
    of: int  # files of the crawl
    # When the crawl was made, as its archive says it; None in plans of an older version.
    first_capture: datetime | None = field(default=None, compare=False)
    last_capture: datetime | None = field(default=None, compare=False)

    @property
    def weight(self) -> float:
        """Return 1 / inclusion probability of a file, and so of a capture."""
        return self.of / self.files


@dataclass(frozen=True, slots=True)
class Shard:
    """The files whose captures come into one Parquet file."""

    shard: str  # CC-MAIN-2025-33-00000
    crawl: str
    files: tuple[str, ...]  # keys


@dataclass(frozen=True, slots=True)
class FileShare:
    """How much of each crawl is read, and in what pieces."""

    share: float
    seed: str
    size: int  # files of a shard
    keep_bodies: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What is read."""

    mirror: str
    seed: str
    share: float
    bytes: int  # estimated where the mirror is not a directory
    crawls: tuple[TakenFiles, ...]
    shards: tuple[Shard, ...]
    keep_bodies: bool = False  # payloads are kept whole beside their texts

    @property
    def files(self) -> int:
        """Return how many files are read."""
        return sum(taken.files for taken in self.crawls)

    def minutes(self, per_second: float | None) -> float:
        """Return how long one core takes, and the line where there is one, whichever is longer.

        `per_second` is the rate of requests, None where nothing is requested.
        """
        reading = self.files * _FILE_CAPTURES / _CAPTURES_PER_SECOND
        if per_second is None:
            return reading / 60
        return max(reading, self.files / per_second, self.bytes / _BYTES_PER_SECOND) / 60


async def make_plan(
    mirror: Mirror, crawls: Sequence[Listed], reading: FileShare
) -> tuple[Plan, list[str]]:
    """Return a plan for some crawls, and why others of them are passed over.

    The same seed takes the same files everywhere, and a larger share keeps those of a smaller one.
    """
    taken: list[TakenFiles] = []
    shards: list[Shard] = []
    troubles: list[str] = []
    measured = 0
    for crawl in crawls:
        try:
            keys = await _files(mirror, crawl.crawl)
        except ArchiveError as error:
            troubles.append(f"{crawl.crawl} is skipped: {error}")
            if len(troubles) == len(crawls):
                raise
            continue
        sampled = sample_files(keys, reading.share, reading.seed)
        taken.append(_taken(crawl, sampled, keys))
        shards += cut(crawl.crawl, sampled, reading.size)
        measured += sum(_size(mirror, key) for key in sampled)
    return Plan(
        mirror.location, reading.seed, reading.share, measured, tuple(taken), tuple(shards),
        reading.keep_bodies,
    ), troubles  # fmt: skip


def _taken(crawl: Listed, sampled: Sequence[str], keys: Sequence[str]) -> TakenFiles:
    """Return how much of a crawl is read, with the crawl's period where that is known."""
    named = period_of(keys) or (None, None)
    first = crawl.first_capture or named[0]
    return TakenFiles(crawl.crawl, len(sampled), len(keys), first, crawl.last_capture or named[1])


async def _files(mirror: Mirror, crawl: str) -> list[str]:
    """Return the keys of a crawl's robotstxt files, at least one."""
    keys = list(dict.fromkeys(await paths(mirror, crawl, "robotstxt")))
    if not keys:
        raise ArchiveError(f"{mirror.location}: the list of robotstxt files is empty")
    return keys


def sample_files(keys: Sequence[str], share: float, seed: str) -> list[str]:
    """Return a share of the files, at least one, in the order of the crawl."""
    number = min(len(keys), max(1, round(len(keys) * share)))
    ranked = sorted(keys, key=lambda key: sampling_key(seed, key))
    chosen = set(ranked[:number])
    return [key for key in keys if key in chosen]


def cut(crawl: str, keys: Sequence[str], size: int) -> list[Shard]:
    """Return the shards of a crawl's files."""
    return [
        Shard(f"{crawl}-{number:05}", crawl, tuple(keys[start : start + size]))
        for number, start in enumerate(range(0, len(keys), size))
    ]


def part(shards: Sequence[Shard], number: int, of: int) -> Sequence[Shard]:
    """Return every `of`-th shard from the `number`-th on, counted from 1."""
    return shards[number - 1 :: of]


def write_plan(plan: Plan, directory: Path) -> None:
    """Write a plan into its directory; raises InputError if another one is there."""
    path = directory / PLAN
    if path.exists() and read_plan(directory) != plan:
        raise InputError(f"{path}: another scan was planned here; name a new directory")
    directory.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".part")
    with aside.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(_lines(plan))
        size = file.tell()
    if size > _LARGEST:
        aside.unlink()
        raise InputError(
            f"{path} would be larger than {_LARGEST >> 20} MiB; plan fewer crawls or a smaller "
            "--share, and the rest in another directory"
        )
    put_in_place(aside, path)


def _lines(plan: Plan) -> Iterator[str]:
    """Return a plan as JSON with a line for each shard, which may be hundreds of thousands."""
    head = {"format": _FORMAT} | {
        field.name: getattr(plan, field.name) for field in fields(plan) if field.name != "shards"
    }
    head["crawls"] = [asdict(taken) for taken in plan.crawls]
    yield json.dumps(head, default=datetime.isoformat)[:-1] + ', "shards": ['
    for number, shard in enumerate(plan.shards):
        each = {"shard": shard.shard, "crawl": shard.crawl, "files": shard.files}
        yield f"{',' if number else ''}\n{json.dumps(each)}"
    yield "\n]}\n"


def read_plan(directory: Path) -> Plan:
    """Return the plan in a directory; raises InputError if there is none that can be read."""
    path = directory / PLAN
    try:
        read = _read(path)
        if (found := read.pop("format")) not in _READABLE:
            raise ValueError("its format is another version's")
        if found == 2:
            read.pop("rules")  # what shards were judged with then; now they hold facts alone
        read["crawls"] = tuple(map(_taken_before, read["crawls"]))
        read["shards"] = tuple(_distinct(read["shards"]))
        return _checked(Plan(**read))
    except FileNotFoundError:
        raise InputError(f"{path} is missing; run crawlblock scan plan first") from None
    except (OSError, ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
        raise InputError(f"{path} cannot be read ({error}); plan again") from None


def _read(path: Path) -> dict[str, Any]:
    """Return what a plan says; its shards are read line by line, as they are needed."""
    with path.open("rb") as file:
        first = file.readline(LARGEST_JSON + 1)
        head, mark, _ = first.partition(_BEFORE_SHARDS + b"\n")
        found = parse_json(head + b"}" if mark else first + file.read(LARGEST_JSON))
    if not isinstance(found, dict):
        raise ValueError("it is not a JSON object")
    return found | {"shards": _shard_lines(path, len(first))} if mark else found


def _shard_lines(path: Path, at: int) -> Iterator[dict[str, Any]]:
    if path.stat().st_size > _LARGEST:
        raise TooLargeError(_LARGEST)
    with path.open("rb") as file:
        file.seek(at)
        while (line := file.readline(LARGEST_JSON + 1).strip()) != b"]}":
            if not line:
                raise ValueError("it ends early")
            found: Any = parse_json(line.removesuffix(b","))
            yield found


def _checked(plan: Plan) -> Plan:
    """Return a plan whose values are of their kinds; raises ValueError for another."""
    counts = [plan.bytes, *(n for each in plan.crawls for n in (each.files, each.of))]
    if not all(isinstance(n, int) and 0 <= n < 2**63 for n in counts):
        raise ValueError("a count is not a whole number")
    if not all(1 <= each.files <= each.of for each in plan.crawls):
        raise ValueError("a crawl has fewer files than are read of it")
    if not isinstance(plan.mirror, str) or not isinstance(plan.seed, str):
        raise ValueError("mirror and seed are not text")
    if not isinstance(plan.share, (int, float)) or not 0 < plan.share <= 1:
        raise ValueError("the share is not between 0 and 1")
    if {shard.crawl for shard in plan.shards} - {each.crawl for each in plan.crawls}:
        raise ValueError("a shard is of a crawl that is not planned")
    return plan


def _taken_before(given: dict[str, Any]) -> TakenFiles:
    times = {
        name: _plain_time(given[name])
        for name in ("first_capture", "last_capture")
        if given.get(name)
    }
    _check("crawl", given["crawl"], part_fault_of)
    return TakenFiles(**given | times)


def _plain_time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo:
        raise ValueError(f"the time {text} has a zone")
    return time


def _check(what: str, name: object, fault_of: Callable[[str], str]) -> None:
    """Raise ValueError for what cannot be the name of a crawl, shard or file."""
    fault = fault_of(name) if isinstance(name, str) else "it is not text"
    if fault:
        raise ValueError(f"the {what} {str(name)[:80]!r}: {fault}")


def _distinct(given: Iterable[dict[str, Any]]) -> Iterable[Shard]:
    """Return shards, each once; raises ValueError if two share a name and nothing else."""
    found: dict[str, Shard] = {}
    for each in given:
        shard = Shard(each["shard"], each["crawl"], tuple(each["files"]))
        _check("shard", shard.shard, part_fault_of)
        _check("crawl", shard.crawl, part_fault_of)
        for key in shard.files:
            _check("file", key, key_fault_of)
        if len(shard.files) > _MOST_FILES:
            raise ValueError(f"the shard {shard.shard} has more than {_MOST_FILES:,} files")
        if found.setdefault(shard.shard, shard) != shard:
            raise ValueError(f"two shards of different files are called {shard.shard}")
    return found.values()


def _size(mirror: Mirror, key: str) -> int:
    local = mirror.local_path(key)
    return local.stat().st_size if local else _FILE_BYTES
