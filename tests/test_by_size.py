"""Samples in proportion to size: who is in them, their weights, and what `lost` makes of them."""

from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
import small_database as small
from click.testing import CliRunner
from oracles.estimate import Answer, weighted_total

import crawlblock
from crawlblock.cli.sample import sample
from crawlblock.errors import InputError
from crawlblock.metrics.http_profile import set_http_profile
from crawlblock.metrics.queries import held, metrics, result_of
from crawlblock.sampling import BY_SIZE, WHOLE, sample_by_size
from crawlblock.store.store import Store

rng = np.random.default_rng(4)
AMOUNTS = np.ceil(rng.lognormal(6, 2.3, 400)).astype(int).tolist()
SIZES = {f"site{n}.org": amount for n, amount in enumerate(AMOUNTS)}


def test_a_larger_sample_keeps_its_members() -> None:
    """Whatever the order of the frame, a larger sample has all members of the smaller ones."""
    before: set[str] = set()
    for size in (1, 2, 5, 30, 31, 100, 399, 400, 500):
        members = sample_by_size(SIZES.items(), size, "s", "p")
        names = {member.domain for member in members}
        assert before <= names
        assert len(names) == min(size, 400)
        other = sample_by_size(sorted(SIZES.items()), size, "s", "p")
        assert {member.domain for member in other} == names
        before = names


def test_weights_of_a_sample() -> None:
    """Large domains are in it with weight 1; size times weight is the same for all others."""
    members = sample_by_size(SIZES.items(), 60, "s", "p")
    whole = [member for member in members if member.stratum == WHOLE]
    sampled = [member for member in members if member.stratum == BY_SIZE]
    assert {member.weight for member in whole} == {1.0}
    held = [SIZES[member.domain] * member.weight for member in sampled]
    assert held == pytest.approx([held[0]] * len(held))
    assert min(SIZES[member.domain] for member in whole) >= held[0]
    assert all(member.weight > 1 for member in sampled)
    everything = sample_by_size(SIZES.items(), 400, "s", "p")
    assert {(member.stratum, member.weight) for member in everything} == {(WHOLE, 1.0)}


def test_totals_are_unbiased() -> None:
    """Over 2,000 seeds the estimated size of the domains that block is right to its error."""
    blocked = {domain for domain in SIZES if int(domain[4:-4]) % 3 == 0}
    truth = sum(SIZES[domain] for domain in blocked)
    found = np.array(
        [
            sum(m.weight * SIZES[m.domain] for m in members if m.domain in blocked)
            for seed in range(2000)
            for members in (sample_by_size(SIZES.items(), 20, str(seed), "p"),)
        ]
    )
    assert abs(found.mean() - truth) < 3 * found.std() / np.sqrt(2000)


def _stored(path: Path) -> None:
    """Make a database with weights; the table has the whole corpus and another unit, too."""
    Store(path).facts.add_weights(
        pl.DataFrame(
            {
                "domain": ["*", *SIZES],
                "corpus": "C4",
                "pages": None,
                "bytes": None,
                "tokens": [10 * sum(AMOUNTS), *AMOUNTS],
            },
            schema={"domain": pl.String, "corpus": pl.String, "pages": pl.Int64,
                    "bytes": pl.Int64, "tokens": pl.Int64},
        )
    )  # fmt: skip


def test_the_command(tmp_path: Path) -> None:
    """The command and the API sample the same domains; other weights than stored are an error."""
    path = tmp_path / "x.duckdb"
    _stored(path)
    given = ["--db", str(path), "--by-size"]
    result = CliRunner().invoke(sample, [*given, "C4_tokens", "--size", "30"])
    assert "30 domains (30 new) from domains of C4 by tokens" in result.output
    with crawlblock.open(path) as db:
        done = db.sample(by_size="C4_tokens", size=30, name="by-size-C4_tokens")
        assert done.new == 0
        with pytest.raises(InputError, match="name one of"):
            db.sample(by_size="C4_tokens", crawl="latest")
    result = CliRunner().invoke(sample, [*given, "C4_pages"])
    assert isinstance(result.exception, InputError) and "stored: C4_tokens" in str(result.exception)
    result = CliRunner().invoke(sample, [*given, "C4_tokens", "--dry-run"])
    assert result.exit_code == 2


def _lost(con: duckdb.DuckDBPyConnection, corpus: str = "C4") -> dict[str, object]:
    set_http_profile(con, "rfc9309")
    (metric,) = (metric for metric in metrics() if metric.name == "lost")
    asked = pl.col("token") == "Alpha", pl.col("corpus") == corpus
    with held(con):
        (row,) = result_of(con, metric).filter(*asked).to_dicts()
    return row


