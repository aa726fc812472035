"""Captures from files: rows of Parquet, CSV and JSONL, and WARC files."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from crawlblock.captures.frames import ASKED, FETCHES, Batch
from crawlblock.errors import InputError
from crawlblock.model import Payload, SnapshotKind
from crawlblock.outcome import Body, Outcome, outcome_of
from crawlblock.robots.judge import Judge
from crawlblock.sources.files import Every, Files, LeftOut, read_observation_times
from crawlblock.store.scratch import settled
from crawlblock.store.store import Store
from crawlblock.warc.http import digest
from crawlblock.warc.writer import Exchange, append_exchange, append_info

BODY = b"User-agent: GPTBot\nDisallow: /\n"
LATIN = '# caf\xe9\nUser-agent: *\r\nDisallow: /a,"b"\n'.encode("latin-1")
HTML = b"<!DOCTYPE html><html><body>Not here</body></html>"

Row = dict[str, object]


def taken(
    *paths: Path, every: Every = "month", at: Sequence[datetime] = ()
) -> tuple[pl.DataFrame, dict[str, bytes], list[LeftOut]]:
    """Import files whole: captures by snapshot and host, payloads by digest, what was left out."""
    source, payloads = Files(paths, every, at), list[Payload]()

    def batches() -> Iterator[Batch]:
        for batch in source.read():
            assert (batch.fetches.schema, batch.asked.schema) == (FETCHES, ASKED)
            payloads.extend(batch.payloads)
            yield batch

    with settled(batches(), SnapshotKind.IMPORT) as con:
        captures = pl.DataFrame(con.sql("FROM captures ORDER BY snapshot, host"))
    assert len({payload.digest for payload in payloads}) == len(payloads)
    return captures, {payload.digest: payload.body for payload in payloads}, source.left_out


def write_parquet(path: Path, rows: list[Row]) -> Path:
    """Write rows as Parquet, with typed times and statuses where they are given so."""
    pl.DataFrame(rows, infer_schema_length=None).write_parquet(path)
    return path


def write_csv(path: Path, rows: list[Row]) -> Path:
    """Write rows as CSV, bodies with the bytes they have."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    for row in rows:
        body = row["body"]
        cell = body.decode("utf-8", "surrogateescape") if isinstance(body, bytes) else body
        writer.writerow({**row, "body": cell})
    raw = text.getvalue().encode("utf-8", "surrogateescape")
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    return path


def write_jsonl(path: Path, rows: list[Row]) -> Path:
    """Write rows as JSONL, bodies as text."""
    with path.open("wb") as file:
        for row in rows:
            body = row["body"]
            text = body.decode("utf-8", "surrogateescape") if isinstance(body, bytes) else body
            line = json.dumps({**row, "body": text}, ensure_ascii=False)
            file.write(line.encode("utf-8", "surrogateescape") + b"\n")
    return path


def row(host: str, time: str = "2023-09-03T06:44:37+00:00", **more: object) -> Row:
    """Return a row of a single fetch that found BODY."""
    return {"host": host, "fetch_time": time, "status": "200", "body": BODY, **more}


def span(host: str, first: str, last: str, **more: object) -> Row:
    """Return a row of a run of the same payload."""
    return {
        "host": host,
        "first_seen": first,
        "last_seen": last,
        "status": "200",
        "body": BODY,
    } | more


FORMATS = [
    ("x.parquet", write_parquet),
    ("x.csv", write_csv),
    ("x.csv.gz", write_csv),
    ("x.jsonl", write_jsonl),
    ("x.ndjson", write_jsonl),
]


