"""robots.txt files made by a seeded grammar with every oddity parsers are known to differ on.

Two are left to tests of their own, because the library that holds Google's parser departs from it
and from RFC 9309 there: it reads on after a NUL, and it takes `%2F` for `/`.
"""

from collections.abc import Iterator
from random import Random

TOKENS = (
    "GPTBot",
    "CCBot",
    "ClaudeBot",
    "Google-Extended",
    "Googlebot",
    "Applebot",
    "Applebot-Extended",
    "meta-externalagent",
    "ia_archiver",
)
_AGENT_KEYS = ("User-agent", "user-agent", "USER-AGENT", "Useragent", "User agent", "User-agents")
_DISALLOW_KEYS = ("Disallow", "disallow", "DISALLOW", "Dissallow", "Disalow", "Disallowed", "Deny")
_ALLOW_KEYS = ("Allow", "allow", "ALLOW", "Allowed", "Alow")
_OTHER_LINES = (
    "Crawl-delay: 10",
    "Sitemap: https://h.example/sitemap.xml",
    "Site-map: /s.xml",
    "sitemap",
    "Content-Signal: search=yes, ai-train=no",
    "Noindex: /a",
    "Host: h.example",
    "# all: of / this * is a comment",
    "   # one more",
    "just words",
    "two words",
    "x",
    ":",
    ": /a",
    "<p>",
    "Disallow",
    "User-agent",
    "User-agent:",
)
_COLONS = (":", ": ", ": ", ": ", " : ", ":\t", "", " ", ":: ")
_ENDS = ("\n", "\n", "\r\n", "\r\n", "\r", "\n\n", "\n\r", "\r\r\n")
_TAILS = ("", "", "", "", " ", "\t", " # note", "#note", "\v", "\f ")
_SEGMENTS = ("a", "b", "ab", "aa", "a/", "b/", "/", "*", "*", "**", "?", "?a=b", "$", ".b")
_WHOLE = ("/", "/", "/", "/*", "*", "/$", "/*$", "", "$", "/index.html", "/a/index.htm", "a")
_STRANGE = ("%c3%BC", "%zz", "%", "\xfc", "\u20ac", "~", "|", "index.html")
_VERSIONS = ("", "", "", "", "/1.0", " 1.0", "*", "-Extended", "x", "_", ", b", "/2.0 (+https://x)")


def robots_files(count: int, seed: int) -> Iterator[bytes]:
    """Yield files; the same count and seed give the same files on every machine."""
    random = Random(seed)
    for _ in range(count):
        yield _file(random)


def _file(random: Random) -> bytes:
    ends = [random.choice(_ENDS)] if random.random() < 0.8 else list(_ENDS)
    lines: list[str] = []
    for _ in range(random.choice((0, 1, 2, 2, 3, 4, 6))):
        lines += _group(random)
    encoding = random.choice(("utf-8", "utf-8", "latin-1"))
    text = "".join(line + random.choice(ends) for line in lines)
    mark = random.choice((b"", b"", b"", b"\xef\xbb\xbf", b"\xef", b"\xbb\xbf"))
    body = mark + text.encode(encoding, errors="replace")
    if random.random() < 0.05:
        body = body.rstrip(b"\r\n")
    return body


def _group(random: Random) -> Iterator[str]:
    for _ in range(random.choice((0, 1, 1, 1, 2, 3))):
        yield _line(random, _AGENT_KEYS, _agent(random))
        yield from _noise(random)
    for _ in range(random.choice((0, 1, 1, 2, 3, 5))):
        keys = _DISALLOW_KEYS if random.random() < 0.6 else _ALLOW_KEYS
        yield _line(random, keys, pattern(random))
        yield from _noise(random)


def _noise(random: Random) -> Iterator[str]:
    if random.random() < 0.15:
        yield random.choice(_OTHER_LINES) + random.choice(_TAILS)
    if random.random() < 0.002:
        yield random.choice(("Disallow: /", "#", "x: ")) + "a" * random.randrange(16_600, 16_800)


def _line(random: Random, keys: tuple[str, ...], value: str) -> str:
    key = keys[0] if random.random() < 0.7 else random.choice(keys)
    start = random.choice(("", "", "", "", " ", "\t", "\v"))
    colon = ": " if random.random() < 0.7 else random.choice(_COLONS)
    return start + key + colon + value + random.choice(_TAILS)


def _agent(random: Random) -> str:
    if random.random() < 0.35:
        return random.choice(("*", "*", "*", "* ", "* a", "*a", "**", ""))
    token = random.choice(TOKENS)
    token = random.choice((token, token, token.lower(), token.upper(), token[:-1]))
    return token + random.choice(_VERSIONS)


def pattern(random: Random) -> str:
    """Return the value of a rule; most are short, so that they often concern the same paths."""
    if random.random() < 0.25:
        return random.choice(_WHOLE)
    parts = [random.choice(_SEGMENTS) for _ in range(random.choice((1, 1, 2, 2, 3, 4)))]
    if random.random() < 0.1:
        parts.insert(random.randrange(len(parts) + 1), random.choice(_STRANGE))
    start = "/" if random.random() < 0.9 else random.choice(("", "*", "//"))
    return start + "".join(parts) + random.choice(("", "", "", "$", "*", "*$"))
