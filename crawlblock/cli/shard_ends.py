"""What became of the shards of a scan, counted for the terminal."""

from crawlblock.captures.record_counts import TypeCount
from crawlblock.cli.output import say
from crawlblock.cli.record_counts import said_of, summed
from crawlblock.executor import Failed
from crawlblock.scan.shard import Done

SHOWN = 10  # lines of what could not be read


class ShardEnds:
    """What became of the shards so far, in as much memory as is shown in the end."""

    def __init__(self, of: int) -> None:
        """Take how many shards there are."""
        self.of = of
        self.ended = self._skipped = self._captures = self._failed = self._faults = 0
        self._damaged = 0
        self.records: list[TypeCount] = []  # of all shards, by type
        self._lines: list[str] = []

    @property
    def wrong(self) -> bool:
        """Tell whether a shard, or a place in one, could not be read."""
        return bool(self._failed or self._faults)

    def add(self, ended: Done | Failed) -> None:
        """Count a shard."""
        self.ended += 1
        if isinstance(ended, Failed):
            self._failed += 1
            lines = [f"{ended.task} failed: {ended.reason}"]
        else:
            self._skipped += ended.skipped
            self._captures += ended.captures
            self._faults += len(ended.faults)
            self._damaged += ended.damaged
            self.records = summed([*self.records, *ended.records])
            lines = [f"{each.file} at {each.offset}: {each.reason}" for each in ended.faults]
        self._lines += lines[: SHOWN - len(self._lines)]

    def say(self) -> None:
        """Say it at the terminal."""
        whole = self.ended - self._failed
        say(f"{whole} shards, {self._skipped} of them there already: {self._captures} captures")
        if self.records:
            say(said_of(self.records))
        for line in self._lines:
            say(line)
        if (more := self._failed + self._faults - len(self._lines)) > 0:
            say(f"... and {more} more that could not be read")
        if self._failed:
            say(f"{self._failed} shards failed; run the same command again to try them again")
        if self._damaged:
            say(f"{self._damaged} captures are damaged: their payload cannot be read or trusted")
