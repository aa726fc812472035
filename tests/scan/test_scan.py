"""Whole scans: planned, run from the command line, and compared with history at the same hosts."""

import asyncio
import json
from datetime import datetime, timedelta
from hashlib import sha1
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result
from crawlblock.scan.verdicts import CODES, Verdicts, kept_text

from crawlblock import registry
from crawlblock.cli.scan import scan
from crawlblock.errors import InputError
from crawlblock.miniature import build
from crawlblock.miniature.rendered import Rendered
from crawlblock.model import Crawl
from crawlblock.pipeline.evaluate import evaluate
from crawlblock.pipeline.history import Wanted, collect_history
from crawlblock.pipeline.runs import Tally
from crawlblock.pipeline.sample import from_list, store_panel
from crawlblock.robots.evaluate import Judge
from crawlblock.scan.plan import draw_files, read_plan
from crawlblock.scan.shard import read_about
from crawlblock.store.store import Store
from crawlblock.transport import Limits
from scan.warcs import CRAWL, TEXT, answer, archive, keys_of, member, record

MINI = Crawl("MINI-2025-33", datetime(2025, 8, 2), datetime(2025, 8, 18))
TEXTS = (
    b"User-agent: *\nDisallow: /private\n",
    b"User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /\n\nUser-agent: *\nDisallow:\n",
    b"User-agent: AI2Bot\nCrawl-delay: 3\nUser-agent: ClaudeBot\nDisallow: /\nAllow: /$\n",
    b"",
    b"<!doctype html><title>Not here</title>",
    b"User-agent: *\r\nDisallow: /\r\nSitemap: https://h/sitemap.xml\r\n",
)
STATUSES = (200, 200, 200, 404, 403, 503)


def told(*arguments: object) -> Result:
    """Return what the command says and how it ends."""
    return CliRunner().invoke(scan, [str(each) for each in arguments])


def miniature(directory: Path) -> list[str]:
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


def test_a_scan_gives_what_history_gives(tmp_path: Path) -> None:
    """Of every host it has the capture that history stores, and the verdicts of `evaluate`."""
    hosts = miniature(tmp_path / "mini")
    (tmp_path / "hosts.csv").write_text("\n".join(hosts))
    store = Store(tmp_path / "db.duckdb")
    with store.held():
        store_panel(store, from_list(tmp_path / "hosts.csv", "all"))
        wanted = Wanted(
            str(tmp_path / "mini"), None, "all", None, Limits(), tmp_path / "cache"
        )  # fmt: skip
        quiet = lambda *_: None  # noqa: E731
        asyncio.run(collect_history(store, wanted, store.followed(None), Tally(), quiet))
        evaluate(store, Tally(), quiet)
    assert told("plan", tmp_path / "scan", "--mirror", tmp_path / "mini", "--crawls", "all")
    ended = told("run", tmp_path / "scan")
    assert ended.exit_code == 0, ended.output
    (path,) = (tmp_path / "scan/shards").glob("*.parquet")
    rows = pl.read_parquet(path)
    scanned = {
        tuple(row[:-1]): row[-1]
        for row in rows.select(
            "url", "fetch_time", "status", "outcome", "digest", "warc_file", "warc_offset",
            "warc_length", "policy",
        ).iter_rows()
    }  # fmt: skip
    with store.reading() as con:
        stored = con.execute(
            "SELECT c.url, c.fetch_time, c.status, c.outcome, c.digest, c.warc_file, c.warc_offset,"
            " c.warc_length, p.policy FROM captures c LEFT JOIN payloads p USING (digest)"
        ).fetchall()
        verdicts: dict[str, dict[str, tuple[object, ...]]] = {}
        for policy, token, *verdict in con.execute(
            "SELECT policy, token, restriction, basis, root_allowed FROM verdicts"
        ).fetchall():
            verdicts.setdefault(policy, {})[token] = tuple(verdict)
    about = read_about(path)
    assert len(stored) == 600
    for *capture, policy in stored:
        name = scanned[tuple(capture)]
        assert (name is None) == (policy is None)
        if policy:
            codes = dict(zip(about.tokens, about.policies[name], strict=True))
            assert {token: about.codes[code] for token, code in codes.items()} == verdicts[policy]
    with store.reading() as con:
        kept = dict(con.execute("SELECT digest, bytes FROM payloads").fetchall())
    assert dict(rows.select("digest", "bytes").drop_nulls().iter_rows()) == kept


