"""The one reader of lists: formats, encodings, columns, and files that mean harm."""

import gzip
import importlib.util
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import small_parent
from hypothesis import given
from hypothesis import strategies as st

from crawlblock.errors import InputError
from crawlblock.host_list import Ranking, Rejected, take_list
from crawlblock.pipeline.sample import from_list, store_panel
from crawlblock.sources.files.host_lists import HostList, list_of_lines, open_list
from crawlblock.sources.files.rankings import read_ranks
from crawlblock.sources.files.weight_lists import read_weights
from crawlblock.store.store import Store

HAS_EXCEL = importlib.util.find_spec("openpyxl") is not None
TWO = ["nytimes.com", "cnn.com"]


def listed(folder: Path, data: bytes | str, name: str = "list.csv") -> HostList:
    """Return the list in a file with these bytes."""
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return open_list(path)


def hosts(found: HostList) -> list[str]:
    """Return the hosts that a list names, one for each site."""
    return [m.host for m in take_list(found.entries(), "p", lambda _: None).members]


def left_out(found: HostList) -> list[tuple[int, str]]:
    """Return the lines that are left out, and why."""
    rejected: list[Rejected] = []
    take_list(found.entries(), "p", rejected.append)
    return [(each.line, each.reason) for each in rejected]


def further(found: HostList) -> list[tuple[str, str, str]]:
    """Return what a list says besides."""
    return list(take_list(found.entries(), "p", lambda _: None).further)


def none_left_out(rejected: Rejected) -> None:
    """Fail for whatever is left out."""
    pytest.fail(f"line {rejected.line}: {rejected.reason}")


