"""Commands start at once: what a command does not need is not loaded."""

import subprocess
import sys
from pathlib import Path

import pytest

from crawlblock.cli import SECTIONS, cli, main
from crawlblock.cli.commands import every_command

pytestmark = pytest.mark.own_code

_SHOW = """
import sys
from crawlblock.cli import main
try:
    main(sys.argv[1:])
except SystemExit as stopped:
    assert stopped.code == 0, stopped.code
loaded = {name.partition(".")[0] for name in sys.modules}
sys.stderr.write(" ".join(sorted(loaded)))
"""
_HEAVY = {
    "aiohttp", "asyncio", "duckdb", "numpy", "polars", "requests", "tldextract", "warcio",
}  # fmt: skip


def loaded(*arguments: str, env: dict[str, str] | None = None) -> set[str]:
    """Return the packages that a command loads."""
    done = subprocess.run(
        [sys.executable, "-c", _SHOW, *arguments],
        capture_output=True, text=True, check=True, timeout=60, env=env,
    )  # fmt: skip
    return set(done.stderr.split())


@pytest.mark.parametrize("arguments", [["--help"], ["completion", "bash"], ["--version"]])
def test_help_loads_little(arguments: list[str]) -> None:
    """Help and completion load neither libraries for data nor for the network."""
    assert not loaded(*arguments) & _HEAVY


@pytest.mark.parametrize("kind", ["jsonl", "csv", "table"])
def test_check_loads_little(kind: str, tmp_path: Path) -> None:
    """A file is judged without them, too."""
    file = tmp_path / "robots.txt"
    file.write_text("User-agent: GPTBot\nDisallow: /\n")
    assert not loaded("check", str(file), "-o", kind) & _HEAVY


def test_the_package_loads_little() -> None:
    """`import crawlblock` loads what judges, and nothing else."""
    code = "import sys, crawlblock; sys.stderr.write(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {name.partition(".")[0] for name in done.stderr.split()} & _HEAVY


def test_what_asks_no_server_loads_no_client() -> None:
    """Commands on what is stored, and the processes that scan, need not load aiohttp."""
    modules = ["cli.analyze", "cli.evaluate", "cli.scan", "cli.status", "scan.shard"]
    code = (
        f"import sys, crawlblock.{', crawlblock.'.join(modules)}; print('aiohttp' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_summaries() -> None:
    """The list of commands says of each what the first line of its own help says."""
    commands = dict(every_command(cli, "crawlblock"))
    for rows in SECTIONS.values():
        for name, _, summary in rows:
            assert (commands[f"crawlblock {name}"].help or "").startswith(summary)
            assert len(summary) <= 64  # one line of a terminal


def test_the_help_fits(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The list of commands has five groups, and at 80 columns no description is cut or wrapped."""
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        main(["--help"])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80 and not any(line.endswith("...") for line in lines[1:])
    assert list(SECTIONS) == ["Start", "Collect", "Ask", "Publish", "Maintain"]
    for rows in SECTIONS.values():
        for name, _, summary in rows:
            assert any(line.split() == [name, *summary.split()] for line in lines), name
