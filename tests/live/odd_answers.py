"""Answers that are odd, as bytes, each with the outcome that it must end in."""

import gzip
import zlib

from crawlblock.outcome import Outcome
from live.servers import ROBOTS

OK, UNREADABLE = Outcome.OK, Outcome.UNREADABLE_ANSWER
N = len(ROBOTS)
END = b"\r\n\r\n" + ROBOTS
LENGTH = b"\r\nContent-Length: %d" % N
HTTP = b"HTTP/1.1 200 OK"
PLAIN = HTTP + LENGTH
CHUNKED = HTTP + b"\r\nTransfer-Encoding: chunked"
CHUNK = b"%x\r\n%s\r\n" % (N, ROBOTS)
HALVES = (ROBOTS[:10], ROBOTS[10:])
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"


def in_chunks(before: bytes = b"", behind: bytes = b"", end: bytes = b"\r\n") -> bytes:
    """Return the robots.txt in two chunks whose sizes have something before or behind them."""
    chunks = [b"%s%x%s%s%s%s" % (before, len(h), behind, end, h, end) for h in HALVES]
    return b"".join(chunks) + b"0" + end * 2


STATUS_LINES = {
    "no phrase": (b"HTTP/1.1 200" + LENGTH + END, OK),
    "no phrase but a space": (b"HTTP/1.1 200 " + LENGTH + END, OK),
    "two spaces": (b"HTTP/1.1  200  OK" + LENGTH + END, OK),
    "a tab": (b"HTTP/1.1\t200\tOK" + LENGTH + END, OK),
    "a phrase in UTF-8": ("HTTP/1.1 200 très bien, größer".encode() + LENGTH + END, OK),
    "a phrase in Latin-1": (b"HTTP/1.1 200 Tr\xe8s bien" + LENGTH + END, OK),
    "a phrase of 20 kB": (b"HTTP/1.1 200 " + b"fine " * 4_000 + LENGTH + END, OK),
    "no space before the phrase": (b"HTTP/1.1 200OK" + LENGTH + END, OK),
    "HTTP/1.0": (b"HTTP/1.0 200 OK" + LENGTH + END, OK),
    "HTTP/1.0 without length": (b"HTTP/1.0 200 OK" + END, OK),
    "HTTP/1.2": (b"HTTP/1.2 200 OK" + LENGTH + END, OK),
    "HTTP/2": (b"HTTP/2 200" + LENGTH + END, OK),
    "HTTP/2.0": (b"HTTP/2.0 200 OK" + LENGTH + END, OK),
    "HTTP/0.9 by name": (b"HTTP/0.9 200 OK" + END, OK),
    "lower case": (b"http/1.1 200 ok" + LENGTH + END, OK),
    "an empty line before": (b"\r\n" + PLAIN + END, OK),
    "three empty lines before": (b"\n\n\r\n" + PLAIN + END, OK),
    "status 299": (b"HTTP/1.1 299 OK" + LENGTH + END, OK),
    "status 999": (b"HTTP/1.1 999 No" + LENGTH + END, Outcome.SERVER_ERROR),
    "status 600": (b"HTTP/1.1 600 No" + LENGTH + END, Outcome.SERVER_ERROR),
    "status 20": (b"HTTP/1.1 20 OK" + LENGTH + END, UNREADABLE),
    "status 2000": (b"HTTP/1.1 2000 OK" + LENGTH + END, UNREADABLE),
    "status 000": (b"HTTP/1.1 000 OK" + LENGTH + END, UNREADABLE),
    "no status": (b"HTTP/1.1 OK" + LENGTH + END, UNREADABLE),
    "no head (HTTP/0.9)": (ROBOTS, UNREADABLE),
    "another protocol (SSH)": (b"SSH-2.0-OpenSSH_9.2\r\n", UNREADABLE),
    "another protocol (SMTP)": (b"220 mail.test ESMTP\r\n", UNREADABLE),
    "another protocol (ICY)": (b"ICY 200 OK\r\nicy-name: radio" + END, UNREADABLE),
    "another protocol (HTTP/2 frames)": (b"\0\0\x12\x04\0\0\0\0\0" + b"\0" * 18, UNREADABLE),
    "a TLS alert": (b"\x15\x03\x01\0\x02\x02\x46", UNREADABLE),
    "HTML without a head": (b"<html><body>Bad request</body></html>", UNREADABLE),
    "ends within the status line": (b"HTTP/1.1 20", UNREADABLE),
    "ends within the headers": (HTTP + b"\r\nServer: x\r\n", UNREADABLE),
    "101 unasked": (b"HTTP/1.1 101 Switching\r\nUpgrade: h2c" + END, UNREADABLE),
}
HEADERS = {
    "a header of 9 kB": (PLAIN + b"\r\nContent-Security-Policy: " + b"a" * 9_000 + END, OK),
    "a header of 60 kB": (PLAIN + b"\r\nX: " + b"a" * 60_000 + END, OK),
    "a header of 101 kB": (PLAIN + b"\r\nX: " + b"a" * 101_000 + END, OK),
    "a header of 200 kB": (PLAIN + b"\r\nX: " + b"a" * 200_000 + END, UNREADABLE),
    "150 headers": (PLAIN + b"".join(b"\r\nX-%d: 1" % n for n in range(150)) + END, OK),
    "1,500 headers": (PLAIN + b"".join(b"\r\nX-%d: 1" % n for n in range(1_500)) + END, OK),
    "30,000 headers": (PLAIN + b"\r\nX: 1" * 30_000 + END, UNREADABLE),
    "headers of 250 kB": (PLAIN + (b"\r\nX: " + b"a" * 2_500) * 100 + END, OK),
    "headers of 1 MB": (PLAIN + (b"\r\nX: " + b"a" * 2_500) * 400 + END, UNREADABLE),
    "a name with a space": (PLAIN + b"\r\nX Powered By: PHP" + END, OK),
    "a space before the colon": (HTTP + b"\r\nContent-Length : %d" % N + END, OK),
    "no space behind the colon": (HTTP + b"\r\nContent-Length:%d" % N + END, OK),
    "a line without a colon": (PLAIN + b"\r\nthis is no header" + END, OK),
    "a line that begins with a colon": (PLAIN + b"\r\n: nameless" + END, OK),
    "an empty value": (PLAIN + b"\r\nServer:" + END, OK),
    "a name in brackets": (PLAIN + b"\r\n(X)[Y]{Z}@: 1" + END, OK),
    "a name in Latin-1": (PLAIN + b"\r\nServ\xe9r: 1" + END, OK),
    "a name in UTF-8": (PLAIN + "\r\nGröße: 1".encode() + END, OK),
    "a value in Latin-1": (PLAIN + b"\r\nServer: caf\xe9" + END, OK),
    "a value with an escape": (PLAIN + b"\r\nServer: \x1b[31mred\x07" + END, OK),
    "a value with a NUL": (PLAIN + b"\r\nServer: a\0b" + END, OK),
    "a value with a CR": (PLAIN + b"\r\nServer: a\rb" + END, OK),
    "a folded line": (PLAIN + b"\r\nServer: a\r\n b\r\n\tc" + END, OK),
    "a first line that is folded": (HTTP + b"\r\n folded" + LENGTH + END, OK),
    "ends of lines in LF": (PLAIN.replace(b"\r", b"") + b"\n\n" + ROBOTS, OK),
    "ends of lines in both": (PLAIN + b"\nServer: x\r\n\n" + ROBOTS, OK),
    "ends of lines in CR": (PLAIN.replace(b"\n", b"") + b"\r\r" + ROBOTS, UNREADABLE),
    "two Content-Types": (PLAIN + b"\r\nContent-Type: a/b\r\nContent-Type: c/d" + END, OK),
    "a type that is none": (PLAIN + b"\r\nContent-Type: ;;;" + END, OK),
}
LENGTHS = {
    "the length twice": (PLAIN + LENGTH + END, OK),
    "the length five times": (PLAIN + LENGTH * 4 + END, OK),
    "the length twice in a list": (HTTP + b"\r\nContent-Length: %d, %d" % (N, N) + END, OK),
    "the length with zeros": (HTTP + b"\r\nContent-Length: 000%d" % N + END, OK),
    "spaces around the length": (HTTP + b"\r\nContent-Length:  \t %d  " % N + END, OK),
    "two lengths": (PLAIN + b"\r\nContent-Length: 5" + END, UNREADABLE),
    "a length that is a word": (HTTP + b"\r\nContent-Length: many" + END, UNREADABLE),
    "a length below 0": (HTTP + b"\r\nContent-Length: -1" + END, UNREADABLE),
    "a length with a sign": (HTTP + b"\r\nContent-Length: +%d" % N + END, OK),
    "a length in hexadecimal": (HTTP + b"\r\nContent-Length: 0x20" + END, UNREADABLE),
    "a length with a unit": (HTTP + b"\r\nContent-Length: %d bytes" % N + END, OK),
    "an empty length": (HTTP + b"\r\nContent-Length:" + END, OK),
    "a length of 30 digits": (HTTP + b"\r\nContent-Length: " + b"9" * 30 + END, Outcome.DAMAGED),
    "a body longer than its length": (PLAIN + END + b"User-agent: *\nDisallow: /\n", OK),
    "a body shorter than its length": (PLAIN + END[:-4], Outcome.DAMAGED),
    "no length": (HTTP + END, OK),
    "no length and nothing": (HTTP + b"\r\n\r\n", OK),
    "204 with a body": (b"HTTP/1.1 204 No Content" + LENGTH + END, OK),
    "304": (b"HTTP/1.1 304 Not Modified\r\n\r\n", Outcome.REDIRECT_UNRESOLVED),
    "404 with two lengths": (
        b"HTTP/1.1 404 No\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nsorry", UNREADABLE,
    ),
}  # fmt: skip
CHUNKS = {
    "chunks": (CHUNKED + b"\r\n\r\n" + in_chunks(), OK),
    "chunks beside a length": (CHUNKED + LENGTH + b"\r\n\r\n" + in_chunks(), OK),
    "chunks beside a length that is wrong": (
        CHUNKED + b"\r\nContent-Length: 3\r\n\r\n" + in_chunks(), OK,
    ),
    "chunks beside two lengths": (
        CHUNKED + b"\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n" + in_chunks(), OK,
    ),
    "chunks in HTTP/1.0": (CHUNKED.replace(b"1.1", b"1.0") + b"\r\n\r\n" + in_chunks(), OK),
    "chunks with zeros": (CHUNKED + b"\r\n\r\n" + in_chunks(b"0000"), OK),
    "chunks with extensions": (CHUNKED + b"\r\n\r\n" + in_chunks(b"", b';a="b"'), OK),
    "chunks with spaces": (CHUNKED + b"\r\n\r\n" + in_chunks(b"", b"   "), OK),
    "chunks in LF": (CHUNKED + b"\r\n\r\n" + in_chunks(end=b"\n"), OK),
    "chunks with trailers": (
        CHUNKED + b"\r\n\r\n" + CHUNK + b"0\r\nX-Sum: 1\r\n\r\n", OK,
    ),
    "chunks without the last line": (CHUNKED + b"\r\n\r\n" + CHUNK + b"0\r\n", OK),
    "chunks and something behind": (CHUNKED + b"\r\n\r\n" + in_chunks() + b"HTTP/1.1 500\r\n", OK),
    "Chunked in capitals": (
        HTTP + b"\r\nTRANSFER-ENCODING: Chunked\r\n\r\n" + in_chunks(), OK,
    ),
    "identity and chunks": (
        HTTP + b"\r\nTransfer-Encoding: identity, chunked\r\n\r\n" + in_chunks(), OK,
    ),
    "chunked stated twice": (
        CHUNKED + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + in_chunks(), OK,
    ),
    "identity": (PLAIN + b"\r\nTransfer-Encoding: identity" + END, OK),
    "chunks that are not in chunks": (CHUNKED + END, OK),
    "chunks that end early": (CHUNKED + b"\r\n\r\n" + CHUNK, Outcome.DAMAGED),
    "chunks that end within one": (CHUNKED + b"\r\n\r\n" + CHUNK[:-9], Outcome.DAMAGED),
    "chunks that do not begin": (CHUNKED + b"\r\n\r\n", Outcome.DAMAGED),
    "chunks with a size that is none": (
        CHUNKED + b"\r\n\r\n" + CHUNK + b"xyz\r\nabc\r\n0\r\n\r\n", Outcome.DAMAGED,
    ),
    "chunks with a size below 0": (
        CHUNKED + b"\r\n\r\n" + CHUNK + b"-5\r\nabcde\r\n0\r\n\r\n", Outcome.DAMAGED,
    ),
}  # fmt: skip
CODINGS = {
    "gzip under transfer": (
        HTTP + b"\r\nTransfer-Encoding: gzip\r\n\r\n" + gzip.compress(ROBOTS), OK,
    ),
    "gzip in chunks under transfer": (
        HTTP + b"\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
        + b"%x\r\n" % len(gzip.compress(ROBOTS)) + gzip.compress(ROBOTS) + b"\r\n0\r\n\r\n", OK,
    ),
    "gzip twice": (
        HTTP + b"\r\nContent-Encoding: gzip, gzip\r\n\r\n" + gzip.compress(gzip.compress(ROBOTS)),
        OK,
    ),
    "GZIP in capitals": (HTTP + b"\r\nContent-Encoding: GZIP\r\n\r\n" + gzip.compress(ROBOTS), OK),
    "bare deflate": (
        HTTP + b"\r\nContent-Encoding: deflate\r\n\r\n" + zlib.compress(ROBOTS, wbits=-15), OK,
    ),
    "gzip in name alone": (PLAIN + b"\r\nContent-Encoding: gzip" + END, OK),
    "a coding that is none": (PLAIN + b"\r\nContent-Encoding: UTF-8" + END, OK),
    "gzip that ends early": (
        HTTP + b"\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(ROBOTS)[:-9], Outcome.DAMAGED,
    ),
    "brotli unasked": (
        HTTP + b"\r\nContent-Encoding: br\r\n\r\n\x8b\x03\x80abc\x03", Outcome.DAMAGED,
    ),
    "four codings": (PLAIN + b"\r\nContent-Encoding: gzip, gzip, gzip, gzip" + END, OK),
}  # fmt: skip
INTERIM = {
    "100 first": (CONTINUE + PLAIN + END, OK),
    "103 first": (HINTS + PLAIN + END, OK),
    "100, 102 and 103 first": (
        CONTINUE + b"HTTP/1.1 102 Processing\r\n\r\n" + HINTS + PLAIN + END,
        OK,
    ),
    "twenty times 100": (CONTINUE * 20 + PLAIN + END, OK),
    "a thousand times 100": (CONTINUE * 1_000 + PLAIN + END, UNREADABLE),
    "100 and nothing": (CONTINUE, UNREADABLE),
}
# What curl 7.88 reads and we do not: nobody can tell what such a server meant to say.
CURL_READS = {
    "101 unasked": "we asked for no other protocol",
    "ends within the headers": "what was to follow is not known, be it a redirect or a body",
    "30,000 headers": "the number of headers is bounded",
    "ends of lines in CR": "curl takes it for an answer whose head did not end",
    "two lengths": "RFC 9112 section 6.3: discard the answer",
    "a length in hexadecimal": "curl reads a 0 and an empty body",
    "a length of 30 digits": "the body is shorter than it should be",
    "gzip that ends early": "what is missing is not known",
    "brotli unasked": "it is no brotli",
    "a thousand times 100": "interim responses are bounded",
}
ODD = {
    name: (data, outcome)
    for group in (STATUS_LINES, HEADERS, LENGTHS, CHUNKS, CODINGS, INTERIM)
    for name, (data, outcome) in group.items()
}
