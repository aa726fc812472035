"""The types of an own metric's columns in what an export says of itself."""

import json
from pathlib import Path

import pytest
from in_process import run_command
from test_extra import BODIES, folder_of

import crawlblock

pytestmark = [pytest.mark.own_code, pytest.mark.usefixtures("unpainted")]

TYPES = {  # what a query returns, and what it is called
    "CAST(count(*) AS SMALLINT)": "integer",
    "min(text)": "integer",
    "CAST(count(*) AS FLOAT)": "number",
    "CAST('12:30' AS TIME)": "string",
    "CAST('2026-11-10 12:00:00+00' AS TIMESTAMPTZ)": "datetime",
}
HEADER = """-- title: Odd types
-- unit: share of hosts, 0 to 1
-- of: panel
-- note: A test.
-- columns: {columns}
SELECT snapshot, {values} FROM points GROUP BY snapshot
"""


def test_types_of_own_metrics(tmp_path: Path) -> None:
    """An export describes every type that a query may return."""
    columns = [f"column_{number}" for number, _ in enumerate(TYPES)]
    values = ", ".join(f"{value} AS {name}" for value, name in zip(TYPES, columns, strict=True))
    metric = HEADER.format(columns=", ".join(columns), values=values)
    own = folder_of(tmp_path / "own", {"metrics/odd_types.sql": metric})
    at = {"fetch_time": "2026-11-10T12:00:00Z", "status": 200}
    lines = [json.dumps({"host": host, **at, "body": body}) for host, body in BODIES.items()]
    (tmp_path / "captures.jsonl").write_text("\n".join(lines))
    with crawlblock.open(tmp_path / "x.duckdb", create=True, extra=own) as db:
        db.import_(tmp_path / "captures.jsonl")
        db.evaluate()
    to = tmp_path / "public"
    done = run_command(["--extra", str(own), "export", str(to), "--db", str(db.path)])
    assert done.returncode == 0, done.stderr
    package = json.loads((to / "datapackage.json").read_text("utf-8"))
    (resource,) = (r for r in package["resources"] if r["name"] == "results-odd_types")
    found = {field["name"]: field["type"] for field in resource["schema"]["fields"]}
    assert [found[name] for name in columns] == list(TYPES.values())
