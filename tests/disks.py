"""Disks that are small or may not be written to; only root can mount them."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """Give a folder that is a disk of a size (`16m`); the test is skipped where none can be had."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    with _mounted(folder, "-t", "tmpfs", "-o", f"size={size}", "crawlblock-test"):
        yield folder


@contextmanager
def sharing_disk(folder: Path) -> Iterator[Path]:
    """Give a folder that is a disk whose files can share blocks; else the test is skipped."""
    make = shutil.which("mkfs.btrfs")
    if os.geteuid() != 0 or not make:
        pytest.skip("only root can mount a disk, and mkfs.btrfs makes it")
    image = folder.with_suffix(".image")
    with image.open("wb") as file:
        file.truncate(200 * 2**20)
    subprocess.run([make, "--quiet", str(image)], check=True)
    with _mounted(folder, "-o", "loop", str(image)):
        yield folder


@contextmanager
def _mounted(folder: Path, *what: str) -> Iterator[None]:
    folder.mkdir()
    mount = ["mount", *what, str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def make_read_only(disk: Path, read_only: bool = True) -> None:
    """Forbid every writing to a disk, or allow it again."""
    how = "remount,ro" if read_only else "remount,rw"
    subprocess.run(["mount", "-o", how, str(disk)], check=True)
