"""Checks everything that a run needs: versions, database, archive, contact, terminal."""

import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.metadata import PackageNotFoundError, metadata, version
from pathlib import Path

from filelock import FileLock, Timeout
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from crawlblock import loops, registry
from crawlblock.errors import CrawlblockError, InputError
from crawlblock.hosts import suffix_list_date
from crawlblock.metrics.queries import metrics
from crawlblock.pipeline.run import wrong_clock
from crawlblock.sources.commoncrawl.crawls import list_crawls, paths
from crawlblock.sources.commoncrawl.mirror import open_mirror
from crawlblock.store.database import HAS_SCANS, copy_of
from crawlblock.store.query import ask
from crawlblock.store.schema import SCHEMA_VERSION
from crawlblock.transport import Limits, user_agent

_ROOM = 200_000_000  # bytes that should be free in addition to two more copies of the database
_LAG = 3600  # s after which a copy that was not renewed is a sign of a stopped run
_OLD_LIST = 2 * 365  # days
_OLD_REGISTRY = 180  # days
_OLD_ENTRY = 365  # days
QUICK = Limits(pauses=0, attempts=2, timeout=20.0, retry=0.5, patience=2.0)


@dataclass(frozen=True, slots=True)
class Check:
    """What was checked, its state, and what to do about it."""

    what: str
    state: str  # ok, warn or fail
    found: str
    advice: str | None = None


def examine(db: Path, contact: str | None, now: datetime) -> Iterator[Check]:
    """Check everything on this machine except the terminal; change nothing."""
    yield from versions()
    yield suffix_list(now.date())
    yield knowledge(now.date())
    yield from own_entries(db)
    yield from database(db, now)
    yield _contact(contact)


# Versions


def versions() -> Iterator[Check]:
    """Compare Python and the packages with the bounds that crawlblock requires."""
    try:
        about = metadata("crawlblock")
    except PackageNotFoundError:
        yield Check("crawlblock", "warn", "not installed", "pip install -e . to know its bounds")
        return
    python = ".".join(map(str, sys.version_info[:3]))
    yield _bounded("python", python, SpecifierSet(about["Requires-Python"]), None)
    extras = about.get_all("Provides-Extra") or []
    for line in about.get_all("Requires-Dist") or []:
        needed = Requirement(line)
        for extra in _asked_by(needed, extras):
            try:
                yield _bounded(needed.name, version(needed.name), needed.specifier, extra)
            except PackageNotFoundError:
                yield _missing(needed.name, extra)


def _asked_by(needed: Requirement, extras: Iterable[str]) -> list[str | None]:
    """Return the extras that need a package here; only None if crawlblock itself needs it."""
    marker = needed.marker
    if marker is None or marker.evaluate({"extra": ""}):
        return [None]
    return [extra for extra in extras if marker.evaluate({"extra": extra})]


def _bounded(name: str, found: str, bounds: SpecifierSet, extra: str | None) -> Check:
    if bounds.contains(found, prereleases=True):
        return Check(name, "ok", found)
    advice = f"it must be {bounds}: install crawlblock again, or `make setup`"
    return Check(name, "warn" if extra else "fail", found, advice)


def _missing(name: str, extra: str | None) -> Check:
    if extra:
        return Check(name, "ok", f"not installed; pip install 'crawlblock[{extra}]' if wanted")
    return Check(name, "fail", "not installed", "install crawlblock again, or `make setup`")


def suffix_list(today: date) -> Check:
    """Say how old the list is that separates domains from suffixes."""
    made = suffix_list_date()
    if made is None:
        return Check("suffix list", "warn", "its date is not known", "another tldextract may say")
    if (today - made).days > _OLD_LIST:
        return Check("suffix list", "warn", str(made), "a newer tldextract may have a newer one")
    return Check("suffix list", "ok", str(made))


def knowledge(today: date) -> Check:
    """Say how old the facts about crawlers are that group the verdicts."""
    checked = registry.checked_days()
    newest = registry.known_until()
    aged = sum((newest - day).days > _OLD_ENTRY for day in checked if day)
    found = f"{len(checked)} crawlers, checked until {newest}; over a year older: {aged}"
    if (today - newest).days > _OLD_REGISTRY:
        return Check("registry", "warn", found, "a newer crawlblock knows newer crawlers")
    return Check("registry", "ok", found)


def own_entries(db: Path) -> Iterator[Check]:
    """Check the extra folder, if one is in use, and whether the database was judged with it."""
    folder = registry.extra_folder()
    try:
        used = registry.extra().digests()
        found = registry.crawlers(), registry.templates(), registry.events(), metrics()
    except InputError as error:
        yield Check("extra folder", "fail", str(folder), str(error))
        return
    recorded = _judged_with(db)
    if folder is None and not recorded:
        return
    said = f"{folder}: {', '.join(used) or 'empty'}" if folder and found else "none in use"
    if recorded is None or recorded == used:
        yield Check("extra folder", "ok", said)
        return
    with_ = ", ".join(recorded) or "no own files"
    advice = f"judged with {with_}, as they were then; crawlblock evaluate uses the current ones"
    yield Check("extra folder", "warn", said, advice)


def _judged_with(db: Path) -> dict[str, str] | None:
    """Return the user's own files that a database was judged with, None if it does not say."""
    try:
        rows = ask(db, "SELECT file, digest FROM extra_files").rows if db.exists() else None
    except CrawlblockError:
        return None
    return None if rows is None else {str(file): str(digest) for file, digest in rows}


