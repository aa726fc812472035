"""Every example at the end of a help is run as it stands, with nothing reached but this machine.

Those that need a shell are processes of their own; the others run here (in_process.py).
"""

import socket
import subprocess
from pathlib import Path

import pytest
from in_process import run_here
from servers import RangeServer
from shells import (
    EXAMPLES,
    QUICK_LOOK,
    SCHEDULER,
    commands,
    examples,
    prepared,
    run_line,
    substituted,
)

from crawlblock.cli import main

pytestmark = pytest.mark.own_code


@pytest.mark.usefixtures("unpainted")
@pytest.mark.parametrize("example", [each for each in EXAMPLES if each != QUICK_LOOK])
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
    printed, said = run_here(command, folder, environment)
    made = {path for path in folder.rglob("*") if path.is_file()} - before
    assert printed or said or made or example.startswith("eval ") or "--quiet" in example


ABROAD = "crawlblock check http://192.0.2.1/robots.txt --contact you@example.org"


def test_the_guard_guards(shell: dict[str, str], world: Path) -> None:
    """The guard of a process of its own notices who would leave this machine."""
    command = ABROAD
    done = subprocess.run(
        ["bash", "-c", command], cwd=world, env=shell, capture_output=True, text=True, check=False
    )
    assert "REACHED socket.connect 192.0.2.1" in done.stderr and done.returncode != 0


def test_the_guard_guards_here(shell: dict[str, str], world: Path) -> None:
    """The guard of this process notices it as well, and no longer than a line runs."""
    with pytest.raises(AssertionError, match=r"socket\.connect 192\.0\.2\.1"):
        run_here(ABROAD, world, shell)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.connect(("192.0.2.1", 9))  # sends nothing


@pytest.mark.parametrize("line", ["crawlblock --version", "crawlblock status --json"])
def test_a_process_says_the_same(line: str, shell: dict[str, str], world: Path) -> None:
    """A process of its own prints what the line prints that runs here."""
    done = run_line(line, world, shell)
    assert (done.stdout, done.stderr) == run_here(line, world, shell)


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
