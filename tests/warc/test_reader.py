"""WARC and ARC files, whole and damaged, read by FastWARC and by the standard library alone."""

import gzip
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scan.warcs import TEXT, answer, member, read, record
from warcio.archiveiterator import ArchiveIterator

from crawlblock.errors import ArchiveError
from crawlblock.warc.members import Members
from crawlblock.warc.reader import (
    Damage,
    Found,
    Record,
    has_fastwarc,
    read_record,
    records,
    warc_time,
)
from warc.exchanges import EXCHANGES, write

GOOD = [member(record(f"h{n}.example")) for n in range(4)]
WHOLE = b"".join(GOOD)
_CUT = "the file is cut short in this record"
_NO_RECORD = "no WARC record begins here"
_SHORT = "a record is shorter than its Content-Length says"
_NO_END = "a record's header has no end"
_NO_LENGTH = "a record's header has no Content-Length"
_WRONG = "a record is longer or shorter than its Content-Length says"
_NO_NUMBER = "a record's Content-Length is not a number"


def _spoiled(raw: bytes, at: int, junk: bytes) -> bytes:
    return raw[:at] + junk + raw[at + len(junk) :]


def _with(raw: bytes, old: bytes, new: bytes) -> bytes:
    """Return a text with something else in the place of what it holds once."""
    assert raw.count(old) == 1
    return raw.replace(old, new)


def _split(raw: bytes, *at: int) -> bytes:
    """Return a text as gzip members that are split at these places."""
    ends = (*at, len(raw))
    return b"".join(member(raw[a:b]) for a, b in zip((0, *at), ends, strict=True))


def _arc(host: str, block: bytes | None = None, more: bytes = b"") -> bytes:
    block = answer() if block is None else block
    line = b"http://%s/robots.txt 192.0.2.1 20080430204825 text/plain%s %d\n"
    return line % (host.encode(), more, len(block)) + block + b"\n"


