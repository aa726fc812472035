"""Entries of one's own: the folder that `--extra` names, used everywhere, recorded, and checked."""

import asyncio
import json
from pathlib import Path

import duckdb
import pytest
from documents import HOWTO, blocks
from in_process import run_command

import crawlblock
from crawlblock import loops, registry
from crawlblock.errors import InputError
from crawlblock.executor import open_engine, run_tasks
from crawlblock.metrics.queries import analyze, metrics
from crawlblock.registry import using
from crawlblock.registry.entries import entries
from crawlblock.registry.entry_keys import key_faults
from crawlblock.report.assemble import is_answered
from crawlblock.store.store import Store

pytestmark = [pytest.mark.own_code, pytest.mark.usefixtures("unpainted")]

BODIES = {
    "a.test": "User-agent: *\nDisallow: /\n",
    "b.test": "# This file is made by Example\nUser-agent: ExampleBot\nDisallow: /\n",
    "c.test": "User-agent: *\nAllow: /\n",
}
CRAWLER, TEMPLATE = blocks(HOWTO, "toml")
(METRIC,) = (text for text in blocks(HOWTO, "sql") if text.startswith("-- title:"))
EVENT = """
[[event]]
id = "examplebot-documented"
date = 2026-11-01
kind = "documented"
tokens = ["ExampleBot"]
title = "Example documents ExampleBot"
source = "https://example.com/bot"
"""
OWN = {"crawlers.toml": CRAWLER, "templates.toml": TEMPLATE, "events.toml": EVENT}


def folder_of(place: Path, files: dict[str, str]) -> Path:
    """Make a folder with some files."""
    for name, text in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text, "utf-8")
    return place


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database with a robots.txt of three hosts."""
    folder = tmp_path_factory.mktemp("extra")
    at = {"fetch_time": "2026-11-10T12:00:00Z", "status": 200}
    lines = [json.dumps({"host": host, **at, "body": body}) for host, body in BODIES.items()]
    (folder / "captures.jsonl").write_text("\n".join(lines))
    with crawlblock.open(folder / "x.duckdb", create=True) as db:
        db.sample(list(BODIES))
        db.import_(folder / "captures.jsonl")
    return folder / "x.duckdb"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Return a folder with an entry of each kind, the how-to's among them."""
    files = OWN | {"metrics/without_robots_txt.sql": METRIC, "README.md": "Ours.", ".git/x": ""}
    return folder_of(tmp_path / "own", files)


def test_worked_examples(filled: Path, own: Path, tmp_path: Path) -> None:
    """The how-to's crawler is judged and its metric is a result, in files, export and page."""
    with crawlblock.open(filled, extra=own) as db:
        assert db.evaluate().payloads == len(BODIES)
        blocked = db.sql(
            "SELECT host, authored_by FROM access WHERE token = 'ExampleBot' "
            "AND NOT root_allowed ORDER BY host"
        ).rows()
        assert blocked == [("a.test", "wildcard"), ("b.test", "example-default")]
        used = dict(db.sql("FROM extra_files").rows())
        assert set(used) == {*OWN, "metrics/without_robots_txt.sql"}
        page = db.analyze().read_text("utf-8")
        frame = db.result("without_robots_txt")
        assert "definition" not in frame.columns
        assert frame.select("estimand", "n").rows() == [
            ("as_if_sample", len(BODIES)), ("list", len(BODIES)),
        ]  # fmt: skip
        assert db.explain("b.test", "ExampleBot").author == "example-default"
    assert "Example documents ExampleBot" in page and "without_robots_txt" in page
    assert f"checked up to {registry.known_until()}" in page and used["crawlers.toml"] in page
    manifest = json.loads((db.results / "manifest.json").read_text("utf-8"))
    assert manifest["extra"] == used and "without_robots_txt" in manifest["results"]
    words = (db.results / "columns.csv").read_text("utf-8")
    assert "without_robots_txt,population,String,Whose hosts they are." in words
    shown = run_command(["status", "--db", str(filled), "-o", "json", "--extra", str(own)])
    (state,) = json.loads(shown.stdout)
    assert f"crawlers.toml {used['crawlers.toml']}" in state["extra"] and state["healthy"]
    to = tmp_path / "public"
    assert run_command(["--extra", str(own), "export", str(to), "--db", str(filled)]).stderr
    assert (to / "results" / "without_robots_txt.csv").is_file()
    with using(own):
        assert is_answered(Store(filled), db.results, "rfc9309")
    assert not is_answered(Store(filled), db.results, "rfc9309")