def test_lost_uses_the_known_total(tmp_path: Path) -> None:
    """The sampled part counts as the frame less its large domains, by the share of its members."""
    members = sample_by_size(SIZES.items(), 60, "s", "p")
    blocked = {member.domain for member in members if int(member.domain[4:-4]) % 3 == 0}
    con = small.make(tmp_path / "small.duckdb")
    small.panel(con, [(m.domain, m.stratum, m.weight) for m in members])
    con.execute("UPDATE panels SET frame = 'domains of C4 by tokens'").fetchall()
    answers: dict[str, small.Answer] = {
        m.domain: "named" if m.domain in blocked else "open" for m in members
    }
    small.snapshot(con, "S1", date(2023, 10, 1), answers)
    con.executemany("INSERT INTO weights VALUES (?, 'C4', NULL, NULL, ?)", [*SIZES.items()])
    row = _lost(con)
    whole = {m.domain for m in members if m.stratum == WHOLE}
    sampled = {m.domain for m in members} - whole
    large = sum(SIZES[domain] for domain in whole)
    rest = sum(AMOUNTS) - large
    yes = sum(SIZES[domain] for domain in whole & blocked)
    expected = (yes + rest * len(sampled & blocked) / len(sampled)) / sum(AMOUNTS)
    assert row["estimate"] == pytest.approx(expected)
    assert row["estimand"] == "sample"
    assert row["known_blocked"] == pytest.approx(
        sum(SIZES[domain] for domain in blocked) / sum(AMOUNTS)
    )
    assert row["bound_low"] == row["bound_high"] == pytest.approx(expected)
    found = weighted_total(
        [Answer(m.domain in blocked, m.weight, m.stratum, size=SIZES[m.domain]) for m in members],
        {WHOLE: large, BY_SIZE: rest},
    )
    assert (row["low"], row["high"]) == pytest.approx((found.low, found.high), rel=1e-3)

    # of another corpus the frame is not known: its members stand for what they were sampled from
    con.executemany("INSERT INTO weights VALUES (?, 'D', NULL, NULL, ?)", [*SIZES.items()])
    stood = {m.domain: m.weight * SIZES[m.domain] for m in members}
    other = sum(stood[domain] for domain in blocked) / sum(stood.values())
    assert _lost(con, "D")["estimate"] == pytest.approx(other)
    con.close()


@pytest.mark.parametrize("known", [4, 40])
def test_strata_of_a_ranking_have_known_totals(tmp_path: Path, known: int) -> None:
    """They count as the table weights has them, unless it knows too few of their domains."""
    con = small.make(tmp_path / "small.duckdb")
    head, tail = [f"h{n}.org" for n in range(2)], [f"t{n}.org" for n in range(40)]
    members = [(name, "1k", 1.0) for name in head] + [(name, "10k", 10.0) for name in tail[:4]]
    small.panel(con, members)
    said: dict[str, small.Answer] = {head[0]: "named", tail[0]: "named"}
    small.snapshot(
        con, "S1", date(2023, 10, 1), {name: said.get(name, "open") for name, *_ in members}
    )
    ((panel,),) = con.execute("SELECT panel FROM panels").fetchall()
    con.executemany(
        "INSERT INTO frames VALUES (?, ?, ?)",
        [(panel, "1k", name) for name in head] + [(panel, "10k", name) for name in tail],
    )
    sizes = {**dict.fromkeys(head, 100), **{name: 1 + 9 * (n > 3) for n, name in enumerate(tail)}}
    con.executemany(
        "INSERT INTO weights VALUES (?, 'C4', NULL, NULL, ?)",
        [(name, sizes[name]) for name in [*head, *tail[:known]]],
    )
    total = 40 if known == 4 else 4 * 1 + 36 * 10
    assert _lost(con)["estimate"] == pytest.approx((100 + total / 4) / (200 + total))
    con.close()


def test_a_ranking_stores_its_frame(tmp_path: Path) -> None:
    """The domains of all strata are stored, and those of another sample take their place."""
    path, listed = tmp_path / "x.duckdb", tmp_path / "ranks.csv"
    for count in (3_000, 1_200):
        listed.write_text("".join(f"{n},site{n}.org\n" for n in range(1, count + 1)))
        with crawlblock.open(path, create=True) as db:
            db.sample(ranks=listed, size=5, name="ranked")
        with Store(path).reading() as con:
            rows = con.execute(
                "SELECT stratum, count(*) FROM frames GROUP BY 1 ORDER BY 1"
            ).fetchall()
        assert rows == [("10k", count - 1_000), ("1k", 1_000)]
