"""What Common Crawl's files held at which time (dates: commoncrawl/cc-index-table)."""

from dataclasses import dataclass
from datetime import datetime

from crawlblock.model import Crawl


@dataclass(frozen=True, slots=True)
class Era:
    """Which parts of the format a crawl has."""

    detected: bool  # the detected media type, since CC-MAIN-2018-34
    charset: bool  # charset and languages, since CC-MAIN-2018-39
    redirect: bool  # redirect target and truncation, since CC-MAIN-2019-47
    reversed_host: bool  # the reversed host name and times with a zone, since CC-MAIN-2021-49
    protocol: bool  # WARC-Protocol, since CC-MAIN-2024-30


def era(crawl: Crawl) -> Era:
    """Return the era of a crawl by its date."""
    start = crawl.first_capture
    return Era(
        detected=start >= datetime(2018, 8, 10),
        charset=start >= datetime(2018, 9, 15),
        redirect=start >= datetime(2019, 11, 10),
        reversed_host=start >= datetime(2021, 11, 20),
        protocol=start >= datetime(2024, 7, 10),
    )
