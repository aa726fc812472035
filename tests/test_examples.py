"""Every example at the end of a help is run as it stands, with nothing reached but this machine."""

import subprocess
from pathlib import Path

import pytest
from servers import RangeServer
from shells import EXAMPLES, SCHEDULER, commands, examples, prepared, run_line, substituted

from crawlblock.cli import main


@pytest.mark.parametrize("example", EXAMPLES)
def test_example(
    example: str,
    world: Path,
    server: RangeServer,
    shell: dict[str, str],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    """An example runs as it stands, says something or makes a file, and reaches nobody else."""
    folder = tmp_path / "world"
    environment = prepared(example, world, folder, shell)
    command = substituted(example, server)
    if SCHEDULER in command:
        command = command.replace(SCHEDULER, request.getfixturevalue("scheduler"))
    before = {path for path in folder.rglob("*") if path.is_file()}
    done = run_line(command, folder, environment)
    made = {path for path in folder.rglob("*") if path.is_file()} - before
    assert done.stdout or done.stderr or made or example.startswith("eval ") or "--quiet" in example


def test_the_guard_guards(shell: dict[str, str], world: Path) -> None:
    """The guard under which examples run notices who would leave this machine."""
    command = "crawlblock check http://192.0.2.1/robots.txt --contact you@example.org"
    done = subprocess.run(
        ["bash", "-c", command], cwd=world, env=shell, capture_output=True, text=True, check=False
    )
    assert "REACHED socket.connect 192.0.2.1" in done.stderr and done.returncode != 0


def test_every_help_ends_with_examples(capsys: pytest.CaptureFixture[str]) -> None:
    """Every command has examples of itself, they end its help, and all of them are run here."""
    for name, command in commands():
        own = [example for example in examples(command) if f"{name} " in f"{example} "]
        assert own, name
        assert set(examples(command)) <= set(EXAMPLES), name
        with pytest.raises(SystemExit) as stopped:
            main([*name.split()[1:], "--help"])
        assert stopped.value.code == 0
        shown = [line.strip() for line in capsys.readouterr().out.splitlines() if line.strip()]
        assert shown[-len(examples(command)) :] == examples(command), name
        assert max(map(len, shown)) <= 100 and "\b" not in "".join(shown)
