"""The bundled sample from end to end, by the ordinary code: facts in, the same facts out."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest
from archives import SAMPLE
from facts_back import facts_that_came_back

from crawlblock import registry
from crawlblock.cli import main
from crawlblock.demo.bundled_facts import read_policies
from crawlblock.errors import InputError
from crawlblock.metrics.result_files import MANIFEST
from crawlblock.outcome import Outcome
from crawlblock.robots.judge import STAR
from crawlblock.store.schema import CONFIG
from crawlblock.store.store import Store


def run(*arguments: object) -> None:
    """Run a command that ends well."""
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    assert stopped.value.code == 0


def test_every_fact_comes_back(bundled: Path) -> None:
    """Rendered and read back, every outcome, verdict, author and ruleset is the fact it was."""
    seen = facts_that_came_back(SAMPLE, bundled / "crawlblock.duckdb")
    assert seen[Outcome.OK] > 10_000 and len(seen) >= 7


def test_facts_know_no_other_crawler() -> None:
    """All policies of the bundled facts have the same tokens, and each is still registered.

    A crawler that was added since is treated as `*` (test_new_crawler.py).
    """
    registered = {STAR, *(crawler.token for crawler in registry.crawlers())}
    (tokens,) = {frozenset(policy) for policy in read_policies(SAMPLE).values()}
    assert STAR in tokens <= registered


def test_answer(bundled: Path) -> None:
    """The answer is a page, a figure and result files, with blocks of GPTBot growing."""
    results = bundled / "crawlblock-results"
    assert "reconstructions" in (results / "index.html").read_text("utf-8").lower()
    assert (results / "blocked.svg").read_text("utf-8").startswith("<svg")
    frame = pl.read_parquet(results / "blocked.parquet").filter(
        (pl.col("token") == "GPTBot")
        & (pl.col("definition") == "root")
        & (pl.col("estimand") == "list")
    )
    assert frame["snapshot"][0] == "DEMO-2023-40"  # documented in August 2023
    assert frame["snapshot"][-1] == "DEMO-2026-25"
    assert pl.read_csv(results / "blocked.csv", infer_schema_length=None).height > 1000


def test_readme_tells_the_same_n(bundled: Path) -> None:
    """The n and the unknowns below the README's figure are those of the top sites."""
    frame = pl.read_parquet(bundled / "crawlblock-results" / "blocked_by_segment.parquet").filter(
        (pl.col("token") == "GPTBot")
        & (pl.col("definition") == "root")
        & (pl.col("segment") == "top sites")
        & (pl.col("estimand") == "list")
        & (pl.col("dimension") == "stratum")
    )
    known = f"{frame['n'][-1]:,} sites were known and {frame['n_unknown'][-1]:,} unknown"
    assert known in (SAMPLE.parent.parent / "README.md").read_text("utf-8")


def test_segments_have_their_own_days(bundled: Path) -> None:
    """Each segment has points in the time in which it was followed, and no others."""
    frame = pl.read_parquet(bundled / "crawlblock-results" / "blocked_by_segment.parquet")
    found = (
        frame.filter((pl.col("dimension") == "stratum") & (pl.col("token") == "CCBot"))
        .group_by("segment")
        .agg(first=pl.col("snapshot_date").min(), last=pl.col("snapshot_date").max())
        .sort("segment")
        .cast(pl.String)
    )
    stated = pl.read_csv(SAMPLE / "segments.csv").select("segment", "first", "last")
    assert found.rows() == stated.sort("segment").rows()


# What the sources give, counted with Google's parser: token or selection, segment, first and last
# crawl, hosts in both, those that block in the first and in the last, started, stopped.
_NEWS = "open data or archives named, search let in"
_KNOWN = [
    ("CCBot", "top sites", "DEMO-2022-33", "DEMO-2024-30", (802, 47, 131, 90, 6)),
    ("GPTBot", "top sites", "DEMO-2023-40", "DEMO-2024-30", (802, 141, 167, 42, 16)),
    (_NEWS, "news", "DEMO-2025-08", "DEMO-2026-25", (67, 33, 35, 8, 6)),
]


