"""Cases of files that other tools write: ARC, plain WARC, zstd, one gzip member, and resources."""

import gzip
import struct

from crawlblock.unpacking import zstd_library
from worlds.cases import (
    HOST,
    HTTPS,
    TARGET,
    WWW,
    Case,
    Form,
    Record,
    answered,
    blocks,
    broken,
    error,
    got,
    moved,
    ok,
    one,
)


def _plain(record: bytes) -> bytes:
    return record


def _in_one_member(file: bytes) -> bytes:
    return gzip.compress(file, mtime=0)


def _forms() -> dict[str, tuple[Form, str]]:
    """Return each form with what it needs."""
    return {
        "arc": (Form(suffix=".arc", pack=_plain, is_arc=True), "ARC has no digests."),
        "arc_in_members": (Form(suffix=".arc.gz", is_arc=True), "ARC is packed as WARC is."),
        "warc_unpacked": (Form(suffix=".warc", pack=_plain), "A file need not be packed."),
        "warc_in_one_member": (
            Form(pack=_plain, pack_file=_in_one_member, has_places=False),
            "Of a file in one gzip member no index can name a record, so history finds nothing.",
        ),
        **_zstd_forms(),
    }


def _zstd_forms() -> dict[str, tuple[Form, str]]:
    """Return the forms in zstd, none where no library reads that."""
    try:
        zstd = zstd_library()
    except ImportError:
        return {}
    raw = b"WARC/1.0\r\nWARC-Type: response\r\nContent-Type: application/http; msgtype=" * 9
    dictionary = zstd.ZstdDict(raw, is_raw=True)

    def with_dictionary(record: bytes) -> bytes:
        return bytes(zstd.compress(record, zstd_dict=dictionary))

    frame = b"\x5d\x2a\x4d\x18" + struct.pack("<I", len(raw)) + raw
    return {
        "warc_in_zstd": (Form(suffix=".warc.zst", pack=zstd.compress), "Each record is a frame."),
        "warc_in_zstd_with_a_dictionary": (
            Form(suffix=".warc.zst", start=frame, pack=with_dictionary, has_ranges=False),
            "Only who reads the file from its begin has its dictionary: to history it is damaged.",
        ),
    }


def _case(name: str, form: Form, why: str) -> Case:
    gone = "gone.{case}"
    revisit = Record(url=HTTPS, at="05 10:00", body=blocks(name).body, refers=(HTTPS, "04 10:00"))
    last = "04 10:00" if form.is_arc else "05 10:00"
    return Case(
        name=name, why=why, form=form,
        records=(
            got(HTTPS, "04 10:00", name), error(f"https://{gone}/robots.txt", "04 11:00", 404),
            moved("https://moved.{case}/robots.txt", "04 12:00", TARGET),
            got(TARGET, "04 12:30", f"target of {name}"), *([] if form.is_arc else [revisit]),
        ),
        expected={
            HOST: ok(last, blocks(name)), gone: answered("04 11:00", 404),
            "moved.{case}": ok("04 12:30", blocks(f"target of {name}")),
            WWW: ok("04 12:30", blocks(f"target of {name}")),
        },
    )  # fmt: skip


def _resources() -> list[Case]:
    alone = "A resource is a payload without the answer that brought it; it was had, so 200."
    stated = blocks("altered resource").body
    return [
        one("a_resource", alone,
            Record(url=HTTPS, at="04 10:00", is_resource=True, body=blocks("resource").body),
            ok("04 10:00", blocks("resource"))),
        Case(
            name="a_resource_without_a_status_in_the_index",
            why="Where an index states no status, history does not read the record: it is unknown.",
            records=(Record(url=HTTPS, at="04 10:00", status=None, is_resource=True,
                            body=blocks("resource without a status").body),),
            expected={HOST: ok("04 10:00", blocks("resource without a status"))},
            history={HOST: broken("04 10:00", None)},
        ),
        one("a_resource_that_was_altered", "Its digest tells that it is not what was had.",
            Record(url=HTTPS, at="04 10:00", is_resource=True, body=stated,
                   altered=stated.replace(b"GPT", b"XXX")),
            broken("04 10:00")),
    ]  # fmt: skip


CASES = [*(_case(name, form, why) for name, (form, why) in _forms().items()), *_resources()]
