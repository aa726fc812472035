"""Whole scans: planned, run from the command line, and compared with history at the same hosts."""

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from crawlblock.cli.scan import scan
from crawlblock.demo import build
from crawlblock.demo.contents import Rendered
from crawlblock.errors import InputError
from crawlblock.model import Crawl
from crawlblock.pipeline.evaluate import evaluate
from crawlblock.pipeline.history import Wanted, collect_history
from crawlblock.pipeline.run import Run
from crawlblock.pipeline.sample import from_list, store_panel
from crawlblock.robots.judge import Judge
from crawlblock.scan.plan import read_plan, sample_files
from crawlblock.scan.shard import KEY
from crawlblock.scan.texts import kept_text
from crawlblock.store.store import Store
from crawlblock.transport import Limits
from scan.warcs import CRAWL, TEXT, answer, archive, keys_of, member, planned, record, stated

MINI = Crawl("DEMO-2025-33", datetime(2025, 8, 2), datetime(2025, 8, 18))
TEXTS = (
    b"User-agent: *\nDisallow: /private\n",
    b"User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /\n\nUser-agent: *\nDisallow:\n",
    b"User-agent: AI2Bot\nCrawl-delay: 3\nUser-agent: ClaudeBot\nDisallow: /\nAllow: /$\n",
    b"",
    b"<!doctype html><title>Not here</title>",
    b"User-agent: *\r\nDisallow: /\r\nSitemap: https://h/sitemap.xml\r\n",
)
STATUSES = (200, 200, 200, 404, 403, 503)


def invoked(*arguments: object) -> Result:
    """Return what the command says and how it ends."""
    return CliRunner().invoke(scan, [str(each) for each in arguments])


def demo(directory: Path) -> list[str]:
    """Write an archive of some hosts, a few behind a redirect; return the hosts."""
    hosts, captures = [], []
    for number in range(600):
        host = f"h{number}.example"
        url = f"https://{host}/robots.txt"
        time = MINI.first_capture + timedelta(minutes=number)
        status = STATUSES[number % len(STATUSES)]
        body = TEXTS[number % 5 if status == 200 else 4]
        captures.append(Rendered(MINI.crawl, url, time, status, body))
        if number % 7 == 0:
            sent = (("Location", url),)
            plain = Rendered(MINI.crawl, url.replace("s:", ":", 1), time, 301, b"", sent)
            captures.append(plain)
        hosts.append(host)
    build(directory, [MINI], captures)
    return hosts


def followed(folder: Path, mirror: Path, hosts: list[str]) -> Store:
    """Return a database in which history followed some hosts."""
    (folder / "hosts.csv").write_text("\n".join(hosts))
    store = Store(folder / "db.duckdb")
    with store.held():
        store_panel(store, from_list(folder / "hosts.csv", "all"))
        wanted = Wanted(str(mirror), None, "all", None, Limits(), folder / "cache")
        run = Run(store)
        asyncio.run(collect_history(run, wanted, store.facts.followed(None)))
        evaluate(run)
    return store


def judged(store: Store) -> list[tuple[object, ...]]:
    """Return the captures of a database with what they mean for each crawler."""
    with store.reading() as con:
        return con.execute(
            "SELECT host, url, fetch_time, status, outcome, v.* EXCLUDE (policy) FROM captures "
            "LEFT JOIN payloads p USING (digest) LEFT JOIN verdicts v ON v.policy = p.policy "
            "ORDER BY ALL"
        ).fetchall()


def test_a_scan_gives_what_history_gives(tmp_path: Path) -> None:
    """Its shard has the facts that history stores of every host, and comes to the same verdicts."""
    hosts = demo(tmp_path / "mini")
    store = followed(tmp_path, tmp_path / "mini", hosts)
    assert invoked("plan", tmp_path / "scan", "--mirror", tmp_path / "mini", "--crawls", "all")
    ended = invoked("run", tmp_path / "scan")
    assert ended.exit_code == 0, ended.output
    (path,) = (tmp_path / "scan/shards").glob("*.parquet")
    rows = pl.read_parquet(path)
    known = "host, resource, fetch_time, status, warc_file, warc_offset, warc_length"
    answered = "status = 200, digest, ended, redirect, headers"
    with store.reading() as con:
        named = con.execute(f"SELECT {known} FROM fetches ORDER BY ALL").fetchall()
        read = con.execute(f"SELECT {answered} FROM fetches WHERE read").fetchall()
        kept = dict(con.execute("SELECT digest, bytes FROM payloads").fetchall())
    assert rows.sql(f"SELECT {known} FROM self ORDER BY ALL").rows() == named
    assert {row[1] for row in read} == set(kept)
    assert set(read) <= set(rows.sql(f"SELECT {answered} FROM self").rows())
    assert dict(rows.select("digest", "bytes").drop_nulls().iter_rows()) == kept
    ended = invoked("merge", tmp_path / "scan", "--db", tmp_path / "census.duckdb")
    assert ended.exit_code == 0, ended.output
    found = judged(Store(tmp_path / "census.duckdb"))
    assert len({host for host, *_ in found}) == 600
    assert found == judged(store)