@pytest.mark.parametrize(("asked", "segment", "first", "last", "counted"), _KNOWN)
def test_known_changes(
    asked: str, segment: str, first: str, last: str, counted: tuple[int, ...], bundled: Path
) -> None:
    """The same hosts changed as they did in the sources."""
    change = pl.read_parquet(bundled / "crawlblock-results" / "change.parquet").filter(
        (pl.col("segment") == segment)
        & (pl.col("from_snapshot") == first)
        & (pl.col("to_snapshot") == last)
        & (pl.col("span") == "since_first")
        & (pl.col("estimand") == "list")
        & (pl.coalesce("token", "selection") == asked)
    )
    (row,) = change.to_dicts()
    shares = (round(row[f"{side}_share"] * row["n"], 6) for side in ("from", "to"))
    assert (row["n"], *shares, row["n_started"], row["n_stopped"]) == counted


@pytest.mark.parametrize(("crawl", "n_yes", "n"), [("2025-08", 44, 95), ("2026-25", 48, 95)])
def test_known_shares(crawl: str, n_yes: int, n: int, bundled: Path) -> None:
    """As many news sites as in the source block open data or archives by name and let search in."""
    frame = pl.read_parquet(bundled / "crawlblock-results" / "selective.parquet").filter(
        (pl.col("segment") == "news")
        & (pl.col("estimand") == "list")
        & (pl.col("snapshot") == f"DEMO-{crawl}")
        & (pl.col("selection") == _NEWS)
    )
    assert frame.select("n_yes", "n").rows() == [(n_yes, n)]


@pytest.mark.parametrize(
    "name", ["signals", "signal_conflicts", "preference", "authors", "ineffective_rules"]
)
def test_no_empty_result(bundled: Path, name: str) -> None:
    """Results about what robots.txt files state and who wrote them are about hosts, up to 2026."""
    frame = pl.read_parquet(bundled / "crawlblock-results" / f"{name}.parquet")
    assert frame["n"].sum() > 0 and str(frame["snapshot_date"].max()) == "2026-06-07"


def test_reconstructed_lines_say_so(bundled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same line that shows a line of a reconstructed text says that it is no site's own."""
    db = bundled / "crawlblock.duckdb"
    run("explain", "nytimes.com", "GPTBot", "--db", db, "-o", "table")
    shown = capsys.readouterr().out
    assert all("(reconstructed)" in line for line in shown.splitlines() if "Disallow" in line)
    assert "decided: Disallow: /" in shown
    run("cat", "nytimes.com", "--db", db)
    ended = capsys.readouterr()
    assert "(reconstructed)" in ended.err and "reconstructed" in ended.out.splitlines()[0]


def test_again_changes_nothing(bundled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same commands again write nothing new, and one thread gives the results of several.

    No PNG is painted again: the SVG files show the same.
    """
    db = bundled / "crawlblock.duckdb"
    monkeypatch.setitem(CONFIG, "threads", 1)
    monkeypatch.setattr("crawlblock.report.charts.drawing.png", lambda _: b"")

    def facts() -> list[tuple[object, ...]]:
        with Store(db).reading() as con:
            return con.execute(
                "SELECT (SELECT count(*) FROM captures), (SELECT count(*) FROM payloads), "
                "(SELECT count(*) FROM verdicts), (SELECT count(*) FROM panel)"
            ).fetchall()

    before = facts()

    def made() -> dict[str, bytes]:
        files = (p for p in (bundled / "crawlblock-results").iterdir() if p.suffix != ".png")
        return {file.name: file.read_bytes() for file in files}

    files = made()
    run("sample", "--db", db, "--list", SAMPLE / "hosts.csv", "--name", "sample")
    run("history", "--db", db, "--mirror", bundled / "archive", "--crawls", "all")
    (bundled / "crawlblock-results" / MANIFEST).unlink()  # or nothing would be computed
    run("analyze", "--db", db)
    assert facts() == before
    assert made() == files


@pytest.mark.parametrize(
    ("panel", "said"), [("sample", "it goes on"), ("mine", "holds mine, which is not a demo")]
)
def test_the_database_of_another_version(
    panel: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """The demo goes on with its own database after an upgrade, and touches no other one."""

    def render(*_: object) -> None:
        raise InputError("it goes on")

    monkeypatch.setattr("crawlblock.cli.demo.render_demo", render)
    store = Store(tmp_path / "a.duckdb")
    store.facts.add_panel(panel, "a list", None, datetime(2026, 1, 1, tzinfo=UTC), ())
    store.publish()
    for path in (store.path, store.published):
        with closing(duckdb.connect(str(path), config=CONFIG)) as con:
            con.execute("CREATE OR REPLACE MACRO views_stamp() AS 0")
    with pytest.raises(SystemExit) as stopped:
        main(["demo", "--db", str(store.path)])
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err
