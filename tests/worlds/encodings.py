"""Cases of codings and characters: what a payload is once it is undone."""

import base64
import gzip
import zlib
from importlib.util import find_spec

from worlds.cases import (
    HOST,
    HTTPS,
    Case,
    Record,
    Text,
    blocks,
    broken,
    not_robots,
    ok,
    one,
)

GZIP, BROTLI, CHUNKED = (
    "Content-Encoding: gzip", "Content-Encoding: br", "Transfer-Encoding: chunked",
)  # fmt: skip
_IN_BROTLI = base64.b64decode("ixGAIyBicgpVc2VyLWFnZW50OiBHUFRCb3QKRGlzYWxsb3c6IC8KAw==")


def coded(text: Text, body: bytes, *headers: str, stated: bytes | None = None) -> Record:
    """Return a capture of a text in some coding."""
    return Record(url=HTTPS, at="04 10:00", headers=headers, body=body, stated=stated)


def zipped(text: Text) -> bytes:
    """Return a text in gzip."""
    return gzip.compress(text.body, mtime=0)


def chunks(*parts: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    """Return parts as the chunks of HTTP/1.1."""
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + end


def _codings() -> list[Case]:
    text = {name: blocks(name) for name in _CODED}
    has_brotli = find_spec("brotli") is not None
    bare = zlib.compressobj(9, zlib.DEFLATED, -15)
    deflated = bare.compress(text["bare deflate"].body) + bare.flush()
    at, read = "04 10:00", "A coding that is named is undone; the digest is of what it held."
    lies = "A coding that is named but was undone already is not undone again."
    half = "A coding that ends early or breaks off leaves nothing certain."
    long = blocks("long" * 500)
    chunked, both = text["chunked"].body, zipped(text["chunked gzip"])
    return [
        one("gzip", read, coded(text["gzip"], zipped(text["gzip"]), GZIP), ok(at, text["gzip"])),
        one("gzip_by_its_old_name", read,
            coded(text["x-gzip"], zipped(text["x-gzip"]), "CONTENT-ENCODING: X-GZIP"),
            ok(at, text["x-gzip"])),
        one("gzip_with_the_digest_of_what_it_holds", read,
            coded(text["gzip, stated"], zipped(text["gzip, stated"]), GZIP,
                  stated=text["gzip, stated"].body),
            ok(at, text["gzip, stated"])),
        one("gzip_undone", lies, coded(text["plain"], text["plain"].body, GZIP),
            ok(at, text["plain"])),
        one("gzip_cut", half, coded(long, zipped(long)[:-12], GZIP), broken(at)),
        one("gzip_broken", half,
            coded(long, zipped(long)[:20] + b"\xff" * 30 + zipped(long)[50:] + b"gzip", GZIP),
            broken(at)),
        one("deflate", read,
            coded(text["deflate"], zlib.compress(text["deflate"].body),
                  "Content-Encoding: deflate"), ok(at, text["deflate"])),
        one("deflate_bare", read,
            coded(text["bare deflate"], deflated, "Content-Encoding: deflate"),
            ok(at, text["bare deflate"])),
        one("brotli", "Brotli is undone where it is installed, and damage where it is not.",
            coded(text["br"], _IN_BROTLI, BROTLI),
            ok(at, text["br"]) if has_brotli else broken(at)),
        one("brotli_undone", lies, coded(text["no br"], text["no br"].body, BROTLI),
            ok(at, text["no br"])),
        one("an_unknown_coding", "What nobody here can undo is damage.",
            coded(text["gzip"], b"\x28\xb5\x2f\xfd\x00\x58 zstd", "Content-Encoding: zstd"),
            broken(at)),
        one("identity", read, coded(text["identity"], text["identity"].body,
                                    "Content-Encoding: identity"), ok(at, text["identity"])),
        one("chunked", read,
            coded(text["chunked"], chunks(chunked[:9], chunked[9:],
                                          end=b"0;last\r\nX-Sum: 7\r\n\r\n"), CHUNKED),
            ok(at, text["chunked"])),
        one("chunked_undone", lies, coded(text["no chunks"], text["no chunks"].body, CHUNKED),
            ok(at, text["no chunks"])),
        one("chunked_cut", half,
            coded(long, chunks(b"User-agent: *\n", b"Disallow: /chunk\n", end=b"")[:-9], CHUNKED),
            broken(at)),
        one("chunked_without_an_end", half,
            coded(long, chunks(b"User-agent: *\nDisallow:\n", end=b""), CHUNKED), broken(at)),
        one("chunked_gzip", read,
            coded(text["chunked gzip"], chunks(both[:11], both[11:]),
                  CHUNKED, GZIP), ok(at, text["chunked gzip"])),
        one("codings_that_were_renamed", "Common Crawl undoes codings and renames their headers.",
            coded(text["renamed"], text["renamed"].body, "X-Crawler-Content-Encoding: gzip",
                  "X-Crawl-Content-Encoding: br", "X-Crawler-Content-Length: 31",
                  "X-Crawler-Transfer-Encoding: chunked"), ok(at, text["renamed"])),
        Case(
            name="a_broken_coding_after_a_robots_txt", why="Damage does not replace a robots.txt.",
            records=(Record(url=HTTPS, at="03 10:00", body=text["older"].body),
                     coded(long, zipped(long)[:-9], GZIP)),
            expected={HOST: ok("03 10:00", text["older"])},
        ),
    ]  # fmt: skip


_CODED = (
    "gzip", "x-gzip", "gzip, stated", "plain", "deflate", "bare deflate", "br", "no br",
    "identity", "chunked", "no chunks", "chunked gzip", "renamed", "older",
)  # fmt: skip


def _characters() -> list[Case]:
    marked = blocks("marked")
    marked = marked._replace(body=b"\xef\xbb\xbf" + marked.body)
    bare = Text(b"\xef\xbb\xbfUser-agent: GPTBot\nDisallow: /\n", *marked[1:])
    wide = "\ufeffUser-agent: *\nDisallow: /\n".encode("utf-16-le")
    latin = Text(b"# caf\xe9\n" + blocks("latin").body, *marked[1:])
    return [
        one("a_byte_order_mark", "A byte order mark is passed over.",
            Record(url=HTTPS, at="04 10:00", body=marked.body), ok("04 10:00", marked)),
        one("a_byte_order_mark_before_the_agent", "Also where a rule follows at once.",
            Record(url=HTTPS, at="04 10:00", body=bare.body), ok("04 10:00", bare)),
        one("utf_16", "UTF-16 is no robots.txt.",
            Record(url=HTTPS, at="04 10:00", body=wide), not_robots("04 10:00", wide)),
        one("latin_1", "Bytes that are no UTF-8 may be in a comment.",
            Record(url=HTTPS, at="04 10:00", body=latin.body), ok("04 10:00", latin)),
    ]  # fmt: skip


CASES = [*_codings(), *_characters()]