TEXTS = {
    "plain": "nytimes.com\ncnn.com\n",
    "comments": "# mine\nnytimes.com # the first, of two; really\n\n  cnn.com\t# the second\n",
    "CRLF": "nytimes.com\r\ncnn.com\r\n",
    "CR": "domain\rnytimes.com\rcnn.com\r",
    "quoted commas": 'outlet,domain\n"New York Times, The",nytimes.com\n"CNN, Inc.",cnn.com\n',
    "one quoted": 'outlet,domain\n"New York Times, The",nytimes.com\nCNN,cnn.com\n',
    "quoted line ends": 'outlet,domain\n"New\nYork, ""NYT""\r\n",nytimes.com\nCNN,cnn.com\n',
    "quotes in a cell": 'outlet,domain\nThe 5" Times,nytimes.com\nCNN "x",cnn.com\n',
    "all quoted": '"domain","outlet"\n"nytimes.com","NYT"\n"cnn.com","CNN"\n',
    "quoted names": '"nytimes.com"\n"cnn.com"\n',
    "semicolons": "Medium;Internetadresse\nTimes, The;nytimes.com\nCNN, Inc.;cnn.com\n",
    "sep=": "sep=;\nName;Web\nTimes, The;nytimes.com\nCNN, Inc.;cnn.com\n",
    "tabs": "Outlet\tSite\nNew York Times, The\thttps://nytimes.com\nCNN\tcnn.com/x\n",
    "bars": "name | site\nNYT | nytimes.com\nCNN | cnn.com\n",
    "spaces": "1 nytimes.com\n2 cnn.com\n",
    "a hosts file": "0.0.0.0 nytimes.com\n0.0.0.0 cnn.com # ads\n",
    "upper case": "RANK,DOMAIN\n1,NYTimes.com\n2,CNN.COM.\n",
    "another language": "Médium;Adresse\nLe Temps;nytimes.com\nCNN;cnn.com\n",
    "Japanese": "媒体,サイト\nニューヨーク,nytimes.com\nCNN,cnn.com\n",
    "a name like a host": "Outlet,Parent.co,Homepage\nNYT,NYT Co,nytimes.com\nCNN,WBD,cnn.com\n",
    "a known name without hosts": "site,link\nNew York Times,nytimes.com\nCNN,cnn.com\n",
    "the same in two": "N;Domaine;Lien\na;nytimes.com;https://www.nytimes.com/\nb;cnn.com;cnn.com/x\n",
    "URLs with commas": "https://nytimes.com/a,b\nhttps://cnn.com/c;d,\n",
    "e-mail beside": "name,email,web\nA,a@b.com,nytimes.com\nB,c@d.com,cnn.com\n",
    "fewer cells": "domain,country\nnytimes.com,US\ncnn.com\n",
    "JSON strings": json.dumps(["https://nytimes.com/", "cnn.com"]),
    "JSON over lines": json.dumps(["nytimes.com", "cnn.com"], indent=2),
    "JSON objects": json.dumps([{"n": "NYT", "url": "nytimes.com"}, {"url": "cnn.com", "x": [1]}]),
    "JSON nested": json.dumps([{"site": {"url": "nytimes.com"}}, {"site": {"url": "cnn.com"}}]),
    "JSON arrays": json.dumps([["site", "n"], ["nytimes.com", 1], ["cnn.com", 2]]),
    "JSON keys": json.dumps({"nytimes.com": "New York Times", "cnn.com": "CNN"}),
    "JSON values": json.dumps({"New York Times": "nytimes.com", "CNN": "cnn.com"}),
    "JSON keys to objects": json.dumps({"nytimes.com": {"in": "US"}, "cnn.com": {"in": "US"}}),
    "JSON within": json.dumps({"updated": "2026", "domains": ["nytimes.com", "cnn.com"]}),
    "JSONL": '{"domain": "nytimes.com"}\n\n{"domain": "cnn.com", "country": "US"}\n',
    "JSONL arrays": '["nytimes.com", 1]\n["cnn.com", 2]\n',
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_texts(tmp_path: Path, text: str, encoding: str) -> None:
    """Every form of the same list gives the same two hosts, in every encoding."""
    mark = "\ufeff".encode(encoding) if encoding == "utf-16-be" else b""
    found = listed(tmp_path, mark + text.encode(encoding))
    assert hosts(found) == TWO
    assert left_out(found) == []


@pytest.mark.parametrize("name", [name for name, text in TEXTS.items() if "\u3000" not in text])
def test_packed(tmp_path: Path, name: str) -> None:
    """A gzip file, whatever its name, and a zip with one file are read like the file in them."""
    data = TEXTS[name].encode()
    assert hosts(listed(tmp_path, gzip.compress(data), "list")) == TWO
    with zipfile.ZipFile(tmp_path / "list.zip", "w") as packed:
        packed.writestr("top.csv", data)
    assert hosts(open_list(tmp_path / "list.zip")) == TWO


def test_latin_1(tmp_path: Path) -> None:
    """Text that is no UTF-8 is Latin-1; one bad byte in UTF-8 does not make it so."""
    found = listed(tmp_path, "Médium;Adresse\nDerrière;bücher.de\n".encode("latin-1"))
    assert found.table.encoding == "Latin-1 (Windows-1252)"
    assert hosts(found) == ["xn--bcher-kva.de"]
    found = listed(tmp_path, "bücher.de\nmünchen.de\n".encode() + b"caf\xe9.fr\n")
    assert found.table.encoding == "UTF-8"
    assert hosts(found) == ["xn--bcher-kva.de", "xn--mnchen-3ya.de"]
    assert left_out(found) == [(3, "not a valid international name")]


def test_what_is_found_is_reported(tmp_path: Path) -> None:
    """Format, encoding, columns and how the one with the hosts was found are there to be shown."""
    found = listed(tmp_path, TEXTS["semicolons"].encode("utf-16"))
    assert (found.table.format, found.table.encoding) == (
        "text, columns between semicolons", "UTF-16",
    )  # fmt: skip
    assert found.layout.columns == ("Medium", "Internetadresse")
    assert found.notes == [
        "the hosts are in the column 'Internetadresse', which was found by its values"
    ]
    assert further(found) == [
        ("nytimes.com", "Medium", "Times, The"), ("cnn.com", "Medium", "CNN, Inc."),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "A;B\nlemonde.fr;nyt.com\nfaz.net;bbc.com\n",
            "2 columns have hosts; columns found: A, B",
        ),
        ("a.com,b.com\nc.com,d.com\n", "the first row is a.com, b.com; name one with --column"),
        ("name,n\nx,1\ny,2\n", "no column has hosts; columns found: name, n; name one with"),
        ('[{"a": 1, "b": "x"}]', "no column has hosts; columns found: a, b; name one with"),
    ],
)
def test_a_column_that_is_not_clear(tmp_path: Path, text: str, message: str) -> None:
    """Where no column or more than one can be it, the columns are listed with what to do."""
    with pytest.raises(InputError, match="--column") as raised:
        listed(tmp_path, text)
    assert message in str(raised.value)


@pytest.mark.parametrize("column", ["Autre", "autre", " AUTRE ", "2"])
def test_a_column_that_is_named(tmp_path: Path, column: str) -> None:
    """A column is named as it is written, in any case, or by its number."""
    path = tmp_path / "list.csv"
    path.write_text("Adresse;Autre\nlemonde.fr;nytimes.com\nfaz.net;cnn.com\n")
    assert hosts(open_list(path, column)) == TWO
    with pytest.raises(InputError, match="there is no column Troisième; columns found: Adresse"):
        open_list(path, "Troisième")