def test_verdicts_are_those_of_judge(shared: Path) -> None:
    """Codes are Judge's verdicts for real bodies, and what is kept of them decides the same."""
    bodies = pl.read_parquet(shared / "corpus/spider_2024_05.parquet")["body"].drop_nulls()
    tokens = ["*", "GPTBot", "CCBot", "AI2Bot", "Applebot-Extended", "Googlebot"]
    judge, verdicts = Judge(tokens), Verdicts(tokens, "rules")
    cut = 0
    for body in bodies.unique(maintain_order=True).head(3_000).to_list():
        expected = judge.policy(body)
        found = verdicts.meaning(200, body, sha1(body).digest())
        codes = verdicts.spelled([found.policy])[found.policy]
        assert codes == "".join(CODES[each] for each in expected.verdicts.values())
        assert found.ambiguous_group == expected.ambiguous_group
        text = kept_text(body)
        told_of_text, told_of_body = judge.findings(text), judge.findings(body)
        for token in tokens:
            kept, whole = told_of_text[token], told_of_body[token]
            assert (kept.verdict, kept.line(text)) == (whole.verdict, whole.line(body))
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
        assert told("plan", tmp_path / name, "--mirror", mirror, *arguments).exit_code == 0
        assert told("run", tmp_path / name).exit_code == 0
    rows = pl.read_parquet(tmp_path / f"rules/shards/{CRAWL}-00000.parquet")
    assert rows["digest"].n_unique() == 3
    assert [text.rstrip(b"\n") for text in rows["rules"].drop_nulls()] == [TEXT.rstrip(b"\n")] * 2
    assert rows["text"].to_list()[1] == rows["text"].to_list()[3]
    assert rows["body"].null_count() == 4
    whole = pl.read_parquet(tmp_path / f"bodies/shards/{CRAWL}-00000.parquet")
    assert whole["body"].to_list() == [texts[0], texts[1], None, texts[3]]
    assert whole.drop("body").equals(rows.drop("body"))


def test_draws_are_seeded_and_nested() -> None:
    """A seed draws the same files everywhere, and a larger share keeps those of a smaller one."""
    keys = [f"f{n}" for n in range(1_000)]
    small, large = draw_files(keys, 0.01, "seed"), draw_files(keys, 0.1, "seed")
    assert small[:3] == draw_files(keys[::-1], 0.01, "seed")[::-1][:3]
    assert len(small) == 10
    assert len(large) == 100
    assert set(small) < set(large)
    assert draw_files(keys, 0.0001, "seed") == [
        key for key in small if key in draw_files(keys, 0.0001, "seed")
    ]
    assert draw_files(keys, 0.01, "another") != small


def test_the_plan_is_printed_and_kept(tmp_path: Path) -> None:
    """Plan says files and minutes and is not replaced by another; parts cover all shards once."""
    mirror = archive(tmp_path / "mirror", [member(record(f"h{n}.example")) for n in range(10)])
    arguments = ("plan", tmp_path / "scan", "--mirror", mirror, "--files", 2)
    ended = told(*arguments, "--share", 0.5)
    assert "5 files in 3 shards" in ended.output
    plan = read_plan(tmp_path / "scan")
    assert (plan.crawls[0].weight, plan.rules) == (2.0, registry.stamp())
    assert told(*arguments, "--share", 0.5).exit_code == 0
    assert isinstance(told(*arguments).exception, InputError)
    for number in (1, 2, 3):
        assert told("run", tmp_path / "scan", "--shard", f"{number}/3").exit_code == 0
    shards = sorted((tmp_path / "scan/shards").glob("*.parquet"))
    rows = pl.concat(pl.read_parquet(path) for path in shards)
    assert [shards[0].stem, rows.height] == [f"{CRAWL}-00000", 5]
    assert set(rows["warc_file"]) < set(keys_of(mirror))
    assert told("run", tmp_path / "scan", "--shard", "0/3").exit_code == 2


def test_a_damaged_plan_is_refused(tmp_path: Path) -> None:
    """A plan that is missing, cut or of another format is told with what to do."""
    with pytest.raises(InputError, match="scan plan"):
        read_plan(tmp_path)
    for text in ("{", json.dumps({"format": 9}), json.dumps({"format": 1})):
        (tmp_path / "plan.json").write_text(text)
        with pytest.raises(InputError, match="plan again"):
            read_plan(tmp_path)


def test_faults_end_in_partial(tmp_path: Path) -> None:
    """A run that could not read all says where, and ends with the code for a part."""
    mirror = archive(tmp_path / "mirror", [member(record(block=answer()))[:-4]])
    told("plan", tmp_path / "scan", "--mirror", mirror)
    ended = told("run", tmp_path / "scan")
    assert ended.exit_code == 3
    assert "00000.warc.gz at 0: the file is cut short in this record" in ended.output
