"""What a block says, apart from its layout: equal rule sets at unrelated hosts come out equal.

Groups of one author with the same rules count as one group, so that a text with one group for each
agent and one that stacks its agents are the same ruleset.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import NamedTuple

from crawlblock.robots.parser import Group, Lines, parse
from crawlblock.robots.sniff import is_robots

STAR = b"*"
_SHORT = 200  # bytes; a longer agent or rule is no chance
_EXAMPLES = 5  # domains kept of a discovered group

Names = frozenset[bytes]  # agents, lower-cased
Rules = frozenset[bytes]  # + or - and the pattern of each Allow or Disallow


class SeenPayload(NamedTuple):
    """A payload at a host."""

    host: str
    domain: str  # registered domain, or the host where it has none
    day: date
    body: bytes
    provider: Callable[[], str | None]  # whose infrastructure answered, as the headers show


@dataclass(frozen=True, slots=True)
class Discovered:
    """A normalised group that blocks / and that hosts share."""

    ruleset: str
    names: Names
    rules: Rules
    hosts: int
    domains: int  # registered ones: a single one has one owner, however many hosts
    since: date  # the first time it was seen
    examples: tuple[str, ...]  # registered domains
    provider: str | None  # the commonest behind these hosts, if the headers of one show any
    behind: float  # share of the hosts that it is behind


def shared_groups(payloads: Iterable[SeenPayload], least: int) -> list[Discovered]:
    """Return the groups blocking / that at least so many hosts share, widest first.

    Takes payloads in any order.  In memory stays one tally for each distinct blocking group, with
    eight bytes for each host and each domain that has it.
    """
    tallies: dict[str, _Tally] = {}
    known = Lines()
    for seen in payloads:
        if not is_robots(seen.body):
            continue
        blocking = [group for group in parse(seen.body, known) if blocks_root(group)]
        for ruleset, (names, rules) in _normalised(blocking).items():
            tallies.setdefault(ruleset, _Tally(names, rules, seen.day)).add(seen)
    found = [tally.result(key) for key, tally in tallies.items() if len(tally.hosts) >= least]
    return sorted(found, key=lambda group: (-group.domains, -group.hosts, group.ruleset))


def blocks_root(group: Group) -> bool:
    """Tell whether a group holds a Disallow that matches `/`."""
    return any(not rule.allow for rule in group.wide())


def agents_of(groups: Iterable[Group]) -> Names:
    """Return the agents of some groups, lower-cased; `* (all)` is `*`."""
    return frozenset(
        STAR if value[:1] == STAR and not value[1:2].strip() else value.lower()
        for group in groups
        for value, _ in group.agents
    )


def rules_of(groups: Sequence[Group]) -> Rules:
    """Return the distinct rules of some groups."""
    if len(groups) == 1:
        return groups[0].spelled()
    return frozenset(chain.from_iterable(group.spelled() for group in groups))


def digest_of(names: Names, rules: Rules, writer: str = "") -> str:
    """Return the digest of a rule set: 8 bytes of BLAKE2b, in hexadecimal.

    One in a template's lines is another than the same one elsewhere: `writer` is the template.
    """
    text = b"\n".join((*sorted(names), b"", *sorted(rules)))
    if writer:
        text += b"\n\n" + writer.encode()
    return hashlib.blake2b(text, digest_size=8).hexdigest()


def name_of(names: Names, rules: Rules) -> str:
    """Return what a rule set of no template is known by: its short name or its digest."""
    return short_name(names, rules) or digest_of(names, rules)


def short_name(names: Names, rules: Rules) -> str | None:
    """Return the name of a rule set of one agent and one rule; None of a larger or longer one.

    Such a rule set is alike at many hosts by chance.  Its name is the two with a space between
    them, `gptbot -/`, which no digest has.
    """
    if len(names) < 2 and len(rules) < 2:
        name = b" ".join((b"".join(names), b"".join(rules)))
        if len(name) <= _SHORT:
            return name.decode("utf-8", "backslashreplace")
    return None


def name_of_text(body: bytes, lines: Lines | None = None) -> str:
    """Return what all rules of a text are known by, blocking or not, as `name_of` does."""
    found = _normalised(parse(body, lines))
    if len(found) < 2:
        return next((name_of(*each) for each in found.values()), name_of(frozenset(), frozenset()))
    return hashlib.blake2b("\n".join(sorted(found)).encode(), digest_size=8).hexdigest()


def _normalised(groups: Sequence[Group]) -> dict[str, tuple[frozenset[bytes], Rules]]:
    """Return groups by digest, those with the same rules as one."""
    made: dict[tuple[bool, Rules], frozenset[bytes]] = {}
    for group in groups:
        names, rules = agents_of((group,)), rules_of((group,))
        key = STAR in names, rules
        made[key] = made.get(key, frozenset()) | names
    return {digest_of(names, rules): (names, rules) for (_, rules), names in made.items()}


class _Tally:
    """What is kept of a group while payloads go by."""

    __slots__ = ("domains", "examples", "hosts", "names", "providers", "rules", "since")

    def __init__(self, names: Names, rules: Rules, since: date) -> None:
        self.names = names
        self.rules = rules
        self.since = since
        self.hosts: set[bytes] = set()
        self.domains: set[bytes] = set()
        self.providers: Counter[str] = Counter()
        self.examples: list[str] = []

    def add(self, seen: SeenPayload) -> None:
        """Count a host and its domain once."""
        self.since = min(self.since, seen.day)
        if _is_new(self.hosts, seen.host) and (provider := seen.provider()):
            self.providers[provider] += 1
        if _is_new(self.domains, seen.domain) and len(self.examples) < _EXAMPLES:
            self.examples.append(seen.domain)

    def result(self, ruleset: str) -> Discovered:
        """Return the tally as a record."""
        provider = max(self.providers, key=lambda name: (self.providers[name], name), default=None)
        return Discovered(
            ruleset=ruleset, names=self.names, rules=self.rules, hosts=len(self.hosts),
            domains=len(self.domains), since=self.since, examples=tuple(self.examples),
            provider=provider,
            behind=self.providers[provider] / len(self.hosts) if provider else 0.0,
        )  # fmt: skip


def _is_new(keys: set[bytes], name: str) -> bool:
    """Add a name to a set of short digests; tell whether it was not there."""
    key = hashlib.blake2b(name.encode(), digest_size=8).digest()
    if key in keys:
        return False
    keys.add(key)
    return True
