"""What protego, Scrapy's parser, says of a robots.txt.

protego's time grows with agents times rules and with crawlers times lines, so that a hostile file
of 130 KiB keeps it busy for many seconds: the work is estimated first, and files that need too much
of it get no opinion.
"""

from collections.abc import Iterable, Sequence

from protego import Protego

from crawlblock.robots.parser import SIZE_LIMIT

WORK_LIMIT = 1_500_000  # steps of protego, of which a slow machine does a million a second
_LOOKUP = 0.1  # of a step: what a line costs for each crawler asked about
_ROOT = "https://host.invalid/"


def protego_verdicts(body: bytes, tokens: Iterable[str]) -> dict[str, bool | None]:
    """Return whether protego lets each crawler fetch `/`, reading the bytes as Scrapy does.

    None for all of them: the body has more than 500 KiB, or needs more than `WORK_LIMIT`.
    """
    asked = list(dict.fromkeys(tokens))
    text = body.decode("utf-8-sig", errors="ignore")
    if len(body) > SIZE_LIMIT or _work(text.splitlines(), len(asked)) > WORK_LIMIT:
        return dict.fromkeys(asked)
    robots = Protego.parse(text)
    return {token: robots.can_fetch(_ROOT, token) for token in asked}


def _work(lines: Sequence[str], crawlers: int) -> float:
    """Return about how many steps protego takes: each line once for every agent of its group."""
    agents = 0
    closed = False
    work = 0.0
    for line in lines:
        work += crawlers * (1 if "*" in line or "$" in line else _LOOKUP)
        word = line.lstrip().lower()
        if word.startswith("user"):
            agents = 1 if closed else agents + 1
            closed = False
        elif word.startswith(("allow:", "disallow:")):
            closed = True
        work += agents
    return work
