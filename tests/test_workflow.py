"""The workflow that users copy is valid, and its steps do what they say."""

import os
import shutil
import subprocess
import sysconfig
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from servers import RangeServer
from shells import run_line

pytestmark = pytest.mark.own_code

WORKFLOW = Path(__file__).parent.parent / ".github" / "workflows" / "crawlblock.yml"
# A release is a folder here: `gh` of GitHub is no program of ours.
GH = """#!/bin/sh -e
test "$1" = release
case "$2" in
  view) test -d released ;;
  create) mkdir released ;;
  download) cp "released/$5" . ;;
  upload) shift 3; cp "$1" "$2" released ;;
esac
"""


def test_is_valid() -> None:
    """Actionlint finds nothing to complain about."""
    actionlint = shutil.which("actionlint", path=sysconfig.get_path("scripts"))
    if actionlint is None:
        pytest.skip("actionlint is not installed")
    done = subprocess.run(
        [actionlint, "-shellcheck=", "-pyflakes=", WORKFLOW],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def steps() -> Iterator[tuple[str, str]]:
    """Yield the names and the shell of the steps that run ours."""
    yaml: Any = pytest.importorskip("yaml")
    (job,) = yaml.safe_load(WORKFLOW.read_text("utf-8"))["jobs"].values()
    for step in job["steps"]:
        if "run" in step:
            yield step["name"], step["run"]


def test_steps_run(world: Path, server: RangeServer, shell: dict[str, str], tmp_path: Path) -> None:
    """The steps store a week's data, publish, and the next week go on from there.

    The list is of a server on this machine, and what earlier weeks stored is in a release.
    """
    here = tmp_path / "repository"
    (here / "data").mkdir(parents=True)
    (here / "build").symlink_to(world / "build")
    (here / "domains.csv").write_text(f"domain\n{server.url.removeprefix('http://')}\n")
    shutil.copyfile(world / "data" / "local.duckdb", here / "data" / "crawlblock.duckdb")
    (here / "released").mkdir()
    with tarfile.open(here / "released" / "state.tar.gz", "w:gz") as state:
        state.add(here / "data", "data")
    shutil.rmtree(here / "data")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "gh").write_text(GH)
    (programs / "gh").chmod(0o755)
    environment = shell | {
        "PATH": f"{programs}{os.pathsep}{shell['PATH']}",
        "CRAWLBLOCK_CONTACT": "you@example.org",
    }
    every = dict(steps())
    assert every.pop("Install") == 'pip install "$CRAWLBLOCK_PACKAGE"'
    for text in every.values():
        # the hosts are on loopback, where nobody asks without this
        line = text.replace("update --max", "update --allow-network 127.0.0.0/8 --max")
        run_line(f"set -e\n{line}", here, environment)
    assert (here / "public" / "index.html").is_file()
    assert {path.name for path in (here / "released").iterdir()} == {
        "state.tar.gz", "dataset.tar.gz"
    }  # fmt: skip
    with tarfile.open(here / "released" / "dataset.tar.gz") as dataset:
        assert "export/README.md" in dataset.getnames()
    with tarfile.open(here / "released" / "state.tar.gz") as state:
        assert "data/crawlblock.duckdb" in state.getnames()
