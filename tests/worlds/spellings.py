"""Cases of odd spellings and of revisits."""

import base64
import gzip
import hashlib
from dataclasses import replace

from worlds.cases import (
    HOST,
    HTTPS,
    Case,
    Record,
    Seen,
    Text,
    allows,
    blocks,
    broken,
    moved,
    ok,
    one,
)
from worlds.records import metadata


def _heads(why: str = "An HTTP head may be spelled in many ways.") -> list[Case]:
    """Return one case for each way to spell an HTTP head."""
    heads = {
        "http_names_in_upper_case": b"HTTP/1.1 200 OK\r\nCONTENT-TYPE: TEXT/PLAIN\r\n\r\n",
        "http_names_in_lower_case": b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n",
        "http_head_by_line_feeds": b"HTTP/1.1 200 OK\nContent-Type: text/plain\n\n",
        "http_without_a_reason": b"HTTP/1.1 200\r\nContent-Type: text/plain\r\n\r\n",
        "http_with_an_empty_reason": b"HTTP/1.1 200 \r\nContent-Type: text/plain\r\n\r\n",
        "http_1_0": b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n",
        "http_2": b"HTTP/2 200\r\ncontent-type: text/plain\r\n\r\n",
        "http_without_headers": b"HTTP/1.1 200 OK\r\n\r\n",
        "http_with_a_line_that_is_no_header": b"HTTP/1.1 200 OK\r\nnonsense\r\nServer: x\r\n\r\n",
        "http_header_in_latin_1": b"HTTP/1.1 200 OK\r\nServer: caf\xe9\r\n\r\n",
        "http_header_without_a_space": b"HTTP/1.1 200 OK\r\nContent-Type:text/plain\r\n\r\n",
    }
    return [
        one(name, why,
            Record(url=HTTPS, at="04 10:00", head=head, body=blocks(name).body),
            ok("04 10:00", blocks(name)))
        for name, head in heads.items()
    ]  # fmt: skip


def _locations() -> list[Case]:
    """Return one case for each way to spell a Location."""
    target = f"https://{HOST}/to"
    heads = {
        "location_in_upper_case": b"HTTP/1.1 301 Moved\r\nLOCATION: /to\r\n\r\n",
        "location_in_lower_case": b"HTTP/2 301\r\nlocation: /to\r\n\r\n",
        "location_by_line_feeds": b"HTTP/1.1 301 Moved\nLocation: /to\n\n",
        "location_without_a_space": b"HTTP/1.0 302\r\nLocation:/to\r\n\r\n",
    }
    return [
        Case(
            name=name, why="A header's name has no case.",
            records=(
                Record(url=HTTPS, at="04 10:00", status=302 if b" 302" in head else 301, head=head),
                Record(url=target, at="04 10:00:02", body=blocks(name).body),
            ),
            expected={HOST: ok("04 10:00:02", blocks(name))},
        )
        for name, head in heads.items()
    ]  # fmt: skip


def _named(change: str) -> Record:
    """Return a record whose WARC fields are named in lower or upper case."""

    def spelled(text: bytes) -> bytes:
        head, end, block = text.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        parts = [line.partition(b":") for line in lines]
        case = bytes.lower if change == "lower" else bytes.upper
        return b"\r\n".join([first, *(case(n) + c + v for n, c, v in parts)]) + end + block

    body = blocks(f"WARC names in {change} case").body
    return Record(url=HTTPS, at="04 10:00", body=body, spelled=spelled)


def _by_line_feeds(text: bytes) -> bytes:
    head, _, block = text.partition(b"\r\n\r\n")
    return head.replace(b"\r\n", b"\n") + b"\n\n" + block


