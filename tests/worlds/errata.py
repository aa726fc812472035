"""Cases of known faults of Common Crawl's writers, which leave a payload readable all the same."""

import gzip

from worlds.cases import (
    HOST,
    HTTPS,
    Case,
    Record,
    answered,
    blocks,
    broken,
    error,
    not_robots,
    ok,
    one,
    page,
)
from worlds.encodings import CHUNKED, GZIP, chunks

_LINE = b"\r\n"
_NONE, _UTF_8 = "Content-Encoding: none", "Content-Encoding: UTF-8"


def _late(body: bytes, *headers: str, stated: bytes | None = None) -> Record:
    """Return a capture as CC-MAIN-2018-34 has it: a line end too many before the payload."""
    return Record(
        url=HTTPS, at="04 10:00", headers=headers, body=body, altered=_LINE + body, stated=stated
    )


def _line_ends() -> list[Case]:
    at, read = "04 10:00", "A line end before the payload goes where the digest is of the rest."
    text = {name: blocks(f"behind a line end: {name}") for name in _TEXTS}
    own = text["own"]._replace(body=_LINE + text["own"].body)
    zipped = {name: gzip.compress(text[name].body, mtime=0) for name in ("zipped", "packed")}
    html = page("a page behind a line end")
    return [
        one("a_line_end_too_many", read, _late(text["late"].body), ok(at, text["late"])),
        one("line_ends_of_its_own", "Where the digest is of all of it, all of it is the payload.",
            Record(url=HTTPS, at=at, body=own.body), ok(at, own)),
        one("a_line_end_more_than_its_own", "One line end goes and no more.",
            _late(_LINE + text["two"].body),
            ok(at, text["two"]._replace(body=_LINE + text["two"].body))),
        one("a_line_end_and_another_text", "A digest that fits neither way is damage.",
            _late(text["altered"].body, stated=text["stated"].body), broken(at)),
        one("a_line_end_of_one_byte", "What no writer did is damage.",
            Record(url=HTTPS, at=at, body=text["byte"].body, altered=b"\n" + text["byte"].body),
            broken(at)),
        one("a_page_behind_a_line_end", read, _late(html), not_robots(at, html)),
        one("an_error_behind_a_line_end", "An error's page is not looked at.",
            Record(url=HTTPS, at=at, status=404, body=b"gone", altered=_LINE + b"gone"),
            answered(at, 404)),
        one("gzip_behind_a_line_end", read, _late(zipped["zipped"], GZIP), ok(at, text["zipped"])),
        one("gzip_behind_a_line_end_with_its_digest_undone", read,
            _late(zipped["packed"], GZIP, stated=text["packed"].body), ok(at, text["packed"])),
        one("chunks_behind_a_line_end", read,
            _late(chunks(text["chunks"].body), CHUNKED, stated=text["chunks"].body),
            ok(at, text["chunks"])),
        one("a_word_and_a_line_end", read, _late(text["word"].body, _NONE), ok(at, text["word"])),
        Case(
            name="an_error_after_a_line_end", why=read,
            records=(_late(text["older"].body), error(HTTPS, "05 10:00", 503)),
            expected={HOST: ok(at, text["older"])},
        ),
    ]  # fmt: skip


_TEXTS = (
    "late", "own", "two", "altered", "stated", "byte", "zipped", "packed", "chunks", "word",
    "older",
)  # fmt: skip


def _words() -> list[Case]:
    at, read = "04 10:00", "A word that names no coding stands for none where the digest fits."
    latin = {name: blocks(name) for name in ("none", "utf", "other")}
    latin = {n: t._replace(body=b"# caf\xe9\n" + t.body) for n, t in latin.items()}
    html = b"<!doctype html>\n<title>caf\xe9</title>\n"
    plain = blocks("no digest needed")
    return [
        one("no_coding_called_none", read,
            Record(url=HTTPS, at=at, headers=(_NONE,), body=latin["none"].body),
            ok(at, latin["none"])),
        one("no_coding_called_utf_8", read,
            Record(url=HTTPS, at=at, headers=(_UTF_8,), body=latin["utf"].body),
            ok(at, latin["utf"])),
        one("a_page_in_no_coding", read,
            Record(url=HTTPS, at=at, type="text/html", headers=(_NONE,), body=html),
            not_robots(at, html)),
        one("no_coding_and_another_digest", "Without its digest a text is damage.",
            Record(url=HTTPS, at=at, headers=(_NONE,), body=latin["other"].body,
                   stated=blocks("stated for another").body), broken(at)),
        one("text_in_no_coding", "Plain text is in no coding, whatever its header says.",
            Record(url=HTTPS, at=at, headers=(_UTF_8,), body=plain.body,
                   fields=(("WARC-Payload-Digest", None),)), ok(at, plain)),
    ]  # fmt: skip


CASES = [*_line_ends(), *_words()]