_ARC_HEAD = b"filedesc://a.arc 0.0.0.0 20080430204825 text/plain 8\n1 0 abc\n\n"
_LF = record("lf.example").partition(b"HTTP")[0].replace(b"\r\n", b"\n") + answer() + b"\n\n"
_OTHER_CASE = (
    _with(record(fields=[("WARC-Payload-Digest", b"sha1:AA")]), b"WARC-Type", b"warc-TYPE")
    .replace(b"WARC-Target-URI", b"Warc-target-uri")
    .replace(b"WARC-Date", b"WARC-DATE")
    .replace(b"WARC-Payload-Digest", b"warc-payload-digest")
    .replace(b"Content-Length", b"content-length")
)
_AT_1 = len(GOOD[0])
_NOISE = answer(random.Random(1).randbytes(2_000))
_LONG = record("c.b", block=_NOISE)
_ALL = member(record(), record(), record())
_STATED = member(*[record(fields=[("WARC-Payload-Digest", b"sha1:AA")])] * 3)
_PLAIN_AT_1 = len(record())


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
        GOOD[0] + member(record(length=20)) + GOOD[1], 2, [(len(GOOD[0]), _WRONG)],
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
    "names in another case": (GOOD[0] + member(_OTHER_CASE) + GOOD[1], 3, []),
    "names in another case, plain": (record() + _OTHER_CASE + record(), 3, []),
    "a request in another case": (
        member(_with(_with(record(kind="request"), b"WARC-Type", b"warc-type"), b"req", b"REQ"))
        + GOOD[0], 1, [],
    ),
    "header lines that end in LF": (GOOD[0] + member(_LF) + GOOD[1], 3, []),
    "header lines that end in LF, plain": (record() + _LF + record(), 3, []),
    "one header line that ends in LF": (
        GOOD[0] + member(_with(record(), b"robots.txt\r\n", b"robots.txt\n")) + GOOD[1], 3, [],
    ),
    "a folded header line": (
        GOOD[0] + member(record(fields=[("WARC-X", b"a\r\n  b")])) + GOOD[1], 3, [],
    ),
    "a header line without a colon": (
        GOOD[0] + member(_with(record(), b"WARC-Date", b"odd\r\nWARC-Date")) + GOOD[1], 3, [],
    ),
    "a damaged first member": (_spoiled(WHOLE, 40, b"\xff" * 8), 3, [(0, "Error -3")]),
    "a header without an end": (
        GOOD[0] + member(b"WARC/1.0\r\nWARC-Type: response\r\n") + GOOD[1], 2, [(_AT_1, _NO_END)],
    ),
    "a header without an end, plain": (
        record() + b"WARC/1.0\r\nWARC-Type: response\r\n", 1, [(_PLAIN_AT_1, _NO_END)],
    ),
    "a Content-Length of twenty digits": (
        GOOD[0] + member(record(length=10**19)) + GOOD[1], 2, [(_AT_1, _NO_NUMBER)],
    ),
    "a Content-Length that is not a number": (
        GOOD[0] + member(_with(record(), b"Content-Length: ", b"Content-Length: x")) + GOOD[1], 2,
        [(_AT_1, _NO_NUMBER)],
    ),
    "a request's Content-Length too large": (
        GOOD[0] + member(record(kind="request", length=500)) + GOOD[1] + GOOD[2], 3,
        [(_AT_1, _SHORT)],
    ),
    "a request's Content-Length too small": (
        GOOD[0] + member(record(kind="request", length=20)) + GOOD[1], 2, [(_AT_1, _WRONG)],
    ),
    "a Content-Length beyond the file": (
        GOOD[0] + member(record(length=10**6)), 1, [(_AT_1, _SHORT)],
    ),
    "no Content-Length, plain": (
        record() + record(length=None) + record(), 2, [(_PLAIN_AT_1, _NO_LENGTH)],
    ),
    "a Content-Length too large, plain": (
        record() + record(length=120) + record(), 2, [(_PLAIN_AT_1, _WRONG)],
    ),
    "a Content-Length too small, plain": (
        record() + record(length=20) + record(), 2, [(_PLAIN_AT_1, _WRONG)],
    ),
    "a Content-Length of twenty digits, plain": (
        record() + record(length=10**19) + record(), 2, [(_PLAIN_AT_1, _NO_NUMBER)],
    ),
    "junk between plain records": (
        record() + b"junk\r\n" * 9 + record(), 2, [(_PLAIN_AT_1, _NO_RECORD)],
    ),
    "blank lines between plain records": (record() + b"\r\n\n\r\n" + record(), 2, []),
    "no URL": (
        GOOD[0] + member(_with(record(), b"WARC-Target-URI", b"X")) + GOOD[1], 2,
        [(_AT_1, "a response record without its URL")],
    ),
    "no type": (
        GOOD[0] + member(_with(record(), b"WARC-Type", b"X")) + GOOD[1], 2,
        [(_AT_1, "a record of no type, which is not read")],
    ),
    "an unknown version": (
        GOOD[0] + member(_with(record(), b"WARC/1.0", b"WARC/9.9")) + GOOD[1], 3, [],
    ),
    "a type twice": (
        GOOD[0] + member(record(fields=[("WARC-Type", b"request")])) + GOOD[1], 2, [],
    ),
    "other fields twice": (
        GOOD[0] + member(record(fields=[("WARC-Protocol", b"h2"), ("WARC-Protocol", b"tls/1.3")]))
        + GOOD[1], 3, [],
    ),
    "one member for all": (member(record(), record(), record()), 3, []),
    "a record in two members": (GOOD[0] + _split(record(), 250) + GOOD[1], 3, []),
    "a record in four members": (GOOD[0] + _split(record(), 90, 230, 250) + GOOD[1], 3, []),
    "a revisit and a resource": (
        GOOD[0] + member(record(kind="revisit")) + member(record(kind="resource", block=TEXT)), 3,
        [],
    ),
    "a continuation": (
        GOOD[0] + member(record(kind="continuation")) + GOOD[1], 2,
        [(_AT_1, "a record of continuation type, which is not read")],
    ),
    "records that are passed over": (
        b"".join(member(record(kind=kind)) for kind in ("warcinfo", "metadata", "conversion"))
        + GOOD[0], 1, [],
    ),
    "an ARC file": (
        member(_ARC_HEAD) + member(_arc("a.example")) + member(_arc("b.example")), 2, [],
    ),
    "an ARC file of version 2": (
        member(_arc("a.example", more=b" 200 - - 70 a.arc")) + member(_arc("b.example")), 2, [],
    ),
    "a plain ARC file": (_ARC_HEAD + _arc("a.example") + _arc("b.example"), 2, []),
    "a plain ARC file with junk between": (
        _arc("a.example") + b"junk\n" * 9 + _arc("b.example"), 1 + 1,
        [(len(_arc("a.example")), _NO_RECORD)],
    ),
    "a plain ARC file cut": (
        _arc("a.example") + _arc("b.example")[:-9], 1, [(len(_arc("a.example")), _CUT)],
    ),
    "a plain file with a byte order mark": (b"\xef\xbb\xbf" + record() + record(), 2, []),
    "one member with a byte order mark": (member(b"\xef\xbb\xbf" + record(), record()), 2, []),
    "a hole of zeros": (GOOD[0] + bytes(300_000) + GOOD[1], 2, [(_AT_1, _NO_RECORD)]),
    "a hole of zeros, plain": (
        record() + bytes(300_000) + record(), 2, [(_PLAIN_AT_1, _NO_RECORD)],
    ),
    "one member for all, cut": (
        member(record("a.b"), record("b.b"), _LONG)[:-200], 2, [(0, _CUT)],
    ),
    "one member for all, its checksum spoiled, no digests": (
        _spoiled(_ALL, len(_ALL) - 8, b"\0\0"), 0,
        [(0, "its gzip member is damaged")] * 2 + [(0, "Error -3")],
    ),
    "one member for all, its checksum spoiled, digests": (
        _spoiled(_STATED, len(_STATED) - 8, b"\0\0"), 2, [(0, "Error -3")],
    ),
    "one member for all, a Content-Length too large": (
        member(record(), record(length=500), record(), record()), 3, [(0, _WRONG)],
    ),
    "one member for all, a Content-Length too small": (
        member(record(), record(length=20), record()), 2, [(0, _WRONG)],
    ),
    "one member for all, junk between": (
        member(record(), b"junk\r\n" * 9, record()), 2, [(0, _NO_RECORD)],
    ),
    "one member for all, no Content-Length": (
        member(record(), record(length=None), record()), 3, [],
    ),
    "one member for all, of 10 MiB": (
        member(record(block=answer(TEXT * 160_000)), record(length=20), *[record()] * 2,
               record(block=answer(TEXT * 160_000)), record()), 5, [(0, _WRONG)],
    ),
    "one member for all, of 10 MiB, cut": (
        member(*[record(block=answer(TEXT * 90_000))] * 4, _LONG)[:-200], 4, [(0, _CUT)],
    ),
    "one member for all, of which one record has 70 MiB": (
        member(record(), record(block=bytes(70 << 20)), record()), 2,
        [(0, "a record is larger than 64 MiB")],
    ),
    "an ARC file in one member": (
        member(_ARC_HEAD, _arc("a.example"), _arc("b.example")), 2, [],
    ),
    "an ARC file in one member, cut": (
        member(_ARC_HEAD, _arc("a.example"), _arc("b.example", _NOISE))[:-200], 1, [(0, _CUT)],
    ),
    "an ARC line that states a length below 0": (
        _arc("a.example") + _arc("b.example").replace(b"plain ", b"plain -") + _arc("c.example"),
        2, [(len(_arc("a.example")), _NO_RECORD)],
    ),
    "a web page": (b"<html>Request blocked.</html>", 0, [(0, _NO_RECORD)]),
    "a web page in gzip": (gzip.compress(b"<html>"), 0, [(0, _NO_RECORD)]),
    "blank lines alone": (b"\r\n\r\n", 0, []),
    "an empty file": (b"", 0, [(0, "the file is empty")]),
}  # fmt: skip


