"""Measures the page of many hosts: its size, how soon it is painted, how quickly it filters.

The captures are generated: robots.txt files of some groups and random paths, a host writes
a new one once in six snapshots, a tenth of the answers are failures, and each capture lies in an
archive's file named as Common Crawl names them.  Needs Chromium.
"""

import json
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
from machine import crawlblock
from measured import Measurement, alone, at_most
from playwright.sync_api import sync_playwright

from crawlblock import registry

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
PATIENCE = at_most(100)  # ms that an interaction may take
SMOKE = {"rounds": 1, "hosts": 5, "snapshots": 2, "widths": (1280,), "commands": ("analyze",)}
ARCHIVED = """
INSERT INTO facts.warc_files
SELECT 1 + file * 100 + snapshot, format(
    'crawl-data/CC-MAIN-{0}/segments/1695233{1:06}.{2}/robotstxt/CC-MAIN-20230921{1:06}-'
    '20230921{3:06}-{4:05}.warc.gz', snapshot, file % 100 * 7919, file % 100,
    file % 100 * 7919 + 30000, file)
FROM range(900) f(file), (SELECT id AS snapshot FROM facts.snapshots);
UPDATE facts.fetches SET warc_offset = 1 + hash(host * 1000 + snapshot) % 900000000,
    warc_length = 400 + hash(snapshot * 100000 + host) % 3000,
    warc_file = 1 + hash(host * 1000 + snapshot) % 900 * 100 + snapshot
"""
FILTERS = """async () => {
    const twice = () => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)));
    const longest = async (actions) => {
        const took = [];
        for (const act of actions) {
            const begun = performance.now();
            act();
            await twice();  // until what changed is painted
            took.push(performance.now() - begun);
        }
        return Math.max(...took);
    };
    const timed = (id, values, kind) => longest(values.map((value) => () => {
        document.getElementById(id).value = value;
        document.getElementById(id).dispatchEvent(new Event(kind));
    }));
    const clicks = (found) => longest([...document.querySelectorAll(found)].slice(0, 5).map(
        (button) => () => button.click()));
    const options = [...document.getElementById("crawler-choice").options].map(o => o.value);
    return {
        crawler: await timed("crawler-choice", options.slice(0, 8), "change"),
        search: await timed("host-search", ["1", "12", "site", "nowhere", ""], "input"),
        verdict: await timed("host-filter", ["full", "partial", "unknown", ""], "change"),
        segment: await timed("segment-choice", ["a", "b", ""], "change"),
        sort: await clicks("#host-table th button"),
        site: await clicks("#host-table button.host"),
        cell: await clicks("button.cell"),
    };
}"""


def text_of(rng: random.Random, tokens: list[str]) -> str:
    """Return a robots.txt."""
    groups = []
    for _ in range(rng.choice((0, 0, 0, 1, 1, 2, 6))):
        agents = "".join(
            f"User-agent: {token}\n" for token in rng.sample(tokens, rng.choice((1, 1, 5)))
        )
        groups.append(f"{agents}Disallow: /{rng.choice(('', '', 'search', 'api'))}\n")
    paths = "".join(f"Disallow: /p{rng.randrange(400)}\n" for _ in range(rng.randrange(6)))
    return "\n".join([*groups, f"User-agent: *\n{paths}Allow: /\n"])


def rows(hosts: int, snapshots: int) -> Iterator[dict[str, object]]:
    """Yield captures, host by host."""
    rng = random.Random(1)
    tokens = [crawler.token for crawler in registry.crawlers()]
    for number in range(hosts):
        text = text_of(rng, tokens)
        for snapshot in range(snapshots):
            if rng.random() < 1 / 6:
                text = text_of(rng, tokens)
            row = {
                "host": f"site{number:05}.org",
                "fetch_time": f"{2023 + snapshot // 12}-{1 + snapshot % 12:02}-05T00:00:00Z",
            }
            failed = rng.random() < 0.1
            status = rng.choice((404, 403, 503)) if failed else 200
            yield row | {"status": status, "body": None if failed else text}


def generate(folder: Path, hosts: int, snapshots: int) -> Path:
    """Write a database with generated captures."""
    db = folder / "bench.duckdb"
    (folder / "list.csv").write_text(
        "host,stratum\n" + "".join(f"site{n:05}.org,{'abc'[n % 3]}\n" for n in range(hosts))
    )
    with (folder / "captures.jsonl").open("w") as file:
        file.writelines(f"{json.dumps(row)}\n" for row in rows(hosts, snapshots))
    crawlblock("sample", "--db", db, "--list", folder / "list.csv", "--name", "bench")
    crawlblock("import", "--db", db, folder / "captures.jsonl")
    with duckdb.connect(str(db)) as con:
        con.execute(ARCHIVED).fetchall()
    return db


def timed(page: Path, width: int) -> dict[str, float]:
    """Open the page in a browser of a width in px; return what takes how many ms."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        tab = browser.new_page(viewport={"width": width, "height": 900})
        tab.goto(page.as_uri())
        tab.wait_for_selector("#host-table button.host")  # the sites are unpacked
        paint = tab.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        ready = tab.evaluate(
            "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
        )
        for chart in tab.locator(".chart").all():
            chart.scroll_into_view_if_needed()
            chart.locator("svg").first.wait_for()
        tab.locator("#verdicts-chart").scroll_into_view_if_needed()  # else none is drawn anew
        took: dict[str, float] = tab.evaluate(FILTERS)
        browser.close()
    return {"first paint": paint, "usable": ready, **took}


def measure(
    rounds: int = 5, hosts: int = 2_000, snapshots: int = 30, widths: tuple[int, ...] = (360, 1280),
    commands: tuple[str, ...] = ("analyze", "report"),
) -> Iterator[Measurement]:  # fmt: skip
    """Generate captures, make the page with one command after the other, and open it."""
    with tempfile.TemporaryDirectory() as folder:
        db = generate(Path(folder), hosts, snapshots)
        for command in commands:
            seconds = [crawlblock(command, "--db", db).seconds for _ in range(rounds)]
            yield alone(f"`{command}`", "s", seconds)
        page = db.with_name("bench-results") / "index.html"
        yield alone("size of the page", "MB", [page.stat().st_size / 1e6])
        for width in widths:
            found = [timed(page, width) for _ in range(rounds)]
            for what in found[0]:
                goal = None if what in ("first paint", "usable") else PATIENCE
                times = [each[what] for each in found]
                yield alone(f"{width} px: {what}", "ms, the longest", times, goal)