def test_records_are_counted_by_type(tmp_path: Path) -> None:
    """`scan run` and `scan merge` say how many records of each type were read, as `import` does.

    A shard of a version that did not count them is merged all the same.
    """
    again = [stated(TEXT), ("WARC-Profile", b"identical-payload-digest")]
    texts = (
        record(fields=[stated(TEXT)]), record(kind="request"), record("c.example", kind="resource"),
        record("a.example", answer(b""), kind="revisit", fields=again), record(url="dns:a.example"),
        record("b.example", answer(b""), kind="revisit", fields=[stated(b"elsewhere")]),
    )  # fmt: skip
    files = [b"".join(map(member, texts)), member(record("d.example")) + b"no record"]
    mirror = archive(tmp_path / "mirror", files)
    planned(tmp_path / "scan", str(mirror), keys_of(mirror), size=1)
    ended = invoked("run", tmp_path / "scan", "-o", "json")
    names = ("type", "records", "stored", "resolved", "unresolved")
    assert json.loads(ended.stdout) == [
        dict(zip(names, row, strict=True)) for row in (
            ("request", 1, 0, 0, 0), ("resource", 1, 1, 0, 0), ("response", 3, 2, 0, 0),
            ("revisit", 2, 2, 1, 1), ("unreadable", 1, 0, 0, 0),
        )
    ]  # fmt: skip
    said = "3 response (2 stored), 2 revisit (2 stored), 1 unreadable (0 stored); 1 revisits unres"
    assert said in ended.stderr
    assert said in invoked("merge", tmp_path / "scan", "--db", tmp_path / "a.duckdb").stderr
    for path in (tmp_path / "scan" / "shards").iterdir():
        about = json.loads(pl.read_parquet_metadata(path)[KEY])
        del about["records"]
        pl.read_parquet(path).write_parquet(path, metadata={KEY: json.dumps(about)})
    ended = invoked("merge", tmp_path / "scan", "--db", tmp_path / "b.duckdb")
    assert ended.exit_code == 0 and "revisit" not in ended.stderr


def test_verdicts_are_those_of_judge(shared: Path) -> None:
    """What is kept of a real body decides the same as the body, in the same line."""
    bodies = pl.read_parquet(shared / "corpus/spider_2024_05.parquet")["body"].drop_nulls()
    tokens = ["*", "GPTBot", "CCBot", "AI2Bot", "Applebot-Extended", "Googlebot"]
    judge = Judge(tokens)
    cut = 0
    for body in bodies.unique(maintain_order=True).head(3_000).to_list():
        text = kept_text(body)
        kept, whole = judge.policy(text), judge.policy(body)
        assert kept.verdicts == whole.verdicts
        assert kept.ambiguous_group == whole.ambiguous_group
        of_text, of_body = judge.findings(text), judge.findings(body)
        for token in tokens:
            assert of_text[token].line(text) == of_body[token].line(body)
        cut += text != body
    assert cut > 1_000


@pytest.mark.parametrize(
    ("body", "left"),
    [
        (b"Sitemap: a\nUser-agent: *\n  SITEMAP: b\nsitemap: c",
         b"\nUser-agent: *\n  SITEMAP: b\n"),
        (b"# see Sitemap: a\nDisallow: /sitemap\r\nSitemap: b\r\nAllow: /\r\n",
         b"# see Sitemap: a\nDisallow: /sitemap\r\n\nAllow: /\r\n"),
        (b"Disallow: /\rSitemap: a\rAllow: /b\n", b"Disallow: /\rSitemap: a\rAllow: /b\n"),
        (b"Sitemap: a\rDisallow: /\n", b"Sitemap: a\rDisallow: /\n"),
        (b"<html>\nSitemap: a\n", b"<html>\nSitemap: a\n"),
        (b"Sitemap: a\n" * 50_000, (b"Sitemap: a\n" * 50_000)[:512_001]),
    ],
    ids=["all", "not others", "CR only", "before CR", "no robots.txt", "too long"],
)  # fmt: skip
def test_sitemap_lines_are_emptied(body: bytes, left: bytes) -> None:
    """Only lines that are a Sitemap's alone are emptied, and every other keeps its number."""
    assert kept_text(body) == left