@pytest.fixture(params=[False, True], ids=["stdlib", "fastwarc"])
def fast(request: pytest.FixtureRequest) -> bool:
    """Say whether FastWARC reads; skips where it is not installed."""
    if request.param and not has_fastwarc():
        pytest.skip("fastwarc is not installed")
    return bool(request.param)


@pytest.fixture
def both() -> None:
    """Skip a test where FastWARC is not installed."""
    if not has_fastwarc():
        pytest.skip("fastwarc is not installed")


@pytest.mark.fault("scan", "{name}")
@pytest.mark.parametrize("name", CASES)
def test_every_damage_is_reported_with_its_place(name: str, fast: bool, tmp_path: Path) -> None:
    """What can be read is read behind a damage, too, and the damage has its offset and reason."""
    raw, responses, damages = CASES[name]
    stored, found = read(tmp_path / "file.warc.gz", raw, fast)
    assert len(stored) == responses
    assert [damage.offset for damage in found] == [at for at, _ in damages]
    for damage, (_, why) in zip(found, damages, strict=True):
        assert damage.reason.startswith(why)


@pytest.mark.parametrize("name", CASES)
def test_readers_agree(name: str, both: None, tmp_path: Path) -> None:
    """FastWARC and the standard library give the same records and damages for every case."""
    path = tmp_path / "file.warc.gz"
    path.write_bytes(CASES[name][0])
    assert list(records(path, True)) == list(records(path, False))


