"""A crawler that is added to the registry: the bundled facts, which do not know it, still hold."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from archives import small

from crawlblock.demo.bundled_facts import read_facts

pytestmark = pytest.mark.own_code

ROOT = Path(__file__).parent.parent
CRAWLS = ["DEMO-2023-40", "DEMO-2024-30"]
ENTRY = """
[[crawler]]
token = "Unheard-Of-Bot"
operator = "Example"
purpose = "training"
openness = "closed"
ai = true
documented_since = 2023-01-01
url = "https://example.com/bot"
"""
CHECK = """
import json, sys
from pathlib import Path
from crawlblock.cli import main
from facts_back import facts_that_came_back
from crawlblock.report.charts import drawing
from crawlblock.store.store import Store
drawing.png = lambda picture: b""  # takes long, and the SVG files show the same
sample, db = map(Path, sys.argv[1:3])
for command in json.loads(sys.argv[3]):
    try:
        main(command)
    except SystemExit as ended:
        assert ended.code == 0, command
seen = facts_that_came_back(sample, db)
with Store(db).reading() as con:
    differing, blocked, same = con.execute(
        "SELECT count(*) FILTER (a.root_allowed IS DISTINCT FROM b.root_allowed), "
        "count(*) FILTER (NOT a.root_allowed), count(*) FROM access a JOIN access b "
        "USING (host, snapshot) WHERE a.token = 'Unheard-Of-Bot' AND b.token = '*'"
    ).fetchone()
print(json.dumps([seen["ok"], differing, blocked, same]))
"""


def test_the_facts_hold(tmp_path: Path) -> None:
    """With one more entry the demo is rendered, read back and analyzed; the new one is as `*`."""
    shutil.copytree(ROOT / "crawlblock", tmp_path / "code" / "crawlblock")
    shutil.copytree(ROOT / "data" / "reference", tmp_path / "code" / "data" / "reference")
    with (tmp_path / "code/crawlblock/registry/crawlers.toml").open("a") as file:
        file.write(ENTRY)
    sample = small(tmp_path / "sample", 150, CRAWLS)
    hosts = sorted({fact.host for fact in read_facts(sample)})
    (tmp_path / "hosts.csv").write_text("\n".join(hosts))
    db, mirror = tmp_path / "db.duckdb", tmp_path / "archive"
    path = os.pathsep.join([str(tmp_path / "code"), str(ROOT / "tests")])

    commands = [
        ["check", ROOT / "README.md", "--token", "unheard-of-bot"],
        ["demo", sample, mirror],
        ["sample", "--db", db, "--list", tmp_path / "hosts.csv"],
        ["history", "--db", db, "--mirror", mirror, "--crawls", "all"],
        ["analyze", "--db", db],
    ]
    done = subprocess.run(
        [sys.executable, "-c", CHECK, sample, db, json.dumps(commands, default=str)],
        env=os.environ | {"PYTHONPATH": path}, cwd=tmp_path,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    checked, *_, counted = done.stdout.splitlines()
    assert "Unheard-Of-Bot" in checked
    ok, differing, blocked, same = json.loads(counted)
    assert ok > 100 and differing == 0 and blocked > 0 and same >= ok
    assert "Unheard-Of-Bot" in (tmp_path / "db-results" / "blocked.csv").read_text()
