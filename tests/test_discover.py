"""What commands tell of shared texts and of names that the registry does not know."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from fetched import fetched, judged, stored
from in_process import run_command

from crawlblock.metrics.queries import held
from crawlblock.metrics.signal_conflicts import signal_conflicts
from crawlblock.pipeline.discover import discover
from crawlblock.pipeline.proposed_entry import guess
from crawlblock.pipeline.templates import discovered, known
from crawlblock.store.store import Store

pytestmark = pytest.mark.own_code

OPEN = b"User-agent: *\nDisallow: /private\n"
STRANGER = b"User-agent: Never-Heard-Of/2.0\nDisallow: /\nNonsense-Key: 1\n"
STACK = b"User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /\n"
APART = b"User-agent: CCBot\nDisallow: /\n\n# both\nUser-agent: GPTBot\nDisallow: /\n"
MANAGED = (
    b"# BEGIN Cloudflare Managed content\n\nUser-agent: GPTBot\nDisallow: /\n\n"
    b"# END Cloudflare Managed Content\n\n" + OPEN
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return a database with three hosts in two snapshots."""
    made = Store(tmp_path / "x.duckdb")
    bodies = {
        ("2024-01", "one.example.com"): OPEN,
        ("2024-01", "two.example.org"): STACK,
        ("2024-01", "three.example.net"): APART,
        ("2024-06", "one.example.com"): STRANGER,
        ("2024-06", "two.example.org"): STACK + STRANGER,
        ("2024-06", "three.example.net"): MANAGED,
    }
    fetches = [
        fetched(host, snapshot, datetime.fromisoformat(f"{snapshot}-02"), body)
        for (snapshot, host), body in bodies.items()
    ]
    stored(made, fetches, set(bodies.values()))
    judged(made)
    return made


def test_unregistered_agents(store: Store) -> None:
    """An agent that nobody registered is listed with its growth, in registered domains."""
    with store.reading() as con:
        (found,) = discover(con, "agents", 10)
    assert (found.name, found.domains_first, found.domains_last) == ("never-heard-of", 0, 2)
    assert found.growth == pytest.approx(2 / 3)
    assert found.since == datetime(2024, 6, 2)


BESIDE = {
    "a.com": b"User-agent: GPTBot\nUser-agent: CCBot\nUser-agent: New-Bot/2.0\nDisallow: /\n",
    "b.org": b"User-agent: new-bot\nUser-agent: ChatGPT\nDisallow: /\n\n"
    b'User-agent: AhrefsBot\nUser-agent: Odd"Bot\nDisallow: /\n',
    "c.net": b"User-agent: New-Bot\nUser-agent: GPTBot\nUser-agent: Yandex\nDisallow: /\n",
    "d.info": b"User-agent: Alone\nDisallow: /\n\nUser-agent: GPTBot\nDisallow: /\n",
}


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    """Return a database with agents in the company of others."""
    made = Store(tmp_path / "beside.duckdb")
    at = datetime(2026, 6, 2)
    stored(made, [fetched(h, "2026-06", at, b) for h, b in BESIDE.items()], set(BESIDE.values()))
    judged(made)
    with made.held():
        made.publish()
    return made.path


def test_company(beside: Path) -> None:
    """Registered crawlers of the same group, with domains, tell what an agent may be."""
    with Store(beside).reading() as con:
        found = {each.name: each for each in discover(con, "agents", 10, "company")}
    assert list(found) == ["new-bot", "alone", "odd"]
    new = found["new-bot"]
    assert (new.spelling, new.domains_last, new.domains_beside_ai) == ("New-Bot", 3, 3)
    assert list(new.company.items()) == [
        ("GPTBot", 2), ("CCBot", 1), ("ChatGPT-User", 1), ("YandexBot", 1)
    ]  # fmt: skip
    assert str(guess(new)) == "likely an AI crawler, training"
    assert guess(found["alone"]) is None and found["alone"].domains_beside_ai == 0
    assert str(guess(found["odd"])) == "likely no AI crawler, other"