def test_a_segment_is_cut(tmp_path: Path, fast: bool) -> None:
    """The first record of a segmented one holds only a part of the payload."""
    raw = member(record(fields=[("WARC-Segment-Number", b"1")]))
    (found,), _ = read(tmp_path / "file.warc.gz", raw, fast)
    assert found.truncated == b"segmented"


def test_records_without_an_answer_are_counted(tmp_path: Path, fast: bool) -> None:
    """Each type is counted once, also where FastWARC gives up in the middle of a file."""
    kinds = ["warcinfo", "request", "metadata", "conversion", "request"]
    raw = b"".join(member(record(kind=kind)) for kind in kinds)
    for more in (b"", GOOD[0][:-9]):
        path, passed = tmp_path / "file.warc.gz", Counter[str]()
        path.write_bytes(raw + more)
        list(records(path, fast, passed))
        assert passed == Counter(kinds)


def test_a_file_that_is_written_to_meanwhile(tmp_path: Path, fast: bool) -> None:
    """What was there at the start is read; a record that is not written yet is a damage."""
    path = tmp_path / "file.warc.gz"
    path.write_bytes(GOOD[0] + GOOD[1] + GOOD[2][:-9])
    found = records(path, fast)
    first = next(found)
    with path.open("ab") as file:
        file.write(GOOD[2][-9:] + GOOD[3])
    second, damage, *more = found
    assert [type(each) for each in (first, second, damage)] == [Record, Record, Damage]
    assert not more and _hosts(list(records(path, fast))) == {
        f"https://h{n}.example/robots.txt" for n in range(4)
    }


