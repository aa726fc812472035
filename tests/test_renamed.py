"""Someone who uses a replaced name gets the new one, and the new one exists."""

from pathlib import Path

import pytest
from in_process import run_command

from crawlblock.cli import cli
from crawlblock.cli.commands import every_command
from crawlblock.renamed import COMMANDS, IN_SQL, OPTIONS
from crawlblock.store.store import Store

pytestmark = pytest.mark.own_code


@pytest.mark.parametrize(("old", "new"), COMMANDS.items())
def test_commands(old: str, new: str) -> None:
    """The old command is an error of usage."""
    ended = run_command([old, "a", "b"])
    assert ended.returncode == 2
    assert f"{old} is now called {new}" in ended.stderr
    assert new in cli.list_commands(None)  # type: ignore[arg-type]


@pytest.mark.parametrize(("old", "new"), OPTIONS.items())
def test_options(old: str, new: str) -> None:
    """The old option is an error of usage in every command that has the new one."""
    having = [
        name.split()[1:]
        for name, command in every_command(cli, "crawlblock")
        if any(new in parameter.opts for parameter in command.params)
    ]
    assert having
    for words in having:
        ended = run_command([*words, old, "ccbot"])
        assert ended.returncode == 2
        assert f"{old} is now called {new}" in ended.stderr


@pytest.mark.parametrize(("old", "new"), IN_SQL.items())
def test_sql(old: str, new: str, tmp_path: Path) -> None:
    """A query with an old name of a table, macro or column fails and says the new one."""
    store = Store(tmp_path / "db.duckdb")
    store.publish()
    queries = (f"FROM {old}", f"SELECT {old}(1, 2)", f"SELECT {old} FROM verdicts")
    said = [run_command(["sql", query, "--db", str(store.path)]).stderr for query in queries]
    assert any(f"{old} is now called {new}" in line for line in said), said
    with store.reading() as con:
        known = con.execute(
            "SELECT 1 FROM duckdb_columns() WHERE column_name = $1 OR table_name = $1 "
            "UNION SELECT 1 FROM duckdb_functions() WHERE function_name = $1",
            [new],
        ).fetchall()
    assert known == [(1,)]