@pytest.mark.parametrize(("name", "write"), FORMATS)
def test_every_format_gives_the_same_captures(
    tmp_path: Path, name: str, write: Callable[[Path, list[Row]], Path]
) -> None:
    """Parquet, CSV and JSONL give the same captures and the very bytes of the bodies."""
    rows = [
        row("A.com", "2023-09-03T08:44:37+02:00"),
        row("b.com:8080", body=LATIN),
        row("c.com", status="403", body=None),
        row("d.com", body=HTML),
    ]
    captures, payloads, left_out = taken(write(tmp_path / name, rows))
    assert captures.select("snapshot", "host", "domain", "status", "outcome").rows() == [
        ("2023-09", "a.com", "a.com", 200, "ok"),
        ("2023-09", "b.com:8080", "b.com", 200, "ok"),
        ("2023-09", "c.com", "c.com", 403, "refused"),
        ("2023-09", "d.com", "d.com", 200, "not_robots"),
    ]
    assert captures["digest"].to_list() == [digest(BODY), digest(LATIN), None, digest(HTML)]
    assert payloads == {digest(body): body for body in (BODY, LATIN, HTML)}
    assert captures["fetch_time"].unique().to_list() == [datetime(2023, 9, 3, 6, 44, 37)]
    assert left_out == []


def test_what_is_imported_can_be_stored_once(tmp_path: Path) -> None:
    """The database takes an import; a second import of the same file adds nothing."""
    path = write_parquet(
        tmp_path / "x.parquet", [row("a.com"), row("b.com", status="404", body=None)]
    )
    store = Store(tmp_path / "x.duckdb")
    added = [
        store.facts.add(batch, SnapshotKind.IMPORT)
        for _ in range(2)
        for batch in Files([path]).read()
    ]
    assert added == [2, 0]


def test_typed_columns_of_parquet_are_understood(tmp_path: Path) -> None:
    """Zoned times of nanoseconds, numbers, text bodies and structs of headers are read."""
    frame = pl.DataFrame(
        {
            "host": ["a.com"],
            "fetch_time": [datetime(2023, 9, 3, 6, tzinfo=UTC)],
            "status": [200],
            "body": [BODY.decode()],
            "headers": [{"Server": "nginx", "Set-Cookie": "x", "Content-Type": None}],
            "snapshot": ["mine"],
            "more": [1.5],
        }
    ).with_columns(pl.col("fetch_time").dt.convert_time_zone("Asia/Tokyo").dt.cast_time_unit("ns"))
    frame.write_parquet(tmp_path / "x.parquet")
    captures, _, _ = taken(tmp_path / "x.parquet")
    assert captures.select("snapshot", "fetch_time", "status", "digest", "headers").row(0) == (
        "mine", datetime(2023, 9, 3, 6), 200, digest(BODY), '{"server": "nginx"}',
    )  # fmt: skip


WORDS = [
    ("robots", BODY, 200, "ok"),
    ("robots", None, 200, "damaged"),
    ("empty", None, 200, "ok"),
    ("html", None, 200, "not_robots"),
    ("other_text", None, 200, "not_robots"),
    ("http_200", None, 200, "damaged"),
    ("200", None, 200, "damaged"),
    ("http_404", None, 404, "absent"),
    ("HTTP_521", None, 521, "origin_down"),
    ("http_301", None, 301, "redirect_unresolved"),
    ("429", b"slow down", 429, "throttled"),
    ("robots_over_512KiB", None, 200, "too_large"),
    ("error_dns", None, None, "dns"),
    ("error_timeout", None, None, "timeout"),
    ("error_ssl", None, None, "tls"),
    ("error_refused", None, None, "connection_refused"),
    ("error_redirects", None, None, "redirect_unresolved"),
    ("error_other", None, None, "unreachable"),
    (None, BODY, 200, "ok"),
    (None, None, None, "unreachable"),
]


