r"""crawlblock tells who may still crawl the web.

>>> import crawlblock
>>> crawlblock.judge(b"User-agent: GPTBot\nDisallow: /\n")["GPTBot"].restriction
<Restriction.FULL: 'full'>
"""

from collections.abc import Iterable
from functools import lru_cache

from crawlblock.model import Basis, Restriction, Verdict
from crawlblock.outcome import Outcome
from crawlblock.registry import crawlers
from crawlblock.robots.evaluate import Judge

__version__ = "0.1.0"
__all__ = ["Basis", "Outcome", "Restriction", "Verdict", "__version__", "judge"]


def judge(body: bytes, tokens: Iterable[str] | None = None) -> dict[str, Verdict]:
    """Return what a robots.txt means for each crawler, by product token.

    `tokens` names the crawlers, all registered ones by default; `*` is the crawler nobody names.
    Never raises, whatever the bytes.  Semantics: RFC 9309 as Google's parser implements it.
    """
    return dict(_judge(None if tokens is None else tuple(tokens)).policy(body).verdicts)


@lru_cache(maxsize=64)
def _judge(tokens: tuple[str, ...] | None) -> Judge:
    return Judge([crawler.token for crawler in crawlers()] if tokens is None else tokens)
