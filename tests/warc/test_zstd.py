"""WARC files packed by zstd: frames, dictionaries, skippable frames and damage."""

import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from scan.warcs import TEXT, answer, read, record

from crawlblock.errors import ArchiveError
from crawlblock.unpacking import zstd_library
from crawlblock.warc.http import Answers
from crawlblock.warc.reader import Record, records

RECORDS = [record(f"h{n}.example", fields=[("WARC-X", b"y" * 200)]) for n in range(4)]


@pytest.fixture
def zstd() -> Any:
    """Return the library; skips where there is none."""
    try:
        return zstd_library()
    except ImportError:
        pytest.skip("no library reads zstd")


def _frame(content: bytes, magic: bytes = b"\x5d") -> bytes:
    return magic + b"\x2a\x4d\x18" + struct.pack("<I", len(content)) + content


def _urls(path: Path, raw: bytes) -> list[str]:
    stored, damages = read(path, raw, False)
    assert not damages
    return [each.url for each in stored]


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
@pytest.mark.parametrize("trained", [False, True], ids=["raw", "trained"])
def test_a_dictionary(zstd: Any, tmp_path: Path, packed: bool, trained: bool) -> None:
    """The first frame may hold a dictionary, itself packed or not (the IIPC's proposal)."""
    dictionary = b"".join(RECORDS)[:4_000]
    if trained:
        samples = [record(f"{n}.example", block=answer(TEXT * (n % 9))) for n in range(500)]
        dictionary = zstd.train_dict(samples, 8_192).dict_content
    made = zstd.ZstdDict(dictionary, is_raw=not trained)
    frames = b"".join(zstd.compress(each, zstd_dict=made) for each in RECORDS)
    first = _frame(zstd.compress(dictionary) if packed else dictionary)
    assert len(_urls(tmp_path / "a.warc.zst", first + frames)) == 4
    _, damages = read(tmp_path / "b.warc.zst", frames, False)
    assert damages  # without it


@pytest.mark.parametrize("at", [(), (300,), (100, 700, 900)])
def test_frames_in_any_cut(zstd: Any, tmp_path: Path, at: tuple[int, ...]) -> None:
    """Frames for each record, for all of them, or cut anywhere, with frames to skip between."""
    text = b"".join(RECORDS)
    parts = [text[a:b] for a, b in zip((0, *at), (*at, len(text)), strict=True)]
    for frames in (parts, RECORDS):
        raw = _frame(b"x" * 99, b"\x50").join(map(zstd.compress, frames))
        expected = [f"https://h{n}.example/robots.txt" for n in range(4)]
        assert _urls(tmp_path / "file.warc.gz", raw) == expected


def test_damage(zstd: Any, tmp_path: Path) -> None:
    """A frame that is spoiled or cut, and a frame to skip that is cut, cost no other record."""
    checked = {zstd.CompressionParameter.checksum_flag: 1}
    frames = [zstd.compress(each, options=checked) for each in RECORDS]
    at = len(frames[0])
    spoiled = frames[1][:-3] + b"\0\0\0"
    for raw, left in (
        (frames[0] + spoiled + frames[2], 2),
        (frames[0] + frames[1][:60] + frames[2], 2),
        (frames[0] + b"junk" * 9 + frames[2], 2),
        (frames[0] + frames[1][:-9], 1),
        (frames[0] + _frame(b"x" * 99)[:50], 1),
    ):
        stored, damages = read(tmp_path / "file.warc.zst", raw, False)
        assert (len(stored), [each.offset for each in damages]) == (left, [at])


def test_a_body_in_zstd(zstd: Any) -> None:
    """A body in the coding zstd is read; one that ends early or was decoded already is known."""
    head = b"Content-Encoding: zstd\r\n"
    stored = zstd.compress(TEXT)
    assert Answers().read(answer(stored, headers=head)).payload == TEXT
    assert Answers().read(answer(stored * 2, headers=head)).payload == TEXT * 2
    assert Answers().read(answer(TEXT, headers=head)).payload == TEXT
    for cut in (stored[:-3], stored[:2], stored + stored[:-1]):
        assert Answers().read(answer(cut, headers=head)).ended


def test_without_the_library(tmp_path: Path) -> None:
    """Where no library reads zstd, one message says what to install, and a body is unreadable."""
    path = tmp_path / "a.warc.zst"
    path.write_bytes(b"\x28\xb5\x2f\xfd" + bytes(20))
    code = (
        "import sys; sys.modules['backports'] = sys.modules['compression'] = None\n"
        "from crawlblock.cli import main; main(sys.argv[1:])"
    )
    command = [sys.executable, "-c", code, "import", str(path), "--db", str(tmp_path / "x.duckdb")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode and ended.stderr.count("\n") == 1
    assert f"{path}: it is packed by zstd; install" in ended.stderr
    assert "pip install 'crawlblock[zstd]'" in ended.stderr


def test_a_zstd_file_that_cannot_be_read(zstd: Any, tmp_path: Path) -> None:
    """A missing file is an error, an empty one a damage."""
    with pytest.raises(ArchiveError):
        list(records(tmp_path / "none.warc.zst"))
    (tmp_path / "empty.warc.zst").write_bytes(b"")
    assert not isinstance(next(records(tmp_path / "empty.warc.zst")), Record)
