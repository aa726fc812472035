"""What Google's robots.txt parser says about `/`, asked for one product token at a time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from robotstxt.robots import _lib

ORIGIN = b"http://h.example"
SIZE_LIMIT = 500 * 1024  # bytes that count; the library itself has no limit
NOBODY = b"zzz-nobody"  # a crawler that no file names
_BOM, _TWICE_ENCODED_BOM = b"\xef\xbb\xbf", b"\xc3\xaf\xc2\xbb\xc2\xbf"
_PROBE = b"/" + 40 * b"zz-probe"  # longer than what other rules are likely to match of it
_IN_GRAMMAR = re.compile(rb"[A-Za-z_-]+")


class Google:
    """Google's C++ parser, asked in bytes; it reads the file anew for every answer."""

    def __init__(self) -> None:
        self._matcher = _lib.robots_matcher_create()

    def allowed(self, body: bytes, token: bytes, path: bytes) -> bool:
        """Tell whether a crawler may fetch a path."""
        url = ORIGIN + path
        return bool(
            _lib.robots_allowed_by_robots(
                self._matcher, body, len(body), token, len(token), url, len(url)
            )
        )

    def close(self) -> None:
        """Give the parser's memory back."""
        _lib.robots_matcher_free(self._matcher)


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a crawler is kept from `/`, and by which group."""

    blocked: bool
    own: bool = False  # the group names the crawler itself
    other: bool = False  # the group names another token that the crawler obeys


def counted(body: bytes) -> bytes:
    """Return the bytes of a file that count, without a line that the limit cuts."""
    for mark in (_TWICE_ENCODED_BOM, _BOM):
        if body.startswith(mark):
            body = body[len(mark) :]
            break
    if len(body) > SIZE_LIMIT:
        head = body[: SIZE_LIMIT + 1]
        body = head[: max(head.rfind(b"\n"), head.rfind(b"\r")) + 1]
    lines = re.split(rb"(?<=[\r\n])", body)
    return b"".join(_before_nul(line) if b"\0" in line else line for line in lines)


def _before_nul(line: bytes) -> bytes:
    end = re.search(rb"[\r\n]*\Z", line)
    return line[: line.index(b"\0")] + (end.group() if end else b"")


class File:
    """A robots.txt that is asked about several crawlers."""

    def __init__(self, google: Google, body: bytes) -> None:
        self._google, self._body = google, counted(body)
        self._lower = self._body.lower()
        self._by_star = not google.allowed(self._body, NOBODY, b"/")

    def answer(self, tokens: Sequence[str], wildcard: bool) -> Answer:
        """Return what the first of some tokens that has a group says, else the group of *."""
        for place, token in enumerate(tokens):
            if token.lower().encode() in self._lower and (asked := self._asked(token.encode())):
                body, name = asked
                return Answer(not self._google.allowed(body, name, b"/"), place == 0, place > 0)
        return Answer(self._by_star and wildcard)

    def _asked(self, token: bytes) -> tuple[bytes, bytes] | None:
        """Return the file and the name to ask for; None if the token has no group.

        A group of * put before the file reaches only crawlers without a group of their own.
        """
        body, name = self._body, token
        if not _IN_GRAMMAR.fullmatch(token):  # Google never matches it: it stands in for itself
            name = b"zzz-stands-in"
            body = _renamed(body, token, name)
        said = {
            self._google.allowed(b"User-agent: *\n%s: %s\n\n" % (rule, _PROBE) + body, name, _PROBE)
            for rule in (b"Allow", b"Disallow")
        }
        return (body, name) if len(said) == 1 else None


def _renamed(body: bytes, token: bytes, name: bytes) -> bytes:
    """Return a file in which the agent lines with a whole name have another name.

    A version may follow the name, after a slash or, behind a single word, after a space.
    """
    version = rb"(?:[ \t]*/[^#\r\n]*)?" if b" " in token else rb"(?:[ \t]*[/ \t][^#\r\n]*)?"
    line = rb"(?im)^([ \t]*user[- ]?agent[ \t]*[: \t][ \t]*)%s%s(?=[ \t]*(?:#|\r|\n|\Z))"
    return re.sub(line % (re.escape(token), version), rb"\g<1>" + name, body)
