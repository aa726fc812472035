"""The library's front door: one robots.txt, the registered crawlers, and what `import` loads."""

import doctest
import pydoc
import re
import subprocess
import sys
import venv
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import crawlblock
from crawlblock import Basis, Restriction, RobotsTxt, Verdict
from crawlblock.api import robots_txt
from crawlblock.registry import crawlers

BODY = b"User-agent: GPTBot\nDisallow: /\n\nUser-agent: *\nDisallow: /x\n"
UNKNOWN = Verdict(Restriction.UNKNOWN, Basis.UNKNOWN, None)
CHALLENGE = b"# wait\n<script src=/cdn-cgi/challenge-platform/x.js></script>"
USER = """
from pathlib import Path

import polars as pl

import crawlblock

robots = crawlblock.parse("User-agent: GPTBot")
verdict: crawlblock.Verdict = robots.verdict("GPTBot")
allowed: bool | None = robots.allowed("GPTBot", "/")
reason: crawlblock.Reason = robots.explain("GPTBot")
line: int | None = reason.line
tokens: list[str] = [crawler.token for crawler in crawlblock.crawlers()]
kinds: tuple[str, ...] = tuple(signal.kind for signal in robots.signals)
all_of_them: dict[str, crawlblock.Verdict] = crawlblock.judge(b"", tokens)
with crawlblock.open(Path("x.duckdb"), create=True) as db:
    panel: crawlblock.PanelResult = db.sample(["example.com"], name="mine")
    done: crawlblock.StepResult = db.history(6, contact="a@example.org", max_runtime=5)
    db.live(contact="a@example.org", concurrency=10)
    page: Path = db.analyze()
    frame: pl.DataFrame = db.sql("SELECT ?", [1])
    rows: crawlblock.Rows = db.access("GPTBot").limit(5)
    frame = rows.pl()
    frame = db.timeline("example.com", tokens=["GPTBot"])
    frame = db.changes("2024-01-01")
    chart: crawlblock.Chart = db.chart("coverage")
    text: str | None = db.explain("example.com", "GPTBot", at="2024-01-01").rule
"""
MISTAKES = """
import crawlblock

crawlblock.parse(None)
crawlblock.open("x").history(crwals=3)
crawlblock.parse(b"").verdict(1)
"""


def test_all_registered_crawlers_by_default() -> None:
    """Without tokens every registered crawler gets a verdict, in the registry's order."""
    assert list(crawlblock.judge(BODY)) == [crawler.token for crawler in crawlers()]


def test_verdicts() -> None:
    """A named crawler and one that inherits, of those asked for."""
    assert crawlblock.judge(BODY, ["GPTBot", "SomeBot", "*"]) == {
        "GPTBot": Verdict(Restriction.FULL, Basis.NAMED, False),
        "SomeBot": Verdict(Restriction.PARTIAL, Basis.WILDCARD, True),
        "*": Verdict(Restriction.PARTIAL, Basis.WILDCARD, True),
    }


def test_tokens_may_be_any_iterable() -> None:
    """Tokens may come from a generator, may be one name, and none at all give an empty answer."""
    assert list(crawlblock.judge(BODY, (token for token in ["CCBot"]))) == ["CCBot"]
    assert list(crawlblock.judge(BODY, "CCBot")) == ["CCBot"]
    assert crawlblock.judge(BODY, []) == {}


def test_any_case_of_a_token() -> None:
    """Case does not matter, and the answer has the key that was asked for."""
    assert crawlblock.judge(BODY, ["gptbot"])["gptbot"].basis is Basis.NAMED
    assert crawlblock.parse(BODY).verdict("GPTBOT").basis is Basis.NAMED
    assert crawlblock.parse("User-agent: MyBot\nDisallow: /").verdict("mybot").basis is Basis.NAMED


def test_answer_is_the_callers() -> None:
    """Changing an answer changes no later one."""
    crawlblock.judge(BODY).clear()
    crawlblock.judge(b"<html>").clear()
    assert len(crawlblock.judge(BODY)) == len(crawlblock.judge(b"<html>")) == len(crawlers())


@pytest.mark.parametrize("module", [crawlblock, robots_txt], ids=lambda module: module.__name__)
def test_examples(module: object) -> None:
    """The examples in the docstrings are true."""
    found = doctest.testmod(module)  # type: ignore[arg-type]
    assert found.attempted and not found.failed


def test_a_reason() -> None:
    """A reason has the matched token, the group, and the line as it is written."""
    robots = crawlblock.parse("# mine\nuser-agent: gptbot\ndisallow:/ # all\n\nUser-agent: *\n")
    reason = robots.explain("GPTBot")
    assert (reason.matched_token, reason.rule, reason.line) == ("GPTBot", "Disallow: /", 3)
    assert reason.text == "disallow:/ # all"
    assert reason.group[0].first == 2 and reason.group[0].texts[0] == b"user-agent: gptbot"
    assert str(reason) == "GPTBot: full (named), line 3: disallow:/ # all"
    other = robots.explain("OtherBot")
    assert (other.matched_token, other.line, other.text) == ("*", None, None)
    nobody = crawlblock.parse("Sitemap: https://a.example/s.xml").explain("GPTBot")
    assert nobody.matched_token is None and nobody.verdict.basis is Basis.DEFAULT


def test_reason_and_verdict_agree() -> None:
    """`explain`, `verdict` and `judge` say the same of every crawler."""
    robots = crawlblock.parse(BODY)
    for token, verdict in robots.verdicts().items():
        assert robots.explain(token).verdict == robots.verdict(token) == verdict


