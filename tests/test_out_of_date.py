"""What is out of date is known: edits to a copy of the package, and what its commands do again."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

import pytest
from forked import OtherCode
from in_process import run_command
from sharing import copy_of_made

from crawlblock.code_digest import code_digest, imported_by, squeezed
from crawlblock.metrics.result_files import MANIFEST, read_manifest
from crawlblock.store.store import Store

pytestmark = pytest.mark.own_code

ROOT = Path(__file__).parents[1]
BODIES = {
    "a.test": "User-agent: *\nDisallow: /\nAi-Preference: no\n",
    "b.test": "# Made by Example Hosting\nUser-agent: Wishbot\nDisallow: /\n",
    "c.test": "User-agent: *\nAllow: /\n",
}
JUDGED = f"{len(BODIES)} payloads judged"
READERS = "READERS: tuple[SignalReader, ...] = (\n"
SIGNAL = '    _directive("ai-preference", b"ai-preference", _no_training),\n'
TEMPLATE = """
[[template]]
id = "example-hosting"
title = "Example Hosting"
vendor = "Example"
kind = "hosting"
act = "default"
evidence = "A test."

[[template.mark]]
start = "# Made by Example Hosting"
extent = "file"
"""
CRAWLER = """
[[crawler]]
token = "Wishbot"
operator = "Example"
openness = "closed"
ai = true
url = "https://example.org/wishbot"
"""


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of the package, a database that its commands filled, and their results."""

    folder: Path
    commands: OtherCode

    @property
    def db(self) -> Path:
        """The database."""
        return self.folder / "x.duckdb"

    @property
    def results(self) -> Path:
        """The folder of results."""
        return self.folder / "x-results"

    def run(self, *arguments: object) -> tuple[int, str]:
        """Run a command of the copy; return its exit code and what it says."""
        command, *rest = map(str, arguments)
        return self.commands.run(self.folder, command, "--db", str(self.db), *rest)

    def update(self) -> int:
        """Update without a network; return the exit code."""
        code, said = self.run("update", "--no-live", "--no-history")
        assert code in (0, 5), said
        return code

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace the first place in a file of the copy that has a text."""
        path = self.folder / "crawlblock" / name
        text = path.read_text("utf-8")
        assert old in text, f"{name} has no {old!r}"
        path.write_text(text.replace(old, new, 1), "utf-8")

    def append(self, name: str, text: str) -> None:
        """Append to a file of the copy."""
        with (self.folder / "crawlblock" / name).open("a", encoding="utf-8") as file:
            file.write(text)

    def count(self, query: str) -> int:
        """Return the one number that the database answers."""
        with Store(self.db).reading() as con:
            return int(con.execute(query).fetchall()[0][0])

    def written_in(self, work: Callable[[], object]) -> set[str]:
        """Return the names of the results, and `index` for the page, that some work wrote."""
        before = self._times()
        work()
        after = self._times()
        assert all(name in after for name in before if before[name] == after.get(name))
        return {name for name, time in after.items() if before.get(name) != time}

    def _times(self) -> dict[str, int]:
        files = [*self.results.glob("*.parquet"), self.results / "index.html"]
        return {file.stem: file.stat().st_mtime_ns for file in files}


def make(folder: Path, *imported: str) -> None:
    """Make a copy of the package, and a database and results as its commands would make them."""
    shutil.copytree(ROOT / "crawlblock", folder / "crawlblock")
    shutil.copytree(ROOT / "data" / "reference", folder / "data" / "reference")
    (folder / "hosts.txt").write_text("\n".join(BODIES))
    at = {"fetch_time": "2024-05-10T12:00:00Z", "status": 200}
    lines = [json.dumps({"host": host, **at, "body": body}) for host, body in BODIES.items()]
    (folder / "captures.jsonl").write_text("\n".join(lines))
    with chdir(folder):
        for line in ("sample --list hosts.txt", *imported, "update --no-live --no-history"):
            ended = run_command([*line.split(), "--db", "x.duckdb"])
            assert ended.returncode == 0, ended.stderr


@pytest.fixture(scope="module")
def commands() -> Iterator[OtherCode]:
    """Give what runs the commands of copies, each in a process of its own."""
    with OtherCode() as running:
        yield running


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, commands: OtherCode) -> Copy:
    """Return a copy whose database has a robots.txt of each host."""

    def made(folder: Path) -> None:
        make(folder, "import captures.jsonl")

    return Copy(copy_of_made(tmp_path_factory, "out-of-date", made), commands)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory, commands: OtherCode) -> Copy:
    """Return a copy whose database has no capture: a page without figures is soon made."""
    return Copy(copy_of_made(tmp_path_factory, "out-of-date-empty", make), commands)


@pytest.fixture
def copy(filled: Copy, tmp_path: Path) -> Copy:
    """Return a copy of the test's own, whose database has a robots.txt of each host."""
    shutil.copytree(filled.folder, tmp_path / "copy")
    return Copy(tmp_path / "copy", filled.commands)


@pytest.fixture
def bare(empty: Copy, tmp_path: Path) -> Copy:
    """Return a copy of the test's own, whose database has no capture."""
    shutil.copytree(empty.folder, tmp_path / "bare")
    return Copy(tmp_path / "bare", empty.commands)


