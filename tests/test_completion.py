"""Shells complete commands, options and crawlers; what is misspelled is guessed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crawlblock.cli import main
from crawlblock.errors import did_you_mean

ASK = """
eval "$(crawlblock completion bash)"
COMP_WORDS=(crawlblock {words})
COMP_CWORD={place}
_crawlblock_completion crawlblock
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Return a PATH on which `crawlblock` is this one."""
    script = tmp_path / "crawlblock"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m crawlblock "$@"\n')
    script.chmod(0o755)
    return f"{tmp_path}{os.pathsep}{os.environ['PATH']}"


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("tim", {"timeline"}),
        ("scan pl", {"plan"}),
        ("timeline example.com --tok", {"--token"}),
        ("check robots.txt --token gptb", {"GPTBot"}),
        ("check robots.txt -o parq", {"parquet"}),
    ],
)
def test_bash(path: str, words: str, wanted: set[str]) -> None:
    """A real bash that has read the script completes commands, options, values and crawlers."""
    script = ASK.format(words=words, place=len(words.split()))
    done = subprocess.run(
        ["bash", "-c", script], env={**os.environ, "PATH": path}, capture_output=True, text=True,
        check=True, timeout=60,
    )  # fmt: skip
    assert {line.rpartition(",")[2] for line in done.stdout.split()} == wanted, done.stderr


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells(shell: str, path: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The scripts for zsh and fish are for this program, and the shell reads them if it is here."""
    with pytest.raises(SystemExit) as stopped:
        main(["completion", shell])
    script = capsys.readouterr().out
    assert stopped.value.code == 0 and f"_CRAWLBLOCK_COMPLETE={shell}_complete" in script
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, text=True, check=True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["timelin"], "crawlblock: no command is called 'timelin'; did you mean timeline?"),
        (["scan", "pln"], "crawlblock scan: no command is called 'pln'; did you mean plan?"),
        (["frobnicate"], "--help lists all"),
        (["timeline", "a.com", "--toke", "x"], "--token"),
        (["check", "robots.txt", "-o", "tabel"], "'table'"),
        (["timeline"], "crawlblock timeline: Missing argument 'HOST'"),
    ],
)
def test_one_line_for_what_is_misspelled(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A command or option that is none is one line on stderr with what was meant, and exit 2."""
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    out, err = capsys.readouterr()
    assert (stopped.value.code, out) == (2, "") and said in err and len(err.splitlines()) == 1


def test_misspelled_crawler(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Check judges any token by its name, and says which registered one is spelled nearly so."""
    (tmp_path / "robots.txt").write_text("User-agent: GTPBot\nDisallow: /\n")
    with pytest.raises(SystemExit):
        main(["check", str(tmp_path / "robots.txt"), "--token", "GTPBot"])
    out, err = capsys.readouterr()
    assert '"restriction": "full"' in out and "did you mean GPTBot" in err


def test_did_you_mean() -> None:
    """Near words are found whatever their case, far ones are not."""
    assert did_you_mean("ccbto", ["CCBot", "GPTBot"]) == "did you mean CCBot?"
    assert did_you_mean("CC-MAIN-2025-34", ["CC-MAIN-2025-33"]) == "did you mean CC-MAIN-2025-33?"
    assert did_you_mean("zzz", ["CCBot"]) == ""
