"""The rule of selection: said once in Python and once in SQL, and the same for every world."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from crawlblock.captures.frames import batch_of
from crawlblock.captures.selection import Candidate, FetchChain, Selection, within
from crawlblock.model import Asked, Fetch, Payload, SnapshotKind
from crawlblock.outcome import Body, Ending, Outcome, outcome_of
from crawlblock.store.defining import define
from crawlblock.store.insert import add_batch
from crawlblock.store.schema import schema
from crawlblock.store.selecting import settle
from crawlblock.warc.http import digest

pytestmark = pytest.mark.own_code

WORLDS, EXAMPLES = 30, 12  # at least so many in an example
HOSTS = ("a.test", "b.test", "www.a.test", "c.test")
APART = "d.test"  # nothing but a chain of redirects is there
RESOURCES = ("/robots.txt", "/robots.txt", "/robots.txt?a", "/")
ROBOTS, PAGE, UNSEEN = b"User-agent: *\nDisallow: /\n", b"<!doctype html><title>x</title>", b"?"
# A home page is no answer to who asked for robots.txt: live alone asks for one.
_SEEN = [ending for ending in Ending if ending is not Ending.HOME_PAGE]
BODIES = {digest(ROBOTS): Body.ROBOTS, digest(PAGE): Body.PAGE}
PAYLOADS = tuple(Payload(digest(body), body) for body in (ROBOTS, PAGE))
PERIOD = datetime(2025, 8, 4, 1), datetime(2025, 8, 4, 3)
TIMES = (None, datetime(1970, 1, 1), datetime(2036, 2, 7), *(
    datetime(2025, 8, 4, hour) for hour in range(5)
))  # fmt: skip
_BLANK = Fetch(snapshot="", host="", resource="", secure=None, fetch_time=None)


@dataclass(frozen=True)
class World:
    """The fetches of a snapshot, and whom it was asked about."""

    fetches: tuple[Fetch, ...]
    asked: tuple[Asked, ...]


def _redirects() -> st.SearchStrategy[Fetch]:
    """Return a strategy for redirects, also to hosts that are not there."""
    schemes, hosts = st.sampled_from(("http", "https")), st.sampled_from((*HOSTS, "gone.test"))
    urls = st.builds("{}://{}{}".format, schemes, hosts, st.sampled_from(RESOURCES))
    return st.builds(partial(replace, _BLANK), status=st.sampled_from((301, 308)), redirect=urls)


def _answers() -> st.SearchStrategy[Fetch]:
    """Return a strategy for how a fetch can end, in all the ways that there are."""
    make = partial(replace, _BLANK)
    digests = st.sampled_from([None, digest(ROBOTS), digest(PAGE), digest(UNSEEN)])
    return st.one_of(
        st.just(make(status=200, digest=digest(ROBOTS))),
        st.builds(make, status=st.sampled_from((200, 204)), digest=digests, read=st.booleans()),
        st.builds(make, status=st.just(200), digest=digests, ended=st.sampled_from(_SEEN)),
        st.builds(make, status=st.sampled_from((401, 402, 404, 429, 451, 500, 525, 999, 100))),
        st.builds(make, ended=st.sampled_from([None, *_SEEN])),
        st.builds(make, status=st.sampled_from((301, 302)), read=st.booleans()),
        _redirects(),
    )


# Made once: hypothesis looks at every strategy that it meets for the first time.
_HOST, _TIME = st.sampled_from(HOSTS), st.sampled_from(TIMES)
_ANSWER = _answers()
_FETCHES = st.lists(
    st.builds(
        lambda answer, host, resource, secure, time: replace(
            answer, host=host, resource=resource, secure=secure, fetch_time=time
        ),
        _ANSWER, _HOST, st.sampled_from(RESOURCES), st.sampled_from((True, True, False, None)),
        _TIME,
    ),
    max_size=10,
)  # fmt: skip
_FALLBACKS = st.tuples(*[st.sampled_from((None, *HOSTS))] * len(HOSTS))
_ASKED = st.sampled_from(("/robots.txt", "/robots.txt", "/robots.txt", "/"))
_CHAINED = st.sampled_from((*HOSTS, *(APART,) * 8))
_STEPS = ("/robots.txt", "/1", "/2", "/3", "/4", "/5", "/6", "/7")
_LENGTH, _BACK = st.integers(0, len(_STEPS) - 1), st.sampled_from((*(None,) * 12, *_STEPS))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Draw some fetches and a chain of redirects; every fetch has its own place."""
    fetches = [*draw(_FETCHES), *_chain(draw)]
    places = draw(st.randoms(use_true_random=False)).sample(range(len(fetches)), len(fetches))
    placed = (
        replace(fetch, reason=str(number), warc_file="w", warc_offset=100 * place, warc_length=1)
        for number, (fetch, place) in enumerate(zip(fetches, places, strict=True))
    )
    resource = draw(_ASKED)
    asked = (
        Asked(snapshot="", host=host, resource=resource, fallback=None if other == host else other)
        for host, other in zip((*HOSTS, APART), (*draw(_FALLBACKS), None), strict=True)
    )
    return World(tuple(placed), tuple(asked))


