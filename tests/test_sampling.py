"""The sample, the strata and the host rule."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlblock.model import Member
from crawlblock.sampling import (
    candidates,
    ranked_strata,
    sampling_key,
    simple_sample,
    stratified_sample,
)

BANDS = (("1k", 1_000), ("10k", 10_000))
FRAME = [f"site{i}.com" for i in range(500)]


def test_the_key_of_a_domain_is_fixed() -> None:
    """The key is the same on every machine: these bytes may never change."""
    assert sampling_key("2026", "example.com").hex() == "bac0f0d0afa1206a642b134e3fca73e6"


@given(st.permutations(FRAME[:40]), st.integers(0, 40), st.integers(0, 40), st.text())
def test_a_larger_sample_begins_with_the_smaller(
    frame: list[str], one: int, other: int, seed: str
) -> None:
    """Growing a panel keeps its members and their places, in whatever order the frame comes."""
    small, large = (
        [m.domain for m in simple_sample(frame, size, seed, "p", "all")]
        for size in sorted((one, other))
    )
    assert large[: len(small)] == small
    assert large == [m.domain for m in simple_sample(sorted(frame), len(large), seed, "p", "all")]


def test_weights_add_up_to_the_frame() -> None:
    """The weights of the members add up to the number of domains in the frame."""
    members = simple_sample(FRAME, 20, "s", "p", "all")
    assert sum(member.weight for member in members) == pytest.approx(500)
    assert [member.position for member in members] == list(range(20))


@pytest.mark.parametrize("size", [None, 500, 10_000])
def test_a_whole_frame_has_weight_one(size: int | None) -> None:
    """Without a size, or with one beyond the frame, every domain is a member of weight 1."""
    members = simple_sample(FRAME, size, "s", "p", "all")
    assert {m.domain for m in members} == set(FRAME)
    assert {m.weight for m in members} == {1.0}


def test_an_empty_frame_gives_no_member() -> None:
    """A sample of nothing is empty, not an error."""
    assert simple_sample([], 5, "s", "p", "all") == []
    assert stratified_sample(ranked_strata([], BANDS), 5, "s", "p") == []


def test_seeds_differ() -> None:
    """Another seed samples other members."""
    one, two = ({m.domain for m in simple_sample(FRAME, 50, seed, "p", "all")} for seed in "ab")
    assert one != two


def test_strata_are_the_bands_between_bounds() -> None:
    """A domain's stratum follows from its rank, and its weight from its stratum alone."""
    members = stratified_sample(
        ranked_strata(((i + 1, f"d{i}.com") for i in range(5_000)), BANDS), 10, "s", "p"
    )
    assert {(m.stratum, m.weight) for m in members} == {("1k", 100.0), ("10k", 400.0)}
    assert all((m.rank or 0) <= 1_000 for m in members if m.stratum == "1k")
    assert all(1_000 < (m.rank or 0) <= 5_000 for m in members if m.stratum == "10k")


def test_ranks_are_renumbered_over_distinct_domains() -> None:
    """Gaps, www twins and upper case do not shift domains into the wrong stratum."""
    ranked = [(90, "b.com"), (7, "A.com".lower()), (8, "www.a.com"), (95, "c.com")]
    members = stratified_sample(ranked_strata(ranked, [("top", 2), ("rest", 9)]), None, "s", "p")
    assert sorted((m.rank, m.domain, m.stratum) for m in members if m.rank) == [
        (1, "a.com", "top"),
        (2, "b.com", "top"),
        (3, "c.com", "rest"),
    ]


def test_a_sorted_ranking_is_not_read_beyond_the_last_band() -> None:
    """A hundred million lines are not read where the first thousand are wanted."""

    def lines() -> Callable[[], int]:
        raise AssertionError("read on")

    ranked = ((i + 1, f"d{i}.com") if i < 10_000 else lines() for i in range(20_000))
    assert len(stratified_sample(ranked_strata(ranked, BANDS), 1, "s", "p")) == 2  # type: ignore[arg-type]


def test_www_stays_where_it_is_the_registered_name() -> None:
    """www.gov.uk is a domain of its own: without www nothing one can register is left."""
    ranked = [(1, "www.gov.uk"), (2, "www.bbc.co.uk")]
    hosts = {
        m.host: m.fallback_host
        for m in stratified_sample(ranked_strata(ranked, BANDS), None, "s", "p")
    }
    assert hosts == {"www.gov.uk": "gov.uk", "bbc.co.uk": "www.bbc.co.uk"}


def test_the_apex_comes_before_www_and_https_before_http() -> None:
    """The host rule gives the URLs of a member in the order of precedence."""
    member = Member("p", "a.com", "a.com", "www.a.com", "all", None, 1.0, 0)
    assert candidates(member) == (
        "https://a.com/robots.txt",
        "http://a.com/robots.txt",
        "https://www.a.com/robots.txt",
        "http://www.a.com/robots.txt",
    )


def test_a_member_without_fallback_has_two_candidates() -> None:
    """A host given as it is is looked up by https and http only."""
    member = Member("p", "x.a.com", "x.a.com", None, "list", None, 1.0, 0)
    assert len(candidates(member)) == 2
