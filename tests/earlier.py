"""Databases as earlier versions left them, with every kind of row that those stored."""

import json
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from crawlblock.warc.http import digest

LAYOUT = Path(__file__).parent / "layouts" / "3.sql"
AT = datetime(2025, 8, 10, 12)
RULES = b"User-agent: GPTBot\nDisallow: /\nContent-Signal: ai-train=no\n"
EMPTY = b""
PAGE = b"<!DOCTYPE html><html></html>"
FILE = "crawl-data/CC-MAIN-2025-33/x.warc.gz"
COLUMNS = (
    "snapshot", "host", "resource", "domain", "url_asked", "url", "hops", "fetch_time", "status",
    "outcome", "digest", "headers", "warc_file", "warc_offset", "warc_length",
)  # fmt: skip
Row = tuple[object, ...]
_OF_THE_CENSUS = ("texts", "scans", "scanned_shards", "scanned_files", "scanned_captures", "census")


def crawled() -> Iterator[Row]:
    """Yield the captures of a crawl: www in place of the host, redirects, every kind of answer."""
    answers: list[tuple[int, str, bytes | None]] = [
        (200, "ok", RULES), (200, "ok", EMPTY), (204, "ok", EMPTY), (200, "not_robots", PAGE),
        (200, "damaged", None), (404, "absent", None), (403, "refused", None),
        (402, "payment_required", None), (429, "throttled", None), (503, "server_error", None),
        (522, "origin_down", None), (301, "redirect_unresolved", None),
    ]  # fmt: skip
    for number, (status, outcome, body) in enumerate(answers):
        host = f"h{number:02}.org"
        first = f"http{'s' * (number % 2)}://{'www.' * (number % 3 == 0)}{host}/robots.txt"
        hops = number % 4
        last = first if hops == 0 else f"https://else.{host}/a/robots.txt?v={number}"
        yield (
            "CC-MAIN-2025-33", host, "/robots.txt", host, first, last, hops,
            AT + timedelta(minutes=number), status, outcome,
            None if body is None else digest(body),
            None if body is None else '{"server": "nginx"}', FILE, 1000 * number, 900,
        )  # fmt: skip
    yield _row("CC-MAIN-2025-33", "nothing.org", None, None, "not_captured", None)
    yield _row("CC-MAIN-2025-33", "192.0.2.1", AT, None, "damaged", None)


def asked_live() -> Iterator[Row]:
    """Yield the captures of a live run, of home pages, too."""
    name = "live-2026-11-21"
    failures = ("dns", "tls", "connection_refused", "timeout", "unreachable")
    for number, outcome in enumerate(failures):
        reason = json.dumps({"x-crawler-failure": f"{outcome}: in words"})
        host = f"h{number:02}.org"
        yield (
            name, host, "/robots.txt", host, f"https://{host}/robots.txt", None, 0, AT, None,
            outcome, None, reason, None, None, None,
        )  # fmt: skip
    stated = {"server": "x", "x-crawler-redirects": "301 http://h05.org/robots.txt"}
    odd = stated | {"x-crawler-failure": "the body did not end"}
    ends: list[tuple[int, str, bytes | None, dict[str, str]]] = [
        (200, "ok", RULES, stated), (200, "timeout", None, odd), (200, "damaged", None, odd),
        (302, "redirect_unresolved", None, odd),
    ]  # fmt: skip
    for number, (status, outcome, body, headers) in enumerate(ends, 5):
        host = f"h{number:02}.org"
        yield (
            name, host, "/robots.txt", host, f"http://{host}/robots.txt",
            f"https://{host}/robots.txt", 1, AT, status, outcome,
            None if body is None else digest(body), json.dumps(headers), "warc/live.warc.gz",
            1000 * number, 900,
        )  # fmt: skip
    pages = [(200, "ok"), (200, "not_robots"), (403, "refused"), (None, "timeout")]
    for number, (answer, outcome) in enumerate(pages, 5):
        host = f"h{number:02}.org"
        yield (
            name, host, "/", host, f"https://{host}/", f"https://{host}/" if answer else None, 0,
            AT, answer, outcome, None, '{"server": "x"}', None, None, None,
        )  # fmt: skip


def as_today(rows: list[Row]) -> list[Row]:
    """Return rows by the words of today: a challenge in place of a page is an outcome."""
    return [
        (*row[:9], "challenge", *row[10:]) if (row[2], row[9]) == ("/", "not_robots") else row
        for row in rows
    ]


