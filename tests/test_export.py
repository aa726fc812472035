"""An export is the database, whole, described, and the same bytes whoever makes it."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
import zlib
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
import small_database as small
from disks import make_read_only, small_disk

from crawlblock.cli import main
from crawlblock.errors import CrawlblockError, InputError, StoreError
from crawlblock.export import export
from crawlblock.export.citation import citation
from crawlblock.export.dataset import Extent, Request, licences
from crawlblock.export.tables import ExportedTable, table_names, write_table
from crawlblock.export.terms import origins, own_terms
from crawlblock.metrics.queries import analyze
from crawlblock.metrics.result_digests import inputs, result_digests
from crawlblock.metrics.result_files import DIGESTS, write_manifest
from crawlblock.metrics.results_folder import results_of
from crawlblock.spreadsheets import as_written
from crawlblock.store.database import copy_of, open_copy
from crawlblock.store.store import Store, holdings

HOSTILE = (
    '<script>alert("x")</script>',
    "comma, inc",
    'quo"te',
    "two\nlines",
    "cr\rhere",
    "|*_`#",
    "=cmd|0",
    "-1",
    "'@x",
)
HOSTS = ("a.example", "b.example", "ünï.example", "web.example", "down.example", *HOSTILE)
BODY = b"User-agent: Alpha\nDisallow: /secret-path-of-a-site\n\xff"
SECRET = b"secret-path-of-a-site"
PLAIN = Request("Who may crawl", (), "CC0-1.0", "rfc9309", False, False)
FULL = Request(
    'A "title": # of <us>',
    ("Ada & Co",),
    "CC-BY-4.0",
    "rfc9309",
    True,
    True,
    annotation=True,
    url="https://doi.org/10.5281/zenodo.1",
    published=date(2026, 11, 27),
)
VALIDATE = """
import json, sys, frictionless, mlcroissant
names, *folders = sys.argv[1:]
every = []
for folder in folders:
    report = frictionless.validate(f"{folder}/datapackage.json")
    assert len(report.tasks) > 40
    found = [["invalid", task.name] for task in report.tasks for error in task.errors]
    if not folder.endswith("/bad"):  # its description is that of the one it was copied from
        dataset = mlcroissant.Dataset(jsonld=f"{folder}/croissant.json")  # raises if not valid
        found += [[name, sum(1 for _ in dataset.records(name))] for name in names.split()]
    every.append(found)
print(json.dumps(every))
"""


def silent(what: str, done: int, total: int) -> None:
    """Show no progress."""


def fill(path: Path) -> Path:
    """Make a database with every answer, hostile names, weights and texts; return its path."""
    with closing(small.make(path)) as con:
        small.panel(con, [(host, "top" if host < "c" else "rest", 1.5) for host in HOSTS])
        for name, day, alpha in (
            ("CC-MAIN-2023-40", date(2023, 9, 21), "open"),
            ("CC-MAIN-2023-50", date(2023, 11, 28), "named"),
        ):
            answers: dict[str, small.Answer] = dict.fromkeys(HOSTS, alpha)
            answers |= {"b.example": "wild", "web.example": 403, "down.example": None}
            small.snapshot(con, name, day, answers)
        small.snapshot(con, "2024-05", date(2024, 5, 1), {"other.example": "html"}, "import")
        con.execute("UPDATE facts.payloads SET bytes = 40000000").fetchall()
        con.execute("UPDATE facts.texts SET body = ?", [zlib.compress(BODY)]).fetchall()
        con.execute("INSERT INTO weights VALUES ('a.example', 'C4', NULL, NULL, 7)").fetchall()
        con.execute("UPDATE conclusions.signals SET value = 'secret-path-of-a-site'").fetchall()
        con.execute(
            "INSERT INTO runs VALUES ('r', 'live', '{}', '{\"contact\": \"me@secret.example\"}', "
            "'r', 0, 0, TIMESTAMP '2024-05-01', TIMESTAMP '2024-05-01', 'ok')"
        ).fetchall()
    Store(path).publish()
    return path


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database whose copy for readers is published."""
    return fill(tmp_path_factory.mktemp("db") / "own.duckdb")


