"""From the rows of a table to captures.

A table is read twice: once without its bodies, to choose one row for each host and snapshot, and
once to make captures of the chosen ones, slice by slice.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import polars as pl

from crawlblock.errors import InputError
from crawlblock.hosts import parse_host, registered_domain
from crawlblock.model import Outcome, Payload
from crawlblock.sources.files.imported import (
    COLUMNS,
    MOST_KEPT,
    RESOURCE,
    Every,
    Imported,
    LeftOut,
    Tally,
)
from crawlblock.sources.files.periods import expanded, with_times
from crawlblock.sources.files.tables import Table
from crawlblock.sources.files.words import EMPTY, read_word
from crawlblock.sources.outcomes import KEPT_HEADERS, outcome_of
from crawlblock.warc import digest

# Of several rows of a host in a snapshot the newest good one is kept; of spans, which say how it
# was since when, the one in force first; https before http at the same time.
_PREFERENCE = ("good", "order", "start", "https")


def read_rows(
    table: Table, every: Every, at: Sequence[datetime], known: dict[str, Outcome]
) -> Iterator[Imported]:
    """Yield the captures of a table by and by, with the payloads whose digest is not yet `known`.

    Raises InputError if no row can be used or the file cannot be read.
    """
    tally = Tally(table.path)
    plan = _plan(table, every, at, tally)
    left_out = tally.result()
    if plan.is_empty():
        raise InputError(f"{table.path}: no row of it can be used{_reasons(left_out)}")
    chosen = plan["row"]
    for rows in map(_cleaned, table.slices()):
        first = chosen.search_sorted(rows["row"][0], side="left")
        behind = chosen.search_sorted(rows["row"][-1], side="right")
        part = plan.slice(first, behind - first)
        if not part.is_empty():
            answers, payloads = _answers(rows.join(part, on="row", how="semi"), known)
            yield Imported(table.path, _captures(part, answers), payloads, left_out)
            left_out = ()


def _reasons(left_out: Sequence[LeftOut]) -> str:
    told = [f"{out.reason} ({out.count:,}, the first: {out.example})" for out in left_out]
    return ": " + "; ".join(told) if told else "; it has none"


def _cleaned(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows without spaces around texts, and empty texts as absent ones."""
    texts = rows.with_columns(pl.col(pl.String).str.strip_chars())
    return texts.with_columns(
        pl.when(pl.col(pl.String) != "").then(pl.col(pl.String)),
    ).with_columns(pl.col("status").str.to_lowercase())


def _plan(table: Table, every: Every, at: Sequence[datetime], tally: Tally) -> pl.DataFrame:
    """Return row, host, domain, snapshot and time of each capture to make, by row."""
    parts = [pl.DataFrame(schema=_PLAN)]
    for rows in map(_cleaned, table.slices(tally)):
        usable = _usable(rows, tally)
        several = expanded(usable, every, at).with_columns(
            order=pl.col("time").to_physical() * pl.when("run").then(-1).otherwise(1)
        )
        tally.add(
            "in force at none of the times asked for",
            count=usable["row"].n_unique() - several["row"].n_unique(),
        )
        parts.append(several.select(_PLAN.names()))
    ordered = pl.concat(parts).sort(
        *_PREFERENCE, "row", descending=[True] * len(_PREFERENCE) + [False]
    )
    best = ordered.unique(["host", "snapshot"], keep="first", maintain_order=True)
    tally.add(
        "another one of the same host and snapshot was kept",
        count=ordered["row"].n_unique() - best["row"].n_unique(),
    )
    return best.select("row", "host", "domain", "snapshot", "time").sort(
        "row", "snapshot", maintain_order=True
    )


_PLAN = pl.Schema(
    {
        "row": pl.UInt32(),
        "host": pl.String(),
        "domain": pl.String(),
        "snapshot": pl.String(),
        "time": pl.Datetime("us"),
        "good": pl.Boolean(),
        "order": pl.Int64(),
        "start": pl.Datetime("us"),
        "https": pl.Boolean(),
    }
)


def _usable(rows: pl.DataFrame, tally: Tally) -> pl.DataFrame:
    """Return the rows that can become captures, with host, span and merit; count the others."""
    told = (
        with_times(rows.rename({"host": "given"})).with_columns(has_body=_has_body()).drop("body")
    )
    told = told.join(_hosts(rows["host"]), on="given", how="left", maintain_order="left")
    told = told.join(_words(rows["status"]), on="status", how="left", maintain_order="left")
    faults: dict[str, tuple[pl.Expr, str | pl.Expr]] = {
        "no usable host": (pl.col("host").is_null(), "given"),
        "no time that can be read": (
            pl.col("start").is_null() | pl.col("end").is_null(),
            pl.coalesce("fetch_time", "first_seen", "last_seen"),
        ),
        "last_seen comes before first_seen": (pl.col("end") < pl.col("start"), "first_seen"),
        "unknown status": (pl.col("status").is_not_null() & pl.col("word").is_null(), "status"),
    }
    for reason, (faulty, shown) in faults.items():
        bad = told.filter(faulty)
        if not bad.is_empty():
            tally.add(reason, str(bad.select(shown).item(0, 0)), bad.height)
            told = told.filter(~faulty)
    answered = pl.col("status").is_null() | pl.col("code").is_between(200, 299)
    return told.with_columns(
        good=pl.col("run") | (answered & pl.col("has_body")),
        https=pl.col("url").str.starts_with("https:").fill_null(False),
    )


