"""From the rows of a table to facts.

A table is read twice: once without its bodies, to see which rows can be used and which snapshots
they belong to, and once to make facts of them, slice by slice.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import polars as pl

from crawlblock.captures.frames import ASKED, FETCHES, Batch
from crawlblock.errors import InputError
from crawlblock.hosts import UrlParts, parse_host, split_url
from crawlblock.model import Payload
from crawlblock.names import fault_of
from crawlblock.outcome import Ending
from crawlblock.sources.files.batch import RESOURCE, LeftOutTally
from crawlblock.sources.files.periods import Periods
from crawlblock.sources.files.readers import RowFile
from crawlblock.sources.files.snapshots import expanded, future, with_times
from crawlblock.sources.files.statuses import EMPTY, read_word
from crawlblock.unpacking import parse_json
from crawlblock.warc.http import digest
from crawlblock.warc.kept_headers import headers_kept

_THIS_MONTH = timedelta(days=31)  # a span may end in a month or day that is not over
_MOST_HELD = 5_000_000  # snapshots of hosts that the spans of a file cover
_AT_ONCE = 250  # spans; each may cover a thousand snapshots


def read_rows(
    table: RowFile, periods: Periods, at: Sequence[datetime], tally: LeftOutTally, known: set[str]
) -> Iterator[Batch]:
    """Yield the facts in a table by and by, with the payloads whose digest is not yet `known`.

    Raises InputError if no row can be used or the file cannot be read.
    """
    spans, fetched = _spans(table, periods, at, tally)
    if spans.is_empty() and not fetched:
        raise InputError(f"{table.path}: no row of it can be used{tally.reasons()}")
    seen, unheard = spans["row"], LeftOutTally(table.path)
    for rows in map(_cleaned, table.slices()):
        first = seen.search_sorted(rows["row"][0], side="left")
        behind = seen.search_sorted(rows["row"][-1], side="right")
        single = _usable(rows.filter(pl.col("fetch_time").is_not_null()), unheard)
        once = expanded(single, periods, at).select(spans.columns)
        part = pl.concat([once, spans.slice(first, behind - first)])
        if not part.is_empty():
            part = part.sort("row", "snapshot", maintain_order=True)
            answers, payloads = _answers(rows.join(part, on="row", how="semi"), known)
            fetches = _fetches(part, answers)
            yield Batch(fetches, _asked(fetches), payloads)


def times_in(table: RowFile) -> list[tuple[str, datetime]] | None:
    """Return host and time of each capture, None where a row tells of a span or its snapshot."""
    found: list[tuple[str, datetime]] = []
    for rows in map(_cleaned, table.slices()):
        usable = _usable(rows, LeftOutTally(table.path))
        if usable["run"].any() or usable["snapshot"].is_not_null().any():
            return None
        found += usable.select("host", "end").iter_rows()
    return found


def _cleaned(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows without spaces around texts, and empty texts as absent ones."""
    texts = rows.with_columns(pl.col(pl.String).str.strip_chars())
    return texts.with_columns(
        pl.when(pl.col(pl.String) != "").then(pl.col(pl.String)),
    ).with_columns(pl.col("status").str.to_lowercase())