def test_an_entry_is_filled_in(beside: Path, tmp_path: Path) -> None:
    """The printed entry says what to fill in; filled in, it is a crawler that is judged."""
    own = tmp_path / "own"
    own.mkdir()
    place, db = own / "crawlers.toml", ["--db", str(beside)]
    arguments = ["discover", "--rank", "company", "-n", "1", "-o", "toml", "--to", str(place)]
    assert run_command([*arguments, *db]).returncode == 0
    blank = run_command(["evaluate", "--extra", str(own), *db])
    assert blank.returncode == 2
    assert "entry 1 (New-Bot): `operator` is empty; fill it in" in blank.stderr
    text = place.read_text()
    assert 'purpose = "training"  # a guess' in text and "GPTBot 2, CCBot 1" in text
    for key, value in {
        "operator": '"New"', "url": '"https://new.example/bot"', "as_of": "2026-11-01",
        "source": '"https://new.example/source"', "documented_since": "2026-01-01",
    }.items():  # fmt: skip
        assert f'{key} = ""' in text
        text = text.replace(f'{key} = ""', f"{key} = {value}")
    place.write_text(text)
    assert run_command(["evaluate", "--extra", str(own), *db]).returncode == 0
    with Store(beside).reading() as con:
        rows = con.execute(
            "SELECT count(*) FROM access WHERE token = 'New-Bot' AND basis = 'named'"
        ).fetchall()
        names = [each.name for each in discover(con, "agents", 10)]
    assert rows == [(3,)] and "new-bot" in names  # unregistered again where nobody names the folder
    assert "new-bot" not in run_command(["discover", "--extra", str(own), *db]).stdout
    wrong = run_command(["discover", "--directives", "-o", "toml", *db])
    assert wrong.returncode == 2 and "leave out -o toml" in wrong.stderr


def test_unknown_directives(store: Store) -> None:
    """So is the key of a line that nobody knows."""
    with store.reading() as con:
        (found,) = discover(con, "directives", 10)
    assert (found.name, found.domains_last) == ("nonsense-key", 2)


def test_discovered_texts(store: Store) -> None:
    """Stacked or one by one, the same blocks are one rule set shared by two domains."""
    with store.reading() as con:
        pairs = discovered(con, 2)
    ((group, author),) = [pair for pair in pairs if pair[0].names == {b"ccbot", b"gptbot"}]
    assert (group.hosts, group.domains, author) == (2, 2, "own")
    assert sorted(group.examples) == ["example.net", "example.org"]


def test_known_templates(store: Store) -> None:
    """A template is listed with the domains that have it and those that block by it."""
    with store.reading() as con:
        found = {template.template: template for template in known(con)}
    managed = found.pop("cloudflare-managed")
    assert (managed.domains, managed.blocking, str(managed.since)) == (1, 1, "2024-06-02")
    assert not any(template.domains for template in found.values())


def test_who_wrote_it_is_in_the_view(store: Store) -> None:
    """The view says who wrote each block, and its rule set."""
    with store.reading() as con:
        rows = con.execute(
            "SELECT host, authored_by, count(DISTINCT ruleset) OVER () FROM access "
            "WHERE token = 'GPTBot' AND NOT root_allowed AND snapshot = '2024-06' ORDER BY host"
        ).fetchall()
    assert rows == [("three.example.net", "cloudflare-managed", 2), ("two.example.org", "own", 2)]


PREFERENCES = {
    "followed.com": b"User-agent: *\nContent-Signal: ai-train=no\nDisallow: /\n",
    "unenforced.com": b"User-agent: *\nContent-Signal: ai-train=no\nAllow: /\n",
    "overruled.com": b"User-agent: *\nContent-Signal: ai-train=yes\nDisallow: /\n",
    "silent.com": OPEN,
}


def test_preferences_that_rules_do_not_follow(tmp_path: Path) -> None:
    """One of three hosts overrules its preference and one does not enforce it; explain says so."""
    lines = [
        json.dumps({"host": host, "fetch_time": "2026-05-06", "status": 200, "body": body.decode()})
        for host, body in PREFERENCES.items()
    ]
    (tmp_path / "hosts.jsonl").write_text("\n".join(lines))
    db = ["--db", str(tmp_path / "w.duckdb")]
    assert run_command(["import", str(tmp_path / "hosts.jsonl"), *db]).returncode == 0
    judged(Store(tmp_path / "w.duckdb"))
    with Store(tmp_path / "w.duckdb").reading() as con, held(con):
        frame = signal_conflicts(con, {})
    found = {row["conflict"]: (row["n"], row["n_yes"]) for row in frame.to_dicts()}
    assert found == {"overruled": (3, 1), "unenforced": (3, 1)}
    ended = run_command(["explain", "unenforced.com", "GPTBot", "-o", "table", *db])
    assert ended.returncode == 0
    said = ended.stdout
    assert "signal in line 2: content-signal: ai-train=no" in said
    assert "unenforced: content-signal in line 2" in said


@pytest.mark.parametrize(
    "arguments", [("discover",), ("discover", "--directives"), ("templates",),
                  ("templates", "--discovered", "--least", "2")],
)  # fmt: skip
def test_commands_print(store: Store, arguments: tuple[str, ...]) -> None:
    """The commands print JSON and a table, and say it in one line when there is no database."""
    command = [*arguments, "--db"]
    result = run_command([*command, str(store.path), "-o", "json"])
    assert result.returncode == 0 and json.loads(result.stdout)
    assert run_command([*command, str(store.path)]).returncode == 0
    missing = run_command([*command, str(store.path.with_name("no.duckdb"))])
    assert missing.returncode == 2
    assert len(missing.stderr.splitlines()) == 1