def test_status_words(tmp_path: Path) -> None:
    """Every status and word becomes its HTTP status and outcome; failures never become ok."""
    rows = [row(f"h{i:02}.com", status=word, body=body) for i, (word, body, *_) in enumerate(WORDS)]
    captures, payloads, _ = taken(write_parquet(tmp_path / "x.parquet", rows))
    assert captures.select("status", "outcome").rows() == [(code, out) for *_, code, out in WORDS]
    held = captures.filter(pl.col("digest").is_not_null())["host"].to_list()
    assert held == ["h00.com", "h02.com", "h18.com"]
    assert payloads == {digest(BODY): BODY, digest(b""): b""}


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (204, Outcome.OK), (302, Outcome.REDIRECT_UNRESOLVED), (401, Outcome.REFUSED),
        (402, Outcome.PAYMENT_REQUIRED), (403, Outcome.REFUSED), (410, Outcome.ABSENT),
        (429, Outcome.THROTTLED), (451, Outcome.REFUSED), (500, Outcome.SERVER_ERROR),
        (520, Outcome.ORIGIN_DOWN), (528, Outcome.SERVER_ERROR), (530, Outcome.ORIGIN_DOWN),
        (999, Outcome.SERVER_ERROR), (101, Outcome.DAMAGED),
    ],
)  # fmt: skip
def test_outcomes_of_statuses(status: int, outcome: Outcome) -> None:
    """Every HTTP status has one outcome, whatever its body unless it is a 2xx."""
    assert outcome_of(status, None, Body.ROBOTS, read=True, leads=False) is outcome
    if not 200 <= status < 300:
        assert outcome_of(status, None, None, read=True, leads=False) is outcome


def test_months_of_a_run(tmp_path: Path) -> None:
    """A run gives a capture for every month it touches, at its first moment in it."""
    path = write_csv(
        tmp_path / "x.csv",
        [
            span("a.com", "2023-08-20T10:00:00", "2023-10-05T10:00:00Z"),
            span("b.com", "2023-09", "2023-09"),
            span("c.com", "2023-09-07", "2023-09-07"),
        ],
    )
    captures, _, _ = taken(path)
    assert captures.select("snapshot", "host", "fetch_time").rows() == [
        ("2023-08", "a.com", datetime(2023, 8, 20, 10)),
        ("2023-09", "a.com", datetime(2023, 9, 1)),
        ("2023-09", "b.com", datetime(2023, 9, 1)),
        ("2023-09", "c.com", datetime(2023, 9, 7)),
        ("2023-10", "a.com", datetime(2023, 10, 1)),
    ]


def test_weeks_of_a_run(tmp_path: Path) -> None:
    """Weeks are ISO weeks, named by the ISO year they belong to; single fetches follow."""
    rows: list[Row] = [
        span("a.com", "2023-12-25", "2024-01-02") | {"fetch_time": None},
        span("b.com", "", "") | {"fetch_time": "2023-01-01"},
    ]
    captures, _, _ = taken(write_csv(tmp_path / "x.csv", rows), every="week")
    assert captures.select("snapshot", "host", "fetch_time").rows() == [
        ("2022-W52", "b.com", datetime(2023, 1, 1)),
        ("2023-W52", "a.com", datetime(2023, 12, 25)),
        ("2024-W01", "a.com", datetime(2024, 1, 1)),
    ]


def test_the_version_in_force_first_stands_for_a_month(tmp_path: Path) -> None:
    """Of several runs in a month the first is taken, and the others are counted."""
    rows = [
        span("a.com", "2023-09-02", "2023-09-09"),
        span("a.com", "2023-09-23", "2023-10-01", status="404", body=None),
        span("www.a.com", "2023-09-23", "2023-09-24"),
        span("a.com", "2023-09-16", "2023-09-20"),
    ]
    captures, _, (left_out,) = taken(write_jsonl(tmp_path / "x.jsonl", rows))
    assert captures.select("snapshot", "host", "outcome").rows() == [
        ("2023-09", "a.com", "ok"),
        ("2023-09", "www.a.com", "ok"),
        ("2023-10", "a.com", "absent"),
    ]
    assert left_out.count == 1