def test_a_file_that_is_cut_meanwhile(tmp_path: Path, fast: bool) -> None:
    """A file that loses its end while it is read gives a damage and no crash."""
    raw = b"".join(member(record(f"h{n}.example", block=_NOISE)) for n in range(500))
    path = tmp_path / "file.warc.gz"
    path.write_bytes(raw)
    found = records(path, fast)
    next(found)
    with path.open("r+b") as file:
        file.truncate(len(raw) // 2)
    assert isinstance(list(found)[-1], Damage)


def test_readers_agree_on_real_files(shared: Path, both: None) -> None:
    """Both read the real and the malformed samples alike."""
    files = _samples(shared)
    assert len(files) >= 16
    for path in files:
        assert list(records(path, True)) == list(records(path, False)), path.name


def test_records_that_begin_within_members(fast: bool, tmp_path: Path) -> None:
    """Where no member begins with a record but the first, all records are read."""
    raw = _split(record("a.b") + record("b.b") + record("c.b"), 60, _PLAIN_AT_1 + 200, 600)
    stored, damages = read(tmp_path / "file.warc.gz", raw, fast)
    assert [each.url for each in stored] == [f"https://{name}.b/robots.txt" for name in "abc"]
    assert [each.block for each in stored] == [answer()] * 3 and not damages


def test_offset_and_length_find_the_record(tmp_path: Path, fast: bool) -> None:
    """The bytes at a response's offset and length are its gzip member and nothing else."""
    requests = [member(record(kind="request")) for _ in GOOD]
    raw = b"".join(part for pair in zip(requests, GOOD, strict=True) for part in pair)
    stored, _ = read(tmp_path / "file.warc.gz", raw, fast)
    assert [raw[each.offset : each.offset + each.length] for each in stored] == GOOD


def test_a_record_has_its_fields(tmp_path: Path, fast: bool) -> None:
    """Kind, URL, date, digest, truncation and block are those of the record, however named."""
    fields = [("warc-payload-digest", b"sha1:AA"), ("WARC-TRUNCATED", b"length")]
    raw = member(record(kind="Revisit", url="<https://a.example/robots.txt>", fields=fields))
    (found,), _ = read(tmp_path / "file.warc.gz", raw, fast)
    assert found == Record(
        kind="revisit",
        url="https://a.example/robots.txt",
        date=b"2025-08-04T14:54:08Z",
        digest=b"sha1:AA",
        truncated=b"length",
        block=answer(),
        offset=0,
        length=len(raw),
    )


def test_header_lines_that_end_in_lf(tmp_path: Path, fast: bool) -> None:
    """A header of which one line or all end in LF gives the same fields."""
    for raw in (_with(record("lf.example"), b"robots.txt\r\n", b"robots.txt\n"), _LF):
        (found,), _ = read(tmp_path / "file.warc.gz", member(raw), fast)
        assert (found.url, found.block) == ("https://lf.example/robots.txt", answer())
        assert found.date == b"2025-08-04T14:54:08Z"


def test_an_arc_record_has_its_fields(tmp_path: Path) -> None:
    """URL, date and block of an ARC record are where a WARC record's are."""
    (found,), _ = read(tmp_path / "file.arc", _arc("a.example"), False)
    assert (found.kind, found.url) == ("response", "http://a.example/robots.txt")
    assert (warc_time(found.date), found.block) == (datetime(2008, 4, 30, 20, 48, 25), answer())


def test_a_damage_names_the_url_where_it_is_known(tmp_path: Path, fast: bool) -> None:
    """A record of a type that is not read is reported with its URL."""
    _, (damage,) = read(tmp_path / "file.warc.gz", member(record(kind="continuation")), fast)
    assert damage.url == "https://a.example/robots.txt"


def test_a_range_is_read_as_a_file_is() -> None:
    """Of the bytes of a range the first answer is given, or the damage in its place."""
    first = read_record(GOOD[0] + GOOD[1])
    assert isinstance(first, Record) and first.url == "https://h0.example/robots.txt"
    assert read_record(GOOD[0][:-9]) == Damage(0, _CUT)
    assert read_record(member(record(kind="request"))) == Damage(0, "no answer is there")
    assert read_record(b"") == Damage(0, "no answer is there")


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    """A missing file and a folder raise an error that names them."""
    for path in (tmp_path / "none.warc", tmp_path):
        with pytest.raises(ArchiveError, match=str(path)):
            list(records(path))


def test_many_damages_take_no_time_for_each_other() -> None:
    """A file in which every record is damaged, and one of many glued records, are read at once."""
    damaged = member(record(length=500)) * 20_000
    assert sum(isinstance(each, Damage) for each in Members(damaged, len(damaged)).read()) == 20_000
    glued = member(*[record()] * 50_000)
    assert sum(isinstance(each, Record) for each in Members(glued, len(glued)).read()) == 50_000


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"yesterday", b"2025-13-04T14:54:08Z", b"2025-02-30T14:54:08Z",
        b"2025-08-04T25:00:00Z", b"2025-08-04T14:54:61Z", b"0001-01-01T00:00:00+14:00",
        b"9999-12-31T23:59:59-14:00",
        b"20251304145408", b"2025080414", b"1970-01-01T00:00:00Z", b"3025-08-04T14:54:08Z",
        b"2025-08-04T14:54:08Zjunk", b"\xff\xfe\x00", b"9" * 5_000, "\u0662\u0660".encode(),
        b"2025-08-04T14:54:08+99:00", b"\xb2\xb2\xb2",
    ],
)  # fmt: skip
def test_impossible_dates_are_none(raw: bytes) -> None:
    """What is no date, or none at which robots.txt existed, is none; nothing raises."""
    assert warc_time(raw) is None