@pytest.fixture(scope="module")
def full(db: Path) -> tuple[Path, dict[str, ExportedTable]]:
    """Return an export with everything in it, and its tables by label."""
    folder = db.parent / "full"
    return folder, {table.label: table for table in export(db, folder, FULL, silent)}


@pytest.fixture(scope="module")
def analyzed(db: Path) -> Path:
    """Return the folder of the database's results."""
    results = results_of(db)
    with closing(open_copy(db)) as con:
        analyze(con, results)
        made_of = inputs(con, "rfc9309", holdings(con))
    write_manifest(results, {DIGESTS: result_digests(made_of)})
    return results


@pytest.fixture(scope="module")
def plain(db: Path, analyzed: Path) -> tuple[Path, list[ExportedTable]]:
    """Return an export with what is in it unasked, made while a run holds the database.

    Its results are copied.
    """
    folder = db.parent / "plain"
    with Store(db).held(), Store(db).transaction():
        return folder, export(db, folder, PLAIN, silent, analyzed)


@pytest.fixture
def out(plain: tuple[Path, list[ExportedTable]], tmp_path: Path) -> Path:
    """Return a copy of that export, to be changed."""
    return Path(shutil.copytree(plain[0], tmp_path / "out"))


@pytest.fixture(scope="module")
def replaced(db: Path, full: tuple[Path, dict[str, ExportedTable]]) -> Path:
    """Return an export by another reading, which took the place of one with everything in it."""
    folder = db.parent / "replaced" / "out"
    shutil.copytree(full[0], folder)
    export(db, folder, Request("t", (), "CC0-1.0", "ccbot", False, False), silent)
    return folder


