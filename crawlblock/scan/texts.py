"""What a scan keeps of payloads: the text that decides, once each."""

import hashlib
from typing import NamedTuple

from crawlblock.robots.parser import SIZE_LIMIT
from crawlblock.robots.sniff import is_robots

_NEAR = 16  # bytes before the word itself that the start of its line is looked for in
_SITEMAPS = 8  # lines that are emptied
_BASE_32 = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789abcdefghijklmnopqrstuv")


def sha1_of(digest: str) -> bytes:
    """Return the SHA-1 in a digest as WARC writes it."""
    return int(digest[5:].translate(_BASE_32), 32).to_bytes(20)  # much quicker than base64


class KeptText(NamedTuple):
    """A text with its name."""

    name: str  # the first 8 bytes of its SHA-1, as hexadecimal digits
    text: bytes


def kept(body: bytes, sha1: bytes) -> KeptText:
    """Return what is kept of a payload; `sha1` is the payload's."""
    text = kept_text(body)
    raw = sha1 if text is body else hashlib.sha1(text, usedforsecurity=False).digest()
    return KeptText(raw[:8].hex(), text)


def kept_text(body: bytes) -> bytes:
    """Return what a shard keeps of a payload: what decides, with every line at its place.

    Its first Sitemap lines are emptied, for they are most often what tells two hosts' texts apart;
    they belong to no group and change no verdict (RFC 9309 section 2.2.4).
    """
    if len(body) > SIZE_LIMIT:
        return body[: SIZE_LIMIT + 1]  # one more shows that it is longer
    pieces, start, at = [], 0, -1
    for _ in range(_SITEMAPS):
        at = body.find(b"itemap", at + 1)
        if at < 0:
            break
        first = body.rfind(b"\n", max(0, at - _NEAR), at) + 1
        end = body.find(b"\n", at)
        end = end if end >= 0 else len(body)
        line = body[first:end]
        begins = first > 0 or at < _NEAR
        if begins and line[:-1].find(b"\r") < 0 and line.lstrip()[:7].lower() == b"sitemap":
            pieces.append(body[start:first])
            start = end
    if not pieces:
        return body
    text = b"".join((*pieces, body[start:]))
    return text if is_robots(text) and is_robots(body) else body
