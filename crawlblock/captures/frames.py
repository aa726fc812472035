"""Facts as frames; sources give them to the database in this form."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter

import polars as pl

from crawlblock.model import Asked, Fetch, Payload

_DTYPES: dict[object, pl.DataType] = {
    bool: pl.Boolean(),
    bool | None: pl.Boolean(),
    int: pl.Int64(),
    int | None: pl.Int64(),
    datetime | None: pl.Datetime("us"),
}
_FETCHES, _BYTES = 50_000, 64 * 1024 * 1024  # of a batch: it ends at either limit
FETCHES = pl.Schema({field.name: _DTYPES.get(field.type, pl.String()) for field in fields(Fetch)})
ASKED = pl.Schema({field.name: _DTYPES.get(field.type, pl.String()) for field in fields(Asked)})


@dataclass(frozen=True, slots=True)
class Batch:
    """Some facts that are stored together."""

    fetches: pl.DataFrame  # FETCHES
    asked: pl.DataFrame  # ASKED
    payloads: Sequence[Payload]  # complete ones; of other fetches only the digest is known


def batch_of(
    fetches: Iterable[Fetch], asked: Iterable[Asked], payloads: Sequence[Payload] = ()
) -> Batch:
    """Return records as a batch."""
    return Batch(_frame(fetches, FETCHES), _frame(asked, ASKED), payloads)


def _frame(records: Iterable[object], schema: pl.Schema) -> pl.DataFrame:
    row = attrgetter(*schema.names())  # dataclasses.astuple takes 50 times as long
    return pl.DataFrame(list(map(row, records)), schema=schema, orient="row")


def joined(batches: Iterable[Batch]) -> Iterator[Batch]:
    """Yield larger batches, because each new batch is compared with everything stored."""
    held: list[Batch] = []
    fetches = size = 0
    for batch in batches:
        held.append(batch)
        fetches += batch.fetches.height
        size += sum(len(payload.body) for payload in batch.payloads)
        if fetches >= _FETCHES or size >= _BYTES:
            yield _as_one(held)
            held, fetches, size = [], 0, 0
    if held:
        yield _as_one(held)


def _as_one(batches: Sequence[Batch]) -> Batch:
    return Batch(
        pl.concat([each.fetches for each in batches]),
        pl.concat([each.asked for each in batches]),
        [payload for each in batches for payload in each.payloads],
    )
