"""Rule sets of no known template that many hosts share, found from the data."""

from datetime import datetime

import polars as pl
import pytest
from fetched import fetched, judged, stored

from crawlblock.metrics.queries import held, metrics, result_of
from crawlblock.store.store import Store

pytestmark = pytest.mark.own_code

SEVERAL = ("GPTBot", "CCBot", "DotBot")
MANY = ("GPTBot", "CCBot", "DotBot", "MJ12bot", "AhrefsBot", "SemrushBot", "PetalBot", "Yandex",
        "Baiduspider", "Exabot", "Scrapy", "Bytespider")  # fmt: skip
FEW = ("GPTBot", "Diffbot")
AIOSEO = ("AdsBot", "Google-Extended", "GPTBot", "CCBot")


def apart(*names: str) -> bytes:
    """Return a group for each name."""
    return "".join(f"User-agent: {name}\nDisallow: /\n\n" for name in names).encode()


def stacked(*names: str) -> bytes:
    """Return one group for all names, in another order."""
    return ("".join(f"User-agent: {name}\n" for name in names[::-1]) + "Disallow: /\n").encode()


BODIES = {
    **{f"www.site{n}.com": (apart, stacked)[n % 2](*SEVERAL) for n in range(5)},
    **{f"blog{n}.one-owner.com": apart(*FEW) for n in range(6)},
    **{f"short{n}.com": apart("GPTBot") for n in range(7)},
    **{f"many{n}.com": (apart, stacked)[n % 2](*MANY, "Nobody-Knows-It") for n in range(5)},
    "nearly.com": apart(*MANY[:-1], f"{MANY[-1]}"[::-1], "GPTBot"),
    "unlike.com": apart(*MANY[4:], "Diffbot", "GPTBot"),
    "all.com": b"User-agent: *\nDisallow: /\n",
    "switch.com": apart(*AIOSEO),
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Return a database of hosts that share rule sets in several ways."""
    made = Store(tmp_path_factory.mktemp("shared") / "x.duckdb")
    day = datetime(2025, 6, 1)
    fetches = [fetched(host, "2025-06", day, body) for host, body in BODIES.items()]
    stored(made, fetches, set(BODIES.values()))
    judged(made)
    return made


def test_shared_rulesets(store: Store) -> None:
    """Layout, order and unregistered names tell nothing; the hosts of one owner are not many."""
    with store.reading() as con:
        found = con.execute(
            "SELECT crawlers, hosts, domains, near FROM shared_rulesets ORDER BY ALL"
        ).fetchall()
    assert found == [(3, 5, 5, False), (10, 5, 5, True), (11, 5, 5, False)]


def test_origins(store: Store) -> None:
    """The result says where the rules that block come from, in every category once."""
    (authors,) = (metric for metric in metrics() if metric.name == "authors")
    with store.reading() as con, held(con):
        found = result_of(con, authors).filter(pl.col("token") == "GPTBot")
    rows = {row["origin"]: (row["authored_by"], row["n_yes"]) for row in found.to_dicts()}
    assert rows == {
        "shared": ("own", 11),
        "alone": ("own", 14),
        "wildcard": ("wildcard", 1),
        "switch": ("aioseo", 1),
    }
    assert found["n"].unique().to_list() == [27]
