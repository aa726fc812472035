"""Measures the worst robots.txt files of 500 KiB we know of; each must be judged within a second.

Times are of the process; each time the judge has empty caches.
"""

from collections.abc import Iterable, Iterator
from functools import partial

from measured import Measurement, alone, at_most, in_turns, processor_time

from crawlblock.registry import crawlers
from crawlblock.robots.judge import Judge
from crawlblock.robots.parser import SIZE_LIMIT

LIMIT = at_most(1.0)  # seconds of the process
SMOKE = {"rounds": 1, "size": SIZE_LIMIT // 20}
TOKENS = [crawler.token for crawler in crawlers()]
NAMED = [b"User-agent: %s\n" % token.encode() for token in TOKENS]
STAR = b"User-agent: *\n"


def filled(limit: int, start: bytes, lines: Iterable[bytes]) -> bytes:
    """Return a file of as many lines as count."""
    parts, size = [start], len(start)
    for line in lines:
        size += len(line)
        if size > limit:
            break
        parts.append(line)
    return b"".join(parts)


def numbered(template: bytes, count: int = SIZE_LIMIT // 10) -> Iterable[bytes]:
    """Yield a template with the numbers from 0 in place of each %d."""
    places = template.count(b"%d")
    return (template % ((number,) * places) for number in range(count))


def own_and_common(limit: int, template: bytes) -> bytes:
    """Return a file in which every crawler has a group of its own and all share a large one."""
    own = b"".join(name + b"Disallow: /%d\n" % n for n, name in enumerate(NAMED))
    return filled(limit, own + b"".join(NAMED), numbered(template))


def overlapping() -> Iterable[bytes]:
    """Yield groups of which each names one crawler less than the one before."""
    for first in range(len(NAMED)):
        yield b"".join(NAMED[first:])
        yield b"".join(numbered(b"Disallow: /" + b"%d" % first + b"-%d\nAllow: /*-%d\n", 20))


def files(size: int) -> dict[str, bytes]:
    """Return the hostile files, most of which have as many bytes as count."""
    part = size / SIZE_LIMIT
    stars = b"*a" * 2_000
    near = b"*" + b"a" * 30 + b"b" + b"a" * 30
    return {
        "thousands of * in each rule": filled(
            size, STAR, numbered(b"Disallow: /" + stars + b"%d\nAllow: /" + stars + b"%d*\n")
        ),
        "dead pairs with *": filled(size, STAR, numbered(b"Disallow: /*a*b%d\nAllow: /*a*b%d*\n")),
        "dead pairs": filled(size, STAR, numbered(b"Disallow: /%d\nAllow: /%d\n")),
        "near misses": filled(
            size,
            STAR,
            [b"Disallow: /*" + b"a" * 8_000 + b"\n", b"Allow: /" + near * 130 + b"\n"] * 50,
        ),
        "dead openings": filled(
            size, STAR + b"Disallow: /\n", numbered(b"Allow: /%d\nDisallow: /%d*\n")
        ),
        "index pages": filled(size, STAR + b"Disallow: /\n", numbered(b"Allow: /%d/index.html\n")),
        "rules no path reaches": filled(size, STAR, numbered(b"Disallow: %d\n")),
        "20,000 agents x 100 rules": b"".join(
            [
                *numbered(b"User-agent: a%d\n", round(20_000 * part)),
                *numbered(b"Disallow: /%d\n", 100),
            ]
        ),
        "one agent 20,000 times": b"".join(
            [*[b"User-agent: GPTBot\n"] * round(20_000 * part), b"Disallow: /x\n"]
        ),
        "4,000 agents x 4,000 rules": b"".join(
            [
                *numbered(b"User-agent: a%d\n", round(4_000 * part)),
                *numbered(b"Disallow: /%d\n", round(4_000 * part)),
            ]
        ),
        "overlapping groups": filled(size, b"", overlapping()),
        "own and common group, dead pairs": own_and_common(size, b"Disallow: /%d\nAllow: /%d\n"),
        "own and common group, openings": own_and_common(size, b"Disallow: *\nAllow: /%d\n"),
        "own and common group, universal": own_and_common(size, b"Disallow: *\nAllow: *\n"),
        "one huge line": filled(size, STAR, [b"Disallow: /" + b"a*" * 249_000]),
        "escapes": filled(size, STAR, [b"Disallow: /" + b"%aa\xff%7e" * 2_000 + b"\n"] * 40),
        "empty lines": b"\r" * size,
        "new lines without a meaning": filled(size, STAR, numbered(b"key%d: x\n")),
    }


def seconds(body: bytes) -> float:
    """Return what a judge with empty caches takes for a file."""
    return processor_time(partial(Judge(TOKENS).policy, body))


def measure(rounds: int = 5, size: int = SIZE_LIMIT) -> Iterator[Measurement]:
    """Measure how long each file takes, all of them in each round."""
    calls = {
        f"{name}: {len(body):,} B": partial(seconds, body) for name, body in files(size).items()
    }
    for name, taken in in_turns(calls, rounds).items():
        yield alone(name, "s", taken, LIMIT)