def test_texts_stand_once_in_a_shard(tmp_path: Path) -> None:
    """Payloads that differ in a Sitemap share a text, which stands in the first row that has it."""
    texts = [TEXT, TEXT + b"Sitemap: https://b.example/s.xml\n", TEXT, TEXT + b"Sitemap: x\n"]
    records = [member(record(f"h{n}.example", answer(text))) for n, text in enumerate(texts)]
    mirror = archive(tmp_path / "mirror", [b"".join(records)])
    for name, arguments in (("rules", ()), ("bodies", ("--keep-bodies",))):
        assert invoked("plan", tmp_path / name, "--mirror", mirror, *arguments).exit_code == 0
        assert invoked("run", tmp_path / name).exit_code == 0
    rows = pl.read_parquet(tmp_path / f"rules/shards/{CRAWL}-00000.parquet")
    assert rows["digest"].n_unique() == 3
    assert [text.rstrip(b"\n") for text in rows["rules"].drop_nulls()] == [TEXT.rstrip(b"\n")] * 2
    assert rows["text"].to_list()[1] == rows["text"].to_list()[3]
    assert rows["body"].null_count() == 4
    whole = pl.read_parquet(tmp_path / f"bodies/shards/{CRAWL}-00000.parquet")
    assert whole["body"].to_list() == [texts[0], texts[1], None, texts[3]]
    assert whole.drop("body").equals(rows.drop("body"))


def test_samples_are_seeded_and_nested() -> None:
    """A seed gives the same files everywhere, and a larger share keeps those of a smaller one."""
    keys = [f"f{n}" for n in range(1_000)]
    small, large = sample_files(keys, 0.01, "seed"), sample_files(keys, 0.1, "seed")
    assert small[:3] == sample_files(keys[::-1], 0.01, "seed")[::-1][:3]
    assert len(small) == 10
    assert len(large) == 100
    assert set(small) < set(large)
    assert sample_files(keys, 0.0001, "seed") == [
        key for key in small if key in sample_files(keys, 0.0001, "seed")
    ]
    assert sample_files(keys, 0.01, "another") != small


def test_the_plan_is_printed_and_kept(tmp_path: Path) -> None:
    """Plan says files and minutes and is not replaced by another; parts cover all shards once."""
    mirror = archive(tmp_path / "mirror", [member(record(f"h{n}.example")) for n in range(10)])
    arguments = ("plan", tmp_path / "scan", "--mirror", mirror, "--files", 2)
    ended = invoked(*arguments, "--share", 0.5)
    assert "5 files in 3 shards" in ended.output
    plan = read_plan(tmp_path / "scan")
    assert plan.crawls[0].weight == 2.0
    assert invoked(*arguments, "--share", 0.5).exit_code == 0
    assert isinstance(invoked(*arguments).exception, InputError)
    for number in (1, 2, 3):
        assert invoked("run", tmp_path / "scan", "--shard", f"{number}/3").exit_code == 0
    shards = sorted((tmp_path / "scan/shards").glob("*.parquet"))
    rows = pl.concat(pl.read_parquet(path) for path in shards)
    assert [shards[0].stem, rows.height] == [f"{CRAWL}-00000", 5]
    assert set(rows["warc_file"]) < set(keys_of(mirror))
    assert invoked("run", tmp_path / "scan", "--shard", "0/3").exit_code == 2


def test_a_damaged_plan_is_refused(tmp_path: Path) -> None:
    """A plan that is missing, cut or of another format is reported with what to do."""
    with pytest.raises(InputError, match="scan plan"):
        read_plan(tmp_path)
    for text in ("{", json.dumps({"format": 9}), json.dumps({"format": 1})):
        (tmp_path / "plan.json").write_text(text)
        with pytest.raises(InputError, match="plan again"):
            read_plan(tmp_path)


def test_a_plan_of_the_version_before_is_read(tmp_path: Path) -> None:
    """A plan with the rules of its time is read as today's, and the same plan may be made again."""
    mirror = archive(tmp_path / "mirror", [member(record())])
    arguments = ("plan", tmp_path / "scan", "--mirror", mirror)
    assert invoked(*arguments).exit_code == 0
    made = read_plan(tmp_path / "scan")
    path = tmp_path / "scan/plan.json"
    before = json.loads(path.read_text()) | {"format": 2, "rules": "2026-11-26.0123456789abcdef"}
    path.write_text(json.dumps(before))
    assert read_plan(tmp_path / "scan") == made
    assert invoked(*arguments).exit_code == 0
    assert "rules" not in json.loads(path.read_text())


def test_damaged_captures_are_reported(tmp_path: Path) -> None:
    """The last line says how many captures are damaged, also when the shards were there already."""
    fields = [stated(b"another")]
    mirror = archive(
        tmp_path / "mirror", [member(record(fields=fields)) + member(record("b.test"))]
    )
    invoked("plan", tmp_path / "scan", "--mirror", mirror)
    for _ in range(2):
        ended = invoked("run", tmp_path / "scan")
        assert ended.exit_code == 0
        assert ended.stderr.splitlines()[-1].startswith("1 captures are damaged")


def test_faults_end_in_partial(tmp_path: Path) -> None:
    """A run that could not read all says where, and ends with the code for a part."""
    mirror = archive(tmp_path / "mirror", [member(record(block=answer()))[:-4]])
    invoked("plan", tmp_path / "scan", "--mirror", mirror)
    ended = invoked("run", tmp_path / "scan")
    assert ended.exit_code == 3
    assert "00000.warc.gz at 0: the file is cut short in this record" in ended.output