def test_named_without_a_header(tmp_path: Path) -> None:
    """Where the first row names nothing, a number names a column and the first row counts."""
    path = tmp_path / "list.csv"
    path.write_text("lemonde.fr,nytimes.com\nfaz.net,cnn.com\n")
    assert hosts(open_list(path, "2")) == TWO


def test_further_columns_are_named_well(tmp_path: Path) -> None:
    """Columns without a name, with one that is taken, or that could be a path get a name."""
    found = listed(tmp_path, "domain,,Country/Region,a\\b,.x,x,x\na.com,1,2,3,4,5,6\n")
    assert [column for _, column, _ in further(found)] == [
        "column 2", "Country_Region", "a_b", "_x", "x", "x 7",
    ]  # fmt: skip


def test_a_mark_that_is_not_closed(tmp_path: Path) -> None:
    """A quotation mark that somebody forgot to close costs its own line and no other."""
    lines = ['"New York,nytimes.com', "CNN,cnn.com", '5" disk,disk.com', '"A, B",ab.com']
    lines += [f"a{n},a{n}.com" for n in range(50)]
    found = listed(tmp_path, "\n".join(["outlet,domain", *lines]))
    assert left_out(found) == [(2, "a quotation mark is opened and not closed")]
    assert hosts(found) == ["cnn.com", "disk.com", "ab.com", *(f"a{n}.com" for n in range(50))]


def test_lines_are_reported_as_they_are_in_the_file(tmp_path: Path) -> None:
    """A line that is left out has its number in the file, behind quoted line ends, too."""
    found = listed(tmp_path, 'n,domain\n"a\nb",a.com\n# a comment\nx,no host\ny,b.com\nz,\n')
    assert left_out(found) == [
        (5, "not a host name (a space cannot be in one)"), (7, "no host in it"),
    ]  # fmt: skip
    found = listed(tmp_path, '{"url": "a.com"}\nnot json\n{"url": "b.com"}\n[1]\n')
    assert left_out(found) == [(2, "not JSON"), (4, "not a host name (it has no dot)")]


@pytest.mark.parametrize("text", ["My sites\na.com\nb.com\n", "Website\na.com\nb.com\n"])
def test_a_header_of_one_column(tmp_path: Path, text: str) -> None:
    """A first line without a dot above hosts is a header; a note says so if it is no known name."""
    found = listed(tmp_path, text)
    assert hosts(found) == ["a.com", "b.com"]
    assert bool(found.notes) == text.startswith("My")


def test_parquet(tmp_path: Path) -> None:
    """Parquet is known by its bytes; values of other types are kept as text."""
    path = tmp_path / "list.csv"
    frame = pl.DataFrame({"who": ["NYT", None], "n": [1, 2], "site": TWO, "of": [[1], [2]]})
    frame.write_parquet(path)
    found = open_list(path)
    assert (found.table.format, hosts(found)) == ("Parquet", TWO)
    assert further(found) == [
        ("nytimes.com", "who", "NYT"), ("nytimes.com", "n", "1"), ("cnn.com", "n", "2"),
    ]  # fmt: skip


@pytest.mark.skipif(not HAS_EXCEL, reason="openpyxl is not installed")
def test_excel(tmp_path: Path) -> None:
    """The first sheet that is not hidden is read, row by row; the others are named."""
    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "Secret"
    book.active.append(["x.com"])
    book.active.sheet_state = "hidden"
    sheet = book.create_sheet("Médias")
    for row in (["Outlet", "Site", "n"], ["New York Times, The", TWO[0], 3.0], [], [None, TWO[1]]):
        sheet.append(row)
    sheet.cell(1_048_576, 16_384, "far away")  # the last cell there is
    book.save(tmp_path / "list.xlsx")
    found = open_list(tmp_path / "list.xlsx")
    assert found.table.format == "Excel, the sheet Médias"
    assert found.notes == ["sheets that are not read: Secret"]
    assert hosts(found) == TWO
    assert further(found) == [
        ("nytimes.com", "Outlet", "New York Times, The"), ("nytimes.com", "n", "3"),
    ]  # fmt: skip
    assert left_out(found) == []


WITHOUT = """
import importlib.abc, sys
class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] == "openpyxl":
            raise ImportError(name)
sys.meta_path.insert(0, Missing())
from pathlib import Path
from crawlblock.sources.files.host_lists import open_list
open_list(Path(sys.argv[1]))
"""


