"""One line of a robots.txt, read as Google's parser reads it: its key, its value, its rule.

Sources: RFC 9309 section 2.2 and the behaviour of github.com/google/robotstxt, which settles what
the RFC leaves open: typos of keys, a missing colon, bytes above 127.
"""

import re
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

_ESCAPE = re.compile(rb"%[0-9a-fA-F]{2}|[\x80-\xff]")
_UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_LONGEST_KEY = 12  # bytes of a key that can matter
# A Disallow whose pattern cannot match /: most of the web's lines with a meaning.
PLAIN_START = re.compile(rb"(?i:disallow):[ \t]*/[*$]?[!-\"%-)+-~]")


class Kind(Enum):
    """What a line is about."""

    AGENT = 1
    ALLOW = 2
    DISALLOW = 3
    OTHER = 4
    NOTHING = 5


# Google's parser compares the start of a key, so that `Disallowed:` is a Disallow too.
_KEYS: tuple[tuple[bytes, Kind], ...] = (
    (b"disallow", Kind.DISALLOW),
    (b"allow", Kind.ALLOW),
    (b"user-agent", Kind.AGENT),
    (b"useragent", Kind.AGENT),
    (b"user agent", Kind.AGENT),
    (b"dissallow", Kind.DISALLOW),
    (b"dissalow", Kind.DISALLOW),
    (b"disalow", Kind.DISALLOW),
    (b"diasllow", Kind.DISALLOW),
    (b"disallaw", Kind.DISALLOW),
    (b"sitemap", Kind.NOTHING),  # it may stand anywhere
    (b"site-map", Kind.NOTHING),
)
_DISALLOW, _ALLOW = Kind.DISALLOW, Kind.ALLOW


class Rule(NamedTuple):
    """One Allow or Disallow line; the pattern is percent-encoded, its length is its priority."""

    allow: bool
    pattern: bytes
    at_root: bool  # it matches /
    universal: bool  # it matches every path


class Line(NamedTuple):
    """What a line comes to."""

    kind: Kind
    value: bytes = b""
    rules: tuple[Rule, ...] = ()


def escape(path: bytes) -> bytes:
    """Return a path or pattern in the one spelling in which they are compared.

    Bytes above 127 are percent-encoded, letters, digits, `-._~` are not, and escapes have capitals
    (RFC 9309 section 2.2.2).
    """
    if path.isascii() and b"%" not in path:
        return path
    return _ESCAPE.sub(_spell, path)


def _spell(match: re.Match[bytes]) -> bytes:
    found = match[0]
    if len(found) == 1:
        return b"%%%02X" % found[0]
    byte = bytes.fromhex(found[1:].decode())
    return byte if byte in _UNRESERVED else found.upper()


def read_line(raw: bytes) -> Line:
    """Return what a line comes to."""
    text = raw.partition(b"\x00")[0].partition(b"#")[0]
    key, colon, value = text.partition(b":")
    if not colon:
        key, value = _without_colon(key.strip())
    kind = _kind(key.strip()[:_LONGEST_KEY])
    value = value.strip()
    if kind is _ALLOW or kind is _DISALLOW:
        return Line(kind, value, _read_rules(kind is _ALLOW, escape(value)))
    return Line(kind, value)


@lru_cache(maxsize=16_384)
def read_plain(raw: bytes) -> tuple[Rule, ...]:
    """Return the rule of a plain line, none of a line without a meaning that stands among them."""
    if not PLAIN_START.match(raw):
        return ()
    text = raw.partition(b"\x00")[0].partition(b"#")[0]
    pattern = escape(text.partition(b":")[2].strip())
    return (Rule(False, pattern, at_root=False, universal=False),)


@lru_cache(maxsize=4096)
def _kind(key: bytes) -> Kind:
    name = key.lower()
    if not name:
        return Kind.NOTHING
    return next((kind for start, kind in _KEYS if name.startswith(start)), Kind.OTHER)


def _without_colon(text: bytes) -> tuple[bytes, bytes]:
    """Read `Disallow /x`: exactly two words, as people forget the colon."""
    words = [word for word in text.replace(b"\t", b" ").split(b" ") if word]
    return (words[0], words[1]) if len(words) == 2 else (b"", b"")


def _read_rules(allow: bool, pattern: bytes) -> tuple[Rule, ...]:
    """Return the rule of a line; Google's parser lets `Allow: /index.html` open `/` as well."""
    if not pattern:
        return ()
    rule = Rule(allow, pattern, *_reach(pattern))
    if allow and b"/index.htm" in pattern:
        folder, slash, page = pattern.rpartition(b"/")
        if page.startswith(b"index.htm"):
            index = folder + slash + b"$"
            return rule, Rule(True, index, *_reach(index))
    return (rule,)


def _reach(pattern: bytes) -> tuple[bool, bool]:
    """Tell whether a pattern matches `/`, and whether it matches every path."""
    anchored = pattern.endswith(b"$")
    core = pattern[:-1] if anchored else pattern
    if not core or core.strip(b"*") not in (b"", b"/"):
        return False, False
    return True, not anchored or core.endswith(b"*")
