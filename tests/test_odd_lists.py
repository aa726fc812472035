"""Lists as other programs write them: numbers with a fraction of zeros, halves of characters."""

import json
from pathlib import Path

import polars as pl
import pytest

from crawlblock.errors import InputError
from crawlblock.host_list import Rejected, take_list
from crawlblock.pipeline.sample import from_list, store_panel
from crawlblock.sources.files.host_lists import list_of_lines, open_list
from crawlblock.sources.files.rankings import read_ranks
from crawlblock.sources.files.weight_lists import read_weights
from crawlblock.store.store import Store


def write_csv(path: Path) -> None:
    """Write ranks as pandas does where one is missing."""
    path.write_text("domain,rank\nnytimes.com,1.0\ncnn.com,20.0\nbbc.com,\n")


def write_bare_csv(path: Path) -> None:
    """Write the same without names of the columns."""
    path.write_text("nytimes.com,1.0\ncnn.com,20.0\nbbc.com,\n")


def write_jsonl(path: Path) -> None:
    """Write the same as JSON."""
    path.write_text(
        '{"domain": "nytimes.com", "rank": 1.0}\n{"domain": "cnn.com", "rank": 20.0}\n'
        '{"domain": "bbc.com", "rank": null}\n'
    )


def write_parquet(path: Path) -> None:
    """Write the same as Parquet."""
    domains = ["nytimes.com", "cnn.com", "bbc.com"]
    pl.DataFrame({"domain": domains, "rank": [1.0, 20.0, None]}).write_parquet(path)


@pytest.mark.parametrize("write", [write_csv, write_bare_csv, write_jsonl, write_parquet])
def test_ranks_with_a_fraction_of_zeros(tmp_path: Path, write: object) -> None:
    """A rank that was stored as a number with a fraction is that rank, in every format."""
    path = tmp_path / "list"
    assert callable(write)
    write(path)
    taken = take_list(open_list(path).entries(), "p", lambda _: None)
    assert [(m.host, m.rank) for m in taken.members] == [
        ("nytimes.com", 1),
        ("cnn.com", 20),
        ("bbc.com", None),
    ]
    # a line without a rank is passed over
    assert read_ranks(path).rows() == [("nytimes.com", 1), ("cnn.com", 20)]


def test_no_rank() -> None:
    """Other numbers are no ranks."""
    listed = list_of_lines(["domain,rank", "nytimes.com,1.5", "cnn.com,-1.0", "bbc.com,1e3"])
    assert [entry.rank for entry in listed.entries()] == [None, None, None]


HALF = "\ud83d"  # the first half of an emoji, as JSON may escape it


def test_half_characters_are_stored(tmp_path: Path) -> None:
    """Half a character in a value or a name becomes a question mark, and its site is followed."""
    path = tmp_path / "list.jsonl"
    rows = [{"domain": "nytimes.com", "title": f"{HALF} news", f"a{HALF}": "b", "c": [HALF]}]
    path.write_text("\n".join(map(json.dumps, rows)))
    store = Store(tmp_path / "c.duckdb")
    store_panel(store, from_list(path, "news"))
    with store.reading() as con:
        found = con.execute("FROM panel_columns ORDER BY column_name").fetchall()
    assert [row[-2:] for row in found] == [("a?", "b"), ("c", '["?"]'), ("title", "? news")]


def test_half_characters_in_a_corpus(tmp_path: Path) -> None:
    """The same in the name of a corpus."""
    path = tmp_path / "weights.jsonl"
    path.write_text(json.dumps({"domain": "nytimes.com", "corpus": f"C{HALF}", "pages": 3}))
    read = read_weights(path, lambda _: None)
    assert read.weights["corpus"].to_list() == ["C?"]


@pytest.mark.parametrize("corpus", ["\x00", "a\nb", "x" * 300, "a\x1b[31m"])
def test_names_of_corpora(tmp_path: Path, corpus: str) -> None:
    """A corpus has a name that can be shown, whether an option, a column or a cell gives it."""
    path = tmp_path / "weights.jsonl"
    path.write_text(json.dumps({"domain": "nytimes.com", "pages": 3}))
    with pytest.raises(InputError, match="the corpus"):
        read_weights(path, lambda _: None, corpus)
    path.write_text(json.dumps({"domain": "nytimes.com", f"a{corpus}b_pages": 3}))
    with pytest.raises(InputError, match="the corpus"):
        read_weights(path, lambda _: None)
    rows = [{"domain": "nytimes.com", "corpus": f"a{corpus}b", "pages": 3}]
    rows += [{"domain": "cnn.com", "corpus": "C4", "pages": 3}]
    path.write_text("\n".join(map(json.dumps, rows)))
    left_out: list[Rejected] = []
    read = read_weights(path, left_out.append)
    assert read.weights["corpus"].to_list() == ["C4"]
    assert [each.line for each in left_out] == [1]


def test_a_corpus_of_an_owner(tmp_path: Path) -> None:
    """A corpus is named as where it is published, with its owner before a slash."""
    path = tmp_path / "weights.csv"
    path.write_text("domain,pages\nnytimes.com,3\n")
    read = read_weights(path, lambda _: None, "allenai/c4")
    assert read.weights["corpus"].to_list() == ["allenai/c4"]


def test_a_corpus_has_a_name(tmp_path: Path) -> None:
    """Spaces alone are no name."""
    path = tmp_path / "weights.csv"
    path.write_text("domain,pages\nnytimes.com,3\n")
    with pytest.raises(InputError, match="the corpus ' ': it is empty"):
        read_weights(path, lambda _: None, " ")