def test_of_single_fetches_the_newest_good_one_is_kept(tmp_path: Path) -> None:
    """A failure does not hide a good answer of the same month, and https comes before http."""
    rows = [
        row("a.com", "2023-09-01", url="http://a.com/robots.txt", body=b"# one"),
        row("a.com", "2023-09-05", url="http://a.com/robots.txt", body=b"# two"),
        row("a.com", "2023-09-05", url="https://a.com/robots.txt", body=b"# three"),
        row("a.com", "2023-09-09", url="https://a.com/robots.txt", status="503", body=None),
        row("b.com", "2023-09-09", url="https://www.b.com/robots.txt"),
    ]
    captures, payloads, _ = taken(write_parquet(tmp_path / "x.parquet", rows))
    assert captures.select("host", "url_asked", "url").rows() == [
        ("a.com", "https://a.com/robots.txt", "https://a.com/robots.txt"),
        ("b.com", None, "https://www.b.com/robots.txt"),
    ]
    assert set(payloads.values()) == {b"# one", b"# two", b"# three", BODY}  # all are facts


def test_observation_times(tmp_path: Path) -> None:
    """With observation times a run gives a capture for each that lies in it, ends included."""
    times = tmp_path / "times.csv"
    times.write_text(
        "month,observed_at\n9,2023-09-10T00:00:00Z\n8,2023-09-03T02:00:00+02:00\n"
        "9,2023-09-17T08:00:00\n9,2023-09-17T20:00:00\n"
    )
    rows = [
        span("a.com", "2023-09-03T00:00:00", "2023-09-10T00:00:00"),
        span("a.com", "2023-09-17T08:00:00", "2023-09-17T21:00:00", body=LATIN),
        span("b.com", "2023-09-04", "2023-09-06"),
    ]
    path = write_csv(tmp_path / "x.csv", rows)
    captures, _, (left_out,) = taken(path, at=read_observation_times(times))
    assert captures.select("snapshot", "host", "fetch_time", "digest").rows() == [
        ("2023-09-03", "a.com", datetime(2023, 9, 3), digest(BODY)),
        ("2023-09-10", "a.com", datetime(2023, 9, 10), digest(BODY)),
        ("2023-09-17T08:00:00", "a.com", datetime(2023, 9, 17, 8), digest(LATIN)),
        ("2023-09-17T20:00:00", "a.com", datetime(2023, 9, 17, 20), digest(LATIN)),
    ]
    assert (left_out.reason, left_out.count) == ("in force at none of the times asked for", 1)


@pytest.mark.parametrize("text", ["", "day\n2023-09-03\n", "date\n", "date\nsoon\n"])
def test_bad_observation_times(tmp_path: Path, text: str) -> None:
    """A file without times or with something else in their place is named with what is needed."""
    path = tmp_path / "times.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=r"times\.csv: .*ISO time"):
        read_observation_times(path)


@pytest.mark.parametrize(("name", "write"), FORMATS)
def test_rows_that_cannot_be_used_are_counted(
    tmp_path: Path, name: str, write: Callable[[Path, list[Row]], Path]
) -> None:
    """Unusable hosts, times and statuses are reported with their number and first example."""
    rows: list[Row] = [
        row("no host") | {"first_seen": None, "last_seen": None},
        row("a.com", "yesterday") | {"first_seen": None, "last_seen": None},
        row("b.com", "0001-01-01") | {"first_seen": None, "last_seen": None},
        row("c.com", status="fine") | {"first_seen": None, "last_seen": None},
        row("d.com") | {"fetch_time": None, "first_seen": "2023-09", "last_seen": "2023-08"},
        row("e.com") | {"first_seen": None, "last_seen": None},
    ]
    captures, _, left_out = taken(write(tmp_path / name, rows))
    assert captures["host"].to_list() == ["e.com"]
    assert {(out.reason, out.count, out.example) for out in left_out} == {
        ("no usable host", 1, "no host"),
        ("no time that can be read", 2, "yesterday"),
        ("unknown status", 1, "fine"),
        ("last_seen comes before first_seen", 1, "2023-09"),
    }
    assert name in str(left_out[0])


