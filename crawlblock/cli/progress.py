"""Progress on stderr, with rate and remaining time, of what takes longer than two seconds."""

import threading
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

PATIENCE = 2.0  # s, before anything is shown


class _Rate(ProgressColumn):
    """What is done a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.{0 if speed >= 10 else 1}f}/s")


class Delayed:
    """Bars that appear once a block has taken longer than two seconds (context manager)."""

    def __init__(self, console: Console, patience: float = PATIENCE) -> None:
        """Take the console, which is a terminal, and the seconds to wait."""
        columns = (
            TextColumn("{task.description}"), BarColumn(bar_width=20), MofNCompleteColumn(),
            _Rate(), TimeRemainingColumn(),
        )  # fmt: skip
        self._bar = Progress(*columns, console=console, transient=True, redirect_stdout=False)
        self._tasks: dict[str, TaskID] = {}
        self._timer = threading.Timer(patience, self._bar.start)
        self._timer.daemon = True

    def show(self, what: str, done: int, total: int) -> None:
        """Say that so many of `total` are done; 0 of 0: at work on what cannot be counted."""
        known = total or None
        if what not in self._tasks:
            self._tasks[what] = self._bar.add_task(what, total=known)
        self._bar.update(self._tasks[what], completed=done, total=known)

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        self._timer.join()
        if self._bar.live.is_started:  # else older versions would end in an empty line
            self._bar.stop()
