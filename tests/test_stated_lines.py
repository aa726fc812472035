"""What check and explain say beside a verdict: authors, signals, conflicts, preference."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from fetched import fetched, judged, stored

from crawlblock.cli import main
from crawlblock.registry import templates
from crawlblock.store.store import Store

pytestmark = pytest.mark.own_code

SYNC = """# BEGIN Cloudflare Bot Preference Sync
User-agent: GPTBot
Disallow: /

User-agent: __usage_ai-training
Disallow: /
# END Cloudflare Bot Preference Sync

User-agent: *
Content-Signal: search=yes, ai-train=yes
Disallow: /admin
"""
NAMES = sorted(next(t for t in templates() if t.id == "ai-robots-txt").versions[-1].agents)
APART = "".join(f"User-agent: {name}\nDisallow: /\n\n" for name in NAMES)
STACKED = "".join(f"User-agent: {name}\n" for name in NAMES) + "Disallow: /\n"
OTHER = "User-agent: GoogleOther\nDisallow: /\n\nUser-agent: *\nAllow: /\n"
OPPOSITE = (
    "User-agent: *\nContent-Usage: /a train-ai=n\nContent-Usage: /a train-ai=y\nDisallow:\n"
    "Content-Signal: search=no\nContent-Signal: search=no\n"
)
VERSION = "User-agent: __usage_ai-training/1.0\nDisallow: /private\n\nUser-agent: *\nDisallow:\n"
BOTS = [*(f"Bot{number}" for number in range(1_000)), "GPTBot"]
THOUSAND = "".join(
    f"User-agent: {name}\nContent-Signal: ai-train=no\nDisallow: /\n\n" for name in BOTS
)
OFTEN = "User-agent: GPTBot\nDisallow: /private\n\n" * 1_000 + "User-agent: GPTBot\nDisallow: /\n"
FAULTY = "User-agent: CCBot Disallow: /\nUser-agent: *\nDisallow:\n" + "x: y\n" * 5
RULE = "the most restrictive of rules, signals and preference tokens counts"
CASES = {
    "sync": (SYNC, "GPTBot", (
        "rule source: the template cloudflare-bot-preference-sync (a platform's default)",
        "signal in line 6: preference token __usage_ai-training: Disallow: /",
        "signal in line 10: content-signal: search=yes, ai-train=yes",
        "opposite signals: line 6 says disallow and line 10 says allow (train)",
        f"training of AI models: disallowed (usage-token, line 6); {RULE}",
    )),
    "apart": (APART, "GPTBot", ("the template ai-robots-txt (a published list)",)),
    "stacked": (STACKED, "GPTBot", ("the template ai-robots-txt (a published list)",)),
    "fallback": (OTHER, "GoogleOther-Image", (
        "no group names GoogleOther-Image; the group of GoogleOther applies",
    )),
    "opposite": (OPPOSITE, "Googlebot", (
        "signal in line 2: content-usage on /a: train-ai=n",
        "opposite signals: line 2 says disallow and line 3 says allow (train on /a)",
        "unenforced: content-signal in line 5 (search), where the rules allow Googlebot",
        "training of AI models: partly (content-usage, line 2)",
    )),
    "version": (VERSION, "GPTBot", (
        "signal in line 2: preference token __usage_ai-training/1.0: Disallow: /private",
        "training of AI models: partly (usage-token, line 2)",
    )),
    "thousand": (THOUSAND, "GPTBot", (
        "signal in line 2: content-signal for bot0: ai-train=no",
        "and 988 more lines with signals",
    )),
    "often": (OFTEN, "GPTBot", ("training of AI models: partly (robots-rules)",)),
    "faulty": (FAULTY, "CCBot", ("ineffective_rules: line 1 does not bind CCBot",)),
    "quiet": ("User-agent: *\nDisallow:\n", "GPTBot", ("training of AI models: not stated",)),
}  # fmt: skip


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[str, str]:
    """Return what a command prints."""
    with pytest.raises(SystemExit) as stopped:
        main([*map(str, arguments)])
    out, err = capsys.readouterr()
    assert stopped.value.code == 0, err
    return out, err


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database with a host for each case, and more that share rules."""
    path = tmp_path_factory.mktemp("stated") / "x.duckdb"
    bodies = {f"{name}.example": text.encode() for name, (text, _, _) in CASES.items()}
    few = b"User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /\n"
    bodies |= {f"www.shop{number}.com": few for number in range(5)}
    bodies["alone.com"] = b"User-agent: Diffbot\nDisallow: /\n"
    store = Store(path)
    day = datetime(2026, 10, 1)
    stored(store, [fetched(h, "2026-10", day, b) for h, b in bodies.items()], set(bodies.values()))
    judged(store)
    return path


@pytest.mark.parametrize("name", CASES)
def test_stated(db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """Check and explain say the same of a file, in few lines of at most 80 columns."""
    text, token, wanted = CASES[name]
    (tmp_path / "robots.txt").write_text(text)
    table, beside = run(capsys, "check", tmp_path / "robots.txt", "--token", token, "-o", "table")
    shown, _ = run(capsys, "explain", f"{name}.example", token, "--db", db, "-o", "table")
    for written in (table + beside, shown):
        lines = written.splitlines()
        assert max(map(len, lines)) <= 80 and len(lines) < 100
    for sentence in wanted:
        assert sentence in " ".join(beside.split())
        assert sentence in " ".join(shown.split())


def explained(
    db: Path, capsys: pytest.CaptureFixture[str], host: str, token: str
) -> dict[str, Any]:
    """Return what explain prints as JSON."""
    out, _ = run(capsys, "explain", host, token, "--db", db, "-o", "json")
    row: dict[str, Any] = json.loads(out)[0]
    return row


def test_origin(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Explain says where the rules come from and how many hosts of the database have them."""
    row = explained(db, capsys, "www.shop1.com", "GPTBot")
    assert (row["authored_by"], row["origin"], row["hosts_with_ruleset"]) == ("own", "shared", 5)
    row = explained(db, capsys, "alone.com", "Diffbot")
    assert (row["authored_by"], row["origin"], row["hosts_with_ruleset"]) == ("own", "alone", 1)
    row = explained(db, capsys, "fallback.example", "GoogleOther-Image")
    assert (row["basis"], row["matched_token"]) == ("fallback", "GoogleOther")
    assert row["training"]["preference"] == "not_stated"
    shown, _ = run(capsys, "explain", "www.shop1.com", "CCBot", "--db", db, "-o", "table")
    assert "5 hosts of 5 domains in this database have them" in " ".join(shown.split())
    origins = {name: explained(db, capsys, f"{name}.example", "GPTBot")["origin"] for name in
               ("sync", "apart", "stacked")}  # fmt: skip
    assert origins == {"sync": "default", "apart": "copied", "stacked": "copied"}


def test_check_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Machines get the matched token and the author beside the columns of the table."""
    (tmp_path / "robots.txt").write_text(OTHER)
    out, _ = run(
        capsys, "check", tmp_path / "robots.txt", "--token", "GoogleOther-Image", "-o", "csv"
    )
    assert out.splitlines()[0].endswith("flag,matched_token,authored_by")
    assert out.splitlines()[1].endswith(",,GoogleOther,own")
