"""What a row's `status` says: an HTTP status, or a word for how the fetch ended."""

import re
from dataclasses import dataclass

from crawlblock.model import Outcome
from crawlblock.sources.outcomes import outcome_of

EMPTY = "empty"  # a robots.txt without a byte
_NUMBER = re.compile(r"(?:http_)?([1-9][0-9]{2})")


@dataclass(frozen=True, slots=True)
class Word:
    """What a status word means where no body says more."""

    status: int | None  # HTTP status; None: there was no answer
    outcome: Outcome


_WORDS = {
    # A 200 whose body the file does not hold cannot be told, so it is damaged, not allowed.
    "robots": Word(200, Outcome.DAMAGED),
    EMPTY: Word(200, Outcome.OK),
    "html": Word(200, Outcome.NOT_ROBOTS),
    "other_text": Word(200, Outcome.NOT_ROBOTS),
    "robots_over_512kib": Word(200, Outcome.TOO_LARGE),
    "error_dns": Word(None, Outcome.DNS),
    "error_timeout": Word(None, Outcome.TIMEOUT),
    "error_ssl": Word(None, Outcome.TLS),
    "error_refused": Word(None, Outcome.CONNECTION_REFUSED),
    "error_redirects": Word(None, Outcome.REDIRECT_UNRESOLVED),
    "error_other": Word(None, Outcome.UNREACHABLE),
}


def read_word(text: str) -> Word | None:
    """Return what a status in lower case says, None if it is not known here."""
    number = _NUMBER.fullmatch(text)
    if number:
        status = int(number[1])
        return Word(status, outcome_of(status, None))
    return _WORDS.get(text)
