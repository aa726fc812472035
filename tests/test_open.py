"""`crawlblock open`: the page in the browser, or its path."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def opened(folder: Path, browser: str) -> subprocess.CompletedProcess[str]:
    """Return how the command ended with a browser of that name."""
    paths = {"PATH": str(folder), "BROWSER": browser}  # so that no browser of this machine opens
    environment = {k: v for k, v in os.environ.items() if "DISPLAY" not in k} | paths
    command = [sys.executable, "-m", "crawlblock", "open", "--db", str(folder / "x.duckdb")]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """Return a page of results; its folder has a name that a URL must escape."""
    folder = tmp_path / "my results #1"
    (folder / "x-results").mkdir(parents=True)
    (folder / "x-results" / "index.html").write_text("<!DOCTYPE html>")
    return folder / "x-results" / "index.html"


def test_the_browser_gets_the_page(page: Path) -> None:
    """The browser is given the page's URL, and the path is printed."""
    script = page.parent / "browser.sh"
    script.write_text(f'#!/bin/sh\necho "$1" > "{page.parent}/asked"\n')
    script.chmod(0o755)
    (link := Path(page.parent.parent.parent) / "browser").symlink_to(script)
    done = opened(page.parent.parent, str(link))
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{page}\n", "")
    assert (page.parent / "asked").read_text().strip() == page.as_uri()


def test_without_a_browser(page: Path) -> None:
    """A browser that fails leaves the path and a word on what to do; no page is an error."""
    done = opened(page.parent.parent, str(shutil.which("false")))
    assert (done.returncode, done.stdout) == (0, f"{page}\n")
    assert "open this file on a machine that has one" in done.stderr
    page.unlink()
    done = opened(page.parent.parent, str(shutil.which("false")))
    assert done.returncode == 2 and "run `crawlblock analyze` first" in done.stderr