def content(folder: Path) -> dict[str, bytes]:
    """Return all files of a folder by their path in it."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_csv_is_parquet(full: tuple[Path, dict[str, ExportedTable]]) -> None:
    """Each table has the rows of known verdicts, and its CSV reads as its Parquet does."""
    folder, tables = full
    for table in tables.values():
        frame = pl.read_parquet(folder / table.path("parquet"))
        assert frame.height == table.rows, table.label
        assert frame.columns == [field.name for field in table.fields]
        if "csv" in table.formats:
            texts = pl.read_csv(folder / table.path("csv"), schema_overrides=frame.schema)
            written = texts.select(pl.col(pl.String)).unpivot()["value"].drop_nulls()
            assert not written.str.contains(r"^[=+\-@\t\r]").any(), table.label
            raw = pl.col(pl.String).map_elements(as_written, pl.String)
            assert texts.with_columns(raw).equals(frame), table.label
    assert tables["population"].rows == 2 * len(HOSTS) + 1


def test_population_with_meanings_is_access(full: tuple[Path, dict[str, ExportedTable]]) -> None:
    """The compact form, joined as its README says, is the long form and the view."""
    folder, _ = full
    population, meanings, crawlers, long = (
        pl.read_parquet(folder / "data" / f"{name}.parquet")
        for name in ("population", "meanings", "crawlers", "access")
    )
    columns = ["snapshot", "host", "token", "restriction", "root_allowed", "authored_by", "ruleset"]
    joined = (
        population.join(crawlers.select("token"), how="cross")
        .join(meanings, on=["answer", "token"], how="left")
        .with_columns(pl.col("restriction").fill_null("unknown"))
    )
    order = columns[:3]
    assert joined.select(columns).sort(order).equals(long.select(columns).sort(order))
    assert set(long["restriction"]) == {"none", "full", "unknown"}


def test_facts_are_the_database(db: Path, full: tuple[Path, dict[str, ExportedTable]]) -> None:
    """Captures are exported row by row, with hosts of any spelling."""
    folder, _ = full
    found = pl.read_parquet(folder / "data" / "captures.parquet")
    with closing(open_copy(db)) as con:
        stored = pl.DataFrame(con.sql("FROM captures ORDER BY snapshot, host, resource"))
    assert found.equals(stored)
    hosts = pl.read_csv(folder / "data" / "captures.csv")["host"]
    assert set(HOSTS) <= set(map(as_written, hosts))


def test_keys(full: tuple[Path, dict[str, ExportedTable]]) -> None:
    """What is said to name a row of a table names one."""
    folder, tables = full
    keyed = [table for table in tables.values() if table.key]
    assert len(keyed) >= 10
    for table in keyed:
        frame = pl.read_parquet(folder / table.path("parquet"))
        assert not frame.select(table.key).is_duplicated().any(), table.label


def test_every_column_is_described(full: tuple[Path, dict[str, ExportedTable]]) -> None:
    """Every column says what it holds: by COMMENT ON, or for the results in columns.toml."""
    silent_ones = [
        f"{table.label}.{field.name}"
        for table in full[1].values()
        for field in table.fields
        if not field.about
    ]
    assert silent_ones == []
    assert {t.label for t in full[1].values() if t.folder == "data"} == set(table_names(long=True))


def test_results_are_those_of_analyze(
    analyzed: Path,
    full: tuple[Path, dict[str, ExportedTable]],
    plain: tuple[Path, list[ExportedTable]],
) -> None:
    """The results are the result files, byte for byte, whether computed or copied."""
    made = content(analyzed)
    del made["manifest.json"]
    assert made == content(full[0] / "results") == content(plain[0] / "results")
    assert [t for t in plain[1] if t.folder == "results"] == [
        t for t in full[1].values() if t.folder == "results"
    ]


def test_same_bytes_elsewhere(
    db: Path, full: tuple[Path, dict[str, ExportedTable]], tmp_path: Path
) -> None:
    """Another process, time zone, hash seed and number of threads give the same bytes."""
    arguments = [
        "export", str(tmp_path / "again"), "--db", str(db), "--access", "--bodies", "--annotation",
        "--license", FULL.licence, "--title", FULL.title, "--author", *FULL.authors,
        "--url", FULL.url, "--published", "2026-11-27",
    ]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "crawlblock", *arguments],
        env=os.environ | {"TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7", "POLARS_MAX_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stdout and "licence CC-BY-4.0" in done.stderr
    assert content(tmp_path / "again") == content(full[0])


def test_same_bytes_by_any_threads(tmp_path: Path) -> None:
    """A table of several row groups is the same bytes by one thread or by eight."""
    with closing(small.make(tmp_path / "large.duckdb")) as con:
        small.snapshot(con, "2024-05", date(2024, 5, 1), {"a.example": None})
        con.execute(
            "INSERT INTO facts.hosts SELECT 2 + i, md5('' || i), NULL FROM range(150000) r(i); "
            "INSERT INTO facts.fetches BY NAME SELECT i AS id, 0 AS snapshot, 2 + i AS host, "
            "'/robots.txt' AS resource, md5('u' || i) AS url, 0 AS hops, 404 AS status, "
            "true AS read FROM range(150000) r(i); "
            "INSERT INTO conclusions.captures SELECT 0, host, resource, id, id, 0, 'absent' "
            "FROM facts.fetches"
        ).fetchall()
    Store(tmp_path / "large.duckdb").publish()
    for threads, memory in ((1, "1GB"), (8, "300MB")):
        (tmp_path / f"by-{threads}").mkdir()
        with closing(open_copy(tmp_path / "large.duckdb")) as con:
            con.execute(f"SET threads = {threads}").fetchall()
            con.execute(f"SET memory_limit = '{memory}'").fetchall()
            con.execute(f"SET temp_directory = '{tmp_path}/spill'").fetchall()
            assert write_table(con, "captures", tmp_path / f"by-{threads}").rows == 150_001
    assert content(tmp_path / "by-1") == content(tmp_path / "by-8")


def test_manifest(full: tuple[Path, dict[str, ExportedTable]]) -> None:
    """The manifest names every other file with its digest, and what judged the payloads."""
    import hashlib

    files = content(full[0])
    manifest = json.loads(files.pop("manifest.json"))
    digests = {path: entry["sha256"] for path, entry in manifest["files"].items()}
    assert digests == {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
    assert (
        manifest["registry"] == ["r"]
        and manifest["versions"]["crawlblock"]
        and manifest["http_profile"]
    )


@pytest.fixture(scope="module")
def validated(
    full: tuple[Path, dict[str, ExportedTable]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[list[object]]]:
    """Return what the real packages find in an export, a damaged one and one without rows."""
    folder = tmp_path_factory.mktemp("validated")
    folders = {"full": full[0], "damaged": folder / "bad", "empty": folder / "out"}
    _damage(shutil.copytree(full[0], folders["damaged"]))
    Store(folder / "db.duckdb").publish()
    tables = export(folder / "db.duckdb", folders["empty"], PLAIN, silent)
    assert {t.rows for t in tables if t.label in ("population", "captures", "results-lost")} == {0}
    pytest.importorskip("frictionless")
    pytest.importorskip("mlcroissant")
    done = subprocess.run(
        [sys.executable, "-c", VALIDATE, "population meanings captures", *folders.values()],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(folders, json.loads(done.stdout.splitlines()[-1]), strict=True))


def _damage(folder: Path) -> None:
    """Write a date that is none, and a file that is not the one described."""
    path = folder / "data" / "snapshots.csv"
    path.write_bytes(path.read_bytes().replace(b"2023-09-21T00", b"yesterday"))
    other = folder / "data" / "weights.parquet"
    other.write_bytes(other.read_bytes() + b"x")


def test_valid(
    full: tuple[Path, dict[str, ExportedTable]], validated: dict[str, list[list[object]]]
) -> None:
    """Frictionless finds nothing wrong with any file, and Croissant's own reader reads the rows."""
    names = ("population", "meanings", "captures")
    assert validated["full"] == [[name, full[1][name].rows] for name in names]


