"""Terminals of 80 and of 40 columns: names of hosts stay whole, and nothing is garbled."""

import fcntl
import io
import os
import pty
import struct
import subprocess
import sys
import termios
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console
from shells import shown_in

from crawlblock.evidence.transitions import Change
from crawlblock.pipeline.doctor import Check
from crawlblock.report.formats import print_table
from crawlblock.report.terminal.doctor_page import doctor_page
from crawlblock.report.terminal.host_history import changes_page

LONG = f"{'a' * 63}.{'b' * 20}.example"
DAY = datetime(2024, 1, 1)


def in_terminal(columns: int, *arguments: object) -> str:
    """Return what a command writes into a terminal of that size; it must end well."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {k: v for k, v in os.environ.items() if k != "COLUMNS"}
    process = subprocess.Popen(
        [sys.executable, "-m", "crawlblock", *map(str, arguments)],
        stdin=follower, stdout=follower, stderr=subprocess.DEVNULL,
        env=environment | {"NO_COLOR": "1", "TERM": "xterm"},
    )  # fmt: skip
    os.close(follower)
    written = shown_in(leader, process)
    return written.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("host", ["www.hurriyet.com.tr", "xn--bcher-kva.example:8080", LONG])
def test_hosts_are_whole(host: str, width: int) -> None:
    """However many columns a table has, the name of a host is in one piece."""
    row = {"host": host, "among": f"a.example, {host}", "words": "some words " * 9, "n": 3}
    for columns in (["host", "n"], list(row)):
        out = io.StringIO()
        print_table(Console(file=out, width=width), [row, row], columns)
        assert out.getvalue().count(host) == 2 * (len(columns) // 2)
        if len(host) < 40 - len("words "):
            assert max(map(len, out.getvalue().splitlines())) <= width


@pytest.mark.parametrize("columns", [40, 80])
def test_changes(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Crawlers that changed alike at a host are one entry, and the host is in one piece."""
    monkeypatch.setenv("COLUMNS", str(columns))
    changes = [
        Change(
            host="www.hurriyet.com.tr", token=f"Bot{n}", transition="started",
            from_snapshot="A", snapshot="B", after=DAY, before=DAY + timedelta(30),
            from_restriction="none", to_restriction="full", from_basis="default",
            to_basis="named", authored_by="own" if n else "wildcard", status=200, digest="d",
        )
        for n in range(30)
    ]  # fmt: skip
    lines = changes_page(changes).splitlines()
    assert max(map(len, lines)) <= columns and len(lines) < 20
    assert lines[0].startswith("www.hurriyet.com.tr  2024-01-01 ")
    said = " ".join(" ".join(lines).split())
    assert "Bot1, Bot2" in said and "and 17 more" in said


def test_doctor(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is well is short, each advice is given once, and all of it fits 40 columns."""
    monkeypatch.setenv("COLUMNS", "40")
    advice = "give your e-mail address with --contact"
    page = doctor_page(
        [
            Check("python", "ok", "3.11.7"), Check("rich", "ok", "15.0.0"),
            Check("polars", "ok", "2.1.0"), Check("distributed", "fail", "1.0", "make setup"),
            Check("pyarrow", "ok", "not installed; pip install 'crawlblock[notebooks]' if wanted"),
            Check("contact", "warn", "none", advice), Check("archive", "warn", "public", advice),
        ]
    )  # fmt: skip
    said = " ".join(page.split())
    assert max(map(len, page.splitlines())) <= 40
    assert "ok packages: rich 15.0.0, polars 2.1.0" in said
    assert "optional, not installed: pyarrow; pip install" in said
    assert said.count(advice) == 1 and "archive: public; as above" in said
    assert "fail distributed: 1.0; make setup" in said


@pytest.mark.parametrize("columns", [40, 80])
def test_a_real_terminal(tmp_path: Path, columns: int) -> None:
    """In a terminal of that size commands fill no line beyond its end."""
    (tmp_path / "robots.txt").write_bytes(b"User-agent: GPTBot\nDisallow: /\n")
    for command in (["check", tmp_path / "robots.txt"], ["doctor", "--db", tmp_path / "no.duckdb"]):
        words = [len(word) + 2 for part in command for word in str(part).split()]
        lines = in_terminal(columns, *command).splitlines()
        assert lines and max(map(len, lines)) <= max(columns, *words)
