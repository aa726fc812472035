"""Pages for tests: databases filled by the commands, and a browser to open what they make."""

import csv
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest
from sharing import copy_of_made

from crawlblock.cli import main
from crawlblock.metrics.results_folder import results_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = Path("/usr/bin/chromium")
_ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
EVIL_TEXT = "</script><img src=x onerror=alert(1)>\u2028&\"'"
EVIL_HOST = "<b>evil</b>\u2028.example"
OPEN = "User-agent: *\nDisallow: /private\n"
REFUSING = "User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /\n\nUser-agent: *\nDisallow:\n"
EVIL = f"User-agent: GPTBot\nDisallow: / # {EVIL_TEXT}\n"
Bodies = Mapping[str, Mapping[str, str | int]]  # by month and host; a number is a status


def run(*arguments: object) -> None:
    """Run a command that ends well."""
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    assert stopped.value.code == 0


def fill(folder: Path, bodies: Bodies, strata: Mapping[str, str]) -> Path:
    """Import captures of a panel, month by month; return the path of the database."""
    db = folder / "crawlblock.duckdb"
    rows = [
        {"host": host, "fetch_time": f"{month}-10T12:00:00Z"}
        | ({"status": body} if isinstance(body, int) else {"status": 200, "body": body})
        for month, answers in bodies.items()
        for host, body in answers.items()
    ]
    with (folder / "panel.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("host", "stratum"), *strata.items()])
    lines = "".join(f"{json.dumps(row)}\n" for row in rows)
    (folder / "captures.jsonl").write_text(lines, "utf-8")
    run("sample", "--db", db, "--list", folder / "panel.csv", "--name", "test")
    run("import", "--db", db, folder / "captures.jsonl")
    return db


def example(folder: Path) -> Path:
    """Return a database of nine hosts in two strata and three months, with weights and markup."""
    hosts = [f"h{number}.org" for number in range(9)]
    months = ("2023-09", "2024-02", "2024-07")
    bodies: dict[str, dict[str, str | int]] = {}
    for number, month in enumerate(months):
        bodies[month] = {}
        for place, host in enumerate(hosts):
            bodies[month][host] = REFUSING if place < 2 + number else OPEN
        bodies[month].update({"h7.org": 404, "h8.org": EVIL})
    bodies[months[-1]]["h6.org"] = 503
    strata = {host: ("big", "small")[number % 2] for number, host in enumerate(hosts)}
    db = fill(folder, bodies, strata)
    weights = folder / "weights.csv"
    weights.write_text("host,corpus,tokens\n*,C4,1000\nh0.org,C4,300\nh5.org,C4,100\n")
    run("weights", "--db", db, "--list", weights)
    with duckdb.connect(str(db)) as con:
        for table in ("facts.hosts", "panel"):
            con.execute(f"UPDATE {table} SET host = ? WHERE host = 'h8.org'", [EVIL_HOST])
        con.execute("UPDATE panel SET stratum = ? WHERE stratum = 'small'", [EVIL_TEXT])
    run("analyze", "--db", db)
    return db


def example_results(factory: pytest.TempPathFactory) -> Path:
    """Return the results of the example, which is made once for all modules of a test run."""
    return results_of(copy_of_made(factory, "example", _make_example) / "crawlblock.duckdb")


def _make_example(folder: Path) -> None:
    folder.mkdir()
    example(folder)


@dataclass(slots=True)
class Watched:
    """A page in a browser, with all that it asked for and complained of."""

    page: "Page"
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


def need_chromium() -> None:
    """Skip a test that needs Chromium without it, but not where CI is set."""
    if not CHROMIUM.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{CHROMIUM}: no browser is there; install chromium")
        pytest.skip(f"no browser is at {CHROMIUM}")


@contextmanager
def browser() -> "Iterator[Browser]":
    """Start Chromium; tests that need it are skipped without it, but not where CI is set."""
    need_chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_ARGUMENTS))
        yield opened
        opened.close()


@contextmanager
def visit(
    browser: "Browser", path: Path, width: int = 1280, scripts: bool = True, dark: bool = False
) -> Iterator[Watched]:
    """Open a page as a reader would, and watch it."""
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        java_script_enabled=scripts,
        color_scheme="dark" if dark else "light",
    )
    watched = Watched(context.new_page())
    watched.page.on("request", lambda request: watched.requests.append(request.url))
    watched.page.on("console", lambda said: watched.complaints.append(said.text))
    watched.page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    watched.page.goto(path.as_uri())
    yield watched
    context.close()


@pytest.fixture(scope="module")
def chromium() -> "Iterator[Browser]":
    """Return a browser for all tests."""
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the results of a small database with markup in names and lines."""
    return example_results(tmp_path_factory)


@pytest.fixture
def seen(chromium: "Browser", results: Path) -> Iterator[Watched]:
    """Return the page, opened on a wide screen."""
    with visit(chromium, results / "index.html") as watched:
        yield watched
