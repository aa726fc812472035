"""What Google's robots.txt parser says about `/`, asked for one product token at a time."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from robotstxt.robots import _lib

ORIGIN = b"http://h.example"
SIZE_LIMIT = 500 * 1024  # bytes that count; the library itself has no limit
NOBODY = b"zzz-nobody"  # a crawler that no file names
_BOM, _TWICE_ENCODED_BOM = b"\xef\xbb\xbf", b"\xc3\xaf\xc2\xbb\xc2\xbf"
_PROBE = b"/" + 40 * b"zz-probe"  # longer than what other rules are likely to match of it
_FRESH = b"\xff"  # no pattern matches it but by a *: the parser escapes such bytes in patterns
_IN_GRAMMAR = re.compile(rb"[A-Za-z_-]+")
RESTRICTIONS = ("none", "partial", "all_but", "full")


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
    restriction: str = "none"  # of all paths: one of RESTRICTIONS


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
        self._paths = sorted(set(_reached(self._body)))
        self._by_star = Answer(self._blocks(self._body, NOBODY, b"/"),
                               restriction=self._restriction(self._body, NOBODY))  # fmt: skip

    def answer(self, tokens: Sequence[str], wildcard: bool) -> Answer:
        """Return what the first of some tokens that has a group says, else the group of *."""
        for place, token in enumerate(tokens):
            if token.lower().encode() in self._lower and (asked := self._asked(token.encode())):
                return Answer(
                    self._blocks(*asked, b"/"), place == 0, place > 0, self._restriction(*asked)
                )
        return self._by_star if wildcard else Answer(False)

    def _blocks(self, body: bytes, name: bytes, path: bytes) -> bool:
        return not self._google.allowed(body, name, path)

    def _restriction(self, body: bytes, name: bytes) -> str:
        """Ask for a path that no narrow rule matches, then for what each pattern can reach."""
        closed = self._blocks(body, name, b"/" + _FRESH)
        opened_or_closed = any(
            self._blocks(body, name, path) != closed
            for path in self._paths
            if not closed or path.rstrip(_FRESH) != b"/robots.txt"
        )
        return (("none", "partial"), ("full", "all_but"))[closed][opened_or_closed]

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


def _reached(body: bytes) -> Iterator[bytes]:
    """Yield `/`, and for what each line may have as a pattern the paths that only it reaches.

    In place of a * they have a byte that only another * matches.
    """
    yield b"/"
    for line in re.split(rb"[\r\n]+", body):
        value = re.split(rb"\s*[:\s]\s*", line.partition(b"#")[0].strip(), maxsplit=1)[-1]
        pattern = _escaped(value)
        if not pattern.startswith((b"/", b"*")):
            continue
        if b"/index.htm" in pattern:  # Google's parser takes it for the folder as well
            yield pattern[: pattern.rindex(b"/") + 1].replace(b"*", _FRESH)
        core, end = (pattern[:-1], b"") if pattern.endswith(b"$") else (pattern, _FRESH)
        rest = core.lstrip(b"*")
        if rest == core or rest.startswith(b"/"):
            yield rest.replace(b"*", _FRESH) + end
        if rest != core:
            yield b"/" + (b"*" + rest).replace(b"*", _FRESH) + end


def _escaped(value: bytes) -> bytes:
    """Return a pattern as Google's parser compares it: escapes in capitals, other bytes escaped."""
    capitals = re.sub(rb"%[0-9a-fA-F]{2}", lambda found: found.group().upper(), value)
    return re.sub(rb"[\x80-\xff]", lambda found: b"%%%02X" % ord(found.group()), capitals)