def test_excel_without_what_reads_it(tmp_path: Path) -> None:
    """Without the optional package the message says what to install."""
    path = tmp_path / "list.xlsx"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("xl/workbook.xml", "<workbook/>")
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, str(path)], capture_output=True, text=True, check=False
    )
    assert "InputError" in done.stderr
    assert "an Excel file; install what reads it (pip install 'crawlblock[excel]')" in done.stderr


BOMB = b"\x00" * 1_000_000


def _zip(*members: tuple[str, bytes]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
            for name, data in members:
                with packed.open(name, "w", force_zip64=True) as file:
                    for _ in range(540 if data is BOMB else 1):
                        file.write(data)

    return write


def _plain(data: bytes, times: int = 1) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with path.open("wb") as file:
            for _ in range(times):
                file.write(data)

    return write


HARMFUL = {
    "a line of 300 MB": _plain(b"a" * 1_000_000, 300),
    "a quoted line of 300 MB": _plain(b'"' + b"a," * 500_000, 300),
    "a JSON string of 300 MB": _plain(b'["' + b"a" * 1_000_000, 300),
    "a JSON object of 300 MB": _plain(b'{"a":"' + b"a" * 1_000_000, 300),
    "deep JSON": _plain(b"[" * 1_000_000),
    "deep objects": _plain(b'{"a":' * 1_000_000),
    "deep in an array": _plain(b"[" + b'{"a":' * 100_000),
    "a huge number": _plain(b"[[" + b"1" * 100_000 + b"]]"),
    "JSON that ends": _plain(b'["a.com", "b.com"'),
    "JSON without commas": _plain(b'["a.com" "b.com"]'),
    "a zip bomb": _zip(("a.csv", BOMB)),
    "two files": _zip(("a.csv", b"a.com\n"), ("b.csv", b"b.com\n")),
    "an Excel bomb": _zip(("xl/workbook.xml", b"<workbook/>"), ("xl/a.xml", BOMB)),
    "no Excel file": _zip(("xl/workbook.xml", b"<workbook/>")),
    "a packed Parquet file": _zip(("a.parquet", b"PAR1")),
    "Parquet that ends": _plain(b"PAR1" + bytes(100)),
    "gzip that ends": _plain(gzip.compress(b"a.com\n" * 1_000)[:40]),
    "a broken zip": _plain(b"PK\x03\x04" + bytes(100)),
    "a PDF": _plain(b"%PDF-1.7\n"),
    "an old Excel file": _plain(b"\xd0\xcf\x11\xe0" + bytes(100)),
    "a web page": _plain(b"\xef\xbb\xbf\n<!DOCTYPE html><html>"),
    "all bytes": _plain(bytes(range(256)), 400),
    "nothing": _plain(b""),
    "comments": _plain(b"\n\n# nothing\n"),
    "marks": _plain(b'"\n', 20_000),
}
LARGE = [case for case in HARMFUL if "300 MB" in case or "bomb" in case or "deep" in case]
READ = """
import resource, sys
from pathlib import Path
from crawlblock.errors import InputError
from crawlblock.pipeline.sample import from_list
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    print(len(from_list(Path(sys.argv[1]), "p").members))
except InputError as error:
    print(str(error).count(chr(10)))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def read_apart(code: str, path: Path) -> list[int]:
    """Return the numbers that a process of its own prints about a file."""
    return [int(word) for word in small_parent.python("-c", code, path).split()]


@pytest.mark.fault("input", "a list that means harm: {case}")
@pytest.mark.parametrize("case", [case for case in HARMFUL if case not in LARGE])
def test_harmful_files(tmp_path: Path, case: str) -> None:
    """A file that means harm, or that is no list, gives one line that names it."""
    HARMFUL[case](tmp_path / "list")
    with pytest.raises(InputError, match="list") as raised:
        store_panel(Store(tmp_path / "db.duckdb"), from_list(tmp_path / "list", "p"))
    assert "\n" not in str(raised.value)


@pytest.mark.own_code
@pytest.mark.fault("input", "a large list that means harm: {case}")
@pytest.mark.parametrize("case", LARGE)
def test_harmful_large_files(tmp_path: Path, case: str) -> None:
    """A large file that means harm names no host, and costs little memory."""
    HARMFUL[case](tmp_path / "list")
    hosts, megabytes = read_apart(READ, tmp_path / "list")
    assert hosts == 0
    assert megabytes < 400


@pytest.mark.own_code
def test_a_long_list_is_a_stream(tmp_path: Path) -> None:
    """Of a list of 10 MB no more than a part is in memory, whether it is text or JSON."""
    row = "{}www.site-of-a-long-name-{}.com{}"
    plain, array = tmp_path / "plain.csv", tmp_path / "array.json"
    for path, before, after in ((plain, "Outlet,", "\n"), (array, '["', '"],\n')):
        with path.open("w") as file:
            file.write("[" if path is array else "outlet,domain\n")
            file.writelines(row.format(before, n, after) for n in range(300_000))
            file.write('["www.end.com"]]' if path is array else "")
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from crawlblock.sources.files.host_lists import open_list\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "n = sum(bool(each.name) for each in open_list(Path(sys.argv[1])).entries())\n"
        "print(n, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)\n"
    )
    for path, wanted in ((plain, 300_000), (array, 300_001)):
        count, megabytes = read_apart(code, path)
        assert count == wanted
        assert megabytes < 20


_CELLS = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\x85\u2028\u2029"),
    max_size=8,
)


@given(
    st.lists(_CELLS.map(str.strip), min_size=3, max_size=12),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_whatever_is_beside_the_hosts(
    tmp_path_factory: pytest.TempPathFactory, beside: list[str], mark: str, encoding: str
) -> None:
    """Whatever stands in the other column, quoted as CSV is, every host is read."""
    path = tmp_path_factory.mktemp("any") / "list.csv"
    names = [f"site{n}.com" for n in range(len(beside))]
    quoted = (f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in beside)
    lines = [f"{cell}{mark}{name}" for cell, name in zip(quoted, names, strict=True)]
    path.write_text("\n".join([f"what{mark}domain", *lines]), encoding)
    found = open_list(path)
    assert hosts(found) == names
    assert [value for _, _, value in further(found)] == [cell for cell in beside if cell]


@given(st.binary(max_size=300))
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """Whatever bytes a file has, it is a list or there is an InputError."""
    path = tmp_path_factory.mktemp("any") / "list"
    path.write_bytes(data)
    try:
        found = open_list(path)
        take_list(found.entries(), "p", lambda _: None)
    except InputError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize(
    "lines",
    [
        ["1,b.com", "2,A.com"],
        ["GlobalRank,TldRank,Domain,TLD", "1,1,b.com,com", "2,1,a.com,com"],
        ["origin,rank", "https://b.com,1000", "https://a.com,1000"],
        ["b.com", "", "# a comment", "a.com"],
        ['"rank","domain"', '"1","b.com"', '"2","a.com"'],
        [
            "#harmonicc_pos\t#harmonicc_val\t#pr_pos\t#pr_val\t#host_rev\t#n_hosts",
            "1\t3.1E7\t2\t0.016\tcom.b\t9",
            "2\t3.0E7\t1\t0.011\tcom.a\t7",
        ],
        ["1\t3.1E7\t2\t0.016\tcom.b\t9", "2\t3.0E7\t1\t0.011\tcom.a\t7"],
    ],
    ids=["tranco", "majestic", "crux", "plain", "quoted", "web-graph", "web-graph-headless"],
)
def test_formats_of_rankings_are_kept_apart(lines: list[str]) -> None:
    """Each known format gives the same names in the same order."""
    assert [name for _, name in Ranking(list_of_lines(lines).entries())] == ["b.com", "a.com"]


def test_a_real_ranking_is_read_whole(shared: Path) -> None:
    """Every line of the Tranco list is a rank and a name, as text and as Parquet."""
    path = shared / "ranks" / "tranco_top_100k_2026-08.parquet"
    frame = pl.read_parquet(path)
    ranking = Ranking(
        list_of_lines([f"{rank},{name}" for rank, name in frame.iter_rows()]).entries()
    )
    assert list(ranking) == frame.rows()
    assert ranking.unreadable == 0
    assert read_ranks(path).equals(frame.select("domain", "rank").sort("rank", "domain"))


def test_the_readers_agree(tmp_path: Path) -> None:
    """A panel, a ranking and weights read the same file in the same way."""
    path = tmp_path / "list.csv"
    path.write_bytes('Outlet;rank;Site;tokens\n"A; B";1;a.com;5\nC;2;b.com;6\n'.encode("utf-16"))
    assert hosts(open_list(path)) == ["a.com", "b.com"]
    assert read_ranks(path).rows() == [("a.com", 1), ("b.com", 2)]
    found = read_weights(path, none_left_out, "C4")
    assert [(row[0], row[-1]) for row in found.weights.rows()] == [("a.com", 5), ("b.com", 6)]
