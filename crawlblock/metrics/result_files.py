"""The folder of results: two files for each result, and a manifest that says what they are of."""

import io
import json
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl

from crawlblock.durable import write_whole
from crawlblock.errors import StoreError
from crawlblock.spreadsheets import FORMULA, MARK

MANIFEST = "manifest.json"  # whose results are here; with DIGESTS once all of them are written
DICTIONARY = "columns.csv"
DIGESTS = "results"  # in the manifest: what each result was made with
_SUFFIXES = ("parquet", "csv")


def read_manifest(results: Path) -> dict[str, Any]:
    """Return what the results in a folder are of, nothing where they are not complete."""
    found = read_owner(results)
    return found if isinstance(found.get(DIGESTS), dict) else {}


def read_owner(results: Path) -> dict[str, Any]:
    """Return what the results in a folder are of, complete or not; nothing where none are."""
    try:
        found = json.loads((results / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_manifest(results: Path, manifest: Mapping[str, object]) -> None:
    """Say what the results are of; raises StoreError when the disk refuses."""
    write_aside(results / MANIFEST, json.dumps(manifest, indent=1).encode())


def write_owner(results: Path, manifest: Mapping[str, object]) -> None:
    """Say what results will be of before the first of them is written.

    From here until the manifest is written the folder is not complete.  Raises StoreError when the
    disk refuses.
    """
    write_manifest(results, {name: value for name, value in manifest.items() if name != DIGESTS})


def current(results: Path, digests: Mapping[str, str]) -> set[str]:
    """Return the names of results whose files are there and were made with these digests."""
    made_with = read_manifest(results).get(DIGESTS, {})
    return {
        name
        for name, digest in digests.items()
        if made_with.get(name) == digest and all(file.is_file() for file in _files(results, name))
    }


def read_results(results: Path, names: Iterable[str]) -> dict[str, pl.DataFrame]:
    """Return results from their files, without those that cannot be read."""
    frames = {}
    for name in names:
        with suppress(OSError, pl.exceptions.PolarsError):
            frames[name] = pl.read_parquet(results / f"{name}.parquet")
    return frames


def write_results(frames: Mapping[str, pl.DataFrame], results: Path) -> None:
    """Write results; from here until the manifest is written the folder is not complete."""
    if there := read_manifest(results):
        write_owner(results, there)  # a run that is killed leaves what says whose folder it is
    for name, frame in frames.items():
        parquet, csv = io.BytesIO(), io.BytesIO()
        frame.write_parquet(parquet)
        csv.write(as_csv(frame))
        for file, content in zip(_files(results, name), (parquet, csv), strict=True):
            write_aside(file, content.getvalue())


def as_csv(frame: pl.DataFrame) -> bytes:
    """Return a frame as CSV that no spreadsheet takes for formulas."""
    text = pl.col(pl.String)
    marked = pl.when(text.str.contains(FORMULA)).then(pl.lit(MARK) + text).otherwise(text)
    return frame.with_columns(marked.name.keep()).write_csv().encode()


def check_writable(frame: pl.DataFrame) -> None:
    """Raise PolarsError for a frame that is no CSV or Parquet file, as one with lists."""
    as_csv(frame)
    frame.write_parquet(io.BytesIO())


def write_dictionary(results: Path, text: str) -> None:
    """Write what the columns hold, where that has changed; raises StoreError as `write_aside`."""
    content = text.encode()
    with suppress(OSError):
        if (results / DICTIONARY).read_bytes() == content:
            return
    write_aside(results / DICTIONARY, content)


def remove_others(results: Path, names: Collection[str]) -> None:
    """Remove the results that the manifest names and that no longer exist.

    Files that it does not name are left alone.  Raises StoreError when the disk refuses.
    """
    for name in read_manifest(results).get(DIGESTS, {}):
        if name not in names and Path(name).name == name:
            for file in _files(results, name):
                _remove(file)


def write_aside(path: Path, content: bytes) -> None:
    """Write a file aside and put it in place, so that nobody reads half of it.

    Raises StoreError when the disk refuses.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    except OSError as error:
        raise StoreError(
            f"{path}: {error.strerror}; free some space or use another folder, then run again"
        ) from None


def _files(results: Path, name: str) -> list[Path]:
    return [results / f"{name}.{suffix}" for suffix in _SUFFIXES]


def _remove(path: Path) -> None:
    """Remove a file if it is there; raises StoreError when the disk refuses."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}; use another folder, then run again") from None
