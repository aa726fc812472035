"""A plan and a history of an index as large as a real one, on a small machine."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import small_machine
import small_parent
from servers import RangeServer
from test_costs import NEW, collect, members, order, site

from crawlblock.demo import build
from crawlblock.sources.commoncrawl.cost import CLUSTER_BYTES
from crawlblock.store.store import Store

pytestmark = pytest.mark.own_code

MOST = 400  # MiB, so that a machine with 1 GB has room for its system and other programs


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an archive of one crawl whose cluster.idx has the size of a real one."""
    folder = tmp_path_factory.mktemp("small") / "archive"
    build(folder, [NEW], [each for n in range(450) for each in site(n, NEW)])
    (path,) = folder.rglob("cluster.idx")
    with path.open("a") as file:
        file.writelines(_lines(CLUSTER_BYTES - path.stat().st_size))
    return folder


def _lines(size: int) -> Iterator[str]:
    """Yield lines of a cluster.idx, of so many bytes together."""
    at = 0
    while at < size:
        line = f"zz,{at:012})/{'x' * 64} 20230921000000\tcdx-00002.gz\t9\t9\n"
        at += len(line)
        yield line


def table(db: Path) -> list[object]:
    """Return what a history found."""
    with Store(db).reading() as con:
        return list(
            con.execute(
                "SELECT host, url, outcome, digest, fetch_time FROM captures ORDER BY host"
            ).fetchall()
        )


@pytest.fixture(scope="module")
def whole(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    """Return what a history finds without limits."""
    db = tmp_path_factory.mktemp("whole") / "db.duckdb"
    collect(order(archive, db, "zipnum"), db, members(small_machine.HOSTS))
    return table(db)


@pytest.mark.fault("machine", "history: little memory and {limits}, by {method}")
@pytest.mark.parametrize(
    ("method", "limits"),
    [("zipnum", ["one-core", "slow-disk"]), ("columnar", ["one-core"])],
)
def test_a_small_machine(
    archive: Path, whole: list[object], tmp_path: Path, method: str, limits: list[str],
    record_property: Callable[[str, str], None],
) -> None:  # fmt: skip
    """Plan and run take little memory, end without trouble, and find what a run elsewhere finds."""
    db = tmp_path / "db.duckdb"
    with RangeServer(archive) as server:
        said = small_parent.python(small_machine.__file__, server.url, db, method, *limits)
        read = [each for each in server.requests if each.path.endswith("cluster.idx")]
    measured: dict[str, Any] = json.loads(said)
    assert not measured["troubles"] and table(db) == whole and whole
    assert 0 < measured["peak of the plan"] <= measured["peak"] < MOST
    assert any(each.range is None for each in read) == (method == "zipnum")  # it was read whole
    assert (measured["slept"] > CLUSTER_BYTES / small_machine.DISK) == ("slow-disk" in limits)
    record_property("proof", f"{method}, {' and '.join(limits)}: {measured['peak']} MiB at most")