@pytest.mark.parametrize("body", [b"<html><body>404</body></html>", b"\x89PNG", CHALLENGE])
def test_a_page_is_unknown(body: bytes) -> None:
    """What is not a robots.txt allows and forbids nothing."""
    robots = crawlblock.parse(body)
    assert not robots.is_robots and not robots.signals and not robots.flags
    assert robots.allowed("GPTBot", "/") is None
    assert robots.verdict("GPTBot") == robots.explain("GPTBot").verdict == UNKNOWN
    assert set(crawlblock.judge(body).values()) == {UNKNOWN}
    assert "not a robots.txt" in repr(robots)


def test_an_empty_file_is_a_robots_txt() -> None:
    """An empty file blocks nobody."""
    assert crawlblock.parse(b"").is_robots and crawlblock.parse("").allowed("GPTBot", "/") is True


def test_paths() -> None:
    """A path may have a query and any letters; a URL in its place is an error that says so."""
    robots = crawlblock.parse("User-agent: *\nDisallow: /ä?q\n")
    assert robots.allowed("GPTBot", "/ä?q=1") is robots.allowed("GPTBot", b"/%C3%A4?q") is False
    assert robots.allowed("GPTBot", "/") is True
    with pytest.raises(ValueError, match="give the path of the URL alone"):
        robots.allowed("GPTBot", "https://a.example/")


def test_flags_and_signals() -> None:
    """What else is in the file is returned beside the verdicts."""
    joined = "User-agent: GPTBot\nCrawl-delay: 1\nUser-agent: *\nDisallow: /\n"
    robots = crawlblock.parse(joined + "Content-Signal: ai-train=no\n")
    assert robots.flags == robots.explain("GPTBot").flags == ("ambiguous_group",)
    assert [signal.kind for signal in robots.signals] == ["crawl-delay", "content-signal"]
    assert crawlblock.parse(BODY + b"#" * 600_000).flags == ("too_long",)
    assert crawlblock.parse(BODY).flags == ()


@given(st.one_of(st.binary(), st.text(st.characters(categories=("L", "Cs", "Cc", "P")))))
def test_never_raises(body: bytes | str) -> None:
    """Whatever the bytes or the text, surrogates among it, there is an answer."""
    robots = crawlblock.parse(body)
    assert robots.verdicts(["GPTBot", "*"]) == crawlblock.judge(body, ["GPTBot", "*"])
    robots.allowed("GPTBot", "/"), robots.explain("GPTBot"), robots.flags, robots.signals


@given(st.text(st.characters(categories=("L", "Cs", "N", "P")), min_size=1))
def test_any_token(token: str) -> None:
    """Any text but an empty one is a token."""
    assert crawlblock.parse(BODY).verdict(token) == crawlblock.judge(BODY, [token])[token]


def test_text_is_utf8() -> None:
    """Text means its UTF-8 bytes, and what Python could not decode the bytes that were there."""
    raw = b"User-agent: *\nDisallow: /\xff\n"
    assert crawlblock.parse(raw.decode("utf-8", "surrogateescape")).body == raw
    assert crawlblock.parse("\ufeffUser-agent: *\nDisallow: /").verdict("X").root_allowed is False
    assert crawlblock.parse("# \ud800").is_robots
    assert crawlblock.parse(bytearray(BODY)).body == bytes(crawlblock.parse(memoryview(BODY)).body)


def test_what_is_no_body() -> None:
    """Anything else is a TypeError that says what to give."""
    with pytest.raises(TypeError, match=r"bytes or text, not .*Path; give its content: path\.read"):
        crawlblock.parse(Path("robots.txt"))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="bytes or text, not NoneType"):
        crawlblock.judge(None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a token is text such as 'GPTBot', not int"):
        crawlblock.parse(BODY).verdict(3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="the token is empty"):
        crawlblock.judge(BODY, [" "])


def test_crawlers_make_a_frame() -> None:
    """The registered crawlers are records, and polars makes a frame of them."""
    frame = pl.DataFrame(crawlblock.crawlers())
    assert frame.height == len(crawlblock.crawlers()) and "GPTBot" in frame["token"].to_list()
    assert frame.schema["documented_since"] == pl.Date


def test_help_shows_the_api() -> None:
    """`help(crawlblock)` shows the functions, and completion the names."""
    text = pydoc.plain(pydoc.render_doc(crawlblock))
    text = re.sub(r"\(\s+", "(", text)  # newer versions of Python break long lines there
    for name in ("parse(body", "judge(body", "open(path", "crawlers()", "class RobotsTxt"):
        assert name in text
    assert set(crawlblock.__all__) <= set(dir(crawlblock))
    assert all(hasattr(crawlblock, name) for name in crawlblock.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'pars'"):
        _ = crawlblock.pars


def test_a_users_script_is_typed(tmp_path: Path) -> None:
    """`mypy --strict` knows the types of an installed crawlblock, and finds wrong calls."""
    pytest.importorskip("mypy")
    venv.create(tmp_path / "venv", with_pip=False)
    (packages,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    for module in (crawlblock, pl, duckdb):
        folder = Path(str(module.__file__)).parent
        (packages / folder.name).symlink_to(folder)
    (tmp_path / "user.py").write_text(USER)
    (tmp_path / "mistakes.py").write_text(MISTAKES)
    python = tmp_path / "venv" / "bin" / "python"
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--python-executable", python, "user.py",
         "mistakes.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False, env={"PATH": ""},
    )  # fmt: skip
    wrong = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert [line.partition(":")[0] for line in wrong] == ["mistakes.py"] * 3, done.stdout


def test_a_robots_txt_is_a_type() -> None:
    """`parse` returns a RobotsTxt, which may be made directly as well."""
    assert isinstance(crawlblock.parse(BODY), RobotsTxt)
    assert RobotsTxt(BODY).verdicts() == crawlblock.judge(BODY)
