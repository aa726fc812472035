"""How many rule sets block, and the interval over those of all known hosts, counted by hand."""

from datetime import datetime

import polars as pl
import pytest
from fetched import fetched, judged, stored

from crawlblock.intervals import wilson
from crawlblock.metrics.cluster_interval import cluster_interval
from crawlblock.metrics.queries import held, metrics, result_of
from crawlblock.store.store import Store

pytestmark = pytest.mark.own_code

ONE = b"User-agent: GPTBot\nDisallow: /\n"
TWO = b"User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /\n"
OPEN = b"User-agent: *\nDisallow: /wp-admin/\nAllow: /wp-admin/admin-ajax.php\n"
BODIES = {
    **{f"two{n}.com": b"# %d\n" % n + TWO for n in range(4)},
    **{f"one{n}.com": ONE + b"# %d\n" % n for n in range(6)},
    **{f"amazon.{suffix}": ONE for suffix in ("de", "fr", "it")},
    **{f"press{n}.com": OPEN + b"Sitemap: https://press%d.com/s.xml\n" % n for n in range(5)},
    **{f"short{n}.com": b"User-agent: *\nDisallow: /admin\n" for n in range(3)},
}
SIZES = {4.0: 1, 3.0: 1, 5.0: 1, 1.0: 9}


@pytest.fixture(scope="module", params=["2025-06", "DEMO-2025-06"])
def row(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """Return the row about GPTBot in a snapshot, which may be the demo's."""
    store = Store(tmp_path_factory.mktemp("range") / "x.duckdb")
    day = datetime(2025, 6, 1)
    fetches = [fetched(host, request.param, day, body) for host, body in BODIES.items()]
    stored(store, fetches, set(BODIES.values()))
    judged(store)
    (metric,) = (metric for metric in metrics() if metric.name == "rulesets")
    with store.reading() as con, held(con):
        return result_of(con, metric).filter(pl.col("token") == "GPTBot")


def test_the_range(row: pl.DataFrame) -> None:
    """Alike are 4 and 9 hosts; beyond chance 4, 3 of one owner and 6 alone; at most 13 decided."""
    found = row.to_dicts()[0]
    assert (found["n_yes"], found["n"], found["n_rulesets"]) == (13, 21, 2)
    assert found["effective_rulesets_low"] == pytest.approx(13**2 / (4**2 + 9**2))
    assert found["effective_rulesets_high"] == pytest.approx(13)
    expected = 13**2 / (4**2 + 3**2 + 6)
    demo = found["snapshot"].startswith("DEMO-")
    assert found["effective_rulesets"] == (None if demo else pytest.approx(expected))


def test_the_interval(row: pl.DataFrame) -> None:
    """It counts open hosts with the same rules as one as well; the demo does not know them."""
    found = row.to_dicts()[0]
    ends = found["low"], found["high"]
    if found["snapshot"].startswith("DEMO-"):
        assert ends == (None, None)
        assert "reconstructed" in found["no_interval"]
    else:
        assert ends == pytest.approx(cluster_interval(SIZES, 13))
        assert found["no_interval"] is None
    assert (found["naive_low"], found["naive_high"]) == pytest.approx(wilson(13 / 21, 21))