def _warc() -> list[Case]:
    """Return cases of odd WARC heads."""
    at, dated = "04 10:00:07", blocks("dated")
    odd = "WARC fields may be spelled in many ways."
    return [
        *(one(f"warc_names_in_{change}_case", "A field's name has no case.", _named(change),
              ok("04 10:00", blocks(f"WARC names in {change} case")))
          for change in ("lower", "upper")),
        one("warc_head_by_line_feeds", odd,
            Record(url=HTTPS, at=at, body=blocks("by line feeds").body, spelled=_by_line_feeds),
            ok(at, blocks("by line feeds"))),
        one("warc_1_1_with_a_fraction", "WARC 1.1 has fractions of a second.",
            Record(url=HTTPS, at=at, body=dated.body,
                   fields=(("WARC-Date", "2025-08-04T10:00:07.654321Z"),),
                   spelled=lambda text: text.replace(b"WARC/1.0", b"WARC/1.1", 1)),
            ok(at, dated)),
        one("target_in_brackets", "Some writers put URLs into brackets.",
            Record(url=HTTPS, at=at, body=blocks("in brackets").body,
                   fields=(("WARC-Target-URI", f"<{HTTPS}>"),)),
            ok(at, blocks("in brackets"))),
        Case(
            name="other_records", why="Only answers are answers.",
            records=(metadata("https://shop.other-records.example/robots.txt"),
                     Record(url=HTTPS, at=at, body=blocks("between others").body),
                     metadata("https://shop.other-records.example/robots.txt")),
            expected={HOST: ok(at, blocks("between others"))},
        ),
    ]  # fmt: skip


def _digested(name: str, why: str, value: str | None, seen: Seen | None = None) -> Case:
    """Return a case of a payload digest that is stated in another way."""
    record = Record(
        url=HTTPS, at="04 10:00", body=blocks(name).body, fields=(("WARC-Payload-Digest", value),)
    )
    return one(name, why, record, seen or ok("04 10:00", blocks(name)))


def _digests() -> list[Case]:
    fits, lacks = "A digest is compared by its bytes.", "What is not stated cannot be wrong."

    def sha1(name: str) -> bytes:
        return hashlib.sha1(blocks(name).body).digest()

    in_hex, lower, bare = "digest_in_hexadecimal", "digest_in_lower_case", "digest_without_a_label"
    sha256 = hashlib.sha256(blocks("digest_by_sha_256").body).hexdigest()
    return [
        _digested(in_hex, fits, f"sha1:{sha1(in_hex).hex()}"),
        _digested("digest_in_upper_case_hexadecimal", fits,
                  f"SHA1:{sha1('digest_in_upper_case_hexadecimal').hex().upper()}"),
        _digested(lower, fits, f"sha1:{base64.b32encode(sha1(lower)).decode().lower()}"),
        _digested(bare, fits, base64.b32encode(sha1(bare)).decode()),
        _digested("digest_by_sha_256", "Another algorithm's digest is no wrong one.",
                  f"sha256:{sha256}"),
        _digested("digest_of_nothing", lacks, None),
    ]  # fmt: skip


def _wrong() -> list[Case]:
    """Return a payload that was altered beside a digest in hexadecimal."""
    body, instead = blocks("hexadecimal, written").body, blocks("hexadecimal, altered").body
    record = Record(
        url=HTTPS, at="04 10:00", body=body, altered=instead,
        fields=(("WARC-Payload-Digest", f"sha1:{hashlib.sha1(body).hexdigest()}"),),
    )  # fmt: skip
    why = "A wrong digest is wrong in hexadecimal, too."
    return [one("wrong_digest_in_hexadecimal", why, record, broken("04 10:00"))]


def again(at: str, text: Text, url: str, first: str, here: str = HTTPS) -> Record:
    """Return a revisit of an answer with this text."""
    return Record(url=here, at=at, body=text.body, refers=(url, first))


