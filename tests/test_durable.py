"""Folders that get their final name: whole, or as they were before."""

from datetime import datetime
from pathlib import Path

import pytest
from archives import contents

from crawlblock import durable
from crawlblock.demo import Rendered, build
from crawlblock.durable import put_folder_in_place
from crawlblock.model import Crawl

pytestmark = pytest.mark.own_code


def folder_of(path: Path, text: str) -> Path:
    """Make a folder with a file."""
    path.mkdir()
    (path / "file").write_text(text)
    return path


def test_a_folder_is_replaced(tmp_path: Path) -> None:
    """The new folder has the name, and the older one the name that was given for it."""
    target, aside = folder_of(tmp_path / "x", "old"), folder_of(tmp_path / "new", "new")
    put_folder_in_place(aside, target, tmp_path / "before")
    assert (target / "file").read_text() == "new"
    assert (tmp_path / "before" / "file").read_text() == "old" and not aside.exists()


@pytest.mark.fault("disk", "a folder cannot be given the name of an older one")
def test_the_older_folder_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the new folder cannot be given the name, the older one has it again."""
    target, aside = folder_of(tmp_path / "x", "old"), folder_of(tmp_path / "new", "new")
    rename = Path.rename

    def refused(path: Path, to: Path) -> Path:
        if path == aside:
            raise PermissionError(13, "Permission denied")
        return rename(path, to)

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(PermissionError):
        put_folder_in_place(aside, target, tmp_path / "before")
    assert (target / "file").read_text() == "old" and not (tmp_path / "before").exists()


@pytest.mark.fault("process", "demo: a stop while the new archive goes to the disk")
def test_a_demo_archive_that_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop while a new demo archive is synced leaves the older one in its place."""
    noon = datetime(2023, 10, 1, 12)
    crawl = Crawl("DEMO-A", noon, noon)
    build(tmp_path / "x", [crawl], [Rendered("DEMO-A", "https://a.example/robots.txt", noon, 404)])
    before = contents(tmp_path / "x")

    def stop(_: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(durable, "sync", stop)
    with pytest.raises(KeyboardInterrupt):
        build(tmp_path / "x", [crawl], [])
    assert contents(tmp_path / "x") == before
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
