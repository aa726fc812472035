"""An archive in Common Crawl's layout, written into a directory from given captures."""

import gzip
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path

from crawlblock.demo.cdx_files import write_cdx
from crawlblock.demo.columnar_index import write_columnar
from crawlblock.demo.contents import ROBOTS, IndexEntry, Rendered
from crawlblock.demo.format_history import Era, era
from crawlblock.demo.rank_file import write_ranks
from crawlblock.durable import put_folder_in_place
from crawlblock.errors import ArchiveError, InputError
from crawlblock.executor import Failed, open_engine, run_tasks, usable_cores
from crawlblock.model import Crawl
from crawlblock.warc.http import digest
from crawlblock.warc.writer import Exchange, append_exchange, append_info

STAMP = "demo.json"  # tells a whole demo from anything else

_FILE = 500  # captures of a WARC file; Common Crawl has some 750
_SEGMENT = 2  # files; Common Crawl has some 1,000
_AT_ONCE = 2  # crawls that are written
_FEW = 8  # crawls that are written sooner than processes begin
_MACHINE = "ip-10-0-0-1.ec2.internal"  # in the names of files before 2017-22
_MASK = "x-crawler-"
_ASKED = (
    ("User-Agent", "crawlblock (rendered)"),
    ("Accept", "text/plain,text/html;q=0.9,*/*;q=0.8"),
    ("Accept-Encoding", "br,gzip"),
)


def build(
    directory: Path,
    crawls: Sequence[Crawl],
    captures: Iterable[Rendered],
    ranks: Mapping[str, int] | None = None,
    stamp: Mapping[str, str] | None = None,
) -> None:
    """Write an archive of crawls and their captures, replacing an older demo.

    `ranks` gives registered domains their place (1 is the most popular) for a domain-ranks file;
    `stamp` is kept in the archive (see `is_stamped`).  Raises InputError for a capture of a crawl
    that is not among the crawls or a directory that holds something else, ArchiveError where it
    cannot be written.
    """
    by_crawl: dict[str, list[Rendered]] = {crawl.crawl: [] for crawl in crawls}
    for capture in captures:
        if capture.crawl not in by_crawl:
            raise InputError(f"{capture.url}: no crawl is called '{capture.crawl}'; name its dates")
        by_crawl[capture.crawl].append(capture)
    ordered = sorted(crawls, key=lambda crawl: crawl.first_capture)
    with _written_aside(directory) as folder:
        _write_crawls([_Task(folder, crawl, by_crawl[crawl.crawl]) for crawl in ordered])
        _write_json(folder / "collinfo.json", [_described(crawl) for crawl in reversed(ordered)])
        graphs = [write_ranks(folder, ordered, ranks)] if ranks and ordered else []
        _write_json(folder / "graphinfo.json", graphs)
        _write_json(folder / STAMP, dict(stamp or {}))


def is_stamped(directory: Path, stamp: Mapping[str, str]) -> bool:
    """Tell whether a directory holds a whole demo with this stamp."""
    try:
        return bool(json.loads((directory / STAMP).read_bytes()) == dict(stamp))
    except (OSError, ValueError):
        return False


@contextmanager
def _written_aside(directory: Path) -> Iterator[Path]:
    """Give a new folder that takes the directory's place once everything is written."""
    if directory.exists() and not _replaceable(directory):
        raise InputError(
            f"{directory}: not an archive that crawlblock rendered; name a new directory"
        )
    directory.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{directory.name}.", dir=directory.parent))
    try:
        (aside / "new").mkdir()
        yield aside / "new"
        put_folder_in_place(aside / "new", directory, aside / "old")
    except OSError as error:
        reason = error.strerror or error
        raise ArchiveError(
            f"{directory}: cannot be written ({reason}); free some space or name another directory"
        ) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _replaceable(directory: Path) -> bool:
    """Tell whether a path is a demo or an empty directory."""
    return directory.is_dir() and ((directory / STAMP).exists() or not any(directory.iterdir()))


@dataclass(frozen=True, slots=True)
class _Task:
    """A crawl to write."""

    folder: Path
    crawl: Crawl
    captures: Sequence[Rendered]


def _write_crawls(tasks: Sequence[_Task]) -> None:
    processes = min(_AT_ONCE, usable_cores())
    if processes == 1 or len(tasks) < _FEW:
        for task in tasks:
            _write_crawl(task)
        return
    with open_engine(None, processes) as engine:
        for ended in run_tasks(engine, _write_crawl, [(t.crawl.crawl, t) for t in tasks]):
            if isinstance(ended, Failed):
                raise OSError(f"{ended.task}: {ended.reason}")


def _write_crawl(task: _Task) -> None:
    folder, crawl = task.folder, task.crawl
    parts = era(crawl)
    by_subset: dict[str, list[Rendered]] = {ROBOTS: []} if parts.robots else {}
    for capture in task.captures:
        by_subset.setdefault(capture.subset, []).append(capture)
    entries: list[IndexEntry] = []
    table: list[str] = []
    for subset, some in by_subset.items():
        written = _write_files(folder, crawl, parts, subset, some)
        table += write_columnar(folder, crawl.crawl, subset, written, parts)
        entries += written
    _write_paths(folder, crawl, "cc-index", write_cdx(folder, crawl.crawl, entries, parts))
    _write_paths(folder, crawl, "cc-index-table", table)