def test_damage_is_found(validated: dict[str, list[list[object]]]) -> None:
    """A date that is none, and a file that is not the one described, are found."""
    found = {name for what, name in validated["damaged"] if what == "invalid"}
    assert found == {"data-snapshots", "data-weights-parquet"}


def test_card(full: tuple[Path, dict[str, ExportedTable]]) -> None:
    """The README's head is YAML that names files that are there, one table as the default."""
    yaml: Any = pytest.importorskip("yaml")
    folder, tables = full
    text = (folder / "README.md").read_text("utf-8")
    head = yaml.safe_load(text.split("---")[1])
    assert (head["license"], head["pretty_name"]) == ("cc-by-4.0", FULL.title)
    named = {config["config_name"]: config["data_files"] for config in head["configs"]}
    assert set(named) == {label for label, table in tables.items() if table.rows}
    assert all(list(folder.glob(pattern)) for pattern in named.values())
    assert [c["config_name"] for c in head["configs"] if c.get("default")] == ["population"]
    assert head["size_categories"] == ["n<1K"]
    assert '# A "title": \\# of \\<us\\>' in text and "$" not in text
    for label, table in tables.items():
        size = (folder / table.path("parquet")).stat().st_size if "*" not in table.path("") else 0
        row = f"| `{table.folder}/{table.name}` | {table.rows:,} | {-(-size // 1000):,} |"
        assert row in text or not size, label
    cff = yaml.safe_load((folder / "CITATION.cff").read_text("utf-8"))
    assert (cff["type"], cff["title"], cff["license"]) == ("dataset", FULL.title, "CC-BY-4.0")
    assert cff["authors"] == [{"name": "Ada & Co"}] and cff["version"] == "2024.5.10"
    assert (cff["doi"], cff["date-released"]) == ("10.5281/zenodo.1", "2026-11-27")


