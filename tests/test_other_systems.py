"""Systems that are not Linux: the main job with less than Linux has, and no facility unasked."""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import small_system
from archives import small

pytestmark = pytest.mark.own_code

PACKAGE = Path(__file__).parent.parent / "crawlblock"
RUN = """
import json, sys
from crawlblock.cli import main

if __name__ == "__main__":
    for command in json.loads(sys.argv[1]):
        try:
            main(command)
        except SystemExit as ended:
            assert ended.code == 0, (command, ended.code)
"""
# Facilities of Linux or of POSIX, and the modules that have a way around their absence.
FACILITIES = {
    r"import (fcntl|resource|pwd|grp|termios|tty|msvcrt)\b|from (fcntl|resource|pwd|grp)": {
        "store/database.py"  # else the copy takes room of its own
    },
    r"/proc/|/dev/(shm|null|stdin|fd)|/etc/|/tmp\b|/run/": {"transport/partial.py"},
    r"os\.(fork|symlink|getuid|geteuid|killpg|getpgid|sync|sched_|posix_|mkfifo|statvfs)": set(),
    r"os\.link\b": {"store/renewal.py"},  # else it is copied
    r"add_signal_handler|SIGALRM|SIGUSR|signal\.SIGHUP|signal\.SIGPIPE": set(),
    r"get_context\(\"fork|set_start_method|os\.uname|MAP_SHARED|MAP_PRIVATE": set(),
    r"asyncio\.(get_event_loop|set_event_loop_policy)|utcnow|utcfromtimestamp|pkg_resources": set(),
}
TEXT_METHODS = {"read_text": 1, "write_text": 2}  # and where their encoding is


def test_main_job(tmp_path: Path) -> None:
    """Demo, sample, history, analyze, report, export and a scan by workers need none of it."""
    customize = tmp_path / "site"
    customize.mkdir()
    text = Path(small_system.__file__).read_text("utf-8")
    (customize / "sitecustomize.py").write_text(f"{text}\n\ntake_away()\n", "utf-8")
    (customize / "run.py").write_text(RUN, "utf-8")
    hosts = small(tmp_path / "facts", 40, ["DEMO-2024-30"]) / "hosts.csv"
    hosts.write_text("".join(hosts.read_text("utf-8").splitlines(keepends=True)[:41]), "utf-8")
    work = tmp_path / "work"
    work.mkdir()
    commands = [
        ["demo", "../facts", "archive"],
        ["sample", "--list", "../facts/hosts.csv", "--rejects", "rejects.csv"],
        ["history", "--mirror", "archive", "--crawls", "all"],
        ["scan", "plan", "scan", "--mirror", "archive", "--crawls", "all"],
        ["scan", "run", "scan", "--processes", "2"],
        ["analyze", "-o", "csv", "--to", "blocked.csv"],
        ["report"],
        ["sql", "FROM snapshots", "--to", "a.csv"],
        ["export", "out"],
        ["status", "-o", "json"],
    ]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LC_")}
    done = subprocess.run(
        [sys.executable, "-X", "warn_default_encoding", str(customize / "run.py"),
         json.dumps(commands)],
        cwd=work, capture_output=True, timeout=200, check=False,
        env=environment | {
            "PYTHONPATH": f"{customize}{os.pathsep}{PACKAGE.parent}", "PYTHONUTF8": "0",
            "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C", "PYTHONIOENCODING": "cp1252:strict",
        },
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode("cp1252")[-3000:]
    made = [path.relative_to(work) for path in work.rglob("*")]
    assert len(made) > 100
    assert not [path for path in made if not small_system.is_portable(path.name)]


def _sources() -> Iterator[tuple[str, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).as_posix(), path.read_text("utf-8")


@pytest.mark.parametrize("facility", FACILITIES)
def test_facilities_have_one_place(facility: str) -> None:
    """What not every system has is used in the places known to do without it, and nowhere else."""
    found = {name for name, text in _sources() if re.search(facility, text)}
    assert found == FACILITIES[facility]


def test_text_files_name_their_encoding() -> None:
    """No text file is opened in the encoding of the system."""
    wrong = []
    for name, text in _sources():
        for call in (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)):
            if not isinstance(call.func, ast.Attribute):
                continue
            named = {keyword.arg for keyword in call.keywords}
            place = TEXT_METHODS.get(call.func.attr)
            if place and len(call.args) < place and "encoding" not in named:
                wrong.append(f"{name}:{call.lineno}")
            mode = call.args[0] if call.func.attr == "open" and len(call.args) == 1 else None
            if isinstance(mode, ast.Constant) and re.fullmatch(r"[rwax]\+?", str(mode.value)):
                wrong += [] if "encoding" in named else [f"{name}:{call.lineno}"]
    assert not wrong
