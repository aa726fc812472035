"""Input that is merely odd is read, and input that is wrong is one line that names it."""

import gzip
import json
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from crawlblock import loops
from crawlblock.errors import ArchiveError, InputError
from crawlblock.scan.shard import read_about
from crawlblock.scan.shards import find_shards
from crawlblock.sources.commoncrawl.cluster_index import ClusterIndex
from crawlblock.sources.commoncrawl.columnar import Columnar
from crawlblock.sources.commoncrawl.crawls import list_crawls
from crawlblock.sources.commoncrawl.mirror import DirectoryMirror
from crawlblock.sources.commoncrawl.web_graph import ranking_lines
from crawlblock.sources.files import Files
from crawlblock.sources.files.snapshots import moment
from crawlblock.sources.files.statuses import read_word
from crawlblock.sources.files.weight_lists import read_weights
from crawlblock.unpacking import EarlyEndError, gunzipped

pytestmark = pytest.mark.own_code

DATES = {"from": "2025-01-01T00:00:00", "to": "2025-01-02T00:00:00"}


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("1704067200", datetime(2024, 1, 1)),
        ("1704067200.0", datetime(2024, 1, 1)),
        ("1704067200000", datetime(2024, 1, 1)),
        ("20240101120000", datetime(2024, 1, 1, 12)),
        ("2024-01-01T02:00:00+02:00", datetime(2024, 1, 1)),
        ("2024-01", datetime(2024, 1, 1)),
        ("20241301000000", None),
        ("99999999999999999999", None),
        ("9999999999999", None),
        ("0001-01-01T00:00:00+23:59", None),
    ],
)
def test_times(text: str, time: datetime | None) -> None:
    """Seconds and milliseconds since 1970 and the times of CDX files are read, as ISO times are."""
    assert moment(text) == time


@pytest.mark.parametrize(
    ("text", "status"), [("200.0", 200), ("404.", 404), ("http_503", 503), ("9" * 20, None)]
)
def test_statuses(text: str, status: int | None) -> None:
    """A status with a fraction of 0, as pandas writes it, is the status; twenty digits are none."""
    word = read_word(text)
    assert (word and word.status) == status


ROWS = [
    {"host": "a.com", "fetch_time": "2024-01-01", "status": 200.0, "body": "User-agent: *"},
    {"host": "b.com", "fetch_time": "20240101000000", "status": None, "body": None},
]


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_encodings_of_imports(tmp_path: Path, suffix: str, encoding: str) -> None:
    """Files as Excel and PowerShell write them give the same fetches, and 200.0 is 200."""
    table = pl.DataFrame(ROWS)
    text = table.write_csv() if suffix == "csv" else table.write_ndjson()
    path = tmp_path / f"x.{suffix}"
    path.write_bytes(text.replace("\n", "\r\n" if suffix == "jsonl" else "\n").encode(encoding))
    (batch,) = Files([path]).read()
    assert batch.fetches["status"].to_list() == [200, None]
    assert [payload.body for payload in batch.payloads] == [b"User-agent: *"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ([{"id": 5, **DATES}], "not text"),
        ([{"id": "X", "from": "0001-01-01T00:00:00+23:59", "to": DATES["to"]}], "out of range"),
        ([{"id": "A" * 300, **DATES}], "characters"),
        ("[" * 100_000, "nested too deeply"),
        (b"\xff\xfe\x00", "not JSON"),
    ],
    ids=["id", "zone", "long", "deep", "bytes"],
)
def test_lists_of_crawls(tmp_path: Path, answer: object, reason: str) -> None:
    """A list of crawls that is wrong is named with the reason."""
    raw = answer if isinstance(answer, (bytes, str)) else json.dumps(answer)
    (tmp_path / "collinfo.json").write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    with pytest.raises(ArchiveError, match=rf"collinfo\.json cannot be read .*{reason}"):
        loops.run(list_crawls(DirectoryMirror(str(tmp_path))))


