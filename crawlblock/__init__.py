r"""Measure which crawlers websites block, and how that changes.

One robots.txt, without a network or a database:

>>> import crawlblock
>>> robots = crawlblock.parse("User-agent: GPTBot\nDisallow: /\n")
>>> robots.verdict("GPTBot").restriction
<Restriction.FULL: 'full'>
>>> robots.allowed("SomeBot", "/news")
True
>>> robots.explain("GPTBot").line
2

Many sites over time, from Common Crawl's archive:

    with crawlblock.open("data/crawlblock.duckdb", create=True) as db:
        db.sample(["example.com", "example.org"])
        db.history(crawls=6, contact="you@example.org")
        db.analyze()
        db.timeline("example.com", tokens="GPTBot")  # a polars frame

`parse` and `judge` read one file, `open` opens a database, `crawlers` lists the registered
crawlers.  docs/api.md describes everything.  Whatever stops a call is a `CrawlblockError` whose
message says what to do.
"""

from typing import TYPE_CHECKING, Any

from crawlblock.api.reason import Reason
from crawlblock.api.robots_txt import RobotsTxt, judge, parse
from crawlblock.errors import CrawlblockError
from crawlblock.model import Basis, Crawler, Restriction, Verdict
from crawlblock.outcome import Outcome
from crawlblock.registry import crawlers

if TYPE_CHECKING:
    from os import PathLike

    from crawlblock.api.fill import PanelResult
    from crawlblock.api.lazy_rows import Rows
    from crawlblock.api.open_database import Database
    from crawlblock.api.steps import StepResult
    from crawlblock.pipeline.run import Progress, Say
    from crawlblock.report.charts.chart import Chart

__version__ = "0.1.0"
__all__ = [
    "Basis",
    "Chart",
    "CrawlblockError",
    "Crawler",
    "Database",
    "Outcome",
    "PanelResult",
    "Reason",
    "Restriction",
    "RobotsTxt",
    "Rows",
    "StepResult",
    "Verdict",
    "__version__",
    "crawlers",
    "judge",
    "open",
    "parse",
]
_LAZY = {  # these load libraries for data, so only when somebody asks for them
    "Chart": "crawlblock.report.charts.chart",
    "Database": "crawlblock.api.open_database",
    "PanelResult": "crawlblock.api.fill",
    "Rows": "crawlblock.api.lazy_rows",
    "StepResult": "crawlblock.api.steps",
}


def open(  # noqa: A001 - as gzip.open and tarfile.open are called
    path: "str | PathLike[str]",
    create: bool = False,
    *,
    results: "str | PathLike[str] | None" = None,
    extra: "str | PathLike[str] | None" = None,
    progress: "Progress | None" = None,
    say: "Say | None" = None,
) -> "Database":
    """Open a database; with `create` it is made if the file does not exist.

    `results` is the folder of the result files, by default `x-results` beside x.duckdb.  `extra`
    is a folder of your own crawlers, templates, events and metrics, by default the one that the
    variable CRAWLBLOCK_EXTRA names.  Steps call `progress(what, done, total)` and `say(line)` while
    they work.  Raises InputError if there is no database and `create` is false or if `extra` cannot
    be read, StoreError if the file cannot be used.
    """
    from crawlblock.api.opening import open_database
    from crawlblock.api.step_options import Folders

    return open_database(path, create, Folders.of(results, extra), progress, say)


def __getattr__(name: str) -> Any:
    """Load a class of the API when it is used for the first time."""
    if name not in _LAZY:
        raise AttributeError(f"module 'crawlblock' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    """Return the public names, for completion and help."""
    return [*__all__, "__doc__"]
