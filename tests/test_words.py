"""What users see has the words of the table in CONTRIBUTING.md, not those that they replaced."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawlblock.cli import cli
from crawlblock.cli.commands import every_command
from crawlblock.metrics.columns import words_of
from crawlblock.metrics.computed import COMPUTED
from crawlblock.metrics.queries import metrics
from crawlblock.metrics.replicated import REPLICATION
from crawlblock.store.store import Store

pytestmark = pytest.mark.own_code

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "crawlblock"
DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]

# Each replaced word, and the lines in which it is right all the same.
REPLACED = {
    r"\brefus\w*": r"server|HTTP|status|TCP|connect|address|archive|disk|credential|absent, ",
    r"\btold\b": None,
    r"\bclaim(s|ed)?\b": r"claims? to be",
    r"\bdecisions?\b": None,
    r"\bdrawn\b|\berror of drawing\b|\bseeded draw\b": r"chart|figure|line|SVG|picture",
    r"\bwish(es)?\b": None,
    r"\bclash(es|ing)?\b|\bcontradict(ion|ions)\b": None,
    r"--reading\b|\breadings\b|\b(this|another|each|which|whose|the|a) reading\b": None,
    r"\bminiatures?\b|\bdata/sample\b|\bMINI-": None,
    r"\bledger\b|\bflaps?\b|\bturns\b": r"turns? (on|off|into|out)",
    r"\bstands for\b|\bhangs? on\b|\bkeeps? off\b|\bleaves? room\b": None,
}
NAMES = (
    r"refus(?!ed(_by_server)?$)|told|claim|decision|wish|clash|silence|stating|holding|flap|turn|drawn"
    r"|^reading$|^event$"
)
EARLIER = {"store/renewal.py"}  # it has the column names of earlier layouts


def wrong(text: str) -> list[str]:
    """Return the replaced words in a text, each with its line."""
    found = []
    for line in text.splitlines():
        for word, right in REPLACED.items():
            match = re.search(word, line)
            if match and not (right and re.search(right, line)):
                found.append(f"{match.group()}: {line.strip()[:160]}")
    return found


def messages(path: Path) -> Iterator[str]:
    """Yield the texts with a space in a module that are no docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    notes = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and id(node) not in notes else None
        if isinstance(text, str) and " " in text.strip():
            yield text


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_documents(path: Path) -> None:
    """No document uses a replaced word, but for the table that lists them."""
    text = path.read_text("utf-8")
    if path.name == "CONTRIBUTING.md":
        before, _, rest = text.partition("## Words")
        text = before + rest.partition("\n## ")[2]
    assert wrong(text) == []


def test_helps() -> None:
    """No help text uses a replaced word."""
    found = [
        f"{name}: {word}"
        for name, command in every_command(cli, "crawlblock")
        for word in wrong(
            "\n".join([command.help or "", *(getattr(p, "help", "") or "" for p in command.params)])
        )
    ]
    assert found == []


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_messages(path: Path) -> None:
    """No message of a module uses a replaced word."""
    if str(path.relative_to(PACKAGE)) in EARLIER:
        return
    assert [word for text in messages(path) for word in wrong(text)] == []


def test_the_database(tmp_path: Path) -> None:
    """No table, column or comment of a database uses a replaced word."""
    with Store(tmp_path / "db.duckdb").reading() as con:
        names = con.execute(
            "SELECT table_name || ' ' || column_name FROM duckdb_columns() WHERE NOT internal "
            "UNION SELECT function_name FROM duckdb_functions() WHERE NOT internal"
        ).fetchall()
        comments = con.execute(
            "SELECT comment FROM duckdb_columns() WHERE NOT internal UNION "
            "SELECT comment FROM duckdb_tables() UNION SELECT comment FROM duckdb_views() "
            "WHERE NOT internal UNION SELECT comment FROM duckdb_functions() WHERE NOT internal"
        ).fetchall()
    assert [name for (text,) in names for name in text.split() if re.search(NAMES, name)] == []
    assert [word for (comment,) in comments for word in wrong(comment or "")] == []


def test_results() -> None:
    """No result, column of one or description uses a replaced word."""
    words = {name: words_of(name) for name in (*(m.name for m in metrics()), REPLICATION)}
    words |= {made.name: words_of(made.name) for made in COMPUTED}
    names = [*words, *(column for columns in words.values() for column in columns)]
    assert [name for name in names if re.search(NAMES, name)] == []
    notes = [text for m in metrics() for text in (m.title, m.unit, m.note)]
    notes += [text for columns in words.values() for text in columns.values()]
    assert [word for text in notes for word in wrong(text)] == []


@pytest.mark.parametrize("path", sorted((PACKAGE / "report").rglob("*.js")), ids=lambda p: p.name)
def test_scripts(path: Path) -> None:
    """No script of the page uses a replaced word in a message."""
    assert (
        wrong("\n".join(re.findall(r"[\"`][^\"`\n]* [^\"`\n]*[\"`]", path.read_text("utf-8"))))
        == []
    )
