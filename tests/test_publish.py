"""`crawlblock publish`: a folder to deploy, whole or not at all, the same each time."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from sharing import copy_of_made

from crawlblock.cli import main
from crawlblock.errors import InputError
from crawlblock.export.tables import take_over
from crawlblock.export.whole_folder import written_aside
from crawlblock.report.assemble import write_report
from crawlblock.store.database import open_copy

pytestmark = pytest.mark.usefixtures("unpainted")

OPEN, SHUT = "User-agent: *\nDisallow: /private\n", "User-agent: GPTBot\nDisallow: /\n"
LONG = ".".join("x" * 60 for _ in range(4))
ANSWERS = {
    "a.example": (200, SHUT), "b.example:8080": (200, OPEN), "down.example": (503, None),
    "shut.example": (403, None), "page.example": (200, "<!DOCTYPE html><html></html>"),
    f"{LONG}.example": (200, SHUT),
}  # fmt: skip


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    """Return exit code and messages of a command."""
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    return int(str(stopped.value.code)), capsys.readouterr().err


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database with results: six hosts, of which two begin to block in June."""
    return copy_of_made(tmp_path_factory, "publish", _fill) / "x.duckdb"


def _fill(folder: Path) -> None:
    folder.mkdir()
    rows = [
        {"host": host, "fetch_time": f"2024-0{month}-06", "status": status,
         "body": OPEN if month == 5 and body == SHUT else body}
        for month in (5, 6)
        for host, (status, body) in ANSWERS.items()
    ]  # fmt: skip
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    db = folder / "x.duckdb"
    for command in (["import", str(folder / "rows.jsonl")], ["analyze"]):
        with pytest.raises(SystemExit) as stopped:
            main([*command, "--db", str(db)])
        assert stopped.value.code == 0


def held(folder: Path) -> dict[str, str]:
    """Return the digest of each file below a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def publication(filled: Path) -> Path:
    """Return what the command makes of the database."""
    folder = filled.with_name("public")
    with pytest.raises(SystemExit) as stopped:
        main(["publish", str(folder), "--db", str(filled), "--author", "Ada Lovelace"])
    assert stopped.value.code == 0
    return folder


def test_a_folder_to_deploy(
    filled: Path, publication: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It has page, results, export, feed and sites; a second run gives the same bytes.

    A run that cannot end leaves it as it is.
    """
    folder = shutil.copytree(publication, tmp_path / "public")
    first = held(folder)
    wanted = {"index.html", "blocked.csv", "columns.csv", "changes.xml", "export/README.md"}
    assert wanted <= set(first)
    assert "Ada Lovelace" in (folder / "export" / "CITATION.cff").read_text()
    known = json.loads((folder / "manifest.json").read_text())["files"]
    assert {name: file["sha256"] for name, file in known.items()} | {
        "manifest.json": first["manifest.json"]
    } == first
    entries = ET.parse(folder / "changes.xml").findall("{http://www.w3.org/2005/Atom}entry")
    titles = [entry.findtext("{http://www.w3.org/2005/Atom}title") for entry in entries]
    assert "a.example started to block GPTBot" in titles
    code, said = run(capsys, "publish", folder, "--db", filled, "--author", "Ada Lovelace")
    assert code == 0 and f"{len(ANSWERS)} sites" in said
    assert held(folder) == first
    _check_sites(folder / "sites")
    results = tmp_path / "results"  # that are not complete
    shutil.copytree(filled.with_name("x-results"), results)
    (results / "blocked.parquet").unlink()
    for target in (folder, tmp_path / "new"):
        code, said = run(capsys, "publish", target, "--db", filled, "--results", results)
        assert code == 2 and "run `crawlblock analyze` first" in said
    assert held(folder) == first
    assert {path.name for path in tmp_path.iterdir()} == {"public", "results"}


def test_results_and_figures_are_those_of_analyze(filled: Path, publication: Path) -> None:
    """The page's figures, the results beside it and those of the export are the files there."""
    made, there = held(publication), held(filled.with_name("x-results"))
    assert {name for name in there if made.get(name) != there[name]} == {"manifest.json"}
    exported = {name.removeprefix("export/results/") for name in made if "/results/" in name}
    assert "blocked.csv" in exported
    assert all(made[f"export/results/{name}"] == there[name] for name in exported)


