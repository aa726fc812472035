"""WARC files, whole and damaged, read by FastWARC and by the standard library alone."""

from pathlib import Path

import pytest
from crawlblock.scan.read import has_fastwarc, records

from scan.warcs import TEXT, answer, member, read, record

GOOD = [member(record(f"h{n}.example")) for n in range(4)]
WHOLE = b"".join(GOOD)
_CUT = "the file is cut short in this record"
_NO_RECORD = "no WARC record begins here"
_SHORT = "a record is shorter than its Content-Length says"


def _spoiled(raw: bytes, at: int, junk: bytes) -> bytes:
    return raw[:at] + junk + raw[at + len(junk) :]


# name: bytes, responses that are read, where it is damaged and why
CASES: dict[str, tuple[bytes, int, list[tuple[int, str]]]] = {
    "whole": (WHOLE, 4, []),
    "cut in the last record": (WHOLE[:-20], 3, [(len(WHOLE) - len(GOOD[3]), _CUT)]),
    "cut in the last checksum": (WHOLE[:-3], 3, [(len(WHOLE) - len(GOOD[3]), _CUT)]),
    "a member cut inside": (GOOD[0] + GOOD[1][:80] + GOOD[2], 2, [(len(GOOD[0]), "Error -3")]),
    "a member's bytes spoiled": (
        _spoiled(WHOLE, len(GOOD[0]) + 60, b"\xff" * 8), 3, [(len(GOOD[0]), "Error -3")],
    ),
    "a checksum spoiled": (
        _spoiled(WHOLE, len(GOOD[0]) - 6, b"\0"), 3, [(0, "Error -3")],
    ),
    "junk between members": (GOOD[0] + b"junk" * 9 + GOOD[1], 2, [(len(GOOD[0]), _NO_RECORD)]),
    "junk at the end": (GOOD[0] + b"junk" * 9, 1, [(len(GOOD[0]), _NO_RECORD)]),
    "records glued in one member": (member(record(), record()) + GOOD[1], 3, []),
    "glued records at the end": (GOOD[1] + member(record(), record()), 3, []),
    "no blank lines between": (member(record()[:-4]) + member(record()[:-4]) + GOOD[1], 3, []),
    "no Content-Length": (GOOD[0] + member(record(length=None)) + GOOD[1], 3, []),
    "a Content-Length too large": (
        GOOD[0] + member(record(length=500)) + GOOD[1] + GOOD[2], 3, [(len(GOOD[0]), _SHORT)],
    ),
    "a Content-Length too small": (
        GOOD[0] + member(record(length=20)) + GOOD[1], 2, [(len(GOOD[0]), _NO_RECORD)],
    ),
    "a record of 0 bytes": (GOOD[0] + member(record(block=b"")) + GOOD[1], 3, []),
    "a body of 5 MiB": (member(record(block=answer(TEXT * 160_000))) + GOOD[1], 2, []),
    "a record of 80 MiB": (
        member(record(block=bytes(80 << 20))) + GOOD[1], 1, [(0, "a record is larger than 64 MiB")],
    ),
    "headers that are not UTF-8": (
        member(record(url="https://caf\xe9.example/", fields=[("WARC-X", b"\xff\xfe")])) + GOOD[1],
        2, [],
    ),
    "a plain file": (record() + record(), 2, []),
    "a plain file cut": ((record() + record())[:-30], 1, [(len(record()), _CUT)]),
    "an ARC file": (
        member(b"filedesc://a.arc 0.0.0.0 20080430204825 text/plain 7\n1 0 x\n\n"), 0,
        [(0, _NO_RECORD)],
    ),
    "a web page": (b"<html>Request blocked.</html>", 0, [(0, _NO_RECORD)]),
    "an empty file": (b"", 0, [(0, "the file is empty")]),
}  # fmt: skip


@pytest.fixture(params=[False, True], ids=["stdlib", "fastwarc"])
def fast(request: pytest.FixtureRequest) -> bool:
    """Say whether FastWARC reads; skips where it is not installed."""
    if request.param and not has_fastwarc():
        pytest.skip("fastwarc is not installed")
    return bool(request.param)


@pytest.mark.fault("scan", "{name}")
@pytest.mark.parametrize("name", CASES)
def test_every_damage_is_told_with_its_place(name: str, fast: bool, tmp_path: Path) -> None:
    """What can be read is read behind a damage, too, and the damage has its offset and reason."""
    raw, responses, damages = CASES[name]
    stored, told = read(tmp_path / "file.warc.gz", raw, fast)
    assert len(stored) == responses
    assert [at for at, _ in told] == [at for at, _ in damages]
    for (_, reason), (_, why) in zip(told, damages, strict=True):
        assert reason.startswith(why)


def test_readers_agree(tmp_path: Path) -> None:
    """FastWARC and the standard library give the same records and damages for every case."""
    if not has_fastwarc():
        pytest.skip("fastwarc is not installed")
    for raw, *_ in CASES.values():
        path = tmp_path / "file.warc.gz"
        assert read(path, raw, True) == read(path, raw, False)


def test_readers_agree_on_real_files(shared: Path) -> None:
    """Both read the real and the malformed samples alike."""
    if not has_fastwarc():
        pytest.skip("fastwarc is not installed")
    files = [
        path for path in sorted((shared / "warc_samples").iterdir()) if "arc" in path.suffixes[0]
    ]
    assert len(files) >= 16
    for path in files:
        assert list(records(path, True)) == list(records(path, False)), path.name


def test_offset_and_length_find_the_record(tmp_path: Path, fast: bool) -> None:
    """The bytes at a response's offset and length are its gzip member and nothing else."""
    requests = [member(record(kind="request")) for _ in GOOD]
    raw = b"".join(part for pair in zip(requests, GOOD, strict=True) for part in pair)
    stored, _ = read(tmp_path / "file.warc.gz", raw, fast)
    assert [raw[each.offset : each.offset + each.length] for each in stored] == GOOD
