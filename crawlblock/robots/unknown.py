"""What robots.txt files say that crawlblock does not know yet: other agents, other directives."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from crawlblock.robots.judge import Bindings
from crawlblock.robots.line import Kind, Line
from crawlblock.robots.parser import REMARKABLE, START, Lines, countable, parse
from crawlblock.robots.signals import READERS, TRAINING_TOKEN
from crawlblock.robots.sniff import is_robots

MOST = 5_000  # names taken from a file; the most that real ones have is some 1,800
_LONGEST = 60  # characters of a name
# A name ends where a version, a comment or a second name begins: `Foo Bot/2.1 (+https://…)`.
_NAME = re.compile(r"[\w.@&'! -]+")
_VERSION = re.compile(r" [vV]?\d[\d.]*$")
_KEY = re.compile(rb"[a-z][a-z0-9]*(?:[-_ ][a-z0-9]+){0,3}")
_KEYS = frozenset(  # extensions with a meaning somewhere, and common slips of keys that have one
    b"host clean-param crawldelay noindex nofollow noarchive nosnippet request-rate visit-time"
    b" robot-version revisit-after cache-delay comment acap-crawler acap-disallow-crawl"
    b" acap-allow-crawl acap-ignore-conventional-records user_agent user-agen user-aget er-agent"
    b" agent diisallow disallop dissalow dsallow isallow llow alow sitemaps http https".split()
) | {b"video sitemap", b"image sitemap", b"news sitemap", b"site map", b"crawl delay"}
_KNOWN = _KEYS.union(*(reader.marks for reader in READERS))


@dataclass(frozen=True, slots=True)
class Company:
    """A group of a robots.txt with agents that bind no known crawler, and the known ones."""

    spellings: dict[str, str]  # of the unknown agents, by name; without version, up to 60 letters
    tokens: frozenset[str]  # of the known crawlers


def companies(body: bytes, known: Bindings, lines: Lines | None = None) -> Iterator[Company]:
    """Yield the groups of a robots.txt that name unknown agents; never raises.

    `lines` may be shared between calls, as in `parser.parse`.
    """
    left = MOST
    for group in parse(body, lines) if is_robots(body) else ():
        strangers = (_spelling(value) for value, _ in group.agents if not known[value])
        spellings = {text.lower(): text for text in islice(strangers, left) if text}
        spellings.pop(TRAINING_TOKEN, None)  # it is a signal
        left -= len(spellings)
        if spellings:
            tokens = frozenset(token for value, _ in group.agents for token in known[value])
            yield Company(spellings, tokens)


def unregistered(body: bytes, known: Bindings, lines: Lines | None = None) -> tuple[str, ...]:
    """Return the names, in lower case, of all agents in `companies`."""
    return tuple(dict.fromkeys(n for each in companies(body, known, lines) for n in each.spellings))


def unknown_directives(body: bytes, lines: Lines | None = None) -> tuple[str, ...]:
    """Return the keys that are neither RFC 9309's nor extensions or signals met before.

    They are in lower case, up to 60 characters; never raises.
    """
    others = (raw for raw, line in _remarkable(body, lines) if line.kind is Kind.OTHER)
    keys = (_key(raw) for raw in others)
    return tuple(islice(filter(None, dict.fromkeys(keys)), MOST))


def _remarkable(body: bytes, lines: Lines | None) -> Iterator[tuple[bytes, Line]]:
    """Yield the lines that are no plain Disallow, comment or sitemap."""
    if not is_robots(body):
        return
    known = Lines() if lines is None else lines
    starts = known.starts
    for raw in countable(body):
        if starts[raw[:START]] == REMARKABLE:
            yield raw, known[raw]


def _spelling(value: bytes) -> str:
    text = value.decode("utf-8", "replace")
    head = _NAME.match(text)
    name = _VERSION.sub("", head[0].rstrip()[:_LONGEST]) if head else ""
    return name.strip(" .'") or text[:_LONGEST].strip()


def _key(raw: bytes) -> str:
    """Return a line's key where it looks like one and something follows; else nothing."""
    key, colon, value = raw.partition(b"\x00")[0].partition(b"#")[0].partition(b":")
    name = key.strip().lower()
    address = value.startswith(b"//")
    if not colon or address or len(name) > _LONGEST or name in _KNOWN or not _KEY.fullmatch(name):
        return ""
    return name.decode()
