"""Measures the worst robots.txt files of 500 KiB we know of; each must be judged within a second.

python benchmarks/hostile.py
"""

import sys
import time
from collections.abc import Iterable

from crawlblock.registry import crawlers
from crawlblock.robots.judge import Judge
from crawlblock.robots.parser import SIZE_LIMIT

LIMIT = 1.0  # seconds of the process
TOKENS = [crawler.token for crawler in crawlers()]
NAMED = [b"User-agent: %s\n" % token.encode() for token in TOKENS]
STAR = b"User-agent: *\n"


def filled(start: bytes, lines: Iterable[bytes]) -> bytes:
    """Return a file of as many lines as count."""
    parts, size = [start], len(start)
    for line in lines:
        size += len(line)
        if size > SIZE_LIMIT:
            break
        parts.append(line)
    return b"".join(parts)


def numbered(template: bytes, count: int = SIZE_LIMIT // 10) -> Iterable[bytes]:
    """Yield a template with the numbers from 0 in place of each %d."""
    places = template.count(b"%d")
    return (template % ((number,) * places) for number in range(count))


def own_and_common(template: bytes) -> bytes:
    """Return a file in which every crawler has a group of its own and all share a large one."""
    own = b"".join(name + b"Disallow: /%d\n" % n for n, name in enumerate(NAMED))
    return filled(own + b"".join(NAMED), numbered(template))


def overlapping() -> Iterable[bytes]:
    """Yield groups of which each names one crawler less than the one before."""
    for first in range(len(NAMED)):
        yield b"".join(NAMED[first:])
        yield b"".join(numbered(b"Disallow: /" + b"%d" % first + b"-%d\nAllow: /*-%d\n", 20))


def files() -> dict[str, bytes]:
    """Return the hostile files."""
    stars = b"*a" * 2_000
    near = b"*" + b"a" * 30 + b"b" + b"a" * 30
    return {
        "thousands of * in each rule": filled(
            STAR, numbered(b"Disallow: /" + stars + b"%d\nAllow: /" + stars + b"%d*\n")
        ),
        "dead pairs with *": filled(STAR, numbered(b"Disallow: /*a*b%d\nAllow: /*a*b%d*\n")),
        "dead pairs": filled(STAR, numbered(b"Disallow: /%d\nAllow: /%d\n")),
        "near misses": filled(
            STAR, [b"Disallow: /*" + b"a" * 8_000 + b"\n", b"Allow: /" + near * 130 + b"\n"] * 50
        ),
        "dead openings": filled(STAR + b"Disallow: /\n", numbered(b"Allow: /%d\nDisallow: /%d*\n")),
        "index pages": filled(STAR + b"Disallow: /\n", numbered(b"Allow: /%d/index.html\n")),
        "rules no path reaches": filled(STAR, numbered(b"Disallow: %d\n")),
        "20,000 agents x 100 rules": b"".join(
            [*numbered(b"User-agent: a%d\n", 20_000), *numbered(b"Disallow: /%d\n", 100)]
        ),
        "one agent 20,000 times": b"User-agent: GPTBot\n" * 20_000 + b"Disallow: /x\n",
        "4,000 agents x 4,000 rules": b"".join(
            [*numbered(b"User-agent: a%d\n", 4_000), *numbered(b"Disallow: /%d\n", 4_000)]
        ),
        "overlapping groups": filled(b"", overlapping()),
        "own and common group, dead pairs": own_and_common(b"Disallow: /%d\nAllow: /%d\n"),
        "own and common group, openings": own_and_common(b"Disallow: *\nAllow: /%d\n"),
        "own and common group, universal": own_and_common(b"Disallow: *\nAllow: *\n"),
        "one huge line": filled(STAR, [b"Disallow: /" + b"a*" * 249_000]),
        "escapes": filled(STAR, [b"Disallow: /" + b"%aa\xff%7e" * 2_000 + b"\n"] * 40),
        "empty lines": b"\r" * SIZE_LIMIT,
        "new lines without a meaning": filled(STAR, numbered(b"key%d: x\n")),
    }


def main() -> int:
    """Print the seconds each file takes; return 1 if one takes too long."""
    slowest = 0.0
    for name, body in files().items():
        judge = Judge(TOKENS)
        begun = time.process_time()
        policy = judge.policy(body)
        seconds = time.process_time() - begun
        slowest = max(slowest, seconds)
        found = "/".join(sorted({v.restriction for v in policy.verdicts.values()}))
        print(f"{name:36}{len(body):8} B {seconds:7.3f} s  {found}")
    return int(slowest > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