def _chain(draw: st.DrawFn) -> Iterator[Fetch]:
    """Yield a chain of up to seven redirects from a host's robots.txt, which may end in a loop."""
    length, host, back = draw(_LENGTH), draw(_CHAINED), draw(_BACK)
    for number, resource in enumerate(_STEPS[: length + 1]):
        target = _STEPS[number + 1] if number < length else back
        moved = replace(_BLANK, status=301, redirect=f"https://{host}{target}")
        end = moved if target else draw(_ANSWER)
        yield replace(end, host=host, resource=resource, secure=True, fetch_time=draw(_TIME))


Found = tuple[str | None, str | None, int, str]  # numbers of the first and last fetch, hops, how


def by_python(world: World) -> dict[str, Found]:
    """Return what selection.py takes for each host."""
    by_url: dict[str, list[Candidate]] = defaultdict(list)
    for fetch in world.fetches:
        url = _url(fetch.secure, fetch.host, fetch.resource)
        by_url[url].append(_candidate(url, fetch))
    selection = Selection(lambda url: by_url.get(url, []))
    found = {}
    for asked in world.asked:
        own, fallback = (
            [_url(secure, host, asked.resource) for secure in (True, False, None)] if host else []
            for host in (asked.host, asked.fallback)
        )
        found[asked.host] = _found(selection.best(own, fallback))
    return found


def _url(secure: bool | None, host: str, resource: str) -> str:
    scheme = {True: "https:", False: "http:", None: ""}[secure]
    return f"{scheme}//{host}{resource}"


def _candidate(url: str, fetch: Fetch) -> Candidate:
    body = BODIES.get(fetch.digest or "")
    leads = fetch.redirect is not None
    return Candidate(
        url=url,
        time=within(fetch.fetch_time, PERIOD),
        status=fetch.status,
        outcome=outcome_of(fetch.status, fetch.ended, body, fetch.read, leads),
        target=fetch.redirect,
        digest=fetch.digest,
        offset=fetch.warc_offset,
        id=fetch.reason,
    )


def _found(chain: FetchChain | None) -> Found:
    if chain is None:
        return None, None, 0, str(Outcome.NOT_CAPTURED)
    first, last = str(chain.first.id), str(chain.last.id)
    return first, last, chain.hops, str(chain.last.outcome)


def by_sql(
    con: duckdb.DuckDBPyConnection, given: Sequence[World], part: int = 1_000
) -> list[dict[str, Found]]:
    """Return what SQL takes for each host of each world, a snapshot each, in parts of hosts."""
    named = [f"world-{number:03}" for number in range(len(given))]
    pairs = list(zip(named, given, strict=True))
    fetches = [replace(each, snapshot=name) for name, world in pairs for each in world.fetches]
    asked = [replace(each, snapshot=name) for name, world in pairs for each in world.asked]
    con.execute("BEGIN").fetchall()
    add_batch(con, batch_of(fetches, asked, PAYLOADS), SnapshotKind.CRAWL)
    con.execute("UPDATE facts.snapshots SET first_capture = ?, last_capture = ?", PERIOD).fetchall()
    settle(con, part)
    rows = con.execute(
        "SELECT s.snapshot, h.host, a.reason, l.reason, c.hops, c.outcome "
        "FROM conclusions.captures c JOIN facts.snapshots s ON s.id = c.snapshot "
        "JOIN facts.hosts h ON h.id = c.host LEFT JOIN facts.fetches a ON a.id = c.first "
        "LEFT JOIN facts.fetches l ON l.id = c.last"
    ).fetchall()
    con.execute("ROLLBACK").fetchall()
    found: dict[str, dict[str, Found]] = {name: {} for name in named}
    for snapshot, host, *row in rows:
        assert host not in found[snapshot]
        found[snapshot][host] = tuple(row)
    return list(found.values())


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a database in memory."""
    with duckdb.connect() as connection:
        define(connection, schema())
        yield connection


def test_both_take_the_same(
    con: duckdb.DuckDBPyConnection, record_property: Callable[[str, object], None]
) -> None:
    """In random worlds SQL takes the fetches, hops and outcome that Python takes, for all hosts."""
    seen: Counter[str] = Counter()

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],  # a world is small, and making many smaller takes minutes
    )  # fmt: skip
    @seed(1)
    @given(st.lists(worlds(), min_size=WORLDS, max_size=WORLDS + 10))
    def held(given: list[World]) -> None:
        expected = [by_python(world) for world in given]
        part = len(given) % 3 + 1 if len(given) % 2 else 1_000  # hosts are also taken in parts
        for world, found, right in zip(given, by_sql(con, given, part), expected, strict=True):
            assert found == right, world
        seen["worlds"] += len(given)
        for _, _, hops, outcome in (each for world in expected for each in world.values()):
            seen.update((f"{hops} hops", outcome))
        seen.update(str(_candidate("", each).outcome) for world in given for each in world.fetches)

    held()
    assert seen["worlds"] >= WORLDS * EXAMPLES / 2
    assert {f"{hops} hops" for hops in range(6)} <= set(seen)
    assert {*map(str, Outcome)} <= set(seen)
    record_property("proof", f"selection: {seen['worlds']} worlds")
