"""Published figures beside ours."""

import csv
import runpy
import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import small_database as small
from click.testing import CliRunner, Result
from oracles.estimate import design_n

from crawlblock.cli.replicate import replicate as command
from crawlblock.demo.site import site
from crawlblock.errors import InputError
from crawlblock.intervals import stratified_n, wilson
from crawlblock.registry import crawlers
from crawlblock.replication.comparable import not_comparable
from crawlblock.replication.comparison import Comparison, replicate, under, usual_tokens
from crawlblock.replication.counts import FORMULAS
from crawlblock.replication.parser_mistakes import mistakes
from crawlblock.replication.published import PublishedFigure, read_figures, read_sources
from crawlblock.replication.series import Series, from_corpus, from_database
from crawlblock.robots.peers import DEFINITIONS
from crawlblock.robots.quoted import RECONSTRUCTED, is_reconstructed

pytestmark = pytest.mark.own_code

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "data" / "reference"
REFUSED, OPEN = b"User-agent: Alpha\nDisallow: /\n", b"User-agent: *\nDisallow:\n"
STACK = b"User-agent: *\nDisallow: /x\nUser-agent: Alpha\nUser-agent: Beta\nDisallow: /\n"
FIGURE = PublishedFigure(
    source="peer", figure="blocked", definition="imc25", population="somebody's hosts",
    stratum="all", date=date(2024, 3, 4), snapshot=None, token="Alpha", numerator=None,
    denominator=None, value=10.0, unit="percent", cite="table 1", share_of="hosts", frame="here",
)  # fmt: skip


@pytest.fixture(scope="module")
def figures() -> tuple[PublishedFigure, ...]:
    """Return the figures that come with the repository."""
    return read_figures(REFERENCE)


def series(
    days: Mapping[str, tuple[date, Mapping[str, int]]], rendered: bool = False, **bodies: bytes
) -> Series:
    """Return hosts that answered with bodies, each so many times, or with an outcome."""
    rows = [
        (name, day, "ok" if said in bodies else said, said if said in bodies else None, n)
        for name, (day, answers) in days.items()
        for said, n in answers.items()
    ]
    frame = pl.DataFrame(
        rows,
        schema={"snapshot": pl.String, "date": pl.Date, "outcome": pl.String, "digest": pl.String,
                "hosts": pl.Int64},
        orient="row",
    ).with_columns(
        pl.lit("all").alias("stratum"), weight=pl.col("hosts") * 2.0,
        weight_squared=pl.col("hosts") * 4.0,
    )  # fmt: skip
    signed = {name: body + b"# " + RECONSTRUCTED.encode() for name, body in bodies.items()}
    return Series(
        name="here", frame="ranking here.csv", sampled=True, answers=frame,
        bodies=signed if rendered else bodies,
    )  # fmt: skip


def one(rows: list[Comparison], **wanted: object) -> Comparison:
    """Return the only row with these values."""
    (row,) = (r for r in rows if all(getattr(r, name) == v for name, v in wanted.items()))
    return row


# Of Common Crawl's counts, in the stratum of all hosts: theirs, ours, and the hosts ours is of.
RECOUNTED = {
    "robots.txt, of hosts with a group for it or *": (6.82, 6.82, 611_406),
    "robots.txt, of hosts with rules": (6.82, 6.73, 620_318),
    "robots.txt or HTTP, as coded": (5.27, 5.27, 791_077),
    "robots.txt or HTTP, as meant": (5.27, 13.62, 867_549),
    "robots.txt or HTTP, of known hosts": (5.27, 13.01, 908_754),
    "robots.txt or HTTP, of all hosts, unknown ones open": (None, 5.79, 2_042_066),
    "robots.txt or HTTP, of all hosts, unknown ones blocking": (None, 61.29, 2_042_066),
}


