"""The head of an HTTP answer: status and headers, and how its body is delimited; pure.

Servers spell heads in many ways.  What RFC 9112 lets a client read is read, and so is what curl and
browsers read where nothing can be mistaken.  The rest is an `UnreadableAnswerError`.
"""

import re
from dataclasses import dataclass

MOST_HEAD = 256 * 1024  # bytes of a head, interim responses (1xx) included; Chrome's limit
MOST_LINE = 128 * 1024  # bytes of a line of it; curl takes 100 KiB
MOST_HEADERS = 2_000  # of one head
_MOST_LINES = 10_000  # of one head, those that are no headers included
MOST_INTERIM = 20  # responses before the final one

_STATUS = re.compile(
    rb"HTTP(?:/([0-9]+(?:\.[0-9]+)?))?[ \t]+([0-9]{3})(?![0-9])[ \t]*(.*)", re.IGNORECASE
)
_START = re.compile(rb"[^\r\n]{0,4}?(?=HTTP)", re.IGNORECASE)  # browsers skip up to four bytes
_END = re.compile(rb"\n\r?\n")
_EMPTY_LINES = re.compile(rb"(?:\r?\n)*")
_NOT_IN_A_LINE = bytes.maketrans(b"\r\0", b"  ")  # RFC 9112 section 2.2, RFC 9110 section 5.5
_NUMBER = re.compile(rb"\+?([0-9]{1,4000})(?:[ \t;].*)?")
_BODILESS = (204, 304)


class UnreadableAnswerError(Exception):
    """A server answered, and what it sent cannot be read as HTTP."""


@dataclass(frozen=True, slots=True)
class Head:
    """Status and headers of an answer."""

    version: str  # 1.1
    status: int
    reason: bytes
    headers: tuple[tuple[bytes, bytes], ...]  # in their order

    @property
    def interim(self) -> bool:
        """Tell whether another answer follows."""
        return 100 <= self.status < 200

    def values(self, name: bytes) -> list[bytes]:
        """Return the items of all headers of that name (in lower case)."""
        lines = (value for key, value in self.headers if key.lower() == name)
        return [item.strip() for line in lines for item in line.split(b",") if item.strip()]

    @property
    def transfer_codings(self) -> list[bytes]:
        """Return the transfer codings in lower case, in the order in which they were applied."""
        named = [item.partition(b";")[0].strip().lower() for item in self.values(_TRANSFER)]
        return [name for name in named if name != b"identity"]

    @property
    def has_body(self) -> bool:
        """Tell whether a body may follow (RFC 9112 section 6.3)."""
        return self.status not in _BODILESS

    def content_length(self) -> int | None:
        """Return the length of the body, None where it ends in another way.

        Several lengths that are equal count as one (RFC 9112 section 6.3); a plus before the number
        and words behind it are passed over, as curl does.  Raises UnreadableAnswerError for what is
        no number, and for two different ones: nobody can tell where such a body ends.
        """
        if self.transfer_codings:
            return None  # it overrides the length
        stated = self.values(_LENGTH)
        numbers = [found[1] for item in stated if (found := _NUMBER.fullmatch(item))]
        if len(numbers) < len(stated):
            raise UnreadableAnswerError(f"its Content-Length is not a number: {_shown(stated)}")
        lengths = set(map(int, numbers))
        if len(lengths) > 1:
            raise UnreadableAnswerError(f"it has several Content-Lengths: {_shown(stated)}")
        return lengths.pop() if lengths else None


_TRANSFER, _LENGTH = b"transfer-encoding", b"content-length"


def find_head(data: bytes | bytearray, searched: int = 0) -> tuple[int, int] | None:
    """Return where the first head in some bytes begins and ends, None where it does not end yet.

    The first `searched` bytes are known to hold no end.  Raises UnreadableAnswerError where no head
    begins, or where one is too large.
    """
    begin = _begin(data)
    if begin is None:
        return None
    end = _END.search(data, max(begin, searched - 2))
    if end is None and len(data) > MOST_HEAD:
        raise UnreadableAnswerError(f"its head is longer than {MOST_HEAD >> 10} KiB")
    return (begin, end.end()) if end else None


def _begin(data: bytes | bytearray) -> int | None:
    """Return where the status line begins, behind empty lines; None where too little is there."""
    first = _EMPTY_LINES.match(data)
    at = first.end() if first else 0
    start = _START.match(data, at)
    if start:
        return start.end()
    line = bytes(data[at : at + 8])
    if len(line) == 8 or b"\n" in line:
        raise UnreadableAnswerError(f"it does not begin as HTTP does: {_shown([line])}")
    if at > MOST_HEAD:
        raise UnreadableAnswerError("it begins with empty lines without end")
    return None


def parse_head(raw: bytes) -> Head:
    """Return what a whole head says; raises UnreadableAnswerError."""
    first, *lines = (line.removesuffix(b"\r") for line in raw.rstrip(b"\r\n").split(b"\n"))
    if len(lines) > _MOST_LINES:
        raise UnreadableAnswerError(f"its head has {len(lines):,} lines")
    if max(map(len, (first, *lines))) > MOST_LINE:
        raise UnreadableAnswerError(f"a line of its head is longer than {MOST_LINE >> 10} KiB")
    status = _STATUS.fullmatch(first.translate(_NOT_IN_A_LINE))
    if status is None or int(status[2]) < 100:
        raise UnreadableAnswerError(f"it has no status line: {_shown([first])}")
    return Head(
        version=(status[1] or b"1.0").decode(),
        status=int(status[2]),
        reason=status[3].strip(),
        headers=_headers(lines),
    )


def _headers(lines: list[bytes]) -> tuple[tuple[bytes, bytes], ...]:
    """Return headers; a line without a name or without a colon is none, and is passed over."""
    headers: list[list[bytes]] = []
    for line in lines:
        plain = line.translate(_NOT_IN_A_LINE)
        if plain[:1] in (b" ", b"\t"):  # a line folded (RFC 9112 section 5.2)
            if headers and plain.strip():
                headers[-1].append(plain.strip())
            continue
        name, colon, value = plain.partition(b":")
        if colon and name.strip():
            headers.append([name.strip(), value.strip()])
        if len(headers) > MOST_HEADERS:
            raise UnreadableAnswerError(f"it has more than {MOST_HEADERS} headers")
    return tuple((name, b" ".join(filter(None, values))) for name, *values in headers)


def _shown(items: list[bytes]) -> str:
    return ascii(b", ".join(items)[:60].decode("latin-1"))