def test_broken_lines_are_counted(tmp_path: Path) -> None:
    """A line of JSONL that is no object and a row of CSV with too many cells are left out."""
    lines = write_jsonl(tmp_path / "x.jsonl", [row("a.com")])
    good = lines.read_bytes()
    lines.write_bytes(
        b"\xef\xbb\xbf" + good + b'{"host": \n\n[1]\n{"host": "b.com", "body": [1]}\n'
    )
    table = write_csv(tmp_path / "x.csv", [row("c.com")])
    table.write_bytes(b"\xef\xbb\xbf" + table.read_bytes() + b"b.com,1\n")
    captures, _, left_out = taken(lines, table)
    assert captures["host"].to_list() == ["a.com", "c.com"]
    assert [(out.count, out.example) for out in left_out] == [(3, "line 2"), (1, "b.com,1")]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.txt", b"a.com\n", r"x\.txt: unknown type of file; one of \.parquet"),
        (
            "x.csv",
            b"host,day\na.com,1\n",
            r"x\.csv: lacks the column status, body, .*has host, day",
        ),
        ("x.csv", b"", r"x\.csv: lacks the column host, .*has none"),
        (
            "x.csv",
            b"host,status,body,fetch_time\n",
            r"x\.csv: no row of it can be used; it has none",
        ),
        ("x.csv", b"host,status,body,last_seen\n", r"fetch_time \(or first_seen and last_seen\)"),
        ("x.csv.gz", b"no gzip", r"x\.csv\.gz: cannot be read \(.*incorrect header"),
        (
            "x.csv.gz",
            gzip.compress(b"host,status,body,fetch_time\n" * 99, mtime=0)[:40],
            "cannot be read",
        ),
        ("x.parquet", b"PAR1 no more", r"x\.parquet: cannot be read"),
        ("x.jsonl", b"not json\n", r"x\.jsonl: lacks the column"),
        (
            "x.warc.gz",
            b"no warc",
            r"x\.warc\.gz: holds no answer .*: cannot be read .*no WARC record",
        ),
        ("x.warc", b"", r"x\.warc: holds no answer to a robots\.txt URL: .* the file is empty"),
    ],
)
def test_unusable_files_are_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    """A file of unknown type, without its columns, cut or empty is named with what to do."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        taken(tmp_path / name)


def test_all_files_are_opened_before_the_first_batch(tmp_path: Path) -> None:
    """A mistake in the last file's name is reported before anything is stored."""
    good = write_csv(tmp_path / "x.csv", [row("a.com")])
    with pytest.raises(InputError, match=r"y\.csv: cannot be read \(No such file"):
        Files([good, tmp_path / "y.csv"])


def test_bodies_that_are_no_text_or_bytes(tmp_path: Path) -> None:
    """A Parquet file with another kind of body is refused by name."""
    frame = pl.DataFrame({"host": ["a.com"], "fetch_time": ["2023"], "status": [200], "body": [1]})
    frame.write_parquet(tmp_path / "x.parquet")
    with pytest.raises(InputError, match=r"x\.parquet: the column body holds Int64"):
        taken(tmp_path / "x.parquet")


def test_a_huge_body_is_kept(tmp_path: Path) -> None:
    """A robots.txt of 5 MB, as much as Common Crawl keeps, is kept whole under its digest."""
    body = BODY + b"# more\n" * 700_000
    captures, payloads, _ = taken(write_parquet(tmp_path / "x.parquet", [row("a.com", body=body)]))
    assert payloads == {digest(body): body}
    assert captures.select("outcome", "digest").row(0) == ("ok", digest(body))


def test_utf16_and_nuls(tmp_path: Path) -> None:
    """UTF-16 is kept but is not a robots.txt; a few NULs do no harm."""
    rows = [row("a.com", body="User-agent: *".encode("utf-16")), row("b.com", body=BODY + b"\0")]
    captures, payloads, _ = taken(write_parquet(tmp_path / "x.parquet", rows))
    assert captures["outcome"].to_list() == ["not_robots", "ok"]
    assert set(payloads.values()) == {rows[0]["body"], rows[1]["body"]}