def test_what_the_notebook_meant(figures: tuple[PublishedFigure, ...]) -> None:
    """Common Crawl's counts give 13.62 % refused by rules or HTTP, and 6.82 % by rules alone."""
    rows = replicate(figures, [], ["CCBot"])
    found = {
        row.figure: (row.published, round(row.ours or 0, 2), row.n)
        for row in rows
        if row.source == "ccexp" and row.stratum == "2M"
    }
    assert found == RECOUNTED
    assert {formula.figure for formula in FORMULAS} == set(found)


def test_published_shares_recounted(figures: tuple[PublishedFigure, ...]) -> None:
    """Where a share was published with its counts, or is drawn from them, they agree."""
    rows = replicate(figures, [], usual_tokens(figures))
    assert all(row.data == "their counts" for row in rows)
    agreeing = [row for row in rows if row.compared and "as meant" not in row.figure]
    assert len(agreeing) > 30
    for row in agreeing:
        assert row.difference is not None and abs(row.difference) <= 0.0051, row


def test_every_figure_is_cited(figures: tuple[PublishedFigure, ...]) -> None:
    """Each figure has a source with address and licence, says where it stands, and its terms."""
    sources = {source.source: source for source in read_sources(REFERENCE)}
    assert all(source.url and source.licence and source.title for source in sources.values())
    defined = {definition.name for definition in DEFINITIONS}
    for figure in figures:
        assert figure.source in sources and figure.cite and figure.unit in {"percent", "hosts"}
        assert figure.definition is None or figure.definition in defined
    assert {figure.source for figure in figures} == set(sources)
    assert {definition.source for definition in DEFINITIONS} == set(sources)


def test_derived_again(shared: Path, tmp_path: Path) -> None:
    """The figures are those that the script takes from the sources, byte for byte."""
    script = runpy.run_path(str(ROOT / "scripts" / "derive_reference.py"))
    script["main"](shared, tmp_path)
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (REFERENCE / path.name).read_bytes(), path.name


def test_ours_beside_theirs() -> None:
    """A figure stands beside the same definition in our data, with interval, n and what is left."""
    here = series(
        {"S1": (date(2024, 3, 1), {"yes": 3, "no": 5, "absent": 2, "server_error": 4})},
        yes=REFUSED, no=OPEN,
    )  # fmt: skip
    row = one(replicate([FIGURE], [here], ["Alpha"]), source="peer")
    assert (row.published, row.ours, row.difference) == pytest.approx((10, 30, 20))
    assert (row.n, row.n_outside, row.snapshot, row.data) == (10, 4, "S1", "here")
    low, high = wilson(0.3, 18)  # half of the hosts were sampled: 2 * (10 - 1)
    assert (row.low, row.high) == pytest.approx((100 * low, 100 * high))
    assert row.compared and not row.reason


def test_only_near_dates() -> None:
    """A figure is compared at the nearest snapshot within a year; of its dates the latest is."""
    days = {f"S{month}": (date(2024, month, 1), {"yes": 1}) for month in (3, 4, 8)}
    here = series(days, yes=REFUSED)
    theirs = [
        replace(FIGURE, date=day)
        for day in (date(2023, 9, 1), date(2024, 4, 20), date(2025, 8, 2), date(2025, 8, 3))
    ]
    rows = replicate(theirs, [here], ["Alpha"])
    assert [(row.date, row.snapshot) for row in rows] == [(date(2025, 8, 2), "S8")]
    every = replicate(theirs, [here], ["Alpha"], every_date=True)
    assert [(row.snapshot, row.compared) for row in every] == [
        ("S3", True), ("S4", True), ("S8", True), ("S8", False),
    ]  # fmt: skip
    assert every[-1].differs == "date" and "more than a year" in every[-1].reason
    assert replicate(theirs, [here], ["Beta"]) == []


