"""Scans of an archive in an S3 bucket: the same shards, and no file in memory."""

import os
from pathlib import Path

import polars as pl
import pytest
import small_parent
from buckets import HAS_S3, served_bucket
from click.testing import CliRunner
from clusters import ENVIRONMENT

from crawlblock.cli.scan import scan
from scan.warcs import archive, keys_of, member, record

pytestmark = pytest.mark.skipif(not HAS_S3, reason="obstore, moto not installed")
LARGE = 192  # MiB; the library holds some 45 of any large object

_SAVING = """
import asyncio, resource, sys
from pathlib import Path
from crawlblock.sources.commoncrawl.mirror import open_mirror
async def save():
    async with open_mirror(sys.argv[1], None) as mirror:
        await mirror.read("small")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert await mirror.save("large", Path(sys.argv[2])) is None
        print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
asyncio.run(save())
"""


def test_a_bucket_is_scanned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planned and run from a bucket, a scan has the rows of its folder."""
    mirror = archive(tmp_path / "mirror", [member(record(f"h{n}.example")) for n in range(6)])
    frames = []
    with served_bucket(mirror, monkeypatch) as address:
        for name, where in (("folder", str(mirror)), ("bucket", address)):
            for command in (
                ("plan", tmp_path / name, "--mirror", where, "--files", 2, "--crawls", "all"),
                ("run", tmp_path / name),
            ):
                ended = CliRunner().invoke(scan, [str(each) for each in command])
                assert ended.exit_code == 0, ended.output
            shards = sorted((tmp_path / name / "shards").iterdir())
            frames.append(pl.concat(pl.read_parquet(path) for path in shards))
    assert frames[0].equals(frames[1])
    assert sorted(frames[1]["warc_file"]) == keys_of(mirror)
    assert not [*(tmp_path / "bucket/files").iterdir()]


def test_files_are_never_held_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large object goes to the disk in chunks: memory grows by a fraction of its size."""
    (tmp_path / "bucket").mkdir()
    (tmp_path / "bucket/small").write_bytes(b"small")
    (tmp_path / "bucket/large").write_bytes(os.urandom(2**20) * LARGE)
    with served_bucket(tmp_path / "bucket", monkeypatch) as address:
        env = ENVIRONMENT | os.environ | {"PYTHONPATH": ENVIRONMENT["PYTHONPATH"]}
        grown = small_parent.python("-c", _SAVING, address, tmp_path / "saved", env=env)
    assert (tmp_path / "saved").stat().st_size == LARGE * 2**20
    assert int(grown) < LARGE / 3