def test_evaluate_knows_a_new_signal(copy: Copy) -> None:
    """A signal added to READERS is found in what is stored; comments and titles change nothing."""
    copy.append("robots/signals.py", "\n# A comment.\n")
    copy.edit("robots/sniff.py", '"""Tell whether a body', '"""Say whether a body')
    copy.append("registry/crawlers.toml", "\n# A comment.\n")
    copy.edit("registry/templates.toml", 'title = "', 'title = "The ')
    assert copy.run("evaluate") == (0, "0 payloads judged\n")
    copy.edit("robots/signals.py", READERS, READERS + SIGNAL)
    assert copy.run("evaluate")[1].strip() == JUDGED
    assert copy.count("SELECT count(*) FROM signals WHERE kind = 'ai-preference'") == 1
    assert copy.run("evaluate")[1].strip() == "0 payloads judged"


def test_evaluate_knows_other_rules_and_data(copy: Copy) -> None:
    """A changed rule for what a robots.txt is, a new template and a new token each judge again."""
    copy.edit("robots/sniff.py", "_HEAD = 4096", "_HEAD = 2048")
    assert copy.run("evaluate")[1].strip() == JUDGED
    copy.append("registry/templates.toml", TEMPLATE)
    assert copy.run("evaluate")[1].strip() == JUDGED
    assert copy.count("SELECT count(*) FROM payloads WHERE template = 'example-hosting'") == 1
    copy.append("registry/crawlers.toml", CRAWLER)
    assert copy.run("evaluate")[1].strip() == JUDGED
    assert copy.count("SELECT count(*) FROM verdicts WHERE token = 'Wishbot'") > 0


def test_update_knows_metrics(bare: Copy) -> None:
    """Only an edited, a new and a missing result are computed; a result that is gone is removed."""
    metrics = bare.folder / "crawlblock" / "metrics" / "questions"
    bare.edit("metrics/questions/signals.sql", "\nFROM", "\n-- A comment.\n\n  FROM")
    assert bare.update() == 5
    bare.edit("metrics/questions/signals.sql", "\n  FROM", "\n  SELECT *, 1 AS one FROM")
    shutil.copyfile(metrics / "signals.sql", metrics / "more_signals.sql")
    assert bare.written_in(bare.update) == {"signals", "more_signals", "index"}
    assert (bare.results / "more_signals.csv").is_file()
    (metrics / "more_signals.sql").unlink()
    (bare.results / "gap.csv").unlink()
    assert bare.written_in(bare.update) == {"gap", "index"}
    assert not list(bare.results.glob("more_signals.*"))
    assert bare.update() == 5


def test_update_knows_code(bare: Copy) -> None:
    """Changed code makes the page again, or the results that it computes and those they need."""
    bare.append("report/labels.py", "\n_ONE = 1\n")
    assert bare.written_in(bare.update) == {"index"}
    bare.edit("metrics/questions/blocked.sql", "AS n_refused\nFROM", "AS n_refused, 1 AS one\nFROM")
    assert bare.written_in(bare.update) == {"blocked", "forecast", "index"}
    bare.append("metrics/survival.py", "\n_ONE = 1\n")
    assert bare.written_in(bare.update) == {"survival", "forecast", "index"}  # of one module


def test_update_knows_columns(bare: Copy) -> None:
    """Other columns make one result again, other words only what shows them, a macro all shares."""
    declared = "metrics/declared/columns.toml"
    bare.edit(declared, '["population", "selection"]', '["selection", "population"]')
    assert bare.written_in(bare.update) == {"selective", "index"}
    bare.edit(declared, "Whose text blocks:", "Who wrote the rules:")
    assert bare.written_in(bare.update) == {"index"}
    assert "Who wrote the rules:" in (bare.results / "columns.csv").read_text("utf-8")
    bare.edit("store/shares.sql", "'as_if_sample'", "'as_if'")
    assert {"blocked", "selective", "rulesets"} <= bare.written_in(bare.update)


def test_kept_results_are_those_computed(copy: Copy) -> None:
    """What is computed beside kept results is the same to the byte; without a manifest all is."""
    whole = {file.name: file.read_bytes() for file in copy.results.iterdir()}
    for name in ("survival", "forecast", "signal_conflicts", "replication", "coverage"):
        (copy.results / f"{name}.csv").unlink()
    (copy.results / "index.html").unlink()
    assert copy.run("analyze")[0] == 0  # another process than that which made the whole
    assert {file.name: file.read_bytes() for file in copy.results.iterdir()} == whole
    everything = set(read_manifest(copy.results)["results"]) | {"index"}
    (copy.results / MANIFEST).unlink()
    assert copy.written_in(lambda: run_command(["analyze", "--db", str(copy.db)])) == everything


def test_imports_are_followed() -> None:
    """A digest covers what a module imports, also inside functions and from a package's init."""
    assert imported_by("crawlblock.robots.signals") == [
        "crawlblock.outcome", "crawlblock.robots.line", "crawlblock.robots.parser",
        "crawlblock.robots.signals",
        "crawlblock.robots.sniff",
    ]  # fmt: skip
    assert "crawlblock.registry.known_templates" in imported_by("crawlblock.pipeline.run")
    with pytest.raises(ModuleNotFoundError, match=r"crawlblock\.robots\.nothing"):
        code_digest("crawlblock.robots.nothing")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("SELECT 1 -- one\n  FROM a", "SELECT 1\nFROM /* b */ a", True),
        ("SELECT '-- no  comment'", "SELECT '-- no comment'", False),
        ("SELECT 'it''s -- x'  , 2", "SELECT 'it''s -- x' , 2", True),
        ('SELECT "a -- b" FROM c', 'SELECT "a', False),
        ("SELECT 1, 2", "SELECT 1, 3", False),
    ],
)
def test_layout_of_sql(one: str, other: str, same: bool) -> None:
    """Comments and layout of SQL do not count; what a literal or a name holds does."""
    assert (squeezed(one) == squeezed(other)) is same