@pytest.mark.parametrize(
    ("theirs", "ours", "differs"),
    [
        ({}, {}, None),
        ({"share_of": "tokens"}, {"unit": "tokens"}, None),
        ({"stratum": "10k"}, {"top": 10_000}, None),
        ({"frame": "HERE"}, {}, None),
        ({"share_of": "tokens"}, {}, ["unit"]),
        ({"frame": "elsewhere"}, {}, ["population"]),
        ({"stratum": "10k"}, {"top": 1_000}, ["population"]),
        ({"stratum": "10k"}, {}, ["population"]),
        ({}, {"top": 1_000}, ["population"]),
        ({"date": date(2025, 3, 2)}, {}, None),
        ({"date": date(2025, 3, 3)}, {}, ["date"]),
        ({"definition": "dpi"}, {"bodies": {"yes": RECONSTRUCTED.encode()}}, ["definition"]),
        ({"definition": "imc25"}, {"bodies": {"yes": RECONSTRUCTED.encode()}}, None),
        (
            {"share_of": "tokens", "frame": "elsewhere", "date": date(2020, 1, 1)}, {},
            ["unit", "population", "date"],
        ),
    ],
)  # fmt: skip
def test_what_keeps_two_from_being_compared(
    theirs: dict[str, Any], ours: dict[str, Any], differs: list[str] | None
) -> None:
    """Unit, population, date and definition must agree, and each that does not is named."""
    day = date(2024, 3, 1)
    here = replace(series({"S1": (day, {"yes": 1})}, yes=REFUSED), **ours)
    found = not_comparable(replace(FIGURE, **theirs), here, day)
    assert (list(found) if found else None) == differs


def test_what_is_not_compared_is_listed() -> None:
    """A figure without a like keeps both numbers and says why, and has no difference."""
    here = series({"S1": (date(2024, 3, 1), {"yes": 1, "no": 3})}, yes=REFUSED, no=OPEN)
    (row,) = replicate([replace(FIGURE, frame="elsewhere")], [here], ["Alpha"])
    assert (row.published, row.ours, row.difference, row.compared) == (10, 25, None, False)
    assert row.reason == "population: theirs is somebody's hosts, ours is here (ranking here.csv)"


def test_a_list_has_no_interval() -> None:
    """Hosts that stand for themselves alone have a share and no interval."""
    here = series({"S1": (date(2024, 3, 1), {"yes": 1, "no": 3})}, yes=REFUSED, no=OPEN)
    (row,) = replicate([FIGURE], [replace(here, sampled=False)], ["Alpha"])
    assert (row.ours, row.low, row.high, row.difference) == (25, None, None, 15)


def test_only_crawlers_there_were() -> None:
    """A crawler has no share, not one of 0 %, before the day on which it was documented."""
    crawler = next(c for c in crawlers() if c.documented_since)
    assert crawler.documented_since
    days = [crawler.documented_since - timedelta(1), crawler.documented_since]
    here = series({f"S{day}": (day, {"no": 1}) for day in days}, no=OPEN)
    rows = under(DEFINITIONS[0], [here], [crawler.token])
    assert [(row.date, row.ours) for row in rows] == [(days[1], 0.0)]


def test_nothing_to_count_is_no_share() -> None:
    """Where the definition counts no host there is no share, rather than 0 %."""
    here = series({"S1": (date(2024, 3, 1), {"not_captured": 4})})
    row = one(replicate([FIGURE], [here], ["Alpha"]))
    assert (row.n, row.n_outside, row.ours, row.low, row.difference) == (0, 4, None, None, None)


def test_rendered_texts_are_said_to_be() -> None:
    """A definition by spelling is called approximate on texts that only carry a meaning."""
    here = series({"S1": (date(2024, 3, 1), {"yes": 1})}, rendered=True, yes=REFUSED)
    by_name = {d.name: under(d, [here], ["Alpha"])[0].reason for d in DEFINITIONS}
    approximate = {name for name, reason in by_name.items() if "approximate" in reason}
    assert approximate == {"dpi", "ccexp", "ccexp_http", "crawlora"}
    assert mistakes([here], ["Alpha"]) == []


