"""A payload while we ask who wrote its blocks: its rule sets, apart from its layout.

Groups with the same rules by the same template count as one rule set.
"""

from collections.abc import Callable, Sequence

from crawlblock.robots.judge import Finding
from crawlblock.robots.markers import Span, around
from crawlblock.robots.parser import Group, Lines, parse
from crawlblock.robots.rulesets import STAR, Names, Rules, agents_of, blocks_root, rules_of

_Place = tuple[Rules, bool, str | None]  # rules, whether for `*`, the template that wrote them
_Writes = Callable[[str, str], bool]  # whether a template itself may block a name


class Written:
    """One payload with the lines that templates wrote; what blocks / in it is read once."""

    def __init__(self, body: bytes, spans: Sequence[Span], lines: Lines, writes: _Writes) -> None:
        """Take the payload and its spans, the shortest first."""
        self._body = body
        self._spans = spans
        self._lines = lines
        self._writes = writes
        self._together: dict[_Place, set[bytes]] | None = None
        self._holders: dict[int, tuple[str, ...]] = {}  # around the deciding line of a finding

    def writer(self, finding: Finding, name: str) -> str | None:
        """Return the innermost template around the line that decided that blocks such a name."""
        if not self._spans:
            return None
        if id(finding) not in self._holders:
            self._holders[id(finding)] = around(self._spans, finding.line(self._body) or 0)
        return self._first(self._holders[id(finding)], name)

    def holder(self, finding: Finding) -> str | None:
        """Return the innermost template around the group whose rule decided."""
        if not self._spans:
            return None
        rule = finding.rule
        lines = (group.agents[0][1] for group in finding.groups if rule in group.rules())
        return next(iter(around(self._spans, next(lines, 0))), None)

    def ruleset(self, finding: Finding, writer: str | None) -> tuple[Names, Rules]:
        """Return the agents and rules of the groups that block /, and their likes by one writer."""
        if self._together is None:
            self._together = {}
            for group in parse(self._body, self._lines):
                if blocks_root(group):
                    self._add(self._together, group)
        groups = [group for group in finding.groups if blocks_root(group)] or finding.groups
        rules, names = rules_of(groups), agents_of(groups)
        own = self._names_by(writer, groups)
        likes = self._together.get((rules, STAR in names, writer), ())
        return own.union(likes) or names, rules

    def _add(self, together: dict[_Place, set[bytes]], group: Group) -> None:
        names = agents_of((group,))
        rules, star = rules_of((group,)), STAR in names
        for writer in {self._writer_of(group, name) for name in names} if self._spans else (None,):
            place = rules, star, writer
            together.setdefault(place, set()).update(self._names_by(writer, (group,)))

    def _names_by(self, writer: str | None, groups: Sequence[Group]) -> Names:
        """Return the agents of some groups whose block one template wrote, or none did."""
        if not self._spans and writer is None:
            return agents_of(groups)
        return frozenset(
            name
            for group in groups
            for name in agents_of((group,))
            if self._writer_of(group, name) == writer
        )

    def _writer_of(self, group: Group, name: bytes) -> str | None:
        if not self._spans:
            return None
        holders = around(self._spans, group.agents[-1][1])
        return self._first(holders, name.decode("utf-8", "replace"))

    def _first(self, holders: Sequence[str], name: str) -> str | None:
        return next((holder for holder in holders if self._writes(holder, name)), None)
