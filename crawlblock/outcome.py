"""How a fetch ended, as a fact, and what that amounts to, as a conclusion; pure.

This is the only place that knows what each outcome means.  SQL reads the table `outcomes`, which is
made from here, and `endings`, which holds `outcome_of` for every combination that is stored.
"""

from enum import StrEnum
from typing import Self


class Body(StrEnum):
    """What the bytes of an answer are."""

    ROBOTS = "robots"  # they can be read as robots.txt
    PAGE = "page"  # HTML, JSON or binary data in place of it
    CHALLENGE = "challenge"  # a page that wants to see whether a person asks


class Outcome(StrEnum):
    """How a capture ended.

    `answered`: the host gave an answer, be it one that cannot be read.  `retry`: the reason lies on
    the way, so another attempt may give the answer itself.  `goodness`: which of several captures
    of a host counts, the largest first (see `captures.selection`).  `refused`: the server keeps
    its robots.txt from those who ask, which is no block by robots.txt and is counted beside it.
    """

    answered: bool
    retry: bool
    goodness: int
    refused: bool

    def __new__(
        cls,
        word: str,
        answered: bool = False,
        retry: bool = False,
        goodness: int = 0,
        refused: bool = False,
    ) -> Self:
        """Make a member that is its word and has the four properties.

        The defaults are for type checkers alone, to which `Outcome("ok")` calls this.
        """
        member = str.__new__(cls, word)
        member._value_ = word
        member.answered, member.retry, member.goodness = answered, retry, goodness
        member.refused = refused
        return member

    # 2xx with something that can be read as robots.txt, also an empty one
    OK = "ok", True, False, 40
    # an index names the capture, but its record was not read: it may be a robots.txt
    NOT_FETCHED = "not_fetched", True, True, 40
    # 404, 410 and other 4xx without a class of their own
    ABSENT = "absent", True, False, 30
    REFUSED = "refused", True, True, 30, True  # 401, 403, 451
    PAYMENT_REQUIRED = "payment_required", True, True, 30, True  # 402
    THROTTLED = "throttled", True, True, 30  # 429
    SERVER_ERROR = "server_error", True, True, 30  # 5xx
    ORIGIN_DOWN = "origin_down", True, True, 30  # 520-527, 530: a CDN could not reach the site
    CHALLENGE = "challenge", True, True, 20, True  # 2xx with a page that tests for a person
    NOT_ROBOTS = "not_robots", True, False, 20  # 2xx with a page or binary data
    TOO_LARGE = "too_large", True, False, 20  # the body was too large for the source to keep
    # the chain loops, is too long or leaves the snapshot
    REDIRECT_UNRESOLVED = "redirect_unresolved", True, True, 10
    DAMAGED = "damaged", False, False, 10  # the record or its payload cannot be read or trusted
    # a server answered, and not in a way that HTTP lets a client read: nothing is known of the host
    UNREADABLE_ANSWER = "unreadable_answer", True, True, 7
    TLS = "tls", False, True, 5
    TIMEOUT = "timeout", False, True, 4
    UNREACHABLE = "unreachable", False, True, 3  # another network failure, or an unknown one
    CONNECTION_REFUSED = "connection_refused", False, True, 2
    DNS = "dns", False, True, 1
    NOT_CAPTURED = "not_captured", False, True, 0  # the source has nothing about this host


class Ending(StrEnum):
    """Why a fetch gave no whole body to look at; a fact.  A fetch without one ended in order."""

    outcome: Outcome

    def __new__(cls, word: str, outcome: Outcome = Outcome.UNREACHABLE) -> Self:
        """Make a member that is its word and knows the outcome it leads to (see `Outcome`)."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.outcome = outcome
        return member

    DNS = "dns", Outcome.DNS
    TLS = "tls", Outcome.TLS
    CONNECTION_REFUSED = "connection_refused", Outcome.CONNECTION_REFUSED
    TIMEOUT = "timeout", Outcome.TIMEOUT
    UNREACHABLE = "unreachable", Outcome.UNREACHABLE
    UNREADABLE_ANSWER = "unreadable_answer", Outcome.UNREADABLE_ANSWER
    REDIRECTS = "redirects", Outcome.REDIRECT_UNRESOLVED  # the source says: too many, or a loop
    # an index names this redirect without its target, and that of a newer one of its URL was read
    PASSED_OVER = "passed_over", Outcome.REDIRECT_UNRESOLVED
    UNREADABLE = "unreadable", Outcome.DAMAGED  # the record or its HTTP head cannot be read
    ALTERED = "altered", Outcome.DAMAGED  # the payload does not have the digest that is stated
    UNDECODABLE = "undecodable", Outcome.DAMAGED  # its coding is unknown, broken or ends early
    CUT = "cut", Outcome.DAMAGED  # the source kept less of the body than counts
    CUT_BY_TIME = "cut_by_time", Outcome.TIMEOUT  # the time was up within the body
    MISSING = "missing", Outcome.DAMAGED  # the source has no body of this 2xx
    TOO_LARGE = "too_large", Outcome.TOO_LARGE
    PAGE = "page", Outcome.NOT_ROBOTS  # the source says that it is a page
    CHALLENGE = "challenge", Outcome.CHALLENGE
    HOME_PAGE = "home_page", Outcome.OK  # a page was asked for and given


_BY_BODY = {
    Body.ROBOTS: Outcome.OK,
    Body.PAGE: Outcome.NOT_ROBOTS,
    Body.CHALLENGE: Outcome.CHALLENGE,
}
_BY_STATUS = {
    **dict.fromkeys((401, 403, 451), Outcome.REFUSED),
    402: Outcome.PAYMENT_REQUIRED,
    429: Outcome.THROTTLED,
    **dict.fromkeys((*range(520, 528), 530), Outcome.ORIGIN_DOWN),
}
_BY_CLASS = {3: Outcome.REDIRECT_UNRESOLVED, 4: Outcome.ABSENT}


def outcome_of(
    status: int | None, ended: Ending | None, body: Body | None, read: bool, leads: bool
) -> Outcome:
    """Return how a fetch ended, taken alone.

    `body` is what its payload is, None where no payload is stored.  `read` tells whether its record
    was read; else an index only names it.  `leads` tells whether it redirects to a known URL.  How
    a body ended matters for a 2xx alone: of other answers the status says all.
    """
    if status is None:
        return ended.outcome if ended else Outcome.DAMAGED
    if 200 <= status < 300:
        if ended:
            return ended.outcome
        if body is None:  # where it was read, it repeats a payload that is not at hand
            return Outcome.DAMAGED if read else Outcome.NOT_FETCHED
        return _BY_BODY[body]
    if 300 <= status < 400 and not (read or leads or ended):
        return Outcome.NOT_FETCHED  # its record says where it leads
    return status_outcome(status)


def status_outcome(status: int) -> Outcome:
    """Return what an HTTP status other than 2xx amounts to.

    A status beyond HTTP's range counts as a server error (RFC 9110 section 15).
    """
    if status >= 500:
        return _BY_STATUS.get(status, Outcome.SERVER_ERROR)
    return _BY_STATUS.get(status) or _BY_CLASS.get(status // 100, Outcome.DAMAGED)