def _write_files(
    folder: Path, crawl: Crawl, parts: Era, subset: str, captures: Iterable[Rendered]
) -> list[IndexEntry]:
    """Write the WARC files of a subset and their list."""
    ordered = sorted(captures, key=lambda capture: (capture.fetch_time, capture.url))
    entries: list[IndexEntry] = []
    for number, start in enumerate(range(0, len(ordered), _FILE)):
        entries += _write_warc(
            folder, crawl, parts, f"{subset}/{number:05}", ordered[start : start + _FILE]
        )
    _write_paths(folder, crawl, subset, dict.fromkeys(entry.filename for entry in entries))
    return entries


def _write_warc(
    folder: Path, crawl: Crawl, parts: Era, place: str, captures: Sequence[Rendered]
) -> list[IndexEntry]:
    """Write one WARC file, whose place is its subset and its number there."""
    subset, _, number = place.partition("/")
    epoch = int(crawl.first_capture.replace(tzinfo=UTC).timestamp() * 1000)
    segment = f"{epoch}.{int(number) // _SEGMENT}"
    first, last = captures[0].fetch_time, captures[-1].fetch_time
    prefix = crawl.crawl.rpartition("-20")[0] or crawl.crawl
    until = f"{last:%Y%m%d%H%M%S}-{number}" if parts.window else f"{number}-{_MACHINE}"
    name = f"{prefix}-{first:%Y%m%d%H%M%S}-{until}.warc.gz"
    key = f"crawl-data/{crawl.crawl}/segments/{segment}/{subset}/{name}"
    path = folder / key
    path.parent.mkdir(parents=True, exist_ok=True)
    entries = []
    with path.open("wb") as file:
        info = append_info(file, name, first, _about(crawl))
        for capture in captures:
            exchange = _exchange(capture, parts)
            offset, length = append_exchange(file, info, exchange)
            bare = digest(capture.body).removeprefix("sha1:")
            entries.append(
                IndexEntry(capture, exchange.fetch_time, bare, segment, key, offset, length)
            )
    return entries


def _about(crawl: Crawl) -> dict[str, str]:
    return {
        "isPartOf": crawl.crawl,
        "publisher": "crawlblock",
        "description": "Rendered by crawlblock in the layout of Common Crawl; not Common Crawl's",
        "software": "crawlblock demo",
        "format": "WARC File Format 1.0",
    }


def _exchange(capture: Rendered, parts: Era) -> Exchange:
    scheme, _, rest = capture.url.partition("://")
    host = rest.partition("/")[0]
    protocols: tuple[str, ...] = ()
    if parts.protocol:
        protocols = ("h2" if capture.http2 else "http/1.1",)
        protocols += ("tls/1.3",) if scheme == "https" else ()
    return Exchange(
        url=capture.url,
        fetch_time=_stated_time(capture, parts),
        address=_address(host),
        request_headers=(*_ASKED, ("Host", host), ("Connection", "Keep-Alive")),
        status=capture.status,
        reason="" if capture.http2 else _reason(capture.status),
        headers=tuple(_headers(capture, parts)),
        payload=capture.body,
        detected=capture.detected if parts.identified else None,
        protocols=protocols,
        before=b"\r\n" if parts.extra_line else b"",
    )


def _stated_time(capture: Rendered, parts: Era) -> datetime:
    """Return the time that the record and the indexes state; early ones believe the server."""
    stated = None if parts.fetch_date else capture.header("Date")
    if stated is None:
        return capture.fetch_time
    return parsedate_to_datetime(stated).astimezone(UTC).replace(tzinfo=None)


def _headers(capture: Rendered, parts: Era) -> Iterator[tuple[str, str]]:
    """Return the headers of the answer.

    What names a coding that the crawler undid is masked; before that was so, gzip was left out and
    chunked stayed.
    """
    if capture.header("Date") is None:
        yield "Date", f"{capture.fetch_time:%a, %d %b %Y %H:%M:%S GMT}"
    for name, value in capture.headers:
        if parts.masked or not name.lower().startswith(_MASK):
            yield name, value
        elif value not in ("gzip", "deflate"):
            yield name[len(_MASK) :], value
    yield "Content-Length", str(len(capture.body))


def _address(host: str) -> str:
    """Return one of the addresses that RFC 5737 sets aside for examples."""
    return f"198.51.100.{hashlib.blake2b(host.encode(), digest_size=1).digest()[0]}"


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _write_paths(folder: Path, crawl: Crawl, kind: str, keys: Iterable[str]) -> None:
    path = folder / f"crawl-data/{crawl.crawl}/{kind}.paths.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress("".join(f"{key}\n" for key in keys).encode(), mtime=0))


def _described(crawl: Crawl) -> dict[str, str]:
    """Return a crawl's entry in collinfo.json; nothing serves its CDX API."""
    return {
        "id": crawl.crawl,
        "name": f"{crawl.crawl}, rendered by crawlblock",
        "timegate": f"http://localhost:8080/{crawl.crawl}/",
        "cdx-api": f"http://localhost:8080/{crawl.crawl}-index",
        "from": crawl.first_capture.isoformat(timespec="seconds"),
        "to": crawl.last_capture.isoformat(timespec="seconds"),
    }


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1) + "\n", "utf-8", newline="\n")