def test_rendered_texts_are_known() -> None:
    """What the demo writes into a text is what a rendered text is known by."""
    hosts = [site(f"{name}.example", frozenset()) for name in "abcdefgh"]
    assert all(is_reconstructed(host.robots_txt("User-agent: *\nDisallow:")) for host in hosts)


def test_stacked_agents_are_missed() -> None:
    """The table of mistakes counts the blocks that each parser does not see."""
    here = series({"S1": (date(2024, 3, 1), {"one": 1, "two": 1})}, one=REFUSED, two=STACK)
    found = {(r.definition, r.token): (r.n, r.ours) for r in mistakes([here], ["Alpha", "Beta"])}
    for reading in ("dpi_2024", "dpi_2025", "ccexp"):
        assert found[reading, "Alpha"] == (2, 50.0)
        assert found[reading, "Beta"] == (1, 0.0)


def test_from_database(tmp_path: Path) -> None:
    """The database gives its hosts by population and stratum, with bodies and weights."""
    con = small.make(tmp_path / "small.duckdb")
    con.execute("UPDATE facts.texts SET body = ?", [zlib.compress(REFUSED)]).fetchall()
    small.panel(con, [("a", "head", 1.0), ("b", "head", 3.0), ("c", "tail", 9.0)])
    small.snapshot(con, "S1", date(2024, 3, 1), {"a": "named", "b": 404, "c": None})
    small.snapshot(con, "I1", date(2024, 3, 1), {"x": "named", "y": "html"}, "import")
    parts = from_database(con)
    con.close()
    assert [part.name for part in parts] == ["captured, all", "panel, head", "panel, tail"]
    assert [part.frame for part in parts] == ["hosts outside of the panel", "list", "list"]
    rows = replicate([FIGURE], parts, ["Alpha"])
    assert [(r.data, r.n, r.n_outside, r.ours) for r in rows] == [
        ("captured, all", 1, 1, 100.0), ("panel, head", 2, 0, 25.0), ("panel, tail", 0, 1, None),
    ]  # fmt: skip


def test_tokens_weigh(tmp_path: Path) -> None:
    """Hosts with tokens of a corpus are a series of tokens, and a figure in tokens is beside it."""
    con = small.make(tmp_path / "small.duckdb")
    con.execute("UPDATE facts.texts SET body = ?", [zlib.compress(OPEN)]).fetchall()
    con.execute(
        "UPDATE facts.texts SET body = ? WHERE name = 'sha1:named'", [zlib.compress(REFUSED)]
    ).fetchall()
    hosts = {"a.example": "named", "www.a.example": "open", "b.example": "open", "c.example": None}
    small.panel(con, [(host, "all", 1.0) for host in hosts])
    small.snapshot(con, "S1", date(2024, 3, 1), hosts)
    con.execute(
        "INSERT INTO weights VALUES ('*', 'C4', NULL, NULL, 9000), "
        "('a.example', 'C4', NULL, NULL, 60), ('b.example', 'C4', NULL, NULL, 70), "
        "('c.example', 'C4', NULL, NULL, 500), ('d.example', 'C4', NULL, NULL, 800)"
    ).fetchall()
    parts = from_database(con)
    con.close()
    assert [(p.name, p.unit, p.sampled) for p in parts] == [
        ("panel, all", "hosts", False), ("panel, tokens of C4", "tokens", False),
    ]  # fmt: skip
    theirs = replace(FIGURE, share_of="tokens", frame="list")
    (row,) = replicate([theirs], parts, ["Alpha"])
    assert (row.data, row.n, row.n_outside) == ("panel, tokens of C4", 3, 1)
    assert (row.ours, row.low, row.compared) == (100 * 30 / 130, None, True)


