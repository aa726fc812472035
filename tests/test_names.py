"""Names from outside are checked where they enter, and reach neither paths nor a terminal."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scan.warcs import CRAWL, archive, keys_of, member, planned, record

from crawlblock import loops
from crawlblock.cli import SECTIONS, main
from crawlblock.errors import ArchiveError, CrawlblockError, InputError
from crawlblock.names import fault_of, kept_as, key_fault_of, mended, part_fault_of, safe
from crawlblock.scan.plan import read_plan
from crawlblock.sources.commoncrawl.cluster_index import ClusterIndex
from crawlblock.sources.commoncrawl.crawls import list_crawls, paths
from crawlblock.sources.commoncrawl.index import cdxj_row
from crawlblock.sources.commoncrawl.keys import is_key
from crawlblock.sources.commoncrawl.mirror import DirectoryMirror
from crawlblock.sources.files import Files

pytestmark = pytest.mark.own_code

BAD = (  # for paths and for people
    "../../x", "/etc/x", "..", "", " ", "a/../b", "a\\..\\b", "a\nb", "a\x1b[31m", "a\u202eb",
    "a\0", "A" * 10_000, "\ud800", "CON", "nul.txt", "com1.csv", "a.", "a ", " a", ".hidden",
    "a\x7f",
)  # fmt: skip
BAD_IN_PATHS = (*BAD, "<script>alert(1)</script>", "a b", "é", "a:b", "C:x", "-rf", "$(x)")
odd = st.text(
    st.sampled_from("./\\ \0\x1b\u202e\ud800<>:aCON1") | st.characters(), max_size=260
) | st.sampled_from(BAD_IN_PATHS)


@given(odd)
@settings(max_examples=1_000)
def test_rules(name: str) -> None:
    """A good name is printable and stays in its folder; a mended one is good, and stays so."""
    good = mended(name)
    assert fault_of(good) == ""
    assert mended(good) == good
    assert safe(name).replace("\t", "").isprintable()
    if not fault_of(name):
        assert name.isprintable()
        assert mended(name) == name
    if not part_fault_of(name):
        assert Path("/folder", name).parent == Path("/folder")
        assert name.isascii()
        assert is_key(name)
    if not key_fault_of(name):
        assert Path("/folder", name).resolve().is_relative_to("/folder")
        assert len(Path("/folder", name).name) < 255


@pytest.mark.parametrize("name", BAD, ids=ascii)
def test_bad_names(name: str) -> None:
    """No kind of bad name passes, and each has a reason."""
    assert fault_of(name)
    assert part_fault_of(name)


def _of_collinfo(folder: Path, name: str) -> None:
    listed = [{"id": name, "from": "2025-01-01T00:00:00", "to": "2025-01-02T00:00:00"}]
    (folder / "collinfo.json").write_text(json.dumps(listed))
    loops.run(list_crawls(DirectoryMirror(str(folder))))


def _of_shards(folder: Path, name: str) -> None:
    shard = {"shard": name, "crawl": CRAWL, "files": ["a"]}
    taken = {"crawl": CRAWL, "files": 1, "of": 1}
    plan = {"format": 3, "mirror": "/", "seed": "s", "share": 1.0, "bytes": 0}
    whole = plan | {"crawls": [taken], "shards": [shard]}
    (folder / "plan.json").write_text(json.dumps(whole))
    read_plan(folder)


def _of_blocks(folder: Path, name: str) -> None:
    line = b"com,a)/ 20250101000000\t" + name.encode("utf-8", "surrogatepass") + b"\t0\t9\t1\n"
    (folder / "cluster.idx").write_bytes(line)
    ClusterIndex(folder / "cluster.idx")


ENTRIES: dict[str, Callable[[Path, str], None]] = {
    "collinfo.json": _of_collinfo, "plan.json": _of_shards, "cluster.idx": _of_blocks,
}  # fmt: skip


@pytest.mark.parametrize("entry", ENTRIES)
def test_entries(tmp_path: Path, entry: str) -> None:
    """A bad name of a crawl, shard or block is an error that names the file, and writes nothing."""
    for name in BAD_IN_PATHS:
        with pytest.raises(CrawlblockError, match=entry.replace(".", r"\.")) as stopped:
            ENTRIES[entry](tmp_path, name)
        assert len(str(stopped.value)) < 1_000, name
    assert [path.name for path in tmp_path.iterdir()] == [entry]


@pytest.mark.parametrize("key", ["../../x", "/etc/x", "a/../../b", "a\x1b", "x" * 2_000, "C:\\x"])
def test_keys(tmp_path: Path, key: str) -> None:
    """A bad key in a list of files or in an index is an error, or left out as malformed."""
    folder = tmp_path / "crawl-data/X"
    folder.mkdir(parents=True)
    (folder / "robotstxt.paths.gz").write_bytes(gzip.compress(f"good\n{key}\n".encode()))
    with pytest.raises(ArchiveError, match=r"robotstxt\.paths\.gz .*line 2"):
        loops.run(paths(DirectoryMirror(str(tmp_path)), "X", "robotstxt"))
    fields = {"url": "https://a.com/robots.txt", "filename": f"{key}/robotstxt/x", "offset": "0"}
    with pytest.raises(ValueError, match="name of its file"):
        cdxj_row("20250101000000", json.dumps(fields | {"length": "9"}).encode())


def test_names_of_kept_objects() -> None:
    """Each object is kept under a good name of its own, however much their keys have in common."""
    keys = [
        "a/x.warc.gz",
        "b/x.warc.gz",
        "a/x.warc",
        "a_x.warc.gz",
        "x",
        "a/" + "x" * 900,
        "a/\ud800",
    ]
    names = {kept_as(key) for key in (*keys, "b/" + "x" * 900)}
    assert len(names) == len(keys) + 1
    assert not any(part_fault_of(name) for name in names)


def test_a_hostile_plan(tmp_path: Path) -> None:
    """A shard that is named by a path outside deletes nothing there."""
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "kept").write_text("x")
    mirror = archive(tmp_path / "mirror", [member(record())])
    planned(tmp_path / "scan", str(mirror), keys_of(mirror))
    path = tmp_path / "scan/plan.json"
    path.write_text(path.read_text().replace(f'"{CRAWL}-00000"', json.dumps(str(victim))))
    with pytest.raises(SystemExit) as stopped:
        main(["scan", "run", str(tmp_path / "scan")])
    assert stopped.value.code == 2
    assert (victim / "kept").read_text() == "x"


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_snapshots_of_imports(tmp_path: Path, suffix: str) -> None:
    """Rows with a bad name of a snapshot are left out and counted; the others are read."""
    names = [name for name in BAD if name.strip() and "\0" not in name and name != "\ud800"]
    names = [name for name in names if name == name.strip()]  # spaces around values are no part
    rows = pl.DataFrame({"snapshot": ["2024-01", *names]}).with_columns(
        host=pl.lit("a.com"), fetch_time=pl.lit("2024-01-02"), status=pl.lit("200"),
        body=pl.lit("User-agent: *"),
    )  # fmt: skip
    path = tmp_path / f"x.{suffix}"
    if suffix == "csv":
        rows.write_csv(path)
    elif suffix == "jsonl":
        rows.write_ndjson(path)
    else:
        rows.write_parquet(path)
    files = Files([path])
    assert [name for batch in files.read() for name in batch.fetches["snapshot"]] == ["2024-01"]
    (left_out,) = files.left_out
    assert (left_out.count, left_out.reason) == (len(names), "no usable name of a snapshot")


def test_panels(tmp_path: Path) -> None:
    """A bad name for a panel is one line."""
    (tmp_path / "l.txt").write_text("a.com\n")
    for name in BAD:
        if "\0" not in name and name != "\ud800":
            with pytest.raises(SystemExit) as stopped:
                main(["sample", "--list", str(tmp_path / "l.txt"), "--name", name, "--dry-run"])
            assert stopped.value.code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["l.txt"]


def test_a_database_with_bad_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What an older version stored under a bad name is shown, and steers no terminal."""
    bad = "\x1b[2J\x07<script>alert(1)</script>\u202e../../x'\"\x01"
    (tmp_path / "x.csv").write_text(
        "host,fetch_time,status,body\n"
        + "".join(f"a.com,2024-0{n}-01,200,User-agent: *\n" for n in (1, 2))
    )
    (tmp_path / "l.txt").write_text("a.com\n")
    db = ["--db", str(tmp_path / "x.duckdb")]
    commands = (["sample", "--list", str(tmp_path / "l.txt")], ["import", str(tmp_path / "x.csv")])
    for command in commands:
        assert _code([*command, *db]) == 0
    with duckdb.connect(str(tmp_path / "x.duckdb")) as con:
        con.execute("UPDATE facts.snapshots SET snapshot = ? WHERE id = 2", [bad]).fetchall()
    (tmp_path / "x.snapshot.duckdb").unlink()
    for command in (
        ["analyze", "-o", "table"], ["timeline", "a.com"], ["timeline", "a.com", "--all"],
        ["replicate", "-o", "table"], ["status", "-o", "table"],
    ):  # fmt: skip
        capsys.readouterr()
        assert _code([*command, *db]) == 0
        shown = "".join(capsys.readouterr())
        assert shown.replace("\n", "").isprintable(), command
    (page,) = tmp_path.rglob("index.html")
    text = page.read_text("utf-8")
    assert "<script>alert(1)" not in text
    assert not {"\x1b", "\x07", "\u202e", "\x01"} & set(text)


def _code(arguments: list[str]) -> object:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    return stopped.value.code


@pytest.mark.parametrize(
    "command",
    [
        *([name, "\udcff"] for part in SECTIONS.values() for name, *_ in part),
        ["import", "x.csv", "--db", "d\udcff.duckdb"],
        ["sql", "select '\udcff'"],
        ["sample", "--list=l\udcff"],
        ["scan", "run", "s\udcff"],
        ["\udcff"],
    ],
    ids=lambda command: ascii("-".join(command)),
)
def test_arguments_outside_utf_8(
    tmp_path: Path,
    command: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An argument whose bytes are not UTF-8 is one clear line, to whichever command."""
    monkeypatch.chdir(tmp_path)
    assert _code(command) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1 and "bytes that are not UTF-8; rename it" in message
    assert not any(tmp_path.iterdir())


def test_import_error_names_files(tmp_path: Path) -> None:
    """Only bad names of snapshots: the error says so and names the file."""
    path = tmp_path / "x.csv"
    path.write_text("host,fetch_time,status,body,snapshot\na.com,2024-01-01,200,x,../../x\n")
    with pytest.raises(InputError, match=r"x\.csv: .*name of a snapshot"):
        list(Files([path]).read())
