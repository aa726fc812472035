"""The short verdict of `check` for the owner of a site, where it is read, and its use in CI."""

import json
import os
from pathlib import Path

import pytest
from servers import RangeServer

from crawlblock.cli import main
from crawlblock.registry import crawlers

NAMED = (
    b"User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /\n\nUser-agent: *\nDisallow: /admin/\n"
    b"Content-Signal: ai-train=no, search=yes\n"
)
WILDCARD = b"User-agent: *\nDisallow: /\n"
PAGE = b"<!DOCTYPE html><html><body>Not found</body></html>"
MEANING = {
    "named": (NAMED, ["CCBot) is blocked by line 3", "remove CCBot from the group on line 1"]),
    "wildcard": (WILDCARD, ["CCBot) is blocked by line 2", "User-agent: CCBot, and below it"]),
    "but": (WILDCARD + b"Allow: /press/\n", ["by line 2, except for what Allow rules open"]),
    "partly": (b"User-agent: *\nDisallow: /a\n", ["except what is blocked by line 2", "edit "]),
    "empty": (b"", ["CCBot) may read this site.", "Allowed: "]),
    "page": (PAGE, ["not a robots.txt, such as a web page", "not know whether Common Crawl"]),
    "template": (
        b"# BEGIN Cloudflare Managed content\nUser-agent: *\nAllow: /\n\n"
        b"User-agent: CCBot\nDisallow: /\n# END Cloudflare Managed Content\n",
        ["settings of Cloudflare", "the template cloudflare-managed (a platform's switch)"],
    ),
}


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Return exit code, stdout and stderr of a command."""
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    return int(str(stopped.value.code)), *capsys.readouterr()


def written(folder: Path, body: bytes) -> Path:
    """Return a file with these bytes."""
    (folder / "robots.txt").write_bytes(body)
    return folder / "robots.txt"


@pytest.mark.parametrize("columns", ["80", "40", "12"])
def test_verdict_fits_a_screen(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    columns: str,
) -> None:
    """The verdict names whom rules are for, in a few lines that fit the terminal."""
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.chdir(tmp_path)
    written(tmp_path, NAMED)
    code, out, err = run(capsys, "check", "robots.txt", "-o", "table")
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= max(int(columns), 40)
    for said in ("Blocked: 2 AI crawlers", "GPTBot (OpenAI)", "CCBot (Common Crawl)", "any other"):
        assert said in out
    if columns == "80":
        assert len(out.splitlines()) <= 24
        assert "line 3, Disallow: /, blocks GPTBot, CCBot; rules of no known template" in out
        assert "signal in line 7: content-signal: ai-train=no" in out and "unenforced: " in out


def test_verdict_of_every_name_fits_a_screen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that names each crawler in one of three ways, and a hundred rules, has 40 lines."""
    rules = [f"Disallow: /{n}/{'x' * 90}" for n in range(100)]
    groups = [
        f"User-agent: {crawler.token}\n{('Disallow: /', 'Allow: /', rules[n % 100])[n % 3]}\n"
        for n, crawler in enumerate(crawlers())
    ]
    file = written(tmp_path, "\n".join(groups).encode())
    _, out, _ = run(capsys, "check", file, "-o", "table")
    assert len(out.splitlines()) <= 45 and max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize("case", MEANING)
def test_open_data(tmp_path: Path, capsys: pytest.CaptureFixture[str], case: str) -> None:
    """The verdict says what the file means for Common Crawl, and where to change it."""
    body, said = MEANING[case]
    _, out, _ = run(capsys, "check", written(tmp_path, body), "-o", "table")
    for words in said:
        assert words in " ".join(out.split())


def test_all_is_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--all has a row per crawler, and the document of JSON has the lines of each."""
    file = written(tmp_path, NAMED)
    _, out, err = run(capsys, "check", file, "--all", "-o", "table")
    assert "restriction" in out.splitlines()[1] and len(out.splitlines()) > len(crawlers())
    assert "rule source: " in err
    _, out, err = run(capsys, "check", file, "-o", "json")
    (found,) = json.loads(out)
    gptbot = found["crawlers"][0]
    assert (gptbot["verdict"], gptbot["line"], gptbot["text"]) == ("blocked", 3, "Disallow: /")
    assert found["signals"] and found["conflicts"] and found["training"]["line"] == 7 and not err


@pytest.mark.parametrize(
    ("body", "wanted", "failed"),
    [
        (NAMED, ["blocked:CCBot"], ["CCBot is blocked"]),
        (NAMED, ["blocked:ccbot", "allowed:GPTBot", "partly:*"], ["CCBot is", "* is partly"]),
        (NAMED, ["allowed:CCBot", "blocked:ClaudeBot"], []),
        (PAGE, ["blocked:CCBot", "allowed:GPTBot"], ["CCBot is unknown", "GPTBot is unknown"]),
    ],
)
def test_fail_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], body: bytes, wanted: list[str],
    failed: list[str],
) -> None:  # fmt: skip
    """A verdict that must not be, and one that is unknown, end the command in 1 and are named."""
    options = [part for each in wanted for part in ("--fail-on", each)]
    code, out, err = run(capsys, "check", written(tmp_path, body), *options, "-o", "table")
    assert code == (1 if failed else 0) and out
    assert len(err.splitlines()) == len(failed)
    assert all(words in err for words in failed)


@pytest.mark.parametrize("value", ["blocked:CCBott", "CCBot", "closed:CCBot", "blocked:"])
def test_fail_on_of_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str], value: str) -> None:
    """A condition that could never fail is an error."""
    code, _, err = run(capsys, "check", written(tmp_path, NAMED), "--fail-on", value)
    assert code == 2 and "Invalid value" in err


def test_a_site_without_contact(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A host or one of its pages means the robots.txt of the site; http is asked after https."""
    written(tmp_path, NAMED)
    with RangeServer(tmp_path) as server:
        for named in (server.url.removeprefix("http://"), f"{server.url}/news/?page=2"):
            code, out, _ = run(capsys, "check", named, "-o", "table")
            assert code == 0 and out.startswith(f"{server.url}/robots.txt: {len(NAMED)} bytes")
            assert "from the group on line 1 of" in " ".join(out.split())
        agents = {request.user_agent for request in server.requests if request.path}
        assert all(agent and agent.startswith("crawlblock/") for agent in agents)
        (tmp_path / "robots.txt").unlink()
        _, out, _ = run(capsys, "check", f"{server.url}/", "-o", "table")
        assert "the server has no robots.txt" in " ".join(out.split()) and "Blocked" not in out
        server.fault("robots", [403, 403, 403])
        code, out, err = run(capsys, "check", server.url, "--fail-on", "blocked:CCBot")
        assert (code, out) == (4, "") and "unknown" in err


def test_a_file_comes_before_a_host(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file with the name of a host is read; a name that is neither says what can be named."""
    monkeypatch.chdir(tmp_path)
    Path("example.com").write_bytes(WILDCARD)
    assert "Blocked: " in run(capsys, "check", "example.com", "-o", "table")[1]
    for name in ("robots.txt", f"build{os.sep}robots.txt", "nosuch"):
        code, _, err = run(capsys, "check", name)
        assert code == 2 and "name a site such as example.com, a URL, a file or -" in err
