"""What all tests share: the material beside the repository, and what they tell at their end."""

import itertools
import os
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import small_database as small
from archives import SAMPLE
from sharing import copy_of_made

from crawlblock.cli import main
from crawlblock.transport.shared_pace import FOLDER

# fixtures: server, outset, world, shell, scheduler; here, user; chromium, results, seen; unpainted
pytest_plugins = ["shells", "users", "pages", "unpainted"]
ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
_NUMBERS = itertools.count()


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a database without captures."""
    connection = small.make(tmp_path / "small.duckdb")
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of shared material; tests that need it are skipped without it."""
    if not SHARED.is_dir():
        pytest.skip("the shared material is not beside the repository")
    return SHARED


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of the module's own in which the commands of `make analyze` have run.

    They run once for all modules and processes of a test run, or not at all where CI has just run
    `make analyze` on a clean checkout.
    """
    analyzed = "CI" in os.environ and (ROOT / "data" / "crawlblock-results").is_dir()
    make = _copy_analyzed if analyzed else _make_bundled
    return copy_of_made(tmp_path_factory, "bundled", make)


def _copy_analyzed(folder: Path) -> None:
    folder.mkdir()
    for name in ("crawlblock.duckdb", "crawlblock.snapshot.duckdb"):
        shutil.copyfile(ROOT / "data" / name, folder / name)
    shutil.copytree(ROOT / "data" / "crawlblock-results", folder / "crawlblock-results")
    shutil.copytree(ROOT / "build" / "demo", folder / "archive")


def _make_bundled(folder: Path) -> None:
    db = folder / "crawlblock.duckdb"
    for command in (
        ["demo", SAMPLE, folder / "archive"],
        ["sample", "--db", db, "--list", SAMPLE / "hosts.csv", "--name", "sample"],
        ["history", "--db", db, "--mirror", folder / "archive", "--crawls", "all"],
        ["weights", "--db", db, "--list", SAMPLE / "weights.csv"],
        ["analyze", "--db", db],
    ):
        with pytest.raises(SystemExit) as stopped:
            main([str(argument) for argument in command])
        assert stopped.value.code == 0, command


def pytest_configure(config: pytest.Config) -> None:
    """Make known how tests of faults are marked."""
    config.addinivalue_line(
        "markers", "fault(part, phrase, each): what a test meets; `-m fault` lists them all"
    )


@pytest.fixture(scope="session", autouse=True)
def pace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which the processes of these tests agree on the pace, and no others."""
    folder = tmp_path_factory.mktemp("pace")
    os.environ[FOLDER] = str(folder)
    return folder


@pytest.fixture(autouse=True)
def own_pace(pace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return such a folder of one test: a port may have been another server's before."""
    folder = pace / str(next(_NUMBERS))
    monkeypatch.setenv(FOLDER, str(folder))
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Note with each test which faults it meets: `@pytest.mark.fault(part, phrase, each=())`.

    Braces in the phrase stand for the test's parameters, and `{each}` for each of several faults
    that one test meets; every one has a line of its own.
    """
    for item in items:
        given = getattr(item, "callspec", None)
        for mark in item.iter_markers("fault"):
            part, phrase = mark.args
            for each in mark.kwargs.get("each", ("",)):
                fault = phrase.format(each=each, **(given.params if given else {}))
                item.user_properties.append(("fault", (part, fault)))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print what the tests counted, and with `-m fault` every fault with how its tests ended."""
    for report in terminalreporter.getreports("passed"):
        for name, value in getattr(report, "user_properties", ()):
            if name == "proof":
                terminalreporter.write_line(f"proof: {value}")
    if config.option.markexpr == "fault":
        _print_faults(terminalreporter)


def _print_faults(reporter: pytest.TerminalReporter) -> None:
    ends: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for end in ("failed", "error", "skipped", "passed"):
        for report in reporter.getreports(end):
            for name, value in getattr(report, "user_properties", ()):
                if name == "fault":
                    ends[value][end] += 1
    reporter.section("faults")
    for (part, phrase), counted in sorted(ends.items()):
        endings = ", ".join(f"{end} {n}" if n > 1 else end for end, n in counted.items())
        reporter.write_line(f"{part:8} {phrase:<80} {endings}")
