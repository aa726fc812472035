"""How fetches end, and what that amounts to."""

import pytest

from crawlblock.outcome import Body, Ending, Outcome, outcome_of

pytestmark = pytest.mark.own_code

_CASES = [  # status, ended, body, read, leads
    ((200, None, Body.ROBOTS, True, False), Outcome.OK),
    ((204, None, Body.ROBOTS, True, False), Outcome.OK),
    ((200, None, Body.PAGE, True, False), Outcome.NOT_ROBOTS),
    ((200, None, Body.CHALLENGE, True, False), Outcome.CHALLENGE),
    ((200, None, None, False, False), Outcome.NOT_FETCHED),
    ((200, None, None, True, False), Outcome.DAMAGED),
    ((200, None, Body.ROBOTS, False, False), Outcome.OK),
    ((200, Ending.CUT, Body.ROBOTS, True, False), Outcome.DAMAGED),
    ((200, Ending.CUT_BY_TIME, None, True, False), Outcome.TIMEOUT),
    ((301, None, None, False, False), Outcome.NOT_FETCHED),
    ((301, None, None, True, False), Outcome.REDIRECT_UNRESOLVED),
    ((301, None, None, False, True), Outcome.REDIRECT_UNRESOLVED),
    ((404, Ending.UNDECODABLE, None, True, False), Outcome.ABSENT),
    ((403, None, None, False, False), Outcome.REFUSED),
    ((429, None, None, True, False), Outcome.THROTTLED),
    ((503, None, None, True, False), Outcome.SERVER_ERROR),
    ((522, None, None, True, False), Outcome.ORIGIN_DOWN),
    ((999, None, None, True, False), Outcome.SERVER_ERROR),
    ((None, Ending.DNS, None, True, False), Outcome.DNS),
    ((None, Ending.UNREADABLE_ANSWER, None, True, False), Outcome.UNREADABLE_ANSWER),
    ((None, None, None, True, False), Outcome.DAMAGED),
]


@pytest.mark.parametrize(("seen", "outcome"), _CASES)
def test_outcome_of_a_fetch(
    seen: tuple[int | None, Ending | None, Body | None, bool, bool], outcome: Outcome
) -> None:
    """The status decides, and for a 2xx how the body ended and what it is."""
    assert outcome_of(*seen) is outcome


def test_nothing_unknown_is_better_than_a_robots_txt() -> None:
    """A robots.txt is the best outcome; only a record that may hold one is as good."""
    best = max(each.goodness for each in Outcome)
    assert {each for each in Outcome if each.goodness == best} == {
        Outcome.OK,
        Outcome.NOT_FETCHED,
    }


def test_endings_without_an_answer_are_no_answer() -> None:
    """What the network's errors lead to says that the host did not answer."""
    network = (
        Ending.DNS,
        Ending.TLS,
        Ending.CONNECTION_REFUSED,
        Ending.TIMEOUT,
        Ending.UNREACHABLE,
    )
    assert not any(each.outcome.answered for each in network)
    assert all(each.outcome.retry for each in network)


def test_an_answer_that_cannot_be_read_is_an_answer() -> None:
    """The host is there, so it is no failure of the network; nothing is known of it all the same.

    Every answer that can be read counts before it, and it before a host that does not answer.
    """
    unreadable = Outcome.UNREADABLE_ANSWER
    assert unreadable.answered
    assert unreadable.retry
    assert Outcome.TLS.goodness < unreadable.goodness < Outcome.DAMAGED.goodness
