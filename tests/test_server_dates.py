"""Dates in headers: in every form of HTTP, in whatever zone this machine is, and as rubbish."""

import math
import time
from collections.abc import Iterator
from datetime import datetime

import pytest

from crawlblock.transport import Heard
from crawlblock.transport.traffic import ServerTraffic
from crawlblock.transport.waits import asked_patience, http_date, server_time

pytestmark = pytest.mark.own_code

DATE = datetime(1994, 11, 6, 8, 49, 37)
FORMS = [
    "Sun, 06 Nov 1994 08:49:37 GMT",
    "Sunday, 06-Nov-94 08:49:37 GMT",
    "Sun Nov  6 08:49:37 1994",
    "Sun, 06 Nov 1994 09:49:37 +0100",
]


@pytest.fixture(autouse=True, params=["Asia/Tokyo", "America/Los_Angeles"])
def _zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this machine be in a zone."""
    if not hasattr(time, "tzset"):
        pytest.skip("this system sets no zone for a process")
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("form", FORMS)
def test_forms(form: str) -> None:
    """All forms of HTTP state the same time, which is UTC."""
    assert http_date(form) == DATE
    assert server_time({"Date": form, "Age": "60"}) == datetime(1994, 11, 6, 8, 50, 37)
    later = {"Retry-After": "Sun, 06 Nov 1994 08:59:37 GMT", "Date": form}
    assert asked_patience(later) == 600
    assert asked_patience({"Retry-After": form, "Date": "Sun, 06 Nov 1994 08:48:37 GMT"}) == 60


@pytest.mark.parametrize(
    "date",
    [
        "", "soon", "Sun, 06 Nov 99999999999999999999 08:49:37 GMT", f"{'9' * 5000}",
        "Fri, 31 Dec 9999 23:59:59 -0500", "Sun, 06 Nov 1994 08:49:37 +99999999999999999999",
    ],
    ids=["empty", "word", "year", "digits", "edge", "zone"],
)  # fmt: skip
def test_rubbish(date: str) -> None:
    """What states no time is passed over, with nothing raised."""
    assert http_date(date) is None
    assert server_time({"Date": date}) is None
    asked = {"Retry-After": date, "Date": FORMS[0]}
    assert asked_patience(asked) == (math.inf if date.isdigit() else 0)
    past = {"Retry-After": "Sun, 06 Nov 1994 08:59:37 GMT", "Date": date}
    assert asked_patience(past) == 0  # by this machine's clock


@pytest.mark.parametrize(("digits", "size"), [(18, 10**18 - 1), (19, None), (5000, None)])
def test_sizes(digits: int, size: int | None) -> None:
    """A size that no object can have is none."""
    traffic = ServerTraffic()
    headers = {"Content-Range": f"bytes 0-9/{'9' * digits}"}
    traffic.hear("http://a.example/x", Heard("bytes=0-9", 206, headers, 0.1))
    assert traffic.sizes.get("http://a.example/x") == size