def test_many_slices_are_one_import(tmp_path: Path) -> None:
    """Rows of one host far apart in a file still give one capture, and each payload comes once."""
    n = 9_000
    frame = pl.DataFrame(
        {
            "host": [f"h{i % 4_500}.com" for i in range(n)],
            "fetch_time": [f"2023-09-{1 + i // 4_500:02}" for i in range(n)],
            "status": [200] * n,
            "body": [b"# %d" % (i % 7) for i in range(n)],
        }
    )
    frame.write_parquet(tmp_path / "x.parquet")
    captures, payloads, _ = taken(tmp_path / "x.parquet")
    assert captures.height == captures["host"].n_unique() == 4_500
    assert captures["fetch_time"].unique().to_list() == [datetime(2023, 9, 2)]
    assert len(payloads) == 7


def answer(url: str, time: str, status: int, payload: bytes = b"", **headers: str) -> Exchange:
    """Return an exchange; a time is given by its day."""
    return Exchange(
        url=url,
        fetch_time=datetime.fromisoformat(time),
        address="192.0.2.1",
        request_headers=(),
        status=status,
        reason="",
        headers=tuple(headers.items()),
        payload=payload,
        detected="text/plain",
    )


def write_warc(path: Path, exchanges: list[Exchange]) -> Path:
    """Write exchanges as request and response records, gzipped each or plain."""
    stream = io.BytesIO()
    info = append_info(stream, path.name, datetime(2023, 9, 3), {"software": "a test"})
    for exchange in exchanges:
        append_exchange(stream, info, exchange)
    raw = stream.getvalue()
    path.write_bytes(raw if path.suffix == ".gz" else gzip.decompress(raw))
    return path


EXCHANGES = [
    answer("http://a.com/robots.txt", "2023-09-03", 301, Location="https://www.a.com/robots.txt"),
    answer("https://www.a.com/robots.txt", "2023-09-03", 200, BODY, Server="x", ETag="y"),
    answer("https://b.com/robots.txt", "2023-09-03", 302, Location="/r/robots.txt"),
    answer("https://b.com/r/robots.txt", "2023-09-03", 200, LATIN),
    answer("https://c.com/robots.txt", "2023-09-03", 302, Location="https://c.com/robots.txt"),
    answer("https://d.com/index.html", "2023-09-03", 200, HTML),
    answer("https://e.com/robots.txt", "2023-10-03", 503, b"later"),
    answer("https://e.com/robots.txt", "2023-10-02", 200, BODY),
]


@pytest.mark.parametrize("name", ["x.warc", "x.warc.gz"])
def test_captures_of_a_warc_file(tmp_path: Path, name: str) -> None:
    """Robots answers become captures, redirects are followed inside the file, pages are counted."""
    captures, payloads, (left_out,) = taken(write_warc(tmp_path / name, EXCHANGES))
    assert captures.select("snapshot", "host", "hops", "status", "outcome").rows() == [
        ("2023-09", "a.com", 1, 200, "ok"),
        ("2023-09", "b.com", 1, 200, "ok"),
        ("2023-09", "c.com", 0, 302, "redirect_unresolved"),
        ("2023-09", "e.com", 0, 200, "ok"),  # in October, at the end of the same sweep
        ("2023-09", "www.a.com", 0, 200, "ok"),
    ]
    assert captures.select("url_asked", "url").rows()[:2] == [
        ("http://a.com/robots.txt", "https://www.a.com/robots.txt"),
        ("https://b.com/robots.txt", "https://b.com/r/robots.txt"),
    ]
    assert payloads == {digest(BODY): BODY, digest(LATIN): LATIN}
    assert captures["headers"][4] == '{"server": "x"}'
    assert captures["warc_file"].unique().to_list() == [name]
    assert (left_out.count, left_out.example) == (1, "https://d.com/index.html")


@pytest.mark.parametrize("name", ["x.warc", "x.warc.gz"])
def test_a_cut_warc_file_is_used_and_reported(tmp_path: Path, name: str) -> None:
    """What stands before the cut is imported, and the damage is named with its place."""
    path = write_warc(tmp_path / name, EXCHANGES)
    path.write_bytes(path.read_bytes()[:-100])
    captures, _, left_out = taken(path)
    assert captures.filter(host="e.com")["status"].to_list() == [503]
    assert any("cannot be read" in out.reason for out in left_out)