def test_again_without(filled: Path, own: Path) -> None:
    """With the folder all texts are judged again, and without it likewise; nothing is left."""
    with crawlblock.open(filled, extra=own) as db:
        db.evaluate()
        assert db.evaluate().payloads == 0
        (own / "crawlers.toml").write_text(CRAWLER.replace("ExampleBot", "OtherBot"))
        (own / "events.toml").unlink()
        assert db.evaluate().payloads == len(BODIES)
    with crawlblock.open(filled) as db:
        assert db.evaluate().payloads == len(BODIES)
        assert db.sql("FROM access WHERE token IN ('ExampleBot', 'OtherBot')").is_empty()
        assert db.sql("FROM extra_files").is_empty()


def test_doctor(filled: Path, own: Path) -> None:
    """Doctor says what is in use, that the database was judged otherwise, and what is wrong."""

    def said(*more: str) -> dict[str, str]:
        rows = json.loads(run_command(["doctor", "--db", str(filled), "-o", "json", *more]).stdout)
        return next((row for row in rows if row["what"] == "extra folder"), {})

    with crawlblock.open(filled) as db:
        db.evaluate()
    assert said() == {}
    found = said("--extra", str(own))
    assert found["state"] == "warn" and "judged with no own files" in found["advice"]
    (own / "events.toml").write_text(EVENT * 2)
    assert "another event has this id" in said(f"--extra={own}")["advice"]


def tokens(_: int) -> int:
    """Return how many crawlers a worker knows."""
    return len(registry.crawlers())


