"""What a panel's hosts answer now: every exchange guarded, bounded and kept as WARC."""

from crawlblock.sources.live.fetch import Fetcher, Traffic
from crawlblock.sources.live.journal import Journal, journals, read_journal
from crawlblock.sources.live.recording import Archive
from crawlblock.sources.live.redirects import REMEMBERED, VisitContext
from crawlblock.sources.live.response import MOST_KEPT, Answer, Failure, Patience
from crawlblock.sources.live.source import Live, Pace
from crawlblock.sources.live.ssrf import ForbiddenAddressError, Guard, is_global
from crawlblock.sources.live.visit import Visit, Visitor

__all__ = [
    "MOST_KEPT",
    "REMEMBERED",
    "Answer",
    "Archive",
    "Failure",
    "Fetcher",
    "ForbiddenAddressError",
    "Guard",
    "Journal",
    "Live",
    "Pace",
    "Patience",
    "Traffic",
    "Visit",
    "VisitContext",
    "Visitor",
    "is_global",
    "journals",
    "read_journal",
]