def test_a_payload_that_does_not_fit_its_digest(tmp_path: Path) -> None:
    """An altered payload is recorded as damaged and not kept."""
    path = write_warc(tmp_path / "x.warc", [EXCHANGES[1]])
    path.write_bytes(path.read_bytes().replace(b"GPTBot", b"GPTBat"))
    captures, payloads, _ = taken(path)
    assert captures.select("outcome", "digest").row(0) == ("damaged", None)
    assert payloads == {}


def test_a_chain_of_six_redirects_is_not_followed_to_its_end(tmp_path: Path) -> None:
    """Five hops are followed; a sixth leaves the redirect unresolved."""
    urls = [f"https://h{i}.com/robots.txt" for i in range(7)]
    hops = [answer(url, "2023-09-03", 301, Location=target) for url, target in pairwise(urls)]
    last = answer(urls[-1], "2023-09-03", 200, BODY)
    captures, _, _ = taken(write_warc(tmp_path / "x.warc.gz", [*hops, last]))
    assert captures.select("host", "hops", "outcome").rows()[:2] == [
        ("h0.com", 0, "redirect_unresolved"),  # what is known of the host itself
        ("h1.com", 5, "ok"),
    ]


@pytest.mark.own_code
def test_real_warc_files_are_read_or_refused(shared: Path) -> None:
    """Real and broken WARC files are imported or refused with InputError, never a traceback."""
    tried = 0
    for path in sorted((shared / "warc_samples").rglob("*.warc*")):
        if path.name.endswith((".warc", ".warc.gz")):
            tried += 1
            try:
                captures, _, _ = taken(path)
            except InputError as error:
                assert path.name in str(error)
            else:
                assert not captures.is_empty()
    assert tried


@pytest.mark.own_code
def test_the_series_of_gptbot_at_the_top_sites(shared: Path) -> None:
    """46 hosts refused GPTBot / before it was announced, 115 in the first run of September 2023.

    The wildcard is included; of the 805 hosts some 780 have a file that names any agent, and two
    answer with a page in plain text, which says nothing.
    """
    corpus = shared / "corpus"
    at = read_observation_times(corpus / "top_sites_weekly_2022_2024.observed_at.csv")
    captures, payloads, _ = taken(corpus / "top_sites_weekly_2022_2024.parquet", at=at)
    judge = Judge(["GPTBot"])
    series = {}
    for day in ("2023-08-06", "2023-09-03"):
        digests = captures.filter(snapshot=day, outcome="ok")["digest"]
        verdicts = [judge.policy(payloads[name]).verdicts["GPTBot"] for name in digests]
        series[day] = (sum(v.root_allowed is False for v in verdicts), len(verdicts))
    assert series == {"2023-08-06": (46, 803), "2023-09-03": (115, 803)}


@pytest.mark.own_code
def test_the_months_of_the_top_sites(shared: Path) -> None:
    """By months every host is there once a month from first to last sight, at times within it."""
    captures, _, _ = taken(shared / "corpus" / "top_sites_weekly_2022_2024.parquet")
    assert captures["host"].n_unique() == 808
    assert captures.select("snapshot", "host").is_duplicated().sum() == 0
    months = captures["fetch_time"].dt.strftime("%Y-%m")
    assert (months == captures["snapshot"]).all()
    assert captures["snapshot"].min() == "2022-07"
    assert captures["snapshot"].max() == "2024-07"


@pytest.mark.own_code
def test_the_words_of_the_usgov_corpus(shared: Path) -> None:
    """Every row of 54 months is used, and only what can be read is ok."""
    captures, _, left_out = taken(shared / "corpus" / "usgov_monthly_2020_2025.parquet")
    assert captures.height > 400_000
    assert sum(out.count for out in left_out) < 10
    ok = captures.filter(outcome="ok")
    assert ok["digest"].null_count() == 0
    assert ok["status"].unique().to_list() == [200]
    assert set(captures["outcome"]) <= {outcome.value for outcome in Outcome}
