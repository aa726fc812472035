"""The same bytes give the same answer on every path: small archives, each read in five ways."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache

import duckdb
import pytest
from worlds import damage, redirects, several, spellings
from worlds.cases import Case
from worlds.paths import PATHS, Read, World, answer_of, opened

CASES = [*several.CASES, *redirects.CASES, *damage.CASES, *spellings.CASES]
Reads = Callable[[str], Read]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Return the archive of all cases."""
    with opened(tmp_path_factory.mktemp("world"), CASES) as made:
        yield made


@pytest.fixture(scope="module")
def reads(world: World) -> Reads:
    """Return what gives the answers of a path, which runs once for all cases."""
    return cache(lambda path: PATHS[path](world))


def pairs() -> list[object]:
    """Return every path with every case."""
    return [
        pytest.param(path, case, id=f"{path}-{case.name}") for path in PATHS for case in CASES
    ]


@pytest.mark.parametrize(("path", "case"), pairs())
def test_sources_agree(reads: Reads, path: str, case: Case) -> None:
    """A path finds of every host of a case what the rule of selection says."""
    wanted = case.wanted(path.startswith("history"))
    found = {host: reads(path).answers.get(host, []) for host in wanted}
    assert found == {host: answer_of(seen, path) for host, seen in wanted.items()}, case.why


def test_cases_are_their_own() -> None:
    """No two cases share a name, a host or a payload, so that none can answer for another."""
    names = Counter(case.name for case in CASES)
    hosts = Counter(host for case in CASES for host in case.wanted(True))
    payloads = Counter(
        body
        for case in CASES
        for body in {seen.payload for seen in case.wanted(True).values() if seen and seen.payload}
    )
    for counted in (names, hosts, payloads):
        assert max(counted.values()) == 1, counted.most_common(1)


@pytest.mark.parametrize("path", ["import", "scan"])
def test_nothing_goes_missing_uncounted(
    world: World, reads: Reads, path: str, record_property: Callable[[str, object], None]
) -> None:
    """Every answer in the files is a stored fetch or a place that is reported."""
    read = reads(path)
    damaged = sum(case.reported for case in world.cases)
    with duckdb.connect(str(read.databases[0]), read_only=True) as con:
        (stored,) = con.execute("SELECT count(*) FROM facts.fetches").fetchall()[0]
    assert stored + read.reported == world.answers() + damaged
    record_property(
        "proof",
        f"{path}: {world.answers()} answers in {len(world.cases)} files: {stored} fetches stored, "
        f"{read.reported} places reported, {damaged} of which hold no answer",
    )


def test_the_matrix(
    world: World, reads: Reads, record_property: Callable[[str, object], None]
) -> None:
    """All paths read all cases; what differs by design differs only between index and files."""
    hosts = [(case, host) for case in world.cases for host in case.wanted(True)]
    for path in PATHS:
        assert all(reads(path).answers.get(host) for case in world.cases
                   for host, seen in case.wanted(path.startswith("history")).items() if seen)  # fmt: skip
    apart = sum(bool(case.history or case.files) for case in world.cases)
    record_property(
        "proof",
        f"{len(PATHS)} paths over {len(world.cases)} archives of {world.answers()} answers, "
        f"{len(hosts)} hosts each: {len(PATHS) * len(world.cases)} pairs; in {apart} archives the "
        "index knows of an answer that the files do not hold readably",
    )
