"""The same bytes give the same answer on every path: small archives, each read in five ways."""

from collections import Counter
from collections.abc import Callable, Iterator

import duckdb
import pytest
from worlds import damage, encodings, errata, forms, redirects, several, single, spellings, targets
from worlds.cases import Case
from worlds.paths import PATHS, Reads, World, answer_of, opened

pytestmark = pytest.mark.own_code

_PARTS = (single, several, redirects, targets, damage, encodings, errata, spellings, forms)
CASES = [case for part in _PARTS for case in part.CASES]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Return the archive of all cases."""
    with opened(tmp_path_factory.mktemp("world"), CASES) as made:
        yield made


@pytest.fixture(scope="module")
def reads(world: World) -> Reads:
    """Return what gives the answers of a path, which runs once for all cases."""
    return Reads(world)


def pairs() -> list[object]:
    """Return every path with every case."""
    return [pytest.param(path, case, id=f"{path}-{case.name}") for path in PATHS for case in CASES]


@pytest.mark.parametrize(("path", "case"), pairs())
def test_sources_agree(reads: Reads, path: str, case: Case) -> None:
    """A path finds of every host of a case what the rule of selection says."""
    answers = reads(path).answers
    wanted = {h: answer_of(s, path) for h, s in case.wanted(path.startswith("history")).items()}
    found = {host: answers.get(host, []) for host in wanted}
    apart = "".join(
        f"\n{host}\n  wanted {wanted[host]}\n  found  {found[host]}"
        for host in wanted
        if found[host] != wanted[host]
    )
    assert not apart, f"{case.why}{apart}"


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
    with duckdb.connect(str(read.database), read_only=True) as con:
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
    """Every path has an answer for every host that it must know, over all cases."""
    hosts = sum(len(case.wanted(True)) for case in world.cases)
    for path in PATHS:
        by_index = path.startswith("history")
        wanted = (item for case in world.cases for item in case.wanted(by_index).items())
        assert not [host for host, seen in wanted if seen and host not in reads(path).answers]
    apart = sum(bool(case.history or case.files) for case in world.cases)
    record_property(
        "proof",
        f"{len(PATHS)} paths over {len(world.cases)} archives of {world.answers()} answers, "
        f"{hosts} hosts each: {len(PATHS) * len(world.cases)} pairs; in {apart} archives the "
        "index knows of an answer that the files do not hold readably",
    )
