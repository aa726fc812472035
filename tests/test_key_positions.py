"""Where keys of an index lie: the usual shares, and what a run keeps for the next one."""

import random
from dataclasses import replace
from pathlib import Path

import pytest
from servers import RangeServer
from test_costs import NEW, OLD, collect, members, order, site

from crawlblock.demo import build
from crawlblock.sources.commoncrawl.key_positions import KeyPositions

pytestmark = pytest.mark.own_code

ARCHIVE = "https://archive.example"
KNOWN = [(b"com,a)/ 2025", 0.1), (b"com,z)/ 2025", 0.6), (b"org,a)/ 2025", 0.7)]


def of_a_crawl() -> KeyPositions:
    """Return what a crawl of 100 MB showed."""
    positions = KeyPositions()
    positions.begin(100_000_000)
    positions.note_all(KNOWN)
    return positions


def test_the_usual_shares() -> None:
    """Without any index, keys lie in their order, those of com in some two fifths of the file."""
    names = [f"{tld},{letter}x)/".encode() for tld in ("be", "com", "de", "pl") for letter in "amz"]
    shares = [KeyPositions().expected(name) for name in names]
    assert shares == sorted(shares) and shares[0] > 0 and shares[-1] < 1
    assert 0.3 < shares[5] - shares[3] < 0.45
    assert KeyPositions().expected(b"com,mx)/") > KeyPositions().expected(b"com,lz)/")


def test_what_a_crawl_taught() -> None:
    """Known keys lie where they lay; others lie between them, as far as they usually do."""
    positions = of_a_crawl()
    assert [positions.expected(key) for key, _ in KNOWN] == [share for _, share in KNOWN]
    middle = positions.expected(b"com,m)/ 2025")
    assert 0.1 < middle < 0.6
    assert middle > 0.1 + 0.5 * 12 / 26 - 0.05  # more names begin with a to l than with n to z


def test_it_is_kept(tmp_path: Path) -> None:
    """The next run knows what this one found out about the same archive, and its size."""
    path = tmp_path / "new" / "key_positions.json"
    of_a_crawl().keep(path, ARCHIVE)
    kept = KeyPositions.kept(path, ARCHIVE)
    assert kept.size == 100_000_000
    keys = [f"{tld},{random.Random(n).random()})/".encode() for n, tld in enumerate("abcorgz")]
    assert [kept.expected(key) for key in keys] == [of_a_crawl().expected(key) for key in keys]
    KeyPositions().keep(path, ARCHIVE)  # a run that read no index
    assert KeyPositions.kept(path, ARCHIVE).size == 100_000_000
    assert KeyPositions.kept(path, "https://other.example").size == 0
    assert KeyPositions.kept(tmp_path / "none", ARCHIVE).size == 0


@pytest.mark.fault("disk", "a spoilt file of key positions: {text}")
@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "\xff", '{"archive": "https://archive.example", "bytes": 9, "shares": 3}',
     '{"archive": "https://archive.example", "bytes": -1, "shares": []}',
     '{"archive": "https://archive.example", "bytes": 9, "shares": [["a"]]}'],
)  # fmt: skip
def test_what_is_spoilt(tmp_path: Path, text: str) -> None:
    """A file that is none is passed over."""
    path = tmp_path / "key_positions.json"
    path.write_text(text, "latin-1")
    kept = KeyPositions.kept(path, ARCHIVE)
    assert kept.size == 0 and kept.expected(b"org,a)/") == KeyPositions().expected(b"org,a)/")


def test_a_later_run(tmp_path: Path) -> None:
    """A run about another crawl finds keys at once, in fewer requests than the first run."""
    archive, db = tmp_path / "archive", tmp_path / "db.duckdb"
    build(
        archive, [OLD, NEW], [c for crawl in (OLD, NEW) for n in range(50) for c in site(n, crawl)]
    )
    for path in archive.rglob("cluster.idx"):
        lines = [f"aa,{n:06})/{'x' * 80} 2023\tcdx-00000.gz\t9\t9\n" for n in range(50_000)]
        path.write_text("".join(lines) + path.read_text())
        with path.open("a") as file:
            file.writelines(line.replace("aa", "zz", 1) for line in lines)
    sent = []
    with RangeServer(archive) as server:
        for crawl in (OLD, NEW):
            server.requests.clear()
            one = replace(order(server.url, db, "zipnum"), crawls=crawl.crawl)
            collect(one, db, members(["host-0001"]))
            read = [each for each in server.requests if each.path.endswith("cluster.idx")]
            assert all(each.range for each in read)
            sent.append(len(read))
    assert sent[1] == 1 < sent[0]
