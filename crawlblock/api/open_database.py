"""A database: questions to what it holds, and the steps that fill it."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, Unpack

import polars as pl
from rich.console import Console

from crawlblock.api import fill, polars_frames, steps
from crawlblock.api import step_options as given
from crawlblock.api.lazy_rows import Rows
from crawlblock.api.published_copy import PublishedCopy
from crawlblock.api.step_options import (
    AnyPath,
    Folders,
    HistoryOptions,
    LiveOptions,
    SampleOptions,
)
from crawlblock.errors import InputError
from crawlblock.evidence import explanation, lookup, transitions
from crawlblock.metrics.results_folder import results_of
from crawlblock.pipeline.live import Asking, snapshot_name
from crawlblock.pipeline.run import Progress, Say, now
from crawlblock.pipeline.sample import Reading
from crawlblock.registry import using
from crawlblock.report.charts.chart import Chart, chart_of_results
from crawlblock.report.named_results import named_results, one_result, result_names
from crawlblock.sources.files import Every
from crawlblock.sources.files.host_lists.rejects import Rejects
from crawlblock.sources.live import Pace
from crawlblock.store.database import copy_of
from crawlblock.store.store import Store

Profile = Literal["rfc9309", "ccbot"]
_MAKE = "name another file, or make one with crawlblock.open(path, create=True)"


class Database:
    """A database of crawlblock; make one with `crawlblock.open`.

    Questions (`sql`, `access`, `result`, `timeline`, `explain`, `changes`, `chart`) read the copy
    that the last step published, so they never wait for a run.  Every question reads the same copy
    until a step of this object publishes another; open the database again to see what another
    process published.  Steps (`sample`, `history`, `live`, `import_`, `evaluate`, `analyze`) can be
    interrupted and called again, and work in a notebook cell as in a script.

    A crawler's token may be written in any case.  Raises InputError for a token, host, snapshot or
    result that is not there, with what is spelled nearly so.
    """

    def __init__(self, path: Path, folders: Folders, progress: Progress, say: Say) -> None:
        """Take the file, its folders and whom to tell of progress."""
        self.path = path
        self.results, self._extra = folders.results or results_of(path), folders.extra
        self._progress, self._say = progress, say
        self._reader = PublishedCopy(path, say)

    def __repr__(self) -> str:
        """Return the path."""
        return f"<crawlblock database {self.path}>"

    def __enter__(self) -> Self:
        """Return the database; the block's end closes it."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the database."""
        self.close()

    def close(self) -> None:
        """Close the copy; rows from `access` stay readable, and nothing else can be asked."""
        self._reader.close()

    # Questions

    def sql(self, query: str, params: Sequence[object] | Mapping[str, object] = ()) -> pl.DataFrame:
        """Return what a query in SQL finds; `?` or `$1` and `$name` stand for `params`.

        The query cannot change the database or read another file.  Raises InputError for a query
        that cannot be answered.
        """
        return self._reader.sql(query, params)

    def access(
        self, tokens: str | Iterable[str] | None = None, *, snapshot: str | None = None
    ) -> Rows:
        """Return who may crawl what: a row per snapshot, host and crawler, in no order.

        HTTP statuses are read as in RFC 9309.  Without `tokens` a large database has more rows
        than memory holds: use `filter`, `limit` or `batches` of the rows.
        """
        return self._reader.access(given.names(tokens), snapshot)

    @property
    def result_names(self) -> tuple[str, ...]:
        """The names of the results that `analyze` wrote."""
        return result_names(self.results)

    def result(self, name: str) -> pl.DataFrame:
        """Return a result by its name; docs/reference.md describes each and its columns."""
        return one_result(self.results, name)

    def chart(self, name: str | None = None, token: str | None = None) -> Chart:
        """Return a chart of the page by its name, by default the main one.

        Some charts are about one crawler, which `token` names.  A notebook shows a chart, and
        `save("chart.svg")` writes it as SVG or PNG.
        """
        with using(self._extra):
            return chart_of_results(named_results(self.results), name, token)

    def timeline(
        self, host: str, tokens: str | Iterable[str] | None = None, *,
        every_snapshot: bool = False, http_profile: Profile = "rfc9309",
    ) -> pl.DataFrame:  # fmt: skip
        """Return the history of a host: a row for each verdict that differs from the one before.

        A change lies between the captures at `after` and `before`.  With `every_snapshot` there is
        a row per snapshot and crawler instead.
        """
        with self._reader.asking(http_profile) as con:
            name = lookup.known_host(con, host)
            known = [lookup.known_token(con, token) for token in given.names(tokens)]
            rows = transitions.states(con, name, known)
        if not rows:
            raise InputError(f"{name}: in the panel, but not captured yet; run history() or live()")
        if every_snapshot:
            return polars_frames.state_frame(rows)
        return polars_frames.transition_frame(transitions.transitions(rows))

    def explain(
        self, host: str, token: str, at: str | date | None = None, *,
        http_profile: Profile = "rfc9309",
    ) -> explanation.Explanation:  # fmt: skip
        """Return a host's verdict for a crawler, the lines or the status that decide it, and where
        the capture is archived.

        `at` is a snapshot, or a day or time (UTC) whose last capture counts; by default the last
        capture.
        """  # noqa: D205
        with using(self._extra), self._reader.asking(http_profile) as con:
            asked = lookup.known_token(con, token)
            point = lookup.point_at(con, lookup.known_host(con, host), given.moment(at))
            return explanation.explain(con, point, asked, http_profile)

    def changes(
        self, since: str | date, *, until: str | date | None = None,
        tokens: str | Iterable[str] | None = None, http_profile: Profile = "rfc9309",
    ) -> pl.DataFrame:  # fmt: skip
        """Return which hosts started or stopped blocking a crawler, the newest first.

        `since` and `until` are days or snapshots: from a day on, or after a snapshot, and up to
        `until` itself.  `id` names a change for good.
        """
        with self._reader.asking(http_profile) as con:
            start = lookup.instant(con, str(given.moment(since)))
            end = lookup.instant(con, str(given.moment(until))) if until is not None else None
            known = [lookup.known_token(con, token) for token in given.names(tokens)]
            found = transitions.changes(con, start, end, known)
        return polars_frames.change_frame(found)

    # Steps

    def sample(
        self, hosts: AnyPath | Iterable[str] | None = None, *, ranks: AnyPath | None = None,
        crawl: str | None = None, name: str | None = None, **options: Unpack[SampleOptions],
    ) -> fill.PanelResult:  # fmt: skip
        """Store the hosts to follow as a panel.

        `hosts` are exactly those: names in Python, or a file of them.  `ranks` is a ranked CSV to
        sample from, or "webgraph" for Common Crawl's; `crawl` is a crawl to sample from.  `size`,
        `seed`, `by_size` (C4_tokens: domains of stored weights by what they hold) and the archive's
        (`mirror`, `contact`, `rate`, `in_flight`, `cache`) are options.
        """
        given.checked("sample", options, SampleOptions, ("hosts", "ranks", "crawl", "name"))
        wanted = given.crawl_sample_of(self.path, crawl or "", name, options)
        left_out = Rejects()
        by_size = options.get("by_size")
        listed = hosts if hosts is None or isinstance(hosts, str | PathLike) else "in Python"
        configuration = {
            "list": listed, "ranks": ranks, "crawl": crawl, "size": wanted.size,
            "seed": wanted.seed, "by_size": by_size,
        }  # fmt: skip
        with self._place() as place:
            if by_size:
                choose = given.chooser_by_size(place.store, by_size, wanted, (hosts, ranks, crawl))
            else:
                choose = given.chooser(hosts, ranks, wanted, Reading(None, left_out.add))
            return fill.sample(place, choose, configuration, left_out)

    def history(
        self, crawls: int | str | Iterable[str] = 6, *, panel: str | None = None,
        **options: Unpack[HistoryOptions],
    ) -> steps.StepResult:  # fmt: skip
        """Collect what Common Crawl's archive has of the panel, and judge it.

        `crawls`: how many of the latest, "latest", "all", or names.  Options: how the archive is
        asked (`mirror`, `contact`, `rate`, `in_flight`, `lookup`, `cache`, `cache_size`) and what
        the step may use (`max_runtime` in minutes, `max_requests`).
        """
        given.checked("history", options, HistoryOptions, ("crawls", "panel"))
        named = str(crawls) if isinstance(crawls, int | str) else ",".join(crawls)
        wanted = given.wanted_of(self.path, named, options)
        configuration = {"mirror": wanted.mirror, "crawls": named, "panel": panel}
        with self._place() as place:
            members = place.store.facts.followed(panel)
            return fill.history(place, wanted, members, configuration, given.budget_of(options))

    def live(
        self, *, contact: str | None, panel: str | None = None, snapshot: str | None = None,
        **options: Unpack[LiveOptions],
    ) -> steps.StepResult:  # fmt: skip
        """Ask the panel's hosts for their robots.txt now, and judge it.

        Options: `concurrency`, `probe_page`, `allow_network`, and what the step may use
        (`max_runtime` in minutes, `max_requests`).
        """
        given.checked("live", options, LiveOptions, ("contact", "panel", "snapshot"))
        with self._place() as place:
            members = place.store.facts.followed(panel)
            asking = Asking(
                contact=contact,
                snapshot=snapshot or snapshot_name(place.store, members, now()),
                pace=Pace(options.get("concurrency", 100)),
                allowed=given.networks(options.get("allow_network", ())),
                probe_page=options.get("probe_page", False),
            )
            configuration = {
                "panel": panel, "snapshot": asking.snapshot,
                "concurrency": asking.pace.concurrency, "probe_page": asking.probe_page,
            }  # fmt: skip
            return fill.live(place, asking, members, configuration, given.budget_of(options))

    def import_(
        self, *paths: AnyPath, every: Every = "month", at: AnyPath | None = None,
        snapshot: str | None = None,
    ) -> steps.StepResult:  # fmt: skip
        """Store captures from files (Parquet, CSV, JSONL or WARC), and judge them.

        `every` and `at` say when a row with first_seen and last_seen was observed.  `snapshot`
        names the one snapshot of all captures; without it they are put into months or weeks.
        """
        files, times = [Path(path) for path in paths], None if at is None else Path(at)
        with self._place() as place:
            return fill.import_(place, files, every, times, snapshot)

    def evaluate(self) -> steps.StepResult:
        """Judge stored files again after rules or registry changed."""
        with self._place() as place:
            return steps.evaluate(place)

    def remove(self, snapshot: str, because: str) -> None:
        """Take out a snapshot that was imported or run by mistake; `restore` brings it back.

        No question and no result shows it any more, and its name is free.  Nothing is deleted.
        """
        with self._place() as place:
            fill.remove(place, snapshot, because)

    def restore(self, snapshot: str) -> None:
        """Bring back the snapshot that was removed last under a name."""
        with self._place() as place:
            fill.restore(place, snapshot)

    def analyze(self, http_profile: Profile = "rfc9309") -> Path:
        """Compute the results and the page; return the page's path.

        What was computed from the same data by the same code is kept.
        """
        with self._place() as place:
            console = Console(file=io.StringIO(), force_jupyter=False)
            return steps.analyze(place, self.results, http_profile, False, console)

    @contextmanager
    def _place(self) -> Iterator[steps.StepContext]:
        """Open the database for a step; questions after it read what the step published."""
        if self._reader.closed:
            raise InputError(f"{self.path}: closed; open it again with crawlblock.open")
        if copy_of(self.path) == self.path:
            raise InputError(f"{self.path}: this is a copy for readers; open the database itself")
        if not self.path.exists():
            raise InputError(f"{self.path}: no database is there; {_MAKE}")
        self._reader.forget()  # a census has no copy on most disks: the step has to open its file
        try:
            with using(self._extra):
                yield steps.StepContext(Store(self.path), self._progress, self._say)
        finally:
            self._reader.forget()
