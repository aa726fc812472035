"""The cases on which parsers differ, from the shared list and our own."""

import json
from pathlib import Path

import pytest

import crawlblock
from crawlblock.model import Restriction

pytestmark = pytest.mark.own_code

REFUSED, ALLOWED, UNKNOWN = False, True, None

# What is asked is whether GPTBot may fetch /.
CASES = {
    "plain": (b"User-agent: GPTBot\nDisallow: /\n", REFUSED),
    "wildcard only": (b"User-agent: *\nDisallow: /\n", REFUSED),
    "case": (b"USER-AGENT: gptBOT\ndisALLOW: /\n", REFUSED),
    "first of a stack": (b"User-agent: GPTBot\nUser-agent: b\nDisallow: /\n", REFUSED),
    "last of a stack": (b"User-agent: b\nUser-agent: GPTBot\nDisallow: /\n", REFUSED),
    "stack in a later group": (
        b"User-agent: *\nDisallow: /a\nUser-agent: b\nUser-agent: GPTBot\nDisallow: /\n",
        REFUSED,
    ),
    "stack over a blank line": (b"User-agent: GPTBot\n\nUser-agent: b\nDisallow: /\n", REFUSED),
    "stack over Sitemap": (b"User-agent: GPTBot\nSitemap: /s\nUser-agent: b\nDisallow: /", REFUSED),
    "stack over Crawl-delay": (
        b"User-agent: GPTBot\nCrawl-delay: 9\nUser-agent: b\nDisallow: /\n",
        REFUSED,
    ),
    "stack over an unknown key": (
        b"User-agent: GPTBot\nContent-Signal: search=yes\nUser-agent: b\nDisallow: /\n",
        REFUSED,
    ),
    "group of a Crawl-delay joins the wildcard's": (
        b"User-agent: GPTBot\nCrawl-delay: 1\n\nUser-agent: *\nDisallow: /\n",
        REFUSED,
    ),
    "comment in a group": (b"User-agent: GPTBot\n# no\nDisallow: /\n", REFUSED),
    "comment on the line": (b"User-agent: GPTBot # a\nDisallow: / # all\n", REFUSED),
    "blank line in a group": (b"User-agent: GPTBot\n\n\nDisallow: /\n", REFUSED),
    "merged groups": (
        b"User-agent: GPTBot\nDisallow: /a\nUser-agent: gptbot\nDisallow: /\n",
        REFUSED,
    ),
    "merged wildcards": (
        b"User-agent: *\nAllow: /\n\nUser-agent: CCBot\nDisallow: /\nUser-agent: *\nDisallow: /",
        ALLOWED,
    ),
    "tie": (b"User-agent: GPTBot\nDisallow: /\nAllow: /\n", ALLOWED),
    "robots.txt allowed": (b"User-agent: GPTBot\nDisallow: /\nAllow: /robots.txt\n", REFUSED),
    "further Disallow": (b"User-agent: GPTBot\nDisallow: /\nDisallow: /x\n", REFUSED),
    "slash and star": (b"User-agent: GPTBot\nDisallow: /*\n", REFUSED),
    "star": (b"User-agent: GPTBot\nDisallow: *\n", REFUSED),
    "home page only": (b"User-agent: GPTBot\nDisallow: /$\n", REFUSED),
    "index page allowed": (b"User-agent: GPTBot\nDisallow: /\nAllow: /index.html\n", ALLOWED),
    "queries only": (b"User-agent: GPTBot\nDisallow: /*?\n", ALLOWED),
    "empty Disallow": (b"User-agent: GPTBot\nDisallow:\nUser-agent: *\nDisallow: /\n", ALLOWED),
    "named without rules": (b"User-agent: *\nDisallow: /\nUser-agent: GPTBot\n", ALLOWED),
    "byte order mark": (b"\xef\xbb\xbfUser-agent: GPTBot\nDisallow: /\n", REFUSED),
    "CR": (b"User-agent: GPTBot\rDisallow: /\r", REFUSED),
    "CRLF": (b"User-agent: GPTBot\r\nDisallow: /\r\n", REFUSED),
    "space before the colon": (b"User-agent : GPTBot\nDisallow : /\n", REFUSED),
    "no colon": (b"User-agent GPTBot\nDisallow /\n", REFUSED),
    "typo": (b"Useragent: GPTBot\nDissallow: /\n", REFUSED),
    "version": (b"User-agent: GPTBot/1.2\nDisallow: /\n", REFUSED),
    "longer token": (b"User-agent: GPTBot-Extended\nDisallow: /\n", ALLOWED),
    "shorter token": (b"User-agent: GPT\nDisallow: /\n", ALLOWED),
    "rules before any agent": (b"Disallow: /\nUser-agent: GPTBot\nAllow: /x\n", ALLOWED),
    "latin-1": (b"# caf\xe9\nUser-agent: GPTBot\nDisallow: /\n", REFUSED),
    "HTML": (b"<!DOCTYPE html><html>\nUser-agent: *\nDisallow: /\n</html>", UNKNOWN),
    "UTF-16": ("User-agent: GPTBot\nDisallow: /\n".encode("utf-16"), UNKNOWN),
}


@pytest.mark.parametrize("case", CASES)
def test_own_cases(case: str) -> None:
    """Each known trap is read as Google's parser reads it."""
    body, root_allowed = CASES[case]
    assert crawlblock.judge(body, ["GPTBot"])["GPTBot"].root_allowed is root_allowed


def test_shared_cases(shared: Path) -> None:
    """All cases of the shared list come out as it says; its open ones are unknown."""
    cases = json.loads((shared / "conformance" / "cases.json").read_text("utf-8"))
    wrong = []
    for case in cases:
        agent = case["agent"]
        verdict = crawlblock.judge(bytes.fromhex(case["robots_bytes_hex"]), [agent])[agent]
        blocked = None if verdict.root_allowed is None else not verdict.root_allowed
        unknown = verdict.restriction is Restriction.UNKNOWN
        if blocked != case["expect_root_blocked"] or unknown != (blocked is None):
            wrong.append(case["case"])
    assert (len(cases), wrong) == (37, [])