@pytest.mark.parametrize(("profile", "taken"), [("rfc9309", True), ("ccbot", False)])
def test_results_of_another_reading_are_not_exported(
    filled: Path, tmp_path: Path, profile: str, taken: bool
) -> None:
    """An export copies the results that are there if it would compute the same, and no others."""
    results = filled.with_name("x-results")
    with closing(open_copy(filled)) as con:
        names = take_over(con, results, tmp_path / "results", profile)
    assert ("blocked" in names) is taken
    assert {file.stem for file in (tmp_path / "results").iterdir()} == names


def test_another_drawing_is_no_figure(filled: Path, publication: Path, tmp_path: Path) -> None:
    """A PNG is made again if the SVG beside it shows something else."""
    results = shutil.copytree(filled.with_name("x-results"), tmp_path / "results")
    (results / "blocked.svg").write_bytes((results / "coverage.svg").read_bytes())
    (results / "blocked.png").write_bytes((results / "coverage.png").read_bytes())
    with closing(open_copy(filled)) as con:
        write_report(con, filled, results, tmp_path / "page")
    drawn = (tmp_path / "page" / "blocked.png").read_bytes()
    assert drawn == (publication / "blocked.png").read_bytes()


@pytest.mark.fault("process", "publish: kill -9 when nearly all is written")
def test_a_killed_publication(filled: Path, publication: Path, tmp_path: Path) -> None:
    """A run that is killed leaves the earlier folder whole."""
    folder = shutil.copytree(publication, tmp_path / "public")
    first = held(folder)
    command = [sys.executable, "-m", "crawlblock", "publish", str(folder), "--db", str(filled)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as run:
        part = tmp_path / f".public.{run.pid}.part"
        while run.poll() is None and not (part / "sites" / "index.json").exists():
            time.sleep(0.01)
        run.kill()
    assert run.returncode == -signal.SIGKILL and held(folder) == first


@pytest.mark.fault("process", "publish: kill -9 between the renames, then run again")
def test_killed_between_two_names(tmp_path: Path) -> None:
    """The next run brings back the earlier folder, and removes what was left long ago."""
    folder, other = tmp_path / "public", tmp_path / "public.old"
    for name in ("public.old", ".public.1.before", ".public.2.part", ".public.3.part"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "page").write_text(name)
    os.utime(tmp_path / ".public.2.part", (0, 0))
    with pytest.raises(InputError), written_aside(folder):
        assert (folder / "page").read_text() == ".public.1.before"
        raise InputError("no results")
    assert (folder / "page").read_text() == ".public.1.before"
    with written_aside(folder) as aside:
        (aside / "page").write_text("new")
    assert (folder / "page").read_text() == "new" and other.is_dir()
    assert {path.name for path in tmp_path.glob(".public*")} == {".public.3.part"}


def _check_sites(folder: Path) -> None:
    """Each host has a file that the index names; nobody is allowed where no rules were read."""
    names = json.loads((folder / "index.json").read_text())["sites"]
    sites = {host: json.loads((folder / name).read_text()) for host, name in names.items()}
    assert set(sites) == set(ANSWERS) and len(list(folder.iterdir())) == len(ANSWERS) + 1
    assert sites["a.example"]["blocked"] == ["GPTBot"]
    assert [change["token"] for change in sites["a.example"]["changes"]] == ["GPTBot"]
    assert [c["status"] for c in sites["a.example"]["captures"]] == [200, 200]
    assert "CCBot" in sites["b.example:8080"]["partly"]
    for host in ("down.example", "shut.example", "page.example"):
        found = sites[host]
        assert not (found["allowed"] or found["partly"] or found["blocked"]), host
        assert "GPTBot" in found["by_status"] + found["unknown"]


def test_a_folder_of_others(
    filled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder with anything else, a file, and the folder of the results stay as they are."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "mine.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    results = filled.with_name("x-results")
    before = held(tmp_path), held(results)
    for folder, why in (
        (tmp_path / "site", "holds mine.txt, which is not part of a publication"),
        (tmp_path / "file", "this is a file"),
        (results, "which is not part of a publication"),
    ):
        code, said = run(capsys, "publish", folder, "--db", filled)
        assert code == 2 and why in said
    assert (held(tmp_path), held(results)) == before