@pytest.mark.parametrize(
    ("raw", "time"),
    [
        (b"2025-08-04T14:54:08Z", datetime(2025, 8, 4, 14, 54, 8)),
        (b"2025-08-04T14:54:08.5Z", datetime(2025, 8, 4, 14, 54, 8, 500_000)),
        (b"2025-08-04T14:54:08.123456789Z", datetime(2025, 8, 4, 14, 54, 8, 123_456)),
        (b"2025-08-04T16:54:08+02:00", datetime(2025, 8, 4, 14, 54, 8)),
        (b"2025-08-04T14:54:08", datetime(2025, 8, 4, 14, 54, 8)),
        (b" 2025-08-04 14:54:08 ", datetime(2025, 8, 4, 14, 54, 8)),
        (b"20250804145408", datetime(2025, 8, 4, 14, 54, 8)),
        (b"20250804145408123", datetime(2025, 8, 4, 14, 54, 8)),
        (b"2025-08-04", datetime(2025, 8, 4)),
    ],
)
def test_dates_are_utc(raw: bytes, time: datetime) -> None:
    """Dates with and without fractions, zones and separators are read as UTC."""
    assert warc_time(raw) == time


_FIVE = [
    record(f"h{n}.example", kind=kind, fields=[("WARC-Payload-Digest", b"sha1:AA")])
    for n, kind in enumerate(["response", "request", "response", "revisit", "response"])
]


def _hosts(found: Sequence[Found]) -> set[str]:
    return {each.url for each in found if isinstance(each, Record)}


