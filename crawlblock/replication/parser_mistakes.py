"""How many blocks the parsers of others miss in the texts at hand."""

from collections import Counter
from collections.abc import Sequence

from crawlblock.replication.comparison import Comparison
from crawlblock.replication.series import Series
from crawlblock.robots.judge import Judge
from crawlblock.robots.peers import PARSERS, Parser, unambiguous


def mistakes(series: Sequence[Series], tokens: Sequence[str]) -> list[Comparison]:
    """Return how many unambiguous blocks the parsers of others miss, over distinct bodies.

    Unambiguous: named, `/` blocked as Google's parser has it, no Allow in the crawler's groups.
    Rendered bodies tell nothing of how people write, and are left out.
    """
    return [row for part in series if not part.rendered for row in _missed(part, tokens)]


def _missed(series: Series, tokens: Sequence[str]) -> list[Comparison]:
    judge = Judge(tokens)
    blocks: Counter[str] = Counter()
    missed: Counter[tuple[str, str]] = Counter()
    for body in series.bodies.values():
        findings = judge.findings(body)
        blocked = {token for token in tokens if unambiguous(findings[token])}
        blocks.update(blocked)
        if blocked:
            for parser in PARSERS:
                lost = blocked - parser.blocked(body, blocked)
                missed.update((parser.name, token) for token in lost)
    return [
        _row(series, parser, token, n, missed[parser.name, token])
        for parser in PARSERS
        for token in tokens
        if (n := blocks[token])
    ]


def _row(series: Series, parser: Parser, token: str, n: int, missed: int) -> Comparison:
    return Comparison(
        source=parser.source,
        figure="unambiguous blocks missed",
        definition=parser.name,
        population=series.name,
        date=None,
        token=token,
        data=series.name,
        unit="distinct texts",
        n=n,
        ours=100 * missed / n,
        reason=parser.mistake,
    )
