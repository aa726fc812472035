"""What the entries of a list mean: which are followed, as which host, and which are left out."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlblock import host_list
from crawlblock.errors import InputError
from crawlblock.host_list import Entry, Ranking, Rejected, Taken, take_list
from crawlblock.hosts import other_name
from crawlblock.sources.files.host_lists import list_of_lines


def entries(*names: str) -> list[Entry]:
    """Return the entries of a list that has a name on each line."""
    return [Entry(line=n, text=name, name=name) for n, name in enumerate(names, 1)]


def taken(found: Iterable[Entry]) -> tuple[Taken, list[Rejected]]:
    """Return what a list gives, and what is left out of it."""
    rejected: list[Rejected] = []
    return take_list(found, "mine", rejected.append), rejected


def hosts(found: Taken) -> list[tuple[str, str | None]]:
    """Return the hosts of the members and those that stand in for them."""
    return [(member.host, member.fallback_host) for member in found.members]


@pytest.mark.parametrize(
    ("written", "host", "fallback", "note"),
    [
        ("https://News.Example.co.uk/politics?x=1", "news.example.co.uk", None, None),
        ("bücher.de", "xn--bcher-kva.de", "www.xn--bcher-kva.de", None),
        ("www.example.org", "www.example.org", "example.org", None),
        ("example.org.", "example.org", "www.example.org", None),
        ("i❤.ws", "xn--i-7iq.ws", "www.xn--i-7iq.ws", None),
        ("foo-.example.com", "foo-.example.com", None, None),
        ("reuters.com:8080", "reuters.com", "www.reuters.com", "the port is left out"),
        ("https://reuters.com:443/", "reuters.com", "www.reuters.com", None),
        ("gov.uk", "www.gov.uk", "gov.uk", "a public suffix is followed by its www"),
        ("nhs.uk", "www.nhs.uk", "nhs.uk", "a public suffix is followed by its www"),
        ("ba.gov.br", "www.ba.gov.br", "ba.gov.br", "a public suffix is followed by its www"),
        ("www.gov.uk", "www.gov.uk", "gov.uk", None),
        ("127.0.0.1:8080", "127.0.0.1:8080", None, "an address of this machine"),
        ("me.github.io", "me.github.io", None, None),
        ("somewhere.example", "somewhere.example", None, None),
    ],
)
def test_followed(written: str, host: str, fallback: str | None, note: str | None) -> None:
    """What is followed, which host stands in for it, and what is said about it."""
    found, rejected = taken(entries(written))
    assert hosts(found) == [(host, fallback)]
    assert rejected == []
    if note is None:
        assert found.notes == []
    else:
        (said,) = found.notes
        assert said.startswith(note) and written in said and host in said


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("192.168.0.1", "an IP address, not the name of a site"),
        ("http://192.0.2.7/", "an IP address, not the name of a site"),
        ("192.0.2.7:8080", "an IP address, not the name of a site"),
        ("2001:db8::1", "an IP address, not the name of a site"),
        ("[2001:db8::1]:8080", "an IP address, not the name of a site"),
        ("co.uk", "a public suffix, not a site (if you mean www.co.uk, write that)"),
        ("com.au", "a public suffix, not a site (if you mean www.com.au, write that)"),
        ("foo_bar.com", "not a host name (a domain has no underscore)"),
        ("com", "not a host name (it has no dot)"),
        ("", "no host in it"),
        ("me@example.org", "an e-mail address is not a host"),
        ("ftp://example.net", "scheme ftp has no robots.txt"),
    ],
)
def test_left_out(written: str, reason: str) -> None:
    """What is no site is left out, with the reason in plain words."""
    found, rejected = taken(entries(written))
    assert found.members == []
    assert rejected == [Rejected(1, written, reason)]


def test_a_site_counts_once() -> None:
    """The www of a site and the site are one member, which the other host stands in for."""
    found, rejected = taken(
        entries("www.a.com", "a.com", "b.com", "https://www.b.com/x", "news.c.com",
                "www.news.c.com", "A.com.", "b.com")
    )  # fmt: skip
    assert hosts(found) == [
        ("www.a.com", "a.com"), ("b.com", "www.b.com"), ("news.c.com", "www.news.c.com"),
    ]  # fmt: skip
    assert [member.position for member in found.members] == [0, 1, 2]
    (note,) = found.notes
    assert note.startswith("a site that is listed with and without www counts once: 4 (the first")
    assert rejected == [Rejected(8, "b.com", "same host as line 3")]


def test_columns_are_kept() -> None:
    """Rank and stratum go to the member, other columns are kept beside it."""
    entry = Entry(
        line=2,
        text="",
        name="a.com",
        rank=7,
        ranked=True,
        stratum="press",
        further=(("country", "FR"),),
    )
    found, _ = taken([entry])
    assert [(m.rank, m.stratum, m.weight) for m in found.members] == [(7, "press", 1.0)]
    assert found.further == [("a.com", "country", "FR")]


def test_a_list_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list with more sites than fit in memory is refused, with what to do."""
    monkeypatch.setattr(host_list, "MOST_MEMBERS", 2)
    with pytest.raises(InputError, match=r"line 3: .*--ranks FILE"):
        taken(entries("a.com", "b.com", "c.com"))


def test_unreadable_lines_of_a_ranking_are_counted() -> None:
    """A line without a rank or without a name is counted and reported, not taken."""
    lines = ["1,a.com", "x,b.com", "3,", "4", "5,no host!", "6,c.com"]
    rejected: list[Rejected] = []
    ranking = Ranking(list_of_lines(lines).entries(), rejected.append)
    assert list(ranking) == [(1, "a.com"), (6, "c.com")]
    assert ranking.unreadable == 4
    assert [each.line for each in rejected] == [2, 3, 4, 5]


@given(st.lists(st.text(), max_size=8))
def test_any_text_is_a_list(names: list[str]) -> None:
    """Whatever a list says, each entry is taken, reported, or the second host of a site."""
    found, rejected = taken(entries(*names))
    assert len(found.members) + len(rejected) <= len(names)
    sites = {other_name(host) or host for host, _ in hosts(found)}
    assert len(sites) == len(found.members)


_HOSTS = st.from_regex(r"(www\.)?[a-c]\.(com|co\.uk|example)", fullmatch=True)


@given(st.lists(_HOSTS, max_size=12))
def test_every_host_is_followed(names: list[str]) -> None:
    """Each host of a list is a member's, or stands in for it; no site is there twice."""
    found, rejected = taken(entries(*names))
    followed = {host for pair in hosts(found) for host in pair if host}
    assert {name for name in names if ".example" not in name} <= followed
    sites = [host.removeprefix("www.") for host, _ in hosts(found)]
    assert len(sites) == len(set(sites)) == len({name.removeprefix("www.") for name in names})
    assert all(each.reason.startswith("same host as line") for each in rejected)
