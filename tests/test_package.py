"""Who installs crawlblock without the repository can do the main job with it."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from archives import SAMPLE, contents, small
from shells import QUICK_LOOK

from crawlblock import __version__

pytestmark = pytest.mark.own_code

ROOT = Path(__file__).parent.parent
CRAWLS = ("DEMO-2023-23", "DEMO-2023-40", "DEMO-2024-30")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return what `make dist` builds, by its ending; the wheel is built from the sdist."""
    pytest.importorskip("build")
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    (sdist,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return {"sdist": sdist, "wheel": wheel}


def python(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a program that sees nothing of the repository."""
    ours = ("PYTHON", "CRAWLBLOCK")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    return subprocess.run(
        [*map(str, words)], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def installed(package: Path, folder: Path) -> Path:
    """Return the programs of a clean environment in which a package is installed.

    The libraries are those of this environment, which are there after all that is installed.
    """
    venv.create(folder / "venv", with_pip=False)
    bin_folder = folder / "venv" / "bin"
    (site,) = (folder / "venv").glob("lib/python*/site-packages")
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    done = python(
        bin_folder / "python", "-m", "pip", "install", "--quiet", "--no-deps", "--no-index",
        "--no-build-isolation", "--no-compile", "--ignore-installed", package, cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return bin_folder


def files(folder: Path) -> set[Path]:
    """Return what a folder holds, without what Python compiled."""
    every = (path.relative_to(folder) for path in folder.rglob("*.*"))
    return {path for path in every if "__pycache__" not in path.parts}


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_one_file(built: dict[str, Path], kind: str, tmp_path: Path) -> None:
    """Both install the same program with its data, which judges a file."""
    programs = installed(built[kind], tmp_path)
    (tmp_path / "robots.txt").write_text("User-agent: GPTBot\nDisallow: /\n")
    version = python(programs / "crawlblock", "--version", cwd=tmp_path)
    assert __version__ in version.stdout
    done = python(programs / "crawlblock", "check", "robots.txt", "-o", "table", cwd=tmp_path)
    assert done.returncode == 0 and "GPTBot" in done.stdout
    (site,) = (tmp_path / "venv").glob("lib/python*/site-packages/crawlblock")
    assert files(ROOT / "crawlblock") <= files(site)
    assert contents(site / "demo" / "facts") == contents(SAMPLE)


def test_the_main_job(built: dict[str, Path], tmp_path: Path) -> None:
    """The first command of the README runs from the wheel, and its results can be asked.

    Its facts are those of three crawls: test_demo.py reads all of them back.
    """
    programs = installed(built["wheel"], tmp_path)
    (facts,) = (tmp_path / "venv").glob("lib/python*/site-packages/crawlblock/demo/facts")
    shutil.copytree(small(tmp_path / "facts", sys.maxsize, CRAWLS), facts, dirs_exist_ok=True)
    words = QUICK_LOOK.split()
    done = python(programs / words[0], *words[1:], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "$ crawlblock history" in done.stderr and "blocked GPTBot" in done.stdout
    assert (tmp_path / "data" / "crawlblock-results" / "index.html").is_file()
    following = [line.split() for line in done.stderr.partition("next:\n")[2].splitlines()]
    assert [words[1] for words in following] == ["open", "timeline", "explain"]
    for words in following[1:]:
        result = python(programs / words[0], *words[1:], cwd=tmp_path)
        assert result.returncode == 0 and words[2] in result.stdout, result.stderr