def _read_both(path: Path, raw: bytes) -> list[Found]:
    """Return what both readers find in a file with these bytes."""
    path.write_bytes(raw)
    found = list(records(path, False))
    if has_fastwarc():
        assert list(records(path, True)) == found
    return found


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file to write again and again."""
    return tmp_path_factory.mktemp("scratch") / "file.warc.gz"


def _untouched(pieces: Sequence[bytes], begin: int, end: int) -> Iterator[str]:
    """Yield the URL of each answer whose bytes lie outside of a part of the file."""
    at = 0
    for n, piece in enumerate(pieces):
        if n != 1 and (at + len(piece) <= begin or at >= end):
            yield f"https://h{n}.example/robots.txt"
        at += len(piece)


@pytest.mark.parametrize("packed", [True, False])
@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_a_changed_byte_costs_its_record_at_most(
    packed: bool, scratch: Path, data: st.DataObject
) -> None:
    """One byte changed, or the end cut off: all other records are read, and both readers agree."""
    pieces = [member(each) for each in _FIVE] if packed else _FIVE
    raw = b"".join(pieces)
    at = data.draw(st.integers(0, len(raw) - 1))
    if data.draw(st.booleans()):
        changed, end = raw[:at], len(raw)
    else:
        byte = data.draw(st.integers(0, 255))
        changed, end = raw[:at] + bytes([byte]) + raw[at + 1 :], at + 1
    assert _hosts(_read_both(scratch, changed)) >= set(_untouched(pieces, at, end))


def test_blanks_behind_a_record(scratch: Path) -> None:
    """A record is whole if only blanks are left behind it in its member; other bytes are damage."""
    whole = _FIVE[0].removesuffix(b"\r\n\r\n")
    texts = [whole + end for end in (b"\r\n \r\n", b" \t\v\f\r\n", b"", b"\r\nx\r\n")]
    found = _read_both(scratch, b"".join(map(member, texts)))
    assert [type(each) for each in found] == [Record, Record, Record, Damage]


@settings(max_examples=400, deadline=None)
@given(n=st.integers(0, 4), where=st.floats(0, 1, exclude_max=True), junk=st.binary(max_size=3))
def test_anything_within_a_member_stays_in_it(
    n: int, where: float, junk: bytes, scratch: Path
) -> None:
    """Bytes changed before a record is packed: all other records are read, the readers agree."""
    at = int(where * len(_FIVE[n]))
    texts = [*_FIVE]
    texts[n] = _spoiled(texts[n], at, junk)
    found = _read_both(scratch, b"".join(map(member, texts)))
    others = {f"https://h{each}.example/robots.txt" for each in range(5) if each not in (1, n)}
    assert _hosts(found) >= others


def _samples(shared: Path) -> list[Path]:
    files = sorted((shared / "warc_samples").iterdir())
    return [path for path in files if "arc" in path.suffixes[0]]


def _by_warcio(path: Path) -> list[tuple[str, str, bytes]]:
    """Return kind, URL and block of the answers in a file, as warcio reads them."""
    found = []
    with path.open("rb") as file:
        is_arc = path.suffixes[0] == ".arc"
        for each in ArchiveIterator(file, no_record_parse=True, arc2warc=is_arc):
            if each.rec_type in ("response", "revisit", "resource"):
                block = each.raw_stream.read()
                found.append((each.rec_type, each.rec_headers["WARC-Target-URI"], block))
    return found


def _here(path: Path, fast: bool) -> list[tuple[str, str, bytes]]:
    found = list(records(path, fast))
    return [(each.kind, each.url, each.block) for each in found if isinstance(each, Record)]


@pytest.mark.parametrize(
    "name",
    [
        "cc_whirlwind_2024-22.warc.gz",
        "jwarc_cc.warc.gz",
        "aut_example.warc.gz",
        "resiliparse_warcfile.warc.gz",
        "warcio_example.warc",
        "warcio_example.warc.gz",
        "warcio_example.arc.gz",
        "warcio_example-resource.warc.gz",
        "warcio_example-digest.warc",
        "warcio_example-iana.org-chunked.warc",
        "warcio_post-test.warc.gz",
    ],
)
def test_warcio_reads_the_same_in_real_files(name: str, shared: Path, fast: bool) -> None:
    """Of files that are in order, warcio finds the same answers with the same bytes."""
    path = shared / "warc_samples" / name
    assert _here(path, fast) == _by_warcio(path)


def test_warcio_reads_the_same_in_files_of_the_writer(tmp_path: Path, fast: bool) -> None:
    """What the writer writes, warcio and both readers read alike."""
    path = tmp_path / "file.warc.gz"
    with path.open("wb") as file:
        write(file)
    found = _here(path, fast)
    assert found == _by_warcio(path)
    assert [url for _, url, _ in found] == [each.url for each in EXCHANGES]
