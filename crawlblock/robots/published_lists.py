"""Published lists of agents, and which agents of a rule set were copied from one.

A site may write its copy as one group or as a group per agent, and may block other crawlers beside
it: names that the list never had tell nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from crawlblock.robots.rulesets import Names

_MEMO = 20_000  # lists; strangers write them
ENOUGH_NAMES = 8  # shorter lists are alike by chance
_LONG = 30  # agents of a version that nobody names all but by copying it
_NEARLY_ALL = 0.9  # of a long version: sites copy it and then add to their copy


@dataclass(frozen=True, slots=True)
class ListVersion:
    """The agents on a published list from a day on, lower-cased."""

    date: date
    agents: frozenset[str]


class PublishedList:
    """A published list with all its versions; it remembers what it was compared with."""

    def __init__(self, versions: Iterable[ListVersion], likeness: float) -> None:
        """Take the versions, and the Jaccard similarity from which agents count as a copy."""
        self._versions = tuple(versions)
        self._sets = tuple(
            unversioned(frozenset(name.encode() for name in version.agents))
            for version in self._versions
        )
        self._ever: Names = frozenset().union(*self._sets)
        self._likeness = likeness
        self._copies: dict[Names, bool] = {}

    def copied(self, names: Names) -> Names:
        """Return those of some agents that were copied from the list: mostly none."""
        if len(names) < ENOUGH_NAMES:
            return frozenset()
        versioned = {n for n in names - self._ever if b"/" in n and _unversioned(n) in self._ever}
        part = names & self._ever | versioned
        if len(part) < ENOUGH_NAMES:
            return frozenset()
        if part not in self._copies:
            if len(self._copies) >= _MEMO:
                self._copies.clear()
            alike = self.nearest(part)[0] >= self._likeness
            self._copies[part] = alike or self._holds_one(unversioned(part))
        return part if self._copies[part] else frozenset()

    def _holds_one(self, names: Names) -> bool:
        """Tell whether some agents hold nearly all of a long version."""
        return any(
            len(names & known) >= _NEARLY_ALL * len(known)
            for known in self._sets
            if len(known) >= _LONG
        )

    def nearest(self, names: Names) -> tuple[float, date]:
        """Return the Jaccard similarity to the version most like some agents, and its day."""
        if not names:
            return 0.0, date.min
        plain = unversioned(names)
        return max(
            (len(plain & known) / len(plain | known), version.date)
            for known, version in zip(self._sets, self._versions, strict=True)
        )


def unversioned(names: Names) -> Names:
    """Return names without their versions, which copies of a list write or leave out."""
    return frozenset(map(_unversioned, names))


def _unversioned(name: bytes) -> bytes:
    return name.partition(b"/")[0].strip() or name
