"""What a row's `status` says: an HTTP status, or a word for how the fetch ended."""

import re
from dataclasses import dataclass

from crawlblock.outcome import Ending

EMPTY = "empty"  # a robots.txt without a byte
_NUMBER = re.compile(r"(?:http_)?([1-9][0-9]{2})(?:\.0*)?")  # pandas writes 200.0 beside gaps


@dataclass(frozen=True, slots=True)
class Word:
    """What a status word says of a fetch, where no body says more."""

    status: int | None  # HTTP status; None: there was no answer
    ended: Ending | None


_WORDS = {
    # A 200 whose body the file does not hold is unknown, not allowed.
    "robots": Word(200, Ending.MISSING),
    EMPTY: Word(200, None),
    "html": Word(200, Ending.PAGE),
    "other_text": Word(200, Ending.PAGE),
    "robots_over_512kib": Word(200, Ending.TOO_LARGE),
    "error_dns": Word(None, Ending.DNS),
    "error_timeout": Word(None, Ending.TIMEOUT),
    "error_ssl": Word(None, Ending.TLS),
    "error_refused": Word(None, Ending.CONNECTION_REFUSED),
    "error_redirects": Word(None, Ending.REDIRECTS),
    "error_other": Word(None, Ending.UNREACHABLE),
}


def read_word(text: str) -> Word | None:
    """Return what a status in lower case says, None if it is not known here."""
    number = _NUMBER.fullmatch(text)
    if number:
        status = int(number[1])
        return Word(status, Ending.MISSING if 200 <= status < 300 else None)
    return _WORDS.get(text)
