"""The checklist of a first run, as Markdown to be published: nothing in it says who ran it."""

import os
import platform
import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from crawlblock import __version__
from crawlblock.pipeline.doctor import Check
from crawlblock.pipeline.survey import Observation

_HOSTS = ("data.commoncrawl.org", "index.commoncrawl.org", "huggingface.co")
_OURS = ("database", "folder", "published copy", "contact")  # they name what is yours
_SECRET = (
    (re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.-]+"), "<contact>"),
    (re.compile(r"(?<![\w./-])(?:~|[A-Za-z]:)?[/\\](?!/)[^\s:;,()]+"), "<path>"),
    (re.compile(r"\[?\b[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){3,7}\b\]?", re.IGNORECASE), "<address>"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b(?::\d+)?"), "<address>"),
)
_URL = re.compile(r"\b[a-z0-9+.-]+://[^\s;,()]*[^\s;,():]", re.IGNORECASE)
_BY_HAND = (
    "crawlblock sample --list domains.csv",
    "crawlblock history --crawls 1 --dry-run",
    "crawlblock history --crawls 1",
    "crawlblock weights --crawl latest --parts 1 --dry-run",
)


def checklist(
    findings: Sequence[Check], seen: Sequence[Observation], mirror: str, today: date
) -> str:
    """Return the whole text."""
    parts = urlsplit(mirror)
    public = parts.hostname in _HOSTS or mirror == "s3://commoncrawl"
    where = mirror if public else parts.scheme or "folder"
    lines = [*_head(where, today), *_checks(findings), *_archive(seen, mirror), *_rest(), ""]
    return "\n".join(lines)


def unnamed(text: str, *own: str) -> str:
    """Return a text without addresses, paths and contacts; those of Common Crawl's hosts stay.

    `own` are words to be hidden that look like nothing of that.
    """
    parts = re.split(f"({_URL.pattern})", text, flags=re.IGNORECASE)
    return "".join(_address(part) if n % 2 else _hidden(part, own) for n, part in enumerate(parts))


def _address(url: str) -> str:
    public = urlsplit(url).hostname in _HOSTS and url.lower().startswith("https://")
    return url if public and "@" not in url and "?" not in url else "<address>"


def _hidden(text: str, own: Sequence[str]) -> str:
    for word in filter(None, own):
        text = text.replace(word, "<path>")
    for pattern, word in _SECRET:
        text = pattern.sub(word, text)
    user = os.environ.get("USER") or os.environ.get("USERNAME") or ""
    home = os.environ.get("HOME") or os.environ.get("USERPROFILE") or ""
    for name in (platform.node(), Path(home).name, user):
        if len(name) > 2:
            text = re.sub(rf"\b{re.escape(name)}\b", "<name>", text)
    return text


def _head(where: str, today: date) -> Iterator[str]:
    yield f"# crawlblock {__version__}: checklist of a first run, {today}\n"
    yield f"- Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    yield f"- mirror: {where}\n"


def _checks(findings: Sequence[Check]) -> Iterator[str]:
    yield "## This machine\n"
    for finding in findings:
        word = "" if finding.state == "ok" else f" ({finding.state})"
        details = "" if finding.what in _OURS else f": {unnamed(finding.found)}"
        yield f"- [{_mark(finding.state != 'fail')}] {finding.what}{word}{details}"


def _archive(seen: Sequence[Observation], mirror: str) -> Iterator[str]:
    yield "\n## The archive\n"
    yield "| | asked | found | seconds | headers |\n|---|---|---|---|---|"
    for each in seen:
        seconds = "" if each.seconds is None else f"{each.seconds:g}"
        own = "" if "://" in mirror else mirror
        cells = (each.asked, _cell(each.found, own), seconds, each.headers)
        yield f"| {'ok' if each.ok else 'no'} | {' | '.join(cells)} |"


def _rest() -> Iterator[str]:
    yield "\n## By hand\n"
    yield "Exit code, requests, megabytes and minutes of each:\n"
    yield from (f"- [ ] `{command}`: " for command in _BY_HAND)


def _cell(text: str, own: str) -> str:
    return unnamed(text, own).replace("|", "/").replace("\n", " ")


def _mark(ok: bool) -> str:
    return "x" if ok else " "