def _revisits() -> list[Case]:
    a = {name: blocks(f"revisit: {name}") for name in ("same", "back", "order", "other", "kept")}
    lost, other = allows("revisit: lost"), "https://first.{case}/robots.txt"
    zipped, unnamed = blocks("revisit: coded"), blocks("revisit: no digest")
    coded = gzip.compress(zipped.body, mtime=0)
    shared, marked = blocks("revisit: shared"), allows("revisit: marked")
    first = "04 10:00"
    return [
        Case(
            name="revisit", why="A revisit answers with the payload that it refers to.",
            records=(Record(url=HTTPS, at=first, body=a["same"].body),
                     again("06 10:00", a["same"], HTTPS, first)),
            expected={HOST: ok("06 10:00", a["same"])},
        ),
        Case(
            name="revisit_after_a_change", why="It is the newest, though its payload is not.",
            records=(Record(url=HTTPS, at=first, body=a["back"].body),
                     Record(url=HTTPS, at="05 10:00", body=allows("revisit: between").body),
                     again("06 10:00", a["back"], HTTPS, first)),
            expected={HOST: ok("06 10:00", a["back"])},
        ),
        Case(
            name="revisit_before_its_answer_in_the_file", why="The order in the file is nothing.",
            records=(again("06 10:00", a["order"], HTTPS, first),
                     Record(url=HTTPS, at=first, body=a["order"].body)),
            expected={HOST: ok("06 10:00", a["order"])},
        ),
        Case(
            name="revisit_of_another_url", why="A revisit may refer to another host's answer.",
            records=(Record(url=other, at=first, body=a["other"].body),
                     again("06 10:00", a["other"], other, first)),
            expected={"first.{case}": ok(first, a["other"]), HOST: ok("06 10:00", a["other"])},
        ),
        Case(
            name="revisit_without_its_answer", why="Without that payload it is unknown.",
            records=(Record(url=other, at=first, body=allows("revisit: beside").body),
                     again("06 10:00", lost, HTTPS, "01 10:00")),
            expected={"first.{case}": ok(first, allows("revisit: beside")),
                      HOST: broken("06 10:00")},
        ),
        Case(
            name="revisit_without_its_answer_after_a_robots_txt",
            why="And it does not replace a robots.txt.",
            records=(Record(url=HTTPS, at=first, body=a["kept"].body),
                     again("06 10:00", allows("revisit: lost, too"), HTTPS, "01 10:00")),
            expected={HOST: ok(first, a["kept"])},
        ),
        Case(
            name="revisit_of_a_coded_answer",
            why="It states the digest of the coded payload, by which none is stored.",
            records=(Record(url=HTTPS, at=first, headers=("Content-Encoding: gzip",),
                            body=coded, stated=coded),
                     Record(url=HTTPS, at="06 10:00", body=coded, refers=(HTTPS, first))),
            expected={HOST: ok("06 10:00", zipped)}, history={HOST: ok(first, zipped)},
        ),
        Case(
            name="revisit_without_a_digest",
            why="It says which answer it repeats; history finds payloads by digest alone.",
            records=(Record(url=HTTPS, at=first, body=unnamed.body),
                     Record(url=HTTPS, at="06 10:00", body=unnamed.body, refers=(HTTPS, first),
                            fields=(("WARC-Payload-Digest", None),))),
            expected={HOST: ok("06 10:00", unnamed)}, history={HOST: ok(first, unnamed)},
        ),
        Case(
            name="revisit_of_a_payload_that_a_damaged_answer_shares",
            why="The payload with its digest is what it repeats, whichever record has it.",
            records=(Record(url=HTTPS, at=first, body=shared.body, altered=b"User-agent: *\n"),
                     Record(url=other, at="04 11:00", body=shared.body),
                     again("06 10:00", shared, HTTPS, first)),
            expected={HOST: ok("06 10:00", shared), "first.{case}": ok("04 11:00", shared)},
        ),
        Case(
            name="revisit_that_is_marked_as_truncated",
            why="Heritrix marks every revisit so, for it is written without its payload.",
            records=(Record(url=HTTPS, at=first, body=marked.body),
                     replace(again("06 10:00", marked, HTTPS, first), truncated="length")),
            expected={HOST: ok("06 10:00", marked)},
        ),
        Case(
            name="redirect_to_a_revisit", why="A chain may end in a revisit.",
            records=(moved(HTTPS, "05 10:00", other),
                     Record(url=other, at=first, body=allows("revisit: behind").body),
                     again("06 10:00", allows("revisit: behind"), other, first, other)),
            expected={HOST: ok("06 10:00", allows("revisit: behind")),
                      "first.{case}": ok("06 10:00", allows("revisit: behind"))},
        ),
    ]  # fmt: skip


CASES = [*_heads(), *_locations(), *_warc(), *_digests(), *_wrong(), *_revisits()]