def imported() -> Iterator[Row]:
    """Yield the captures of imported tables, which name no URL or another one."""
    words: list[tuple[int | None, str, bytes | None]] = [
        (200, "ok", RULES), (200, "ok", EMPTY), (200, "not_robots", None),
        (200, "too_large", None), (200, "damaged", None), (None, "redirect_unresolved", None),
        (404, "absent", None), (301, "redirect_unresolved", None), (999, "server_error", None),
        (101, "damaged", None), (None, "unreachable", None),
    ]  # fmt: skip
    for number, (status, outcome, body) in enumerate(words):
        yield _row("2024-05", f"i{number:02}.org", AT, status, outcome, body)
    yield (
        "2024-05", "i99.org", "/robots.txt", "i99.org", None,
        "https://www.i99.org/robots.txt", 0, AT, 200, "ok", digest(RULES), None, None, None,
        None,
    )  # fmt: skip


def _row(
    snapshot: str, host: str, at: datetime | None, status: int | None, outcome: str,
    body: bytes | None,
) -> Row:  # fmt: skip
    domain = None if host[0].isdigit() else host
    name = None if body is None else digest(body)
    return (
        snapshot, host, "/robots.txt", domain, None, None, 0, at, status, outcome, name, None, None,
        None, None,
    )  # fmt: skip


def panel_database(path: Path, layout: int = 3) -> list[Row]:
    """Make a database of a panel; return its captures."""
    path.write_bytes(_panel_file(layout))
    return _panel_rows()


def _panel_rows() -> list[Row]:
    return [*crawled(), *asked_live(), *imported()]


@cache
def _panel_file(layout: int) -> bytes:
    """Return the file of such a database, which is made once."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "panel.duckdb"
        _fill_panel(path, layout)
        return path.read_bytes()


def _fill_panel(path: Path, layout: int) -> None:
    with duckdb.connect(str(path)) as con:
        _made(con)
        con.execute(_SNAPSHOTS).fetchall()
        _insert(con, "captures", _panel_rows())
        payloads = [
            (digest(body), len(body), zlib.compress(body), policy, policy == "p1", template, None)
            for body, policy, template in (
                (RULES, "p1", "x"),
                (EMPTY, "p2", None),
                (PAGE, "p2", None),
            )
        ]
        _insert(con, "payloads", payloads)
        con.execute(_CONCLUSIONS, [digest(RULES)]).fetchall()
        con.execute(_PANEL).fetchall()
        for each in _downgraded(layout):
            con.execute(each).fetchall()
        con.execute("UPDATE schema_version SET version = ?", [layout]).fetchall()


def _downgraded(layout: int) -> Iterator[str]:
    """Yield what an earlier layout had not."""
    if layout < 3:
        for table in (*_OF_THE_CENSUS, "ranks"):
            yield f"DROP TABLE {table}"
        yield "ALTER TABLE payloads DROP COLUMN text"
    if layout < 2:
        yield "DROP TABLE accepted"


def _made(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(LAYOUT.read_text("utf-8")).fetchall()


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Row]) -> None:
    marks = ", ".join("?" * len(rows[0]))
    con.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)


_SNAPSHOTS = """
INSERT INTO snapshots VALUES
    ('CC-MAIN-2025-33', 'crawl', TIMESTAMP '2025-08-02', TIMESTAMP '2025-08-16'),
    ('live-2026-11-21', 'live', TIMESTAMP '2025-08-10 12:00:00', TIMESTAMP '2025-08-10 12:00:00'),
    ('2024-05', 'import', TIMESTAMP '2025-08-10 12:00:00', TIMESTAMP '2025-08-10 12:00:00');
"""
_CONCLUSIONS = """
INSERT INTO crawlers VALUES
    ('GPTBot', 'OpenAI', 'training', 'closed', true, DATE '2023-08-07', NULL, 'https://x.org'),
    ('*', NULL, NULL, NULL, false, NULL, NULL, NULL);
INSERT INTO policies VALUES ('p1', 'old'), ('p2', 'old');
INSERT INTO verdicts VALUES
    ('p1', 'GPTBot', 'full', 'named', false, 'own', 'd1'),
    ('p1', '*', 'none', 'default', true, NULL, NULL),
    ('p2', 'GPTBot', 'none', 'default', true, NULL, NULL),
    ('p2', '*', 'none', 'default', true, NULL, NULL);