def test_everybody_sees_it(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers, a loop in a thread and the variable see the folder; the package's age stays."""
    known, age = len(registry.crawlers()), registry.known_until()

    async def inside() -> int:
        return len(registry.crawlers())

    async def notebook() -> int:
        return loops.run(inside())  # a loop runs already, so this is a thread

    with using(own), open_engine(None, 1) as engine:
        assert list(run_tasks(engine, tokens, [("one", 1)])) == [known + 1]
        assert asyncio.run(notebook()) == known + 1
        assert registry.known_until() == age
        assert "ExampleBot" in crawlblock.judge(b"")
    assert "ExampleBot" not in crawlblock.judge(b"")
    monkeypatch.setenv("CRAWLBLOCK_EXTRA", str(own))
    assert "ExampleBot" in crawlblock.judge(b"")
    shown = run_command(["schedule", "--contact", "you@example.org"]).stdout
    assert f"--extra {own}" in shown


def crawler(**changed: object) -> str:
    """Return an entry with other values; None leaves a key out."""
    values = {
        "token": "ExampleBot", "operator": "Example", "ai": True, "url": "https://example.com/",
        **changed,
    }  # fmt: skip
    lines = [f"{key} = {json.dumps(value)}" for key, value in values.items() if value is not None]
    return "\n".join(["[[crawler]]", *lines, ""])


def earlier(*days: str) -> str:
    """Return an entry whose name had other operators until some days."""
    spans = "".join(
        f'[[crawler.earlier]]\noperator = "X"\nuntil = {day}\nsource = "https://example.com/"\n'
        for day in days
    )
    return crawler() + "documented_since = 2026-01-01\n" + spans


WRONG = {
    "unknown file": ({"crawler.toml": ""}, "crawler.toml: is not used there; it may have"),
    "folder in metrics": ({"metrics/a/b.sql": ""}, "a: is not used there"),
    "broken TOML": ({"crawlers.toml": CRAWLER + "x ="}, "crawlers.toml: cannot be read (Invalid"),
    "other entries": ({"events.toml": CRAWLER}, "must have only entries [[event]], but has craw"),
    "no entry": ({"events.toml": "# none yet"}, "[[event]], but has nothing"),
    "lacks": (
        {"crawlers.toml": CRAWLER + crawler(token="OtherBot", url=None)},
        "crawlers.toml, line 10: entry 2 (OtherBot): it lacks `url`; add it",
    ),
    "blank": (
        {"crawlers.toml": crawler(source="")},
        "`source` is empty; fill it in, or leave it out",
    ),
    "key": ({"crawlers.toml": crawler(purpos="agent")}, "`purpos` is no key of a crawler; did you"),
    "value": ({"crawlers.toml": crawler(purpose="fun")}, "`purpose` is fun; write one of training"),
    "day": ({"crawlers.toml": crawler(as_of="2026-11-01")}, "write a day without quotes"),
    "clash": (
        {"crawlers.toml": crawler(token="gptbot")},
        "line 1: entry 1 (gptbot): gptbot is registered already, for GPTBot; remove this entry",
    ),
    "clash with an alias": (
        {"crawlers.toml": crawler(aliases=["chatgpt"])},
        "chatgpt is registered already, for ChatGPT-User",
    ),
    "clash of two": (
        {"crawlers.toml": crawler() * 2},
        "line 6: entry 2 (ExampleBot): ExampleBot is registered already",
    ),
    "preference token": (
        {"crawlers.toml": crawler(token="__usage_ai-training")},
        "a `User-agent` line cannot name a crawler so",
    ),
    "cycle": (
        {
            "crawlers.toml": crawler(obeys=["ExampleBot", "OtherBot"])
            + crawler(token="OtherBot", obeys=["OtherBot", "ExampleBot"])
        },
        "`obeys` leads back to ExampleBot (examplebot -> otherbot -> examplebot)",
    ),
    "obeys others first": (
        {"crawlers.toml": crawler(obeys=["GPTBot", "ExampleBot"])},
        "`obeys` must begin with ExampleBot",
    ),
    "periods": (
        {"crawlers.toml": earlier("2025-01-01", "2024-01-01")},
        "the periods of its operators overlap",
    ),
    "period and day": ({"crawlers.toml": earlier("2026-01-01")}, "operators overlap"),
    "common comment": (
        {"templates.toml": TEMPLATE.replace("# This file is made by Example", "# Block AI bots")},
        "templates.toml: template example-default: the mark '# Block AI bots' is a line that",
    ),
    **{
        f"mark {line}": (
            {"templates.toml": TEMPLATE.replace("# This file is made by Example", line)},
            "is a line that many unrelated sites write",
        )
        for line in ("#*", "# block*", "User-agent: *", "Disallow: /", "user-agent: gptbot")
    },
    "likeness": (
        {"templates.toml": TEMPLATE.replace('act = "', 'likeness = 0\nact = "')},
        "likeness is 0; write a number above 0",
    ),
    "act": (
        {"templates.toml": TEMPLATE.replace('"default"', '"magic"')},
        "templates.toml: template example-default: act is magic; write one of default",
    ),
    "mark": (
        {"templates.toml": TEMPLATE.replace("extent", "extend")},
        "`mark`: `extend` is no key of a mark; did you mean extent?",
    ),
    "id": ({"templates.toml": TEMPLATE * 2}, "another template has this id"),
    "no date": (
        {"crawlers.toml": CRAWLER, "events.toml": EVENT.replace("date =", "# date =")},
        "events.toml, line 2: entry 1 (examplebot-documented): it lacks `date`; add it",
    ),
    "no source": (
        {"crawlers.toml": CRAWLER, "events.toml": EVENT.replace("source =", "# source =")},
        "it lacks `source`; add it",
    ),
    "unknown token": ({"events.toml": EVENT}, "ExampleBot is no registered crawler"),
    "broken SQL": (
        {"metrics/a.sql": METRIC.replace("WITH asked", "WIHT asked")},
        "a.sql: Parser Error: syntax error at or near",
    ),
    "no query": (
        {"metrics/a.sql": METRIC.partition("WITH")[0] + "DROP TABLE crawlers;"},
        "a metric is one SELECT",
    ),
    "name of a result": ({"metrics/blocked.sql": METRIC}, "there is a result blocked already"),
    "name of a file": ({"metrics/columns.sql": METRIC}, "there is a result columns already"),
    "name": ({"metrics/A b.sql": METRIC}, "use only small letters, digits and _"),
    "header": (
        {"metrics/a.sql": METRIC.replace("-- unit:", "\n-- unit:")},
        "a.sql: its header lacks `-- unit: ...`, `-- of: ...`",
    ),
    "line of a header": (
        {"metrics/a.sql": METRIC.replace("-- unit:", "-- unti:")},
        "a.sql, line 2: '-- unti: share of hosts, 0 to 1' is not a line of a header; did you",
    ),
    "of": ({"metrics/a.sql": METRIC.replace("of: panel,", "of: panels,")}, "`of` is 'panels'"),
    "core column": (
        {"metrics/a.sql": METRIC.replace("columns: population", "columns: population, n")},
        "`columns` has n, which is included already",
    ),
    "no core column": (
        {"metrics/a.sql": METRIC.replace("without: definition", "without: definitoin")},
        "`without` has definitoin, not a core column; did you mean definition?",
    ),
    "word": (
        {"metrics/a.sql": METRIC.replace("-- columns: population", "-- columns:")},
        "`column population` is not in `columns`",
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_entries(wrong: str, tmp_path: Path) -> None:
    """Each wrong entry is one message that names file, line or entry, and what to do."""
    files, message = WRONG[wrong]
    with using(folder_of(tmp_path / "own", files)), pytest.raises(InputError) as raised:
        for ask in (registry.crawlers, registry.templates, registry.events, metrics):
            ask()
    assert message in str(raised.value) and str(tmp_path / "own") in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("kind", ["crawler", "event", "template"])
def test_the_package_passes(kind: str) -> None:
    """The package's own entries have the keys and values that own entries must have."""
    for entry in entries(f"{kind}s.toml"):
        assert list(key_faults(entry, kind)) == []


@pytest.mark.parametrize("command", [["status"], ["check", "README.md"]])
def test_no_folder(command: list[str], tmp_path: Path) -> None:
    """A folder that is not there, or is a file, ends every command with one line."""
    (tmp_path / "file").touch()
    for name, said in (("none", "there is no such folder"), ("file", "a file; name the folder")):
        ended = run_command([*command, "--extra", str(tmp_path / name)])
        assert (ended.returncode, len(ended.stderr.splitlines())) == (2, 1)
        assert said in ended.stderr and str(tmp_path / name) in ended.stderr
    nobody = run_command([*command, "--extra", "~nobody-has-this-name/own"])
    assert nobody.returncode == 2
    assert "~nobody-has-this-name/own: there is no such folder" in nobody.stderr
    assert "requires an argument" in run_command([*command, "--extra"]).stderr


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("outcome = 'absent'", "outcme = 'absent'", 'Referenced column "outcme" not found'),
        ("-- columns: population", "-- columns: population, tld", "the declared column tld; it"),
        ("FROM shares_of", "SELECT *, [1] AS x FROM shares_of", "nested data; correct the SQL"),
        ("FROM shares_of", "SELECT *, error('so') FROM shares_of", "Invalid Input Error: so"),
    ],
)
def test_wrong_answers(filled: Path, tmp_path: Path, old: str, new: str, message: str) -> None:
    """A metric that asks for what is not there, or lacks a declared column, names its file."""
    own = folder_of(tmp_path / "own", {"metrics/a.sql": METRIC.replace(old, new)})
    with using(own), pytest.raises(InputError) as raised, Store(filled).reading() as con:
        analyze(con, tmp_path / "results")
    assert message in str(raised.value) and f"{own}/metrics/a.sql" in str(raised.value)
    assert not (tmp_path / "results").exists()


def test_a_database_from_before(tmp_path: Path) -> None:
    """A database of this layout that lacks the table gets it when it is opened."""
    Store(tmp_path / "x.duckdb")
    with duckdb.connect(str(tmp_path / "x.duckdb")) as opened:
        opened.execute("DROP TABLE extra_files")
        opened.execute("CREATE OR REPLACE MACRO views_stamp() AS 0")
    with Store(tmp_path / "x.duckdb").reading() as opened:
        assert opened.execute("FROM extra_files").fetchall() == []
