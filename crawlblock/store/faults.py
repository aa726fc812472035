"""Explains errors of DuckDB and of the disk to the owner of a database."""

import errno
from pathlib import Path

import duckdb

from crawlblock.errors import CrawlblockError, LockedError, StoreError

_FULL = "the disk is full; free some space and run again, nothing is lost"


def explained(path: Path, error: duckdb.Error) -> CrawlblockError:
    """Say in one line what DuckDB's message means for the reader."""
    text = str(error).strip().split("\n")[0]
    if "Could not set lock" in str(error) or "Conflicting lock" in str(error):
        return LockedError(
            f"{path}: another process has it open; close it, or read its copy *.snapshot.duckdb"
        )
    if "Read-only file system" in text or "Permission denied" in text:
        reason = text.rpartition(": ")[2]
        return StoreError(
            f"{path}: {reason}; make it and its folder writable, or copy it elsewhere"
        )
    if "No space left" in str(error) or "not enough space" in str(error).lower():
        return StoreError(f"{path}: {_FULL}")
    if "not a valid DuckDB database" in text or "version number" in text:
        return StoreError(f"{path}: not a database this DuckDB can read ({text}); use another --db")
    return StoreError(f"{path}: {text}")


def refused(path: Path, error: OSError) -> StoreError:
    """Return the error for a disk that cannot be written; what is stored stays."""
    if error.errno == errno.ENOSPC:
        return StoreError(f"{path}: {_FULL}")
    return StoreError(f"{path}: {error.strerror}; fix that and run again")