# Database


def database(db: Path, now: datetime) -> Iterator[Check]:
    """Check the file, its layout, its folder, its lock and its copy for readers."""
    folder = next(part for part in db.resolve().parents if part.exists())
    yield _writable(folder)
    yield _room(folder, db)
    if not db.exists():
        yield Check("database", "warn", f"{db} is not there", "crawlblock sample begins one")
        return
    yield _layout(db)
    yield _lock(db)
    yield _copy(db, now)


def _writable(folder: Path) -> Check:
    if os.access(folder, os.W_OK):
        return Check("folder", "ok", f"{folder} is writable")
    return Check("folder", "fail", f"{folder} is not writable", "make it so, or use another --db")


def _room(folder: Path, db: Path) -> Check:
    free = shutil.disk_usage(folder).free
    copied = db.exists() and (copy_of(db).exists() or not _is_census(db))
    size = db.stat().st_size if copied else 0
    found = f"{free / 1e9:.1f} GB free"
    if free < 2 * size:
        return Check("disk", "fail", found, "free some space: a run copies the database")
    if free < 2 * size + _ROOM:
        return Check("disk", "warn", found, "free some space before the next run")
    return Check("disk", "ok", found)


def _layout(db: Path) -> Check:
    try:
        found = ask(db, "SELECT max(version) FROM schema_version").rows[0][0]
    except InputError:
        advice = "this is another program's database; use another --db"
        return Check("database", "fail", f"{db} does not have our layout", advice)
    except CrawlblockError as error:
        held = error.exit_code == 75
        return Check("database", "warn" if held else "fail", str(error))
    if not isinstance(found, int) or found > SCHEMA_VERSION:
        return Check("database", "fail", f"{db}, layout {found}", "use the newer crawlblock")
    if found < SCHEMA_VERSION:
        return Check("database", "warn", f"{db}, layout {found}", "the next run will renew it")
    return Check("database", "ok", f"{db}, layout {found}")


def _lock(db: Path) -> Check:
    path = Path(f"{db}.lock")
    if not path.exists() or not os.access(path, os.W_OK):
        return Check("lock", "ok", "no run is at work")
    try:
        with FileLock(path, timeout=0):
            return Check("lock", "ok", "no run is at work")
    except Timeout:
        return Check("lock", "warn", "a run is at work", "wait for it before you start another")
    except (OSError, NotImplementedError) as error:  # some network disks cannot lock
        reason = getattr(error, "strerror", None) or "this disk cannot lock files"
        return Check("lock", "fail", f"{path}: {reason}", "use a --db on another disk")


def _copy(db: Path, now: datetime) -> Check:
    copy = copy_of(db)
    if not copy.exists() and _is_census(db):
        return Check("published copy", "ok", "none: questions read the census itself")
    if not copy.exists():
        return Check("published copy", "warn", "there is none", "the next run makes one")
    behind = db.stat().st_mtime - copy.stat().st_mtime
    made = datetime.fromtimestamp(copy.stat().st_mtime, UTC).replace(tzinfo=None)
    age = f"of {made:%Y-%m-%d %H:%M} UTC, {max((now - made).days, 0)} days old"
    if behind > _LAG:
        advice = "a run was stopped; run it again, and readers see what it stored"
        return Check("published copy", "warn", f"{age}, older than the database", advice)
    return Check("published copy", "ok", age)


def _is_census(db: Path) -> bool:
    with suppress(CrawlblockError):
        return bool(ask(db, HAS_SCANS).rows)
    return False


# Network


def _contact(contact: str | None) -> Check:
    try:
        user_agent(contact)
    except InputError as error:
        return Check("contact", "fail" if contact else "warn", contact or "none", str(error))
    return Check("contact", "ok", str(contact))


def archive(
    mirror: str, contact: str | None, kept: Path | None, now: datetime, limits: Limits = QUICK
) -> Iterator[Check]:
    """Ask the archive for its list of crawls, and for the time; `kept` may have an earlier list."""
    try:
        crawls, note, reported = loops.run(_crawls(mirror, contact, kept, limits))
    except InputError as error:
        unasked = contact is None and "--contact" in str(error)
        yield Check("archive", "warn" if unasked else "fail", mirror, str(error))
        return
    except CrawlblockError as error:
        yield Check("archive", "fail", mirror, str(error))
        return
    found = f"{mirror}: {len(crawls)} crawls, the newest {crawls[0]}"
    yield Check("archive", "warn" if note else "ok", found, note)
    if reported:
        wrong = wrong_clock(now, reported)
        apart = f"{(now - reported).total_seconds():+.0f} s from the archive's"
        yield Check("clock", "fail" if wrong else "ok", apart, wrong)


async def _crawls(
    mirror: str, contact: str | None, kept: Path | None, limits: Limits
) -> tuple[list[str], str | None, datetime | None]:
    """Return the crawls, their source if it was not the server, and the server's time."""
    async with open_mirror(mirror, contact, limits) as source:
        listing = await list_crawls(source, kept)
        crawls = [crawl.crawl for crawl in listing.entries]
        if listing.note:  # another server has the data
            await paths(source, crawls[0], "cc-index-table")
        heard = source.traffic.last
        return crawls, listing.note, heard.server_time if heard else None