ALPHA = {"open": False, "named": True, "wild": True, 403: False, None: None, "html": None}


def counted_by_hand() -> list[tuple[Any, ...]]:
    """Return the rows that the card's examples count: hosts, known, and blocking Alpha."""
    found = [("captured", "all", "2024-05-01", "2024-05", 1, 0, 0)]
    for stratum in ("rest", "top"):
        for day, name, alpha in (
            ("2023-09-21", "CC-MAIN-2023-40", "open"),
            ("2023-11-28", "CC-MAIN-2023-50", "named"),
        ):
            answers: dict[str, Any] = dict.fromkeys(HOSTS, alpha)
            answers |= {"b.example": "wild", "web.example": 403, "down.example": None}
            answered = [ALPHA[answers[h]] for h in HOSTS if (h < "c") == (stratum == "top")]
            known = [one for one in answered if one is not None]
            found.append(("panel", stratum, day, name, len(answered), len(known), sum(known)))
    return found


def by_python(folder: Path, code: str) -> list[tuple[Any, ...]]:
    """Run an example in a process of its own, in the export's folder, and return its rows."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return [tuple(row) for row in json.loads(done.stdout)]


@pytest.mark.parametrize("language", ["pandas", "polars", "sql", "r"])
def test_examples_of_the_card(full: tuple[Path, dict[str, ExportedTable]], language: str) -> None:
    """Each example of the README counts the same, and keeps the hosts that are unknown.

    R is not here, so its SQL is run; pandas reads the CSV files where it lacks pyarrow.
    """
    folder, _ = full
    text = (folder / "README.md").read_text("utf-8").replace("GPTBot", "Alpha")
    blocks = re.findall(r"```(\w+)\n(.*?)```", text, re.DOTALL)
    shown = "json.dumps([[*map(str, row[:4]), *map(int, row[4:])] for row in rows])"
    if language in ("pandas", "polars"):
        pytest.importorskip(language)
        ((_, code),) = [block for block in blocks if f"import {language} " in block[1]]
        if language == "pandas" and importlib.util.find_spec("pyarrow") is None:
            code = code.replace("read_parquet", "read_csv").replace(".parquet", ".csv")
        listed = "counts.itertuples(index=False)" if language == "pandas" else "counts.rows()"
        rows = by_python(folder, f"{code}\nimport json\nrows = {listed}\nprint({shown})")
        assert [(*row[:2], row[2][:10], *row[3:]) for row in rows] == counted_by_hand()
        return
    (sql,) = [code for name, code in blocks if name == language]
    if language == "r":
        sql = sql.split('"')[1]
    with closing(duckdb.connect()) as con:
        found = con.execute(sql.replace("'data/", f"'{folder}/data/")).fetchall()
    assert [(*row[:2], str(row[2]), *row[3:]) for row in found] == counted_by_hand()


def test_texts_only_when_asked(
    full: tuple[Path, dict[str, ExportedTable]], plain: tuple[Path, list[ExportedTable]]
) -> None:
    """No text of a site is exported without --bodies, nor ever a run's options."""
    without, tables = plain
    assert not [t for t in tables if t.label in ("bodies", "access", "annotation")]
    assert not (without / "annotation").exists()
    for path in without.rglob("*.parquet"):
        assert SECRET not in pl.read_parquet(path).write_csv().encode(), path
    for folder in (without, full[0]):
        for name, data in content(folder).items():
            assert b"me@secret" not in data, name
            assert name.endswith("parquet") or SECRET not in data, name
    assert "own texts" not in (without / "README.md").read_text("utf-8")


