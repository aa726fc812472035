"""Lines of a robots.txt as they are written, to show what decided a verdict."""

from collections.abc import Sequence
from dataclasses import dataclass

from crawlblock.robots.line import Rule
from crawlblock.robots.parser import Group, countable, parse

# How the demo signs its texts: they say what real ones mean and state, in other lines.
RECONSTRUCTED = "reconstructed by crawlblock from facts"
_HEAD = 400  # bytes in which the signature is


@dataclass(frozen=True, slots=True)
class GroupLines:
    """The lines of a group as they are in the file, and the number of the first."""

    first: int  # from 1
    texts: tuple[bytes, ...]


def lines_of(body: bytes, groups: Sequence[Group]) -> tuple[GroupLines, ...]:
    """Return the lines of some groups of a file; a group ends where the next begins."""
    if not groups:
        return ()
    texts = countable(body)
    starts = [group.agents[0][1] for group in parse(body)]
    ends = dict(zip(starts, [*starts[1:], len(texts) + 1], strict=True))
    firsts = [group.agents[0][1] for group in groups]
    return tuple(GroupLines(first, tuple(texts[first - 1 : ends[first] - 1])) for first in firsts)


def is_reconstructed(body: bytes) -> bool:
    """Tell whether a text is not a site's own: whoever shows a line of it says so beside it."""
    return RECONSTRUCTED.encode() in body[:_HEAD]


def marked(reconstructed: bool) -> str:
    """Return what stands behind a line of a text that is not a site's own."""
    return "  (reconstructed)" if reconstructed else ""


def spelled(rule: Rule) -> str:
    """Return a rule in its normal form, such as `Disallow: /private`."""
    return f"{'Allow' if rule.allow else 'Disallow'}: {rule.pattern.decode()}"
