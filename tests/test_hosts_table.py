"""The hosts of the page: runs and vectors unpack to what the database holds."""

from collections.abc import Iterator
from typing import Any

import pytest
from pages import OPEN, REFUSING, fill

from crawlblock.evidence.explanation import explain
from crawlblock.evidence.lookup import known_token, point_at
from crawlblock.report.page.host_table import host_table
from crawlblock.store.store import Store

pytestmark = pytest.mark.own_code

SPREAD = (
    "User-agent: CCBot\nDisallow: /\n\nUser-agent: GPTBot\nAllow: /a\nDisallow: /\n"
    "\nUser-agent: *\nContent-Signal: ai-train=yes, search=yes\nDisallow: /\n"
    "\nUser-agent: Claudebott\nAllow: /\n"
)
LONG = f"User-agent: *\nDisallow: /{'x' * 300}\n"
CONTROL = "User-agent: *\nDisallow: /a\x1b[31m\n"
MONTHS: dict[str, dict[str, str | int]] = {
    "2024-01": {"a.org": OPEN, "b.org": SPREAD, "c.org": LONG, "d.org": 503, "e.org": CONTROL},
    "2024-02": {"a.org": OPEN, "b.org": SPREAD, "c.org": REFUSING, "d.org": 404, "e.org": CONTROL},
    "2024-03": {"a.org": REFUSING, "b.org": SPREAD, "c.org": LONG, "d.org": 503},
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Return a database of five hosts in three months."""
    folder = tmp_path_factory.mktemp("hosts")
    return Store(fill(folder, MONTHS, dict.fromkeys(MONTHS["2024-01"], "all")))


@pytest.fixture(scope="module")
def table(store: Store) -> dict[str, Any]:
    """Return its hosts as the page holds them."""
    with store.reading() as con:
        return host_table(con, True, 100)


def unpacked(table: dict[str, Any]) -> Iterator[tuple[str, int, str, list[Any], int | None]]:
    """Yield host, snapshot, crawler, ruling and line for every cell."""
    for host, _, runs in table["hosts"]:
        for first, count, number, lines, *_ in runs:
            packed, place = table["vectors"][number], 0
            for start in range(0, len(packed), 3):
                ruling, slot, length = packed[start : start + 3]
                for token, _ in table["tokens"][place : place + length]:
                    for snapshot in range(first, first + count):
                        line = table["contexts"][lines[slot]][0] if slot >= 0 else None
                        yield host, snapshot, token, table["rulings"][ruling], line
                place += length
            assert place == len(table["tokens"])


def test_cells_are_what_explain_says(store: Store, table: dict[str, Any]) -> None:
    """Each cell has the verdict, the author and the line that `explain` shows."""
    months = sorted(MONTHS)
    seen = 0
    with store.reading() as con:
        for host, snapshot, token, ruling, line in unpacked(table):
            if token not in ("GPTBot", "CCBot", "Googlebot"):
                continue
            if host not in MONTHS[months[snapshot]]:
                assert ruling[0] == "unknown" and "not_captured" in ruling[4]
                continue
            explained = explain(con, point_at(con, host, months[snapshot]), known_token(con, token))
            verdict = explained.verdict
            assert ruling[:3] == [verdict.restriction, verdict.basis, verdict.root_allowed]
            assert (ruling[3], line) == (explained.author, explained.line), (host, token)
            seen += 1
    assert seen == 3 * 14


def test_runs_are_runs(table: dict[str, Any]) -> None:
    """Snapshots with the same answer are one run; one that came back is another."""
    runs = {host: [run[:2] for run in runs] for host, _, runs in table["hosts"]}
    assert runs["b.org"] == [[0, 3]]
    assert runs["a.org"] == [[0, 2], [2, 1]]
    assert runs["c.org"] == [[0, 1], [1, 1], [2, 1]]


def test_lines_are_cut_and_spelled_out(table: dict[str, Any]) -> None:
    """A long line is cut, and what steers a terminal or a page is spelled out."""
    texts = set(table["texts"])
    assert max(map(len, texts)) == 121
    assert "Disallow: /a\\x1b[31m" in texts


def test_a_bound_keeps_the_sample(store: Store, table: dict[str, Any]) -> None:
    """Fewer hosts are some of the same hosts, with the number of all beside them."""
    with store.reading() as con:
        fewer = host_table(con, True, 2)
    assert len(fewer["hosts"]) == 2 and fewer["of"] == 5
    every = {host for host, *_ in table["hosts"]}
    assert {host for host, *_ in fewer["hosts"]} <= every


def test_lines_are_shown_in_their_group(table: dict[str, Any]) -> None:
    """A context has the user agents of the group and the lines around the one that decided."""
    contexts = {(line, agents): blocks for line, agents, *blocks in table["contexts"]}
    ((first, *numbers),) = contexts[6, 1]
    assert first == 4
    assert [table["texts"][number] for number in numbers] == [
        "User-agent: GPTBot", "Allow: /a", "Disallow: /", "", "User-agent: *",
    ]  # fmt: skip


def test_notes_say_what_is_stated_beside_the_rules(table: dict[str, Any]) -> None:
    """Signals, conflicts and lines that bind nobody are with the capture that has them."""
    ((*_, runs),) = [host for host in table["hosts"] if host[0] == "b.org"]
    notes = [(kind, said) for kind, said, _ in table["notes"][runs[0][4]]]
    assert ("signal", "content-signal: ai-train=yes (line 9)") in notes
    said = "Line 9 (content-signal, train) allows it, but the rules keep the crawler out."
    assert ("flag", said) in notes
    assert [said for kind, said in notes if "User-agent: Claudebott" in said]


def test_authors_are_in_words(table: dict[str, Any]) -> None:
    """Every author of a ruling has its words."""
    assert {ruling[3] for ruling in table["rulings"] if ruling[3]} == set(table["authors"])
    assert table["authors"]["wildcard"] == "a rule for all crawlers"


def test_records_of_an_import_have_no_address(table: dict[str, Any]) -> None:
    """For each snapshot it is said where its records are."""
    assert (
        table["records"]
        == [[None, "It was imported. The record is where it was imported from."]] * 3
    )