def _spans(
    table: RowFile, periods: Periods, at: Sequence[datetime], tally: LeftOutTally
) -> tuple[pl.DataFrame, int]:
    """Return row, host, snapshot and time of each fetch that spans give, and the other fetches.

    Spans say how a host was since when.  Of several that lie in a snapshot, the host is seen once,
    as it was by the earliest: so the snapshots are a month or week apart.  Raises InputError for
    more than are held in memory.
    """
    parts = [pl.DataFrame(schema=_SPANS)]
    fetched = held = 0
    for rows in map(_cleaned, table.slices(tally)):
        usable = _usable(rows, tally)
        spans = usable.filter("run")
        if periods.name is not None and not spans.is_empty():
            raise InputError(
                f"{table.path}: has rows with first_seen and last_seen, which are in force in "
                "several snapshots; leave out --snapshot, or give one fetch_time a row"
            )
        fetched += usable.height - spans.height
        for some in spans.iter_slices(_AT_ONCE):
            several = expanded(some, periods, at)
            tally.add(
                "in force at none of the times asked for",
                count=some.height - several["row"].n_unique(),
            )
            parts.append(several.select(_SPANS.names()))
            held += several.height
        if held > _MOST_HELD:
            raise InputError(
                f"{table.path}: its spans cover more than {_MOST_HELD:,} snapshots of hosts; "
                "import it in several files, or say the times with --at"
            )
    found = pl.concat(parts).sort("time", "start", "row", descending=[False, True, False])
    plan = found.unique(["host", "snapshot"], keep="first", maintain_order=True)
    tally.add(
        "an earlier span of the same host and snapshot was kept",
        count=found["row"].n_unique() - plan["row"].n_unique(),
    )
    return plan.select("row", "host", "snapshot", "time").sort("row", "snapshot"), fetched


_SPANS = pl.Schema(
    {
        "row": pl.UInt32(),
        "host": pl.String(),
        "snapshot": pl.String(),
        "time": pl.Datetime("us"),
        "start": pl.Datetime("us"),
    }
)


def _usable(rows: pl.DataFrame, tally: LeftOutTally) -> pl.DataFrame:
    """Return the rows that can become facts, with host and span; count the others."""
    usable = with_times(rows.rename({"host": "given"})).drop("body")
    usable = usable.join(_hosts(rows["host"]), on="given", how="left", maintain_order="left")
    usable = usable.join(_words(rows["status"]), on="status", how="left", maintain_order="left")
    usable = usable.join(
        _snapshots(rows["snapshot"]), on="snapshot", how="left", maintain_order="left"
    )
    time = pl.coalesce("fetch_time", "first_seen", "last_seen")
    in_future, latest = future()
    faults: dict[str, tuple[pl.Expr, str | pl.Expr]] = {
        "no usable name of a snapshot": (pl.col("snapshot_fault") != "", "snapshot"),
        "no usable host": (pl.col("host").is_null(), "given"),
        "no time that can be read": (
            pl.col("start").is_null() | pl.col("end").is_null(),
            time,
        ),
        in_future: ((pl.col("start") > latest) | (pl.col("end") > latest + _THIS_MONTH), time),
        "last_seen comes before first_seen": (pl.col("end") < pl.col("start"), "first_seen"),
        "unknown status": (pl.col("status").is_not_null() & pl.col("word").is_null(), "status"),
    }
    for reason, (faulty, shown) in faults.items():
        bad = usable.filter(faulty)
        if not bad.is_empty():
            tally.add(reason, str(bad.select(shown).item(0, 0)), bad.height)
            usable = usable.filter(~faulty)
    return usable


def _snapshots(names: pl.Series) -> pl.DataFrame:
    """Return what is wrong with each distinct name of a snapshot."""
    texts = names.drop_nulls().unique().to_list()
    return pl.DataFrame(
        {"snapshot": texts, "snapshot_fault": [fault_of(text) for text in texts]},
        schema={"snapshot": pl.String, "snapshot_fault": pl.String},
    )


def _hosts(given: pl.Series) -> pl.DataFrame:
    """Return the host of each distinct text; null where it is not a host."""
    texts = given.drop_nulls().unique().to_list()
    hosts = [_host(text) for text in texts]
    return pl.DataFrame(
        {"given": texts, "host": hosts}, schema={"given": pl.String, "host": pl.String}
    )


def _host(text: str) -> str | None:
    try:
        return parse_host(text)
    except ValueError:
        return None


def _words(statuses: pl.Series) -> pl.DataFrame:
    """Return what each distinct status word says; `word` is null if it is unknown."""
    texts = statuses.drop_nulls().unique().to_list()
    words = [read_word(text) for text in texts]
    return pl.DataFrame(
        {
            "status": texts,
            "word": [text if word else None for text, word in zip(texts, words, strict=True)],
            "code": [word.status if word else None for word in words],
            "without_body": [str(word.ended) if word and word.ended else None for word in words],
        },
        schema={
            "status": pl.String, "word": pl.String, "code": pl.Int64, "without_body": pl.String,
        },
    )  # fmt: skip


