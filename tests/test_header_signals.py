"""Preferences in headers of answers: read, stored, counted and shown."""

import dataclasses
import json
from datetime import datetime
from pathlib import Path

import pytest
from fetched import Answer, fetched, judged, stored
from manners import S3, Manner
from servers import RangeServer

import crawlblock
from crawlblock.cli import main
from crawlblock.metrics.queries import held, metrics, result_of
from crawlblock.robots.header_signals import header_signals, kept_header_signals
from crawlblock.store.store import Store
from crawlblock.warc.kept_headers import headers_kept

pytestmark = pytest.mark.own_code

OPEN = b"User-agent: *\nDisallow:\n"
CLOSED = b"User-agent: *\nDisallow: /\n"


@pytest.mark.parametrize(
    ("name", "value", "stated"),
    [
        ("Content-Usage", "train-ai=n, search=y", [("train", "disallow"), ("search", "allow")]),
        ("content-signal", "ai-train=no", [("train", "disallow")]),
        ("X-Robots-Tag", "noai, noimageai", [("train", "disallow"), ("train", "disallow")]),
        ("X-Robots-Tag", "noindex, unavailable_after: 25 Jun 2010 15:00:00 PST", []),
        ("X-Robots-Tag", "noaifoo", []),
        ("TDM-Reservation", "1", [("mine", "disallow")]),
        ("tdm-reservation", "0", [("mine", "allow")]),
        ("tdm-reservation", "yes", [("mine", "other")]),
        ("tdm-policy", "https://a.example/tdm.json", [("mine", "terms")]),
        ("tdm-policy", "", []),
        ("Link", '<https://a.example/l.xml>; rel="license"; type="application/rsl+xml"',
         [("all", "terms")]),
        ("Link", '<https://a.example/license>; rel="canonical"', []),
        ("Server", "train-ai=n", []),
    ],
)  # fmt: skip
def test_read(name: str, value: str, stated: list[tuple[str, str]]) -> None:
    """A header states what its specification says, on one path and without a line."""
    found = header_signals({name: value})
    assert [(s.use, s.preference) for s in found] == stated
    assert all((s.kind, s.path, s.line, s.agents) ==
               (f"header {name.lower()}", "/robots.txt", None, ()) for s in found)  # fmt: skip


def test_agents_and_odd_text() -> None:
    """A name before a colon is whom the rest is for; text that is no JSON object states nothing."""
    found = header_signals({"x-robots-tag": "otherbot: noindex, noai, GPTBot: noimageai"})
    assert [(s.agents, s.value) for s in found] == [
        (("otherbot",), "noai"), (("gptbot",), "noimageai"),
    ]  # fmt: skip
    for odd in (None, "", "[]", "{", '{"tdm-reservation": 1}', "[" * 10_000):
        assert kept_header_signals(odd) == ()
    assert len(header_signals({"content-usage": "train-ai=n," * 10_000})) == 100


def test_several_of_one_name() -> None:
    """No value of a header that may come twice is lost."""
    kept = headers_kept([("X-Robots-Tag", "noai"), ("X-Robots-Tag", "noindex"), ("Server", "a")])
    assert json.loads(kept or "") == {"x-robots-tag": "noai, noindex", "server": "a"}


HOSTS: dict[str, tuple[Answer, dict[str, str], str | None]] = {
    # body or status, headers, what it states
    "reserved.com": (OPEN, {"tdm-reservation": "1"}, "partly"),
    "noai.com": (OPEN, {"x-robots-tag": "noindex, noai"}, "partly"),
    "allowed.com": (OPEN, {"content-usage": "train-ai=y"}, "not_stated"),
    "closed.com": (CLOSED, {"content-usage": "train-ai=y"}, "disallowed"),
    "absent.com": (404, {"tdm-reservation": "1"}, "partly"),
    "failed.com": (503, {"tdm-reservation": "0"}, None),
    "plain.com": (OPEN, {"server": "noai"}, "not_stated"),
}


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database of hosts with headers."""
    path = tmp_path_factory.mktemp("headers") / "x.duckdb"
    day = datetime(2026, 10, 1)
    fetches = [
        fetched(host, "2026-10", day, answer, headers=json.dumps(headers))
        for host, (answer, headers, _) in HOSTS.items()
    ]
    store = Store(path)
    stored(store, fetches, [OPEN, CLOSED])
    judged(store)
    return path


def test_counted(db: Path) -> None:
    """The results count headers; what could not be read is unknown whatever its headers say."""
    known = {metric.name: metric for metric in metrics()}
    with Store(db).reading() as con, held(con):
        signals = result_of(con, known["signals"])
        preference = result_of(con, known["preference"])
    counts = {(r["kind"], r["preference"]): r["n_yes"] for r in signals.to_dicts()}
    assert counts == {
        ("header tdm-reservation", "disallow"): 1,
        ("header x-robots-tag", "disallow"): 1,
        ("header content-usage", "allow"): 2,
    }
    for row in preference.to_dicts():
        wanted = sum(stated == row["preference"] for _, _, stated in HOSTS.values())
        assert (row["n_yes"], row["n"], row["n_unknown"]) == (wanted, 6, 1), row


def test_explained(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Explain names the header, and the value agrees with the result."""
    with pytest.raises(SystemExit):
        main(["explain", "noai.com", "GPTBot", "--db", str(db), "-o", "table"])
    shown = " ".join(capsys.readouterr().out.split())
    assert "signal in the header x-robots-tag on /robots.txt: noai" in shown
    assert "training of AI models: partly (header x-robots-tag)" in shown


class Reserving(Manner):
    """A server that reserves text and data mining."""

    def headers(self) -> dict[str, str]:
        """Return the headers of its answers."""
        return {"tdm-reservation": "1", "Content-Usage": "train-ai=n"}


def test_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Check shows what the headers of a URL state."""
    (tmp_path / "robots.txt").write_bytes(OPEN)
    manner = Reserving(**dataclasses.asdict(S3))
    with RangeServer(tmp_path, manner=manner) as server, pytest.raises(SystemExit):
        main(["check", f"{server.url}/robots.txt", "--contact", "a@b.example"])
    said = " ".join(capsys.readouterr().err.split())
    assert "signal in the header content-usage on /robots.txt: train-ai=n" in said
    assert "signal in the header tdm-reservation on /robots.txt: 1" in said
    assert "training of AI models: partly (header content-usage)" in said


def test_api() -> None:
    """The public API takes headers; of a page in place of a robots.txt nothing is known."""
    robots = crawlblock.parse(OPEN, headers={"TDM-Reservation": "1"})
    assert (robots.training.preference, robots.training.evidence, robots.training.line) == (
        "partly", "header tdm-reservation", None,
    )  # fmt: skip
    page = crawlblock.parse("<html>", headers={"tdm-reservation": "0"})
    assert page.signals == () and page.training.preference == "unknown"
