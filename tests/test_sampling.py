"""The draw, the strata, the user's list and the host rule."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlblock.model import Member
from crawlblock.sampling import (
    candidates,
    draw,
    draw_key,
    draw_strata,
    read_ranking,
    take_list,
)

BANDS = (("1k", 1_000), ("10k", 10_000))
FRAME = [f"site{i}.com" for i in range(500)]


def test_the_key_of_a_domain_is_fixed() -> None:
    """The key is the same on every machine: these bytes may never change."""
    assert draw_key("2026", "example.com").hex() == "bac0f0d0afa1206a642b134e3fca73e6"


@given(st.permutations(FRAME[:40]), st.integers(0, 40), st.integers(0, 40), st.text())
def test_a_larger_draw_begins_with_the_smaller(
    frame: list[str], one: int, other: int, seed: str
) -> None:
    """Growing a panel keeps its members and their places, in whatever order the frame comes."""
    small, large = (
        [m.domain for m in draw(frame, size, seed, "p", "all")] for size in sorted((one, other))
    )
    assert large[: len(small)] == small
    assert large == [m.domain for m in draw(sorted(frame), len(large), seed, "p", "all")]


def test_weights_add_up_to_the_frame() -> None:
    """The weights of the members add up to the number of domains in the frame."""
    members = draw(FRAME, 20, "s", "p", "all")
    assert sum(member.weight for member in members) == pytest.approx(500)
    assert [member.position for member in members] == list(range(20))


@pytest.mark.parametrize("size", [None, 500, 10_000])
def test_a_whole_frame_has_weight_one(size: int | None) -> None:
    """Without a size, or with one beyond the frame, every domain is a member of weight 1."""
    members = draw(FRAME, size, "s", "p", "all")
    assert {m.domain for m in members} == set(FRAME)
    assert {m.weight for m in members} == {1.0}


def test_an_empty_frame_gives_no_member() -> None:
    """Nothing drawn from nothing is nothing, not an error."""
    assert draw([], 5, "s", "p", "all") == []
    assert draw_strata([], BANDS, 5, "s", "p") == []


def test_seeds_differ() -> None:
    """Another seed draws other members."""
    one, two = ({m.domain for m in draw(FRAME, 50, seed, "p", "all")} for seed in "ab")
    assert one != two


def test_strata_are_the_bands_between_bounds() -> None:
    """A domain's stratum follows from its rank, and its weight from its stratum alone."""
    members = draw_strata(((i + 1, f"d{i}.com") for i in range(5_000)), BANDS, 10, "s", "p")
    assert {(m.stratum, m.weight) for m in members} == {("1k", 100.0), ("10k", 400.0)}
    assert all((m.rank or 0) <= 1_000 for m in members if m.stratum == "1k")
    assert all(1_000 < (m.rank or 0) <= 5_000 for m in members if m.stratum == "10k")


def test_ranks_are_renumbered_over_distinct_domains() -> None:
    """Gaps, www twins and upper case do not shift domains into the wrong stratum."""
    ranked = [(90, "b.com"), (7, "A.com".lower()), (8, "www.a.com"), (95, "c.com")]
    members = draw_strata(ranked, [("top", 2), ("rest", 9)], None, "s", "p")
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
    assert len(draw_strata(ranked, BANDS, 1, "s", "p")) == 2  # type: ignore[arg-type]


def test_www_stays_where_it_is_the_registered_name() -> None:
    """www.gov.uk is a domain of its own: without www nothing one can register is left."""
    ranked = [(1, "www.gov.uk"), (2, "www.bbc.co.uk")]
    hosts = {m.host: m.fallback_host for m in draw_strata(ranked, BANDS, None, "s", "p")}
    assert hosts == {"www.gov.uk": "www.www.gov.uk", "bbc.co.uk": "www.bbc.co.uk"}


@pytest.mark.parametrize(
    "lines",
    [
        ["1,b.com", "2,A.com"],
        ["GlobalRank,TldRank,Domain,TLD", "1,1,b.com,com", "2,1,a.com,com"],
        ["origin,rank", "https://b.com,1000", "https://a.com,1000"],
        ["b.com", "", "# a comment", "a.com"],
        ['"rank","domain"', '"1","b.com"', '"2","a.com"'],
        [
            "#harmonicc_pos\t#harmonicc_val\t#pr_pos\t#pr_val\t#host_rev\t#n_hosts",
            "1\t3.1E7\t2\t0.016\tcom.b\t9",
            "2\t3.0E7\t1\t0.011\tcom.a\t7",
        ],
        ["1\t3.1E7\t2\t0.016\tcom.b\t9", "2\t3.0E7\t1\t0.011\tcom.a\t7"],
    ],
    ids=["tranco", "majestic", "crux", "plain", "quoted", "web-graph", "web-graph-headless"],
)
def test_formats_of_rankings_are_told_apart(lines: list[str]) -> None:
    """Each known format gives the same names in the same order."""
    assert [name for _, name in read_ranking(lines)] == ["b.com", "a.com"]


def test_unreadable_lines_of_a_ranking_are_counted() -> None:
    """A line without a rank or without a name is counted, not taken."""
    ranking = read_ranking(["1,a.com", "x,b.com", "3,", "4", "5,no host!", "6,c.com"])
    assert list(ranking) == [(1, "a.com"), (6, "c.com")]
    assert ranking.unreadable == 4


def test_a_list_is_taken_as_it_is() -> None:
    """URLs, IDNs, ports, addresses and comments are read; what names no host is told with why."""
    lines = [
        "# my sites",
        "https://News.Example.co.uk/politics?x=1",
        "",
        "bücher.de",
        "example.com:8080",
        "10.0.0.1",
        "www.example.org",
        "example.org.",
        "EXAMPLE.org  # again",
        "not a host",
        "ftp://example.net",
    ]
    members, rejected = take_list(lines, "mine")
    assert [(m.host, m.fallback_host) for m in members] == [
        ("news.example.co.uk", None),
        ("xn--bcher-kva.de", "www.xn--bcher-kva.de"),
        ("example.com:8080", None),
        ("10.0.0.1", None),
        ("www.example.org", None),
        ("example.org", "www.example.org"),
    ]
    assert [(r.line, r.reason.split("(")[0]) for r in rejected] == [
        (9, "same host as line 8"),
        (10, "not a host name"),
        (11, "scheme ftp has no robots.txt"),
    ]
    assert {m.weight for m in members} == {1.0}


def test_a_ranked_list_keeps_its_ranks() -> None:
    """A list with a rank column is taken in its order, with the ranks it states."""
    members, rejected = take_list(["rank,domain", "3,a.com", "12,b.com"], "mine")
    assert [(m.rank, m.domain, m.position) for m in members] == [
        (3, "a.com", 0),
        (12, "b.com", 1),
    ]
    assert rejected == []


@given(st.lists(st.text(), max_size=8))
def test_any_text_is_a_list(lines: list[str]) -> None:
    """Whatever stands in a file, each line is taken, told of or passed over."""
    members, rejected = take_list(lines, "p")
    assert len(members) + len(rejected) <= len(lines)
    assert len({m.host for m in members}) == len(members)
    list(read_ranking(lines))


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


def test_a_real_ranking_is_read_whole(shared: Path) -> None:
    """Every line of the Tranco list is a rank and a name."""
    frame = pl.read_parquet(shared / "ranks" / "tranco_top_100k_2026-08.parquet")
    ranking = read_ranking([f"{rank},{name}" for rank, name in frame.head(20_000).iter_rows()])
    assert len(list(ranking)) == 20_000
    assert ranking.unreadable == 0