def _answers(rows: pl.DataFrame, known: set[str]) -> tuple[pl.DataFrame, list[Payload]]:
    """Return what each row says was answered, and the payloads that are new."""
    joined = rows.join(_words(rows["status"]), on="status", how="left", maintain_order="left")
    body = pl.coalesce("body", pl.when(pl.col("status") == EMPTY).then(pl.lit(b"")))
    answered = pl.col("code").is_between(200, 299) | pl.col("status").is_null()
    joined = joined.with_columns(body=pl.when(answered).then(body))
    digests, payloads = _payloads(joined["body"], known)
    has_body = pl.col("digest").is_not_null()
    nothing = pl.col("status").is_null()
    answers = joined.with_columns(digest=digests).select(
        "row",
        "url",
        "digest",
        status=pl.coalesce("code", pl.when(has_body).then(200)),
        ended=pl.when(~has_body).then(
            pl.when(nothing).then(pl.lit(str(Ending.UNREACHABLE))).otherwise("without_body")
        ),
        headers=pl.Series([_kept_headers(text) for text in joined["headers"]], dtype=pl.String),
    )
    return answers, payloads


def _payloads(bodies: pl.Series, known: set[str]) -> tuple[pl.Series, list[Payload]]:
    """Return the digests of the bodies, and those met for the first time."""
    names: list[str | None] = []
    payloads: list[Payload] = []
    for body in bodies:
        name = None if body is None else digest(body)
        names.append(name)
        if name is not None and name not in known:
            known.add(name)
            payloads.append(Payload(name, body))
    return pl.Series("digest", names, pl.String), payloads


def _kept_headers(text: str | None) -> str | None:
    """Return the headers worth keeping of a JSON object or list of pairs, None without any."""
    if text is None:
        return None
    try:
        return headers_kept(_pairs(parse_json(text)))
    except ValueError:
        return None


def _pairs(given: object) -> Iterator[tuple[object, object]]:
    """Yield names and values of an object, of pairs, or of objects as maps of Parquet give them."""
    if isinstance(given, dict):
        yield from given.items()
    for each in given if isinstance(given, list) else ():
        if isinstance(each, list) and len(each) == 2:
            yield each[0], each[1]
        elif isinstance(each, dict) and "value" in each:
            yield each.get("key", each.get("name")), each["value"]


def _fetches(plan: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    """Return the planned fetches, in the columns of the database."""
    joined = plan.join(answers, on="row", how="left", maintain_order="left")
    asked = [_asked_as(*pair) for pair in joined.select("host", "url").iter_rows()]
    made: dict[str, pl.Expr | pl.Series] = {
        "resource": pl.lit(RESOURCE),
        "secure": pl.Series("secure", [secure for secure, _ in asked], pl.Boolean),
        "url": pl.Series("url", [url for _, url in asked], pl.String),
        "hops": pl.lit(0),
        "fetch_time": pl.col("time"),
        "read": pl.lit(True),
    }
    return joined.select(
        made.get(name, pl.col(name) if name in joined.columns else pl.lit(None))
        .cast(dtype)
        .alias(name)
        for name, dtype in FETCHES.items()
    )


def _asked_as(host: str, url: str | None) -> tuple[bool | None, str | None]:
    """Return whether a host was asked by https, and the URL if another one answered."""
    parts = split_url(url) if url else None
    if parts is None or parts.host != host:
        return None, url
    own = str(UrlParts(parts.secure, host, RESOURCE))
    return parts.secure, None if url == own else url


def _asked(fetches: pl.DataFrame) -> pl.DataFrame:
    """Return the hosts of fetches, each once a snapshot."""
    hosts = fetches.select("snapshot", "host", "resource").unique(maintain_order=True)
    return hosts.with_columns(fallback=pl.lit(None, pl.String)).select(ASKED.names())
