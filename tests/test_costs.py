"""What a history costs: records of redirects, and a plan that says what a run then sends."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from crawlblock.miniature import build
from crawlblock.miniature.rendered import Rendered
from crawlblock.model import Crawl, Member
from crawlblock.pipeline.evaluate import evaluate
from crawlblock.pipeline.history import Wanted, collect_history
from crawlblock.pipeline.runs import Run
from crawlblock.sources.commoncrawl.plan import Method
from crawlblock.store.store import Store
from crawlblock.transport import Limits

OLD = Crawl("CC-MAIN-2018-30", datetime(2018, 7, 15), datetime(2018, 7, 23))
NEW = Crawl("CC-MAIN-2023-40", datetime(2023, 9, 21), datetime(2023, 10, 5))
FAST = Limits(per_second=10_000, in_flight=8)
TEXT = b"User-agent: GPTBot\nDisallow: /\n"
TIMES = 60  # captures of a busy host

# What a host answers by http and by https, and the `www` of it: a target, or a status.
BUSY: dict[str, tuple[str | int | None, str | int | None, str | int | None]] = {
    "two-hops": ("https://{}", "https://www.{}", 200),
    "one-hop": ("https://www.{}", None, 200),
    "own": ("https://{}", 200, "https://{}"),
    "dead": ("https://gone.{}", "https://gone.{}", None),
    "half-dead": ("https://gone.{}", 200, None),
    "to-absent": ("https://www.{}", "https://www.{}", 404),
    "to-itself": ("http://{}", "https://{}", None),
    "around": ("https://{}", "http://{}", None),
    "absent": (404, "https://www.{}", 404),
    "nothing": (None, None, "https://gone.{}"),
}


def captures(crawl: Crawl) -> Iterator[Rendered]:
    """Return many captures of each URL of the hosts, a redirect apart from its like."""
    for name, answers in BUSY.items():
        host = f"{name}.example"
        urls = (f"http://{host}", f"https://{host}", f"https://www.{host}")
        for url, answer in zip(urls, answers, strict=True):
            for n in range(TIMES if answer else 0):
                at = crawl.first_capture + timedelta(hours=n, seconds=len(url))
                made = Rendered(crawl.crawl, f"{url}/robots.txt", at, 200, TEXT)
                if isinstance(answer, int):
                    yield replace(made, status=answer)
                else:
                    target = f"{str(answer).format(host)}/robots.txt"
                    yield replace(made, status=301, body=b"", headers=(("Location", target),))


def members(names: list[str]) -> list[Member]:
    """Return a panel."""
    return [
        Member("p", f"{n}.example", f"{n}.example", f"www.{n}.example", "all", None, 1.0, 0)
        for n in names
    ]


def collect(archive: Path | str, db: Path, panel: list[Member], method: Method | None) -> Store:
    """Run a history to its end."""
    run = Run(Store(db))
    order = Wanted(str(archive), None, "all", method, FAST, db.with_suffix(".cache"))
    asyncio.run(collect_history(run, order, panel))
    evaluate(run)
    return run.store


@pytest.mark.parametrize("method", ["zipnum", "columnar"])
def test_records_of_redirects(tmp_path: Path, method: Method) -> None:
    """A crawl whose index names no targets costs a host two records more, and answers the same."""
    read: list[dict[str, int]] = []
    found = []
    for crawl in (OLD, NEW):
        build(tmp_path / crawl.crawl, [crawl], captures(crawl))
        store = collect(
            tmp_path / crawl.crawl, tmp_path / f"{crawl.crawl}.duckdb", members(list(BUSY)), method
        )
        with store.reading() as con:
            rows = con.execute(
                "SELECT regexp_replace(host, '^www[.]', ''), count(*) FILTER (read) FROM fetches "
                "GROUP BY ALL ORDER BY ALL"
            ).fetchall()
            read.append({str(host): int(number) for host, number in rows})
            found.append(con.execute(
                "SELECT host, url_asked, url, hops, outcome, "
                "date_diff('second', first_capture, fetch_time) FROM captures "
                "JOIN snapshots USING (snapshot) ORDER BY host"
            ).fetchall())  # fmt: skip
    assert found[0] == found[1]
    more = {host: number - read[1][host] for host, number in read[0].items()}
    assert all(number <= 2 for number in more.values()), more
    assert sum(read[0].values()) <= sum(read[1].values()) + 2 * len(BUSY)
