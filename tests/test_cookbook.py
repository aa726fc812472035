"""Every question of the cookbook is asked of the bundled facts, and gets an answer."""

import json
import re
from pathlib import Path

import polars as pl
import pytest

from crawlblock.cli import main

pytestmark = pytest.mark.own_code

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "data" / "demo"
TEXT = (ROOT / "docs" / "cookbook.md").read_text("utf-8")
QUESTIONS = re.findall(r"^## (\d+)\. (.*?)\n\n```sql\n(.*?)```\n\n(\S)", TEXT, re.M | re.S)
PREFERENCES = {
    "train-no.example": "User-agent: *\nContent-Signal: ai-train=no\nAllow: /\n",
    "train-yes.example": "User-agent: *\nContent-Signal: ai-train=yes\nDisallow: /\n",
    "silent.example": "User-agent: *\nDisallow: /\n",
}


# How many hosts each snapshot was asked for: those that its day's segments have.
_FOLLOWED = """
SELECT CAST(to_json(list(DISTINCT hosts)) AS VARCHAR) AS followed
FROM (SELECT count(*) AS hosts FROM captures WHERE resource = '/robots.txt' GROUP BY snapshot)
"""


def done(*arguments: object) -> None:
    """Run a command that ends well."""
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    assert stopped.value.code == 0


def asked(query: str, db: Path, folder: Path) -> list[dict[str, object]]:
    """Return the rows that the command prints for a query in a file."""
    (folder / "question.sql").write_text(query)
    answer = folder / "answer.json"
    done("sql", folder / "question.sql", "--db", db, "--to", answer)
    rows: list[dict[str, object]] = json.loads(answer.read_text("utf-8"))
    return rows


@pytest.fixture(scope="module")
def db(bundled: Path) -> Path:
    """Return the database of the bundled facts."""
    return bundled / "crawlblock.duckdb"


def test_ten_questions() -> None:
    """There are ten, numbered, each with its query and with what to beware of."""
    assert [int(number) for number, *_ in QUESTIONS] == list(range(1, 11))
    assert len(re.findall(r"^```sql", TEXT, re.M)) == 10


@pytest.mark.parametrize(("number", "title", "query", "_"), QUESTIONS)
def test_question(number: str, title: str, query: str, _: str, db: Path, tmp_path: Path) -> None:
    """A question's query returns rows, and none of the comments' unknowns is lost from an n."""
    rows = asked(query, db, tmp_path)
    assert rows, (number, title)
    if "n_unknown" in rows[0] and "covered" not in rows[0]:
        (per_snapshot,) = asked(_FOLLOWED, db, tmp_path)
        followed = set(json.loads(str(per_snapshot["followed"])))
        assert {int(str(row["n"])) + int(str(row["n_unknown"])) for row in rows} <= followed


def test_shares_are_those_of_analyze(db: Path, tmp_path: Path) -> None:
    """The first question counts the hosts of the newest snapshot as analyze does."""
    frame = pl.read_parquet(db.with_name("crawlblock-results") / "blocked.parquet").filter(
        (pl.col("definition") == "root")
        & (pl.col("estimand") == "list")
        & (pl.col("snapshot_date") == pl.col("snapshot_date").max())
    )
    analyzed = {row["token"]: row for row in frame.to_dicts()}
    rows = asked(QUESTIONS[0][2], db, tmp_path)
    assert len(rows) == 4
    for row in rows:
        other = analyzed[row["token"]]
        assert row["n"] == other["n"] and row["n_unknown"] == other["n_unknown"]
        assert float(str(row["share"])) == round(other["estimate"], 4)


def test_preferences_that_differ(tmp_path: Path) -> None:
    """The question about signals counts a preference not enforced and one overruled."""
    lines = [
        {"host": host, "fetch_time": "2026-05-06", "status": 200, "body": body}
        for host, body in PREFERENCES.items()
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, lines)))
    path = tmp_path / "preferences.duckdb"
    done("import", tmp_path / "rows.jsonl", "--db", path)
    (row,) = asked(QUESTIONS[7][2], path, tmp_path)
    assert (row["hosts_read"], row["stating"]) == (3, 2)
    assert (row["unenforced"], row["overruled"]) == (1, 1)
    assert row["for_example"] == ["train-no.example"]