def test_bodies(full: tuple[Path, dict[str, ExportedTable]]) -> None:
    """With --bodies the bytes are exported as sites sent them, in several files, with a warning."""
    folder, tables = full
    assert len(list((folder / "bodies").iterdir())) == 4  # six texts, each said to be of 40 MB
    frame = pl.read_parquet(folder / "bodies" / "*.parquet")
    assert set(frame["body"]) == {BODY} and frame.height == len(small.POLICIES)
    assert frame["digest"].is_sorted()
    assert "their sites' own texts" in (folder / "README.md").read_text("utf-8")
    assert "bodies" in tables


def test_reading(replaced: Path) -> None:
    """Statuses are read as asked for, in the compact form and in the results alike."""
    meanings = pl.read_parquet(replaced / "data" / "meanings.parquet")
    assert set(meanings.filter(pl.col("answer") == "http 403")["restriction"]) == {"full"}
    blocked = pl.read_parquet(replaced / "results" / "blocked.parquet")
    assert set(blocked["http_profile"]) == {"ccbot"}


def test_empty_database(validated: dict[str, list[list[object]]]) -> None:
    """A database without a capture gives an export without rows, which is valid."""
    assert [what for what, _ in validated["empty"] if what == "invalid"] == []


def test_earlier_export_is_replaced(replaced: Path) -> None:
    """An export takes the place of an earlier one whole, and leaves nothing beside it."""
    assert not (replaced / "bodies").exists()
    assert [path.name for path in replaced.parent.iterdir()] == ["out"]


@pytest.mark.parametrize("foreign", [".git/HEAD", "data/mine.csv", "manifest.json"])
def test_other_files_are_left_alone(db: Path, out: Path, tmp_path: Path, foreign: str) -> None:
    """A folder with a file that is no export's is refused, and stays as it was."""
    target = out if foreign != "manifest.json" else tmp_path / "foreign"
    (target / foreign).parent.mkdir(parents=True, exist_ok=True)
    (target / foreign).write_text('{"format": "of somebody else"}')
    before = content(target)
    with pytest.raises(InputError, match=f"holds {foreign}.*name a new folder"):
        export(db, target, PLAIN, silent)
    assert content(target) == before


def test_unusable_targets(db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file in the folder's place and a missing copy are reported in one line, with exit codes."""
    (tmp_path / "file").write_text("")
    for arguments, code, message in (
        ([tmp_path / "file", "--db", db], 2, "this is a file; name a folder"),
        ([tmp_path / "new", "--db", tmp_path / "no.duckdb"], 1, "not there; every run publishes"),
        ([tmp_path / "new", "--db", db, "--license", "mine"], 2, "'mine' is not one of"),
        ([tmp_path / "new", "--db", db, "--url", "10.5281/zenodo.1"], 2, "begin it with https://"),
    ):
        with pytest.raises(SystemExit) as stopped:
            main(["export", *map(str, arguments)])
        assert stopped.value.code == code
        assert message in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "new").exists()


@pytest.mark.fault("export", "an export onto a disk that may not be written to")
def test_read_only_disk(db: Path, out: Path, tmp_path: Path) -> None:
    """A disk that may not be written to is reported, and the earlier export stays."""
    with small_disk(tmp_path / "disk", "32m") as disk:
        shutil.copytree(out, disk / "out")
        before = content(disk / "out")
        make_read_only(disk)
        with pytest.raises(StoreError, match=r"out: Read-only file system; .*use another folder"):
            export(db, disk / "out", PLAIN, silent)
        make_read_only(disk, read_only=False)
        assert content(disk / "out") == before


@pytest.mark.fault("export", "an export onto a disk that is full")
@pytest.mark.parametrize("size", ["64k", "128k", "256k"])
def test_full_disk(db: Path, tmp_path: Path, size: str) -> None:
    """Wherever the disk becomes full, the error says so and nothing is left behind."""
    with small_disk(tmp_path / "disk", size) as disk:
        with pytest.raises(CrawlblockError, match="free some space") as failed:
            export(db, disk / "out", FULL, silent)
        assert str(failed.value).startswith(str(disk / "out"))
        assert list(disk.iterdir()) == []


