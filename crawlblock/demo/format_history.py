"""What Common Crawl's files held at which time.

Sources: the schema of commoncrawl/cc-index-table, the WARC writer of commoncrawl/nutch with its
issues 3 and 5, the release posts, and the names in published lists of files.
"""

from dataclasses import dataclass
from datetime import datetime

from crawlblock.model import Crawl


@dataclass(frozen=True, slots=True)
class Era:
    """Which parts of the format a crawl has."""

    robots: bool  # the robotstxt subset, since CC-MAIN-2016-36
    window: bool  # file names with first and last capture, since CC-MAIN-2017-22; else one machine
    identified: bool  # WARC-Identified-Payload-Type, since CC-MAIN-2017-22
    masked: bool  # X-Crawler-... in place of codings that were undone, since CC-MAIN-2018-34
    detected: bool  # the detected media type, since CC-MAIN-2018-34
    extra_line: bool  # an empty line too many before the payload, CC-MAIN-2018-34 alone
    charset: bool  # charset and languages, since CC-MAIN-2018-39
    redirect: bool  # redirect target and truncation, since CC-MAIN-2019-47
    fetch_date: bool  # WARC-Date by the crawler's clock, since CC-MAIN-2019-47; else the server's
    reversed_host: bool  # the reversed host name and times with a zone, since CC-MAIN-2021-49
    protocol: bool  # WARC-Protocol, since CC-MAIN-2024-30


def era(crawl: Crawl) -> Era:
    """Return the era of a crawl by its date; its known defect is one of Common Crawl's alone."""
    start = crawl.first_capture
    return Era(
        robots=start >= datetime(2016, 8, 20),
        window=start >= datetime(2017, 5, 20),
        identified=start >= datetime(2017, 5, 20),
        masked=start >= datetime(2018, 8, 10),
        detected=start >= datetime(2018, 8, 10),
        extra_line=crawl.crawl == "CC-MAIN-2018-34",
        charset=start >= datetime(2018, 9, 15),
        redirect=start >= datetime(2019, 11, 10),
        fetch_date=start >= datetime(2019, 11, 10),
        reversed_host=start >= datetime(2021, 11, 20),
        protocol=start >= datetime(2024, 7, 10),
    )