def test_first_ranks(tmp_path: Path) -> None:
    """The bands of a sampled ranking add up to its first ranks, each with its weight."""
    con = small.make(tmp_path / "small.duckdb")
    con.execute("UPDATE facts.texts SET body = ?", [zlib.compress(OPEN)]).fetchall()
    con.execute(
        "UPDATE facts.texts SET body = ? WHERE name = 'sha1:named'", [zlib.compress(REFUSED)]
    ).fetchall()
    small.panel(con, [("a", "1k", 500.0), ("b", "1k", 500.0), ("c", "10k", 8000.0)])
    con.execute("UPDATE panels SET frame = 'ranking tranco_2024.csv'").fetchall()
    small.snapshot(con, "S1", date(2024, 3, 1), {"a": "named", "b": "open", "c": "named"})
    parts = from_database(con)
    con.close()
    assert [(p.name, p.top) for p in parts] == [
        ("panel, first 1,000 ranks", 1000), ("panel, first 10,000 ranks", 9000),
    ]  # fmt: skip
    theirs = [replace(FIGURE, frame="Tranco", stratum=band) for band in ("1k", "10k")]
    rows = replicate(theirs, parts, ["Alpha"])
    assert [(r.stratum, r.compared, r.ours, r.n) for r in rows] == [
        ("1k", True, 50.0, 2), ("10k", False, 50.0, 2), ("10k", False, 8500 / 90, 3),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "strata",
    [
        [(400.0, 16000.0, 100.0), (600.0, 30000.0, 60.0)],
        [(10.0, 10.0, 5.0), (900.0, 9000.0, 0.0)],
        [(10.0, 10.0, 5.0)],
        [(50.0, 500.0, 50.0)],
    ],
)
def test_effective_size_of_strata(strata: list[tuple[float, float, float]]) -> None:
    """The effective size of a sample is that of its design, stratum by stratum."""
    known, squared, yes = np.array(strata).T
    wanted = design_n(known, known, squared, yes)
    assert stratified_n(strata) == (None if wanted is None else pytest.approx(wanted))


def test_unknown_hosts_are_counted(figures: tuple[PublishedFigure, ...]) -> None:
    """The bounds of Common Crawl's counts say how many hosts are unknown in their stratum."""
    rows = [row for row in replicate(figures, [], ["CCBot"]) if "of all hosts" in row.figure]
    said = {row.stratum: row.reason.split("of ", 1)[1].split(" of")[0] for row in rows}
    assert said["1k"] == "36.8 %" and said["2M"] == "55.5 %"


def test_from_corpus(tmp_path: Path) -> None:
    """A folder of Parquet files gives a series for each, month by month."""
    rows = {
        "host": ["a.example", "b.example"], "first_seen": ["2024-02", "2024-03"],
        "last_seen": ["2024-03", "2024-03"], "status": ["200", "http_404"],
        "body": [REFUSED, None],
    }  # fmt: skip
    pl.DataFrame(rows).write_parquet(tmp_path / "two_hosts.parquet")
    (part,) = from_corpus(tmp_path)
    assert part.name == "two_hosts"
    assert list(part.snapshots()) == ["2024-02", "2024-03"]
    row = one(replicate([FIGURE], [part], ["Alpha"]))
    assert (row.n, row.ours, row.snapshot) == (2, 50.0, "2024-03")


def test_real_files_are_not_their_population(
    shared: Path, tmp_path: Path, figures: tuple[PublishedFigure, ...]
) -> None:
    """Real robots.txt files of news sites are beside what others counted, and not compared."""
    name = "news_top100_2025_2026.parquet"
    (tmp_path / name).symlink_to((shared / "corpus" / name).resolve())
    rows = [
        r for r in replicate(figures, from_corpus(tmp_path), ["CCBot"]) if r.data != "their counts"
    ]
    assert {row.source for row in rows} == {"ccexp", "crawlora", "dpi", "httparchive", "imc25"}
    for row in rows:
        assert (row.compared, row.difference, row.low) == (False, None, None)
        assert row.ours is not None and "population: theirs is" in row.reason
    assert {row.source for row in rows if "unit" in row.differs} == {"dpi"}
    assert not any("date" in row.differs for row in rows)