@pytest.mark.fault("export", "an export stopped by SIGTERM")
def test_stopped(db: Path, out: Path, tmp_path: Path) -> None:
    """An export that is stopped leaves the earlier one, and nothing beside it."""
    before = content(out)
    command = [sys.executable, "-m", "crawlblock", "export", str(out), "--db", str(db)]
    with subprocess.Popen([*command, "--bodies"], stderr=subprocess.PIPE, text=True) as run:
        while run.poll() is None and not list(tmp_path.glob(".out.*.part")):
            time.sleep(0.01)
        run.terminate()
        assert run.stderr is not None
        message = run.stderr.read().strip()
    assert (run.returncode, message[:20]) == (130, "crawlblock: stopped;")
    assert content(out) == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_while_a_run_holds_the_database(
    db: Path,
    full: tuple[Path, dict[str, ExportedTable]],
    plain: tuple[Path, list[ExportedTable]],
) -> None:
    """An export reads the published copy, so it needs no other run to end."""
    made, unheld = content(plain[0]), content(full[0])
    assert copy_of(db).is_file() and "manifest.json" in made
    tables = {name for name in made if name.endswith(".parquet")}
    assert tables and {made[name] == unheld[name] for name in tables} == {True}


def test_licence_of_each_part(full: tuple[Path, dict[str, ExportedTable]]) -> None:
    """The data package and the README give the licence of each part that is not the export's."""
    folder, tables = full
    package = json.loads((folder / "datapackage.json").read_text("utf-8"))
    terms = {
        one["path"]: one["licenses"][0]["name"] for one in package["resources"] if "licenses" in one
    }
    named = {
        label: {terms.get(table.path(form)) for form in table.formats}
        for label, table in tables.items() if table.folder != "bodies"
    }  # fmt: skip
    assert named["crawlers"] == {"Apache-2.0"} and named["population"] == {None}
    assert named["weights"] == named["current_panel"] == {"LicenseRef-terms-of-source"}
    assert terms["bodies/bodies-00000.parquet"] == "LicenseRef-terms-of-source"
    assert [one["title"] for one in package["sources"]] == ["Common Crawl"]
    text = (folder / "README.md").read_text("utf-8")
    assert "`weights` | not this one |" in text and "| `crawlers`, " in text
    croissant = json.loads((folder / "croissant.json").read_text("utf-8"))
    assert (croissant["url"], croissant["datePublished"]) == (FULL.url, "2026-11-27")


def test_sources_of_the_demo() -> None:
    """The demo names the sources of its facts, and its weights have their own licence."""
    held = Extent(6, (), 1, 1, None, None, rendered=True, crawls=False)
    weights = ExportedTable("weights", "data", "", (), (), 1, ("csv",))
    assert [part.licence for part in own_terms(held, [weights])] == ["Apache-2.0"]
    titles = [origin.title for origin in origins(held)]
    assert "Common Crawl" in titles and any("Tranco" in title for title in titles)
    text = (Path(__file__).parent.parent / "data" / "demo" / "README.md").read_text("utf-8")
    facts = text.split("## Weights")[0]
    named = {f"https://{found}" for found in re.findall(r"github\.com/[\w-]+/[\w-]+", facts)}
    assert named and named <= {origin.url for origin in origins(held)}
    assert all(f'title: "{title}"' in citation(PLAIN, held) for title in titles)


def test_licences() -> None:
    """Every licence that can be chosen has an id, a title and a text; the first is CC0."""
    assert next(iter(licences())) == "CC0-1.0"
    assert all(one.title and one.url.startswith("https://") for one in licences().values())
    with pytest.raises(InputError, match=r"use one of CC0-1\.0"):
        export(Path("no"), Path("no"), Request("t", (), "MIT", "rfc9309", False, False), silent)