def test_zones_may_differ(tmp_path: Path) -> None:
    """Dates with and without a zone are compared in UTC; an address that is none is left out."""
    crawls = [
        {"id": "A", "from": "2025-01-01T00:00:00+01:00", "to": "2025-01-02T00:00:00Z"},
        {"id": "B", "cdx-api": "https://[::1", **DATES},
    ]
    (tmp_path / "collinfo.json").write_text(json.dumps(crawls))
    found = loops.run(list_crawls(DirectoryMirror(str(tmp_path)))).entries
    assert [(each.crawl, each.cdx_api) for each in found] == [("B", None), ("A", None)]


@pytest.mark.parametrize(
    ("offset", "length"), [("0", "9" * 15), ("9" * 20, "9"), ("0", "-1"), ("x", "9")]
)
def test_places_in_cluster_idx(tmp_path: Path, offset: str, length: str) -> None:
    """A place that no block has is named."""
    path = tmp_path / "cluster.idx"
    path.write_text(f"com,a)/ 20250101000000\tcdx-00000.gz\t{offset}\t{length}\t1\n")
    with pytest.raises(ArchiveError, match=r"cluster\.idx"):
        ClusterIndex(path)


def test_cut_ranks(tmp_path: Path) -> None:
    """Domain ranks that end early or are no gzip file are named, and not taken for whole."""
    path = tmp_path / "projects/hyperlinkgraph/x/domain/x-domain-ranks.txt.gz"
    path.parent.mkdir(parents=True)
    (tmp_path / "graphinfo.json").write_text('[{"id": "x"}]')
    whole = gzip.compress(b"1\t1\t1\t1\tcom.a\n" * 9)
    for raw, reason in ((whole[:-9], "ends early"), (b"no gzip", "not a gzip file")):
        path.write_bytes(raw)
        with pytest.raises(ArchiveError, match=reason):
            loops.run(ranking_lines(DirectoryMirror(str(tmp_path)), 100))
    with path.open("wb") as file:
        file.write(whole[:-9])
    with path.open("rb") as file, pytest.raises(EarlyEndError):
        gunzipped(file).read()


def test_an_index_with_numbers_for_texts(tmp_path: Path) -> None:
    """A column of another kind makes its rows malformed, which are counted."""
    path = tmp_path / "part.parquet"
    pl.DataFrame(
        {
            "url": ["https://a.com/robots.txt"], "url_host_name": ["a.com"],
            "fetch_time": [datetime(2025, 1, 1)], "fetch_status": [200],
            "content_digest": ["X"], "fetch_redirect": [1.5], "warc_filename": ["a"],
            "warc_record_offset": [0], "warc_record_length": [9],
        }
    ).write_parquet(path)  # fmt: skip
    index = Columnar([path])
    assert loops.run(index.look_up(["https://a.com/robots.txt"])) == {
        "https://a.com/robots.txt": []
    }
    assert len(index.malformed) == 1


def test_shards_of_others(tmp_path: Path) -> None:
    """A Parquet file that says odd things of itself is no shard."""
    path = tmp_path / "x.parquet"
    for about in ("[]", "1", '{"files": 1}', "{" * 9_999, '{"shard": {}}'):
        pl.DataFrame({"a": [1]}).write_parquet(path, metadata={"crawlblock": about})
        with pytest.raises(InputError, match=r"x\.parquet"):
            read_about(path)
    with pytest.raises(InputError, match="plan"):
        find_shards([tmp_path])


def test_weights_that_are_no_gzip(tmp_path: Path) -> None:
    """A list that only its name says is packed is named."""
    path = tmp_path / "weights.csv.gz"
    path.write_text("domain,c4_tokens\na.com,1\n")
    with pytest.raises(InputError, match=r"weights\.csv\.gz: cannot be read"):
        read_weights(path, lambda _: None)