def _has_body() -> pl.Expr:
    return pl.col("body").is_not_null() | pl.col("status").eq_missing(EMPTY)


def _hosts(given: pl.Series) -> pl.DataFrame:
    """Return host and domain of each distinct text; null where it is not a host."""
    texts = given.drop_nulls().unique().to_list()
    hosts = [_host(text) for text in texts]
    domains = [registered_domain(host) if host else None for host in hosts]
    return pl.DataFrame(
        {"given": texts, "host": hosts, "domain": domains},
        schema={"given": pl.String, "host": pl.String, "domain": pl.String},
    )


def _host(text: str) -> str | None:
    try:
        return parse_host(text)
    except ValueError:
        return None


def _words(statuses: pl.Series) -> pl.DataFrame:
    """Return HTTP status and outcome of each distinct status word; `word` is null if unknown."""
    texts = statuses.drop_nulls().unique().to_list()
    words = [read_word(text) for text in texts]
    return pl.DataFrame(
        {
            "status": texts,
            "word": [text if word else None for text, word in zip(texts, words, strict=True)],
            "code": [word.status if word else None for word in words],
            "without_body": [str(word.outcome) if word else None for word in words],
        },
        schema={
            "status": pl.String, "word": pl.String, "code": pl.Int64, "without_body": pl.String,
        },
    )  # fmt: skip


def _answers(rows: pl.DataFrame, known: dict[str, Outcome]) -> tuple[pl.DataFrame, list[Payload]]:
    """Return what each row says was answered, and the payloads that are new."""
    told = rows.join(_words(rows["status"]), on="status", how="left", maintain_order="left")
    body = pl.coalesce("body", pl.when(pl.col("status") == EMPTY).then(pl.lit(b"")))
    told = told.with_columns(body=body)
    answered = pl.col("code").is_between(200, 299) | pl.col("status").is_null()
    held = told.filter(answered & pl.col("body").is_not_null())
    judged, payloads = _judged(held, known)
    answers = told.join(judged, on="row", how="left", maintain_order="left").select(
        "row",
        "url",
        status=pl.coalesce("code", "status_of_body"),
        outcome=pl.coalesce("outcome", "without_body", pl.lit(str(Outcome.UNREACHABLE))),
        digest="digest",
        headers=pl.Series([_kept_headers(text) for text in told["headers"]], dtype=pl.String),
    )
    return answers, payloads


def _judged(held: pl.DataFrame, known: dict[str, Outcome]) -> tuple[pl.DataFrame, list[Payload]]:
    """Return digest and outcome of the bodies, and those met for the first time."""
    names: list[str] = []
    payloads: list[Payload] = []
    for body in held["body"]:
        kept = body[:MOST_KEPT]
        name = digest(kept)
        names.append(name)
        if name not in known:
            known[name] = outcome_of(200, kept)
            payloads.append(Payload(name, kept))
    judged = pl.DataFrame(
        {
            "row": held["row"],
            "status_of_body": [200] * len(names),
            "digest": names,
            "outcome": [str(known[name]) for name in names],
        },
        schema={
            "row": pl.UInt32, "status_of_body": pl.Int64, "digest": pl.String, "outcome": pl.String,
        },
    )  # fmt: skip
    return judged, payloads


def _kept_headers(text: str | None) -> str | None:
    """Return the headers worth keeping of a JSON object or list of pairs, None without any."""
    if text is None:
        return None
    try:
        given = dict(json.loads(text))
    except (ValueError, TypeError, RecursionError):
        return None
    return headers_kept(given.items())


def headers_kept(given: Iterable[tuple[object, object]]) -> str | None:
    """Return the headers worth keeping as a JSON object, None if there are none."""
    lower = ((str(name).lower(), value) for name, value in given)
    kept = {name: value for name, value in lower if name in KEPT_HEADERS and value is not None}
    return json.dumps(kept) if kept else None


def _captures(plan: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    """Return the captures planned, in the columns of the database."""
    own = pl.any_horizontal(
        pl.col("url").str.starts_with(pl.format(f"{scheme}://{{}}/", "host"))
        for scheme in ("https", "http")
    )
    made = {
        "resource": pl.lit(RESOURCE),
        "url_asked": pl.when(own).then("url"),
        "hops": pl.lit(0),
        "fetch_time": pl.col("time"),
    }
    joined = plan.join(answers, on="row", how="left", maintain_order="left")
    return joined.select(
        made.get(name, pl.col(name) if name in joined.columns else pl.lit(None))
        .cast(dtype)
        .alias(name)
        for name, dtype in COLUMNS.items()
    )
