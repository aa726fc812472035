"""What a block says, apart from its layout: equal rule sets at unrelated hosts come out equal.

Groups of one author with the same rules count as one group, so that a text with one group for each
agent and one that stacks its agents are the same ruleset.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from crawlblock.robots.parser import Group, Lines, parse
from crawlblock.robots.sniff import is_robots

STAR = b"*"
_EXAMPLES = 5  # domains kept of a discovered group

Names = frozenset[bytes]  # agents, lower-cased
Rules = frozenset[bytes]  # + or - and the pattern of each Allow or Disallow


@dataclass(frozen=True, slots=True)
class Discovered:
    """A normalised group that blocks / and that unrelated domains share."""

    ruleset: str
    agents: tuple[str, ...]
    rules: int  # distinct ones
    domains: int
    since: date  # the first time it was seen
    examples: tuple[str, ...]  # registered domains


def shared_groups(payloads: Iterable[tuple[str, date, bytes]], least: int) -> list[Discovered]:
    """Return the groups blocking / that at least so many registered domains share, widest first.

    Takes (registered domain, day, body) in any order.  In memory stays one tally for each distinct
    blocking group, with eight bytes for each domain that has it.
    """
    tallies: dict[str, _Tally] = {}
    known = Lines()
    for domain, day, body in payloads:
        if not is_robots(body):
            continue
        refusing = [group for group in parse(body, known) if refuses_root(group)]
        for ruleset, (names, rules) in _normalised(refusing).items():
            tally = tallies.setdefault(ruleset, _Tally(names, len(rules), day))
            tally.add(domain, day)
    found = [tally.result(key) for key, tally in tallies.items() if len(tally.domains) >= least]
    return sorted(found, key=lambda group: (-group.domains, group.ruleset))


def refuses_root(group: Group) -> bool:
    """Tell whether a group holds a Disallow that matches `/`."""
    return any(not rule.allow for rule in group.wide())


def agents_of(groups: Iterable[Group]) -> Names:
    """Return the agents of some groups, lower-cased; `* (all)` is `*`."""
    return frozenset(
        STAR if value[:1] == STAR and not value[1:2].strip() else value.lower()
        for group in groups
        for value, _ in group.agents
    )


def rules_of(groups: Iterable[Group]) -> Rules:
    """Return the distinct rules of some groups."""
    return frozenset(
        b"-+"[rule.allow : rule.allow + 1] + rule.pattern
        for group in groups
        for rule in group.rules()
    )


def digest_of(names: Names, rules: Rules, writer: str = "") -> str:
    """Return the digest of a rule set: 8 bytes of BLAKE2b, in hexadecimal.

    One in a template's lines is another than the same one elsewhere: `writer` is the template.
    """
    text = b"\n".join((*sorted(names), b"", *sorted(rules)))
    if writer:
        text += b"\n\n" + writer.encode()
    return hashlib.blake2b(text, digest_size=8).hexdigest()


def _normalised(groups: Sequence[Group]) -> dict[str, tuple[frozenset[bytes], Rules]]:
    """Return blocking groups by digest, those with the same rules as one."""
    made: dict[tuple[bool, Rules], frozenset[bytes]] = {}
    for group in groups:
        names, rules = agents_of((group,)), rules_of((group,))
        key = STAR in names, rules
        made[key] = made.get(key, frozenset()) | names
    return {digest_of(names, rules): (names, rules) for (_, rules), names in made.items()}


class _Tally:
    """What is kept of a group while payloads go by."""

    __slots__ = ("domains", "examples", "names", "rules", "since")

    def __init__(self, names: frozenset[bytes], rules: int, since: date) -> None:
        self.names = b"\n".join(sorted(names))
        self.rules = rules
        self.since = since
        self.domains: set[bytes] = set()
        self.examples: list[str] = []

    def add(self, domain: str, day: date) -> None:
        """Count a domain once."""
        self.since = min(self.since, day)
        key = hashlib.blake2b(domain.encode(), digest_size=8).digest()
        if key not in self.domains:
            self.domains.add(key)
            if len(self.examples) < _EXAMPLES:
                self.examples.append(domain)

    def result(self, ruleset: str) -> Discovered:
        """Return the tally as a record."""
        agents = tuple(self.names.decode("utf-8", "replace").split("\n"))
        examples = tuple(self.examples)
        return Discovered(ruleset, agents, self.rules, len(self.domains), self.since, examples)