def call(*arguments: object) -> Result:
    """Run the command."""
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def test_command_on_a_corpus(tmp_path: Path) -> None:
    """The command prints the comparison, a definition's shares and the mistakes, in each format."""
    rows = {"host": ["a.example"], "fetch_time": ["2024-05-26"], "status": ["200"], "body": [STACK]}
    pl.DataFrame(rows).write_parquet(tmp_path / "one.parquet")
    fixed = ("--reference", REFERENCE, "--corpus", tmp_path)
    shown = call(*fixed, "--token", "GPTBot", "-o", "table").output
    assert "pairs of a published figure" in shown and "none stated" in shown
    listed = call(*fixed, "--definition", "dpi", "--token", "Alpha", "-o", "csv").output
    assert "dpi,share under the definition,dpi,one" in listed and ",100.0," in listed
    assert (
        '"figure": "unambiguous blocks missed"'
        in call(*fixed, "--mistakes", "--token", "Alpha", "-o", "json").output
    )


def test_command_without_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a database it recounts; what needs data says so."""
    monkeypatch.chdir(tmp_path)
    assert "13.62" in call("--reference", REFERENCE).output
    failed = call("--reference", REFERENCE, "--mistakes")
    assert isinstance(failed.exception, InputError) and "--corpus" in str(failed.exception)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--reference", "absent"), "sources.csv"),
        (("--reference", REFERENCE, "--db", "absent.duckdb"), "absent.duckdb"),
        (("--reference", REFERENCE, "--corpus", "."), "no Parquet file"),
        (("--reference", REFERENCE, "--corpus", ".", "--db", "x"), "name one of them"),
    ],
)
def test_bad_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[object, ...], said: str
) -> None:
    """What cannot be used is named."""
    monkeypatch.chdir(tmp_path)
    failed = call(*arguments).exception
    assert isinstance(failed, InputError) and said in str(failed)


def test_damaged_figures(tmp_path: Path) -> None:
    """A figure that is no number is reported with its file."""
    header = "source,title,url,licence,unit,frame\npeer,A,b,c,hosts,d\n"
    (tmp_path / "sources.csv").write_text(header, "utf-8")
    (tmp_path / "peer.csv").write_text("figure,date,value\nx,2024-13-01,many\n", "utf-8")
    with pytest.raises(InputError, match=r"peer\.csv"):
        read_figures(tmp_path)
    (tmp_path / "sources.csv").write_text("source,title\npeer,A\n", "utf-8")
    with pytest.raises(InputError, match=r"needs the columns source, .*, unit, frame"):
        read_figures(tmp_path)


@pytest.mark.parametrize(
    ("definition", "said"), [("imc52", "no definition is called imc52"), ("x" * 200_000, "limit")]
)
def test_figures_of_strangers(
    tmp_path: Path, definition: str, said: str, request: pytest.FixtureRequest
) -> None:
    """A definition that nobody knows, and a cell without end, are named with their file."""
    before = csv.field_size_limit(131_072)  # other code of the process may have raised it
    request.addfinalizer(lambda: csv.field_size_limit(before))
    header = "source,title,url,licence,unit,frame\npeer,A,b,c,hosts,d\n"
    (tmp_path / "sources.csv").write_text(header, "utf-8")
    known = (REFERENCE / "imc25.csv").read_text("utf-8").splitlines()[:2]
    (tmp_path / "peer.csv").write_text("\n".join(known).replace("imc25", definition, 1), "utf-8")
    failed = call("--reference", tmp_path, "--corpus", tmp_path).exception
    assert isinstance(failed, InputError) and said in str(failed) and "peer.csv" in str(failed)


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_the_table_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    """The comparison keeps to the terminal's width, whatever strata and snapshots are called.

    Only an address may be longer than a narrow terminal, because it is never broken.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", str(columns))
    printed = call("--reference", REFERENCE, "--every-date", "-o", "table").output
    lines = [line for line in printed.splitlines() if "://" not in line]
    assert max(map(len, lines)) <= columns and "aicrawler-top1m-20260620" in printed
