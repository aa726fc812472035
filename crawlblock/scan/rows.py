"""WARC records to rows of facts, with the payload where its digest is met first."""

from collections import Counter
from typing import Any

import polars as pl

from crawlblock.captures.build import Seen, seen
from crawlblock.captures.record_counts import TypeCount
from crawlblock.captures.revisits import Originals, repeats
from crawlblock.scan.texts import KeptText, kept, sha1_of
from crawlblock.warc.http import Answers
from crawlblock.warc.reader import Damage, Record, warc_time

_MEMO = 200_000  # digests; some 200 bytes each

SCHEMA = pl.Schema(
    {
        "snapshot": pl.String(),
        "host": pl.String(),
        "resource": pl.String(),
        "secure": pl.Boolean(),
        "fetch_time": pl.Datetime("us"),
        "status": pl.Int32(),
        "ended": pl.String(),
        "reason": pl.String(),
        "redirect": pl.String(),
        "digest": pl.String(),
        "bytes": pl.Int64(),
        "text": pl.String(),
        "rules": pl.Binary(),
        "body": pl.Binary(),
        "headers": pl.String(),
        "warc_file": pl.String(),
        "warc_offset": pl.Int64(),
        "warc_length": pl.Int64(),
    }
)
_NO_PAYLOAD: tuple[object, ...] = (None,) * 4


class Captures:
    """Turns the records of one shard into rows."""

    def __init__(self, snapshot: str, reader: "WorkerMemory", keep_bodies: bool = False) -> None:
        """Take the crawl, what reads, and whether payloads are kept whole as well."""
        self._snapshot = snapshot
        self._reader = reader
        self._keep_bodies = keep_bodies
        self._rows: list[tuple[Any, ...]] = []
        self._texts: set[str] = set()
        self._digests: set[str] = set()
        self._originals = Originals()
        self._revisits: list[tuple[str, Record, Seen]] = []
        self._waited = 0  # revisits that were added
        self.rows = 0  # all since the start
        self.damaged = 0  # of them, those whose payload cannot be read or trusted
        self.read = Counter[str]()  # records by type, those too that hold no answer
        self._stored = Counter[str]()
        self._resolved = 0  # revisits
        self.held = 0  # bytes of texts and bodies in the rows that were not taken yet

    @property
    def payloads(self) -> int:
        """Return how many distinct payloads were met."""
        return len(self._digests)

    def add(self, file: str, record: Record) -> Damage | None:
        """Add a record; return why it cannot be one."""
        self.read[record.kind] += 1
        found = seen(record, self._reader.answers)
        if found is None:
            return Damage(record.offset, f"a record of no URL: {record.url[:100]!r}", record.url)
        if repeats(record, found):
            self._revisits.append((file, record._replace(block=b""), found))
        else:
            self._originals.note(record, found)
            self._append(file, record, found)
        return None

    def _append(self, file: str, record: Record, found: Seen) -> None:
        self.damaged += found.ended is not None
        self._stored[record.kind] += 1
        self._rows.append((
            found.asked.host, found.asked.resource, found.asked.secure, record.date, found.status,
            found.ended, found.reason, found.redirect, found.digest, *self._payload(found),
            found.headers, file, record.offset, record.length,
        ))  # fmt: skip

    def end(self) -> None:
        """Add the revisits, whose answers may lie anywhere in the shard."""
        for file, record, found in self._revisits:
            answer = self._originals.resolved(record, found)
            self._resolved += self._originals.has(answer)
            self._append(file, record, answer)
        self._waited, self._revisits = len(self._revisits), []

    def counts(self) -> tuple[TypeCount, ...]:
        """Return what was read so far by type of record."""
        return tuple(
            TypeCount(
                type=kind,
                records=number,
                stored=self._stored[kind],
                resolved=self._resolved if kind == "revisit" else 0,
                unresolved=self._waited - self._resolved if kind == "revisit" else 0,
            )
            for kind, number in sorted(self.read.items())
        )

    def _payload(self, found: Seen) -> tuple[object, ...]:
        """Return size, text, and the bytes of both the first time."""
        if found.payload is None or found.digest is None:
            return _NO_PAYLOAD
        size, text = self._reader.kept(found.digest, found.payload)
        rules = whole = None
        if found.digest not in self._digests:
            self._digests.add(found.digest)
            if self._keep_bodies:
                whole = found.payload
                self.held += size
            if text.name not in self._texts:
                self._texts.add(text.name)
                rules = text.text or kept(found.payload, sha1_of(found.digest)).text
                self.held += len(rules)
        return size, text.name, rules, whole

    def take(self) -> pl.DataFrame:
        """Return the rows since the last time, in the order of the files."""
        names = SCHEMA.names()[1:]
        columns = zip(*self._rows, strict=True) if self._rows else [()] * len(names)
        series = {name: list(column) for name, column in zip(names, columns, strict=True)}
        dates = pl.Series("fetch_time", series.pop("fetch_time"), pl.Binary)
        frame = pl.DataFrame(
            {name: pl.Series(name, values, SCHEMA[name]) for name, values in series.items()}
        ).with_columns(_times(dates), pl.lit(self._snapshot).alias("snapshot"))
        self.rows += len(self._rows)
        self._rows, self.held = [], 0
        return frame.select(SCHEMA.names())


class WorkerMemory:
    """What outlives a shard in a worker: it remembers payloads met, within bounds."""

    def __init__(self) -> None:
        """Start with nothing met."""
        self.answers = Answers()
        self._known: dict[str, tuple[int, str]] = {}

    def kept(self, digest: str, body: bytes) -> tuple[int, KeptText]:
        """Return size and text of a payload; the text's bytes only the first time."""
        known = self._known.get(digest)
        if known is not None:
            return known[0], KeptText(known[1], b"")
        if len(self._known) >= _MEMO:
            self._known.clear()
        text = kept(body, sha1_of(digest))
        self._known[digest] = len(body), text.name
        return len(body), text


def _times(dates: pl.Series) -> pl.Series:
    """Return WARC-Date as naive UTC; nearly all are spelled in one way."""
    texts = dates.cast(pl.String, strict=False)
    times = texts.str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us", strict=False)
    odd = times.is_null()
    if odd.any():
        read = [warc_time(date) for date in dates.filter(odd)]
        times = times.scatter(odd.arg_true(), pl.Series(read, dtype=pl.Datetime("us")))
    return times.rename("fetch_time")