INSERT INTO templates VALUES ('x', 'X', 'v', 'cdn', 'default', 'seen', NULL);
INSERT INTO breaks VALUES ('b', DATE '2024-01-01', 'CC-MAIN-2024-10', 'title', 'effect');
INSERT INTO signals VALUES
    (?, 'content-signal', ['gptbot'], 'train', 'refuse', 'ai-train=no', NULL, 3);
"""
_PANEL = """
INSERT INTO panels VALUES ('p', 'list', 'seed', TIMESTAMP '2025-01-01');
INSERT INTO panel VALUES ('p', 'h00.org', 'h00.org', 'www.h00.org', 'all', 7, 2.5, 0);
INSERT INTO weights VALUES ('h00.org', 'C4', 1, 2, 3), ('*', 'C4', NULL, NULL, 9);
INSERT INTO ranks VALUES ('h00.org', 1);
INSERT INTO accepted VALUES ('live-2026-11-21', TIMESTAMP '2026-11-22', 'looked at');
INSERT INTO runs VALUES ('r', 'history', '{}', '{}', 'old', 3, 4, TIMESTAMP '2025-08-11',
                         TIMESTAMP '2025-08-12', 'ok');
"""


CENSUS_TEXT = b"User-agent: *\nDisallow: /x\n\n"


def census_database(path: Path) -> list[Row]:
    """Make a database of a scanned crawl; return its captures.

    Of a.org there are an older robots.txt and a newer error, of b.org a redirect to c.
    """
    crawl, text, long = "CC-MAIN-2025-33", "0123456789abcdef", digest(b"long")
    hours = [AT + timedelta(hours=hour) for hour in range(4)]
    found: list[Row] = [
        ("a.org", 0, 200, "ok", None, long, 5000, text, '{"server": "cloudflare"}'),
        ("a.org", 1, 503, "server_error", None, None, None, None, None),
        ("b.org", 2, 301, "redirect_unresolved", "https://c.org/robots.txt", None, None,
         None, None),
        ("c.org", 3, 404, "absent", None, None, None, None, None),
        ("d.org", 3, 200, "damaged", None, None, None, None, None),
    ]  # fmt: skip
    scanned = [
        (crawl, host, "/robots.txt", f"https://{host}/robots.txt", hours[hour], status, outcome,
         target, name, size, kept, headers, 1, 1000 * number, 900)
        for number, (host, hour, status, outcome, target, name, size, kept, headers)
        in enumerate(found)
        if isinstance(hour, int)
    ]  # fmt: skip
    counted = [
        (crawl, "a.org", "a.org", "org", 1, 200, "ok", text, "cloudflare", 2, 1),
        (crawl, "b.org", "b.org", "org", 1, 404, "absent", None, None, 1, 0),
        (crawl, "c.org", "c.org", "org", 1, 404, "absent", None, None, 1, 0),
        (crawl, "d.org", "d.org", "org", 1, 200, "damaged", None, None, 1, 0),
    ]
    captures = [_counting(scanned[first], scanned[last]) for first, last in
                ((0, 0), (2, 3), (3, 3), (4, 4))]  # fmt: skip
    with duckdb.connect(str(path)) as con:
        _made(con)
        con.execute(_SCAN).fetchall()
        _insert(con, "scanned_captures", scanned)
        _insert(con, "captures", captures)
        _insert(con, "census", [(*row, True, 1) for row in counted])
        _insert(con, "texts", [(text, zlib.compress(CENSUS_TEXT), "p1", True, "x")])
        _insert(con, "payloads", [(long, 5000, None, None, None, None, text)])
        con.execute(_CONCLUSIONS, [text]).fetchall()
    return captures


def _counting(first: Row, last: Row) -> Row:
    """Return the capture of a chain from one scanned capture to another, as the census had it."""
    hops = 0 if first == last else 1
    return (
        first[0], first[1], "/robots.txt", first[1], first[3], last[3], hops, last[4], last[5],
        last[6], last[8], last[11], FILE, last[13], last[14],
    )  # fmt: skip


_SCAN = f"""
INSERT INTO snapshots VALUES
    ('CC-MAIN-2025-33', 'crawl', TIMESTAMP '2025-08-02', TIMESTAMP '2025-08-16');
INSERT INTO scans VALUES ('CC-MAIN-2025-33', 'seed', 0.5, 1, 2, 'rules', 'settled');
INSERT INTO scanned_shards VALUES ('CC-MAIN-2025-33', 's1', 5, 77777, 1);
INSERT INTO scanned_files VALUES ('CC-MAIN-2025-33', 1, '{FILE}', 's1');
"""
