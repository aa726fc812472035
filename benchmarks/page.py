"""Measures the page of many hosts: its size, how soon it is painted, how quickly it filters.

Usage:
    python benchmarks/page.py [--hosts 2000] [--snapshots 30]

The captures are generated: robots.txt files of some groups and paths drawn by chance, a host writes
a new one once in six snapshots, a tenth of the answers are failures, and each capture lies in an
archive's file named as Common Crawl names them.  Needs Chromium.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
from playwright.sync_api import sync_playwright

from crawlblock import registry

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
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


def text_of(draw: random.Random, tokens: list[str]) -> str:
    """Return a robots.txt."""
    groups = []
    for _ in range(draw.choice((0, 0, 0, 1, 1, 2, 6))):
        agents = "".join(
            f"User-agent: {token}\n" for token in draw.sample(tokens, draw.choice((1, 1, 5)))
        )
        groups.append(f"{agents}Disallow: /{draw.choice(('', '', 'search', 'api'))}\n")
    paths = "".join(f"Disallow: /p{draw.randrange(400)}\n" for _ in range(draw.randrange(6)))
    return "\n".join([*groups, f"User-agent: *\n{paths}Allow: /\n"])


def rows(hosts: int, snapshots: int) -> Iterator[dict[str, object]]:
    """Yield captures, host by host."""
    draw = random.Random(1)
    tokens = [crawler.token for crawler in registry.crawlers()]
    for number in range(hosts):
        text = text_of(draw, tokens)
        for snapshot in range(snapshots):
            if draw.random() < 1 / 6:
                text = text_of(draw, tokens)
            row = {
                "host": f"site{number:05}.org",
                "fetch_time": f"{2023 + snapshot // 12}-{1 + snapshot % 12:02}-05T00:00:00Z",
            }
            failed = draw.random() < 0.1
            status = draw.choice((404, 403, 503)) if failed else 200
            yield row | {"status": status, "body": None if failed else text}


def crawlblock(*arguments: object) -> float:
    """Run a command; return the seconds it took."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "crawlblock", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begun


def made(folder: Path, hosts: int, snapshots: int) -> Path:
    """Return the page of a generated database, and print what making it took."""
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
    print(f"analyze {crawlblock('analyze', '--db', db):.1f} s", flush=True)
    print(f"report {crawlblock('report', '--db', db):.1f} s", flush=True)
    return folder / "bench-results" / "index.html"


def measure(page: Path) -> None:
    """Print the page's size and what a browser takes for it."""
    print(f"size {page.stat().st_size / 1e6:.2f} MB")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for width in (360, 1280):
            tab = browser.new_page(viewport={"width": width, "height": 900})
            tab.goto(page.as_uri())
            tab.wait_for_selector("#host-table button.host")  # the sites are unpacked
            paint = tab.evaluate(
                "performance.getEntriesByName('first-contentful-paint')[0].startTime"
            )
            ready = tab.evaluate(
                "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
            )
            for chart in tab.locator(".chart").all():
                chart.scroll_into_view_if_needed()
                chart.locator("svg").first.wait_for()
            tab.locator("#verdicts-chart").scroll_into_view_if_needed()  # else none is drawn anew
            took = ", ".join(f"{name} {ms:.0f} ms" for name, ms in tab.evaluate(FILTERS).items())
            print(
                f"{width} px: painted {paint:.0f} ms, ready {ready:.0f} ms; longest filter: {took}"
            )
        browser.close()


def main() -> None:
    """Generate, make the page, open it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--hosts", type=int, default=2_000)
    parser.add_argument("--snapshots", type=int, default=30)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(made(Path(folder), options.hosts, options.snapshots))


if __name__ == "__main__":
    main()
