"""Whose text is this: the template whose lines hold the line that decided, or the site's own.

A template is known by marks (comment lines, compared whole), by groups that many unrelated sites
share word for word, or by the versions of a published list of agents.  A marker that is quoted,
commented out or never closed counts for nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from crawlblock.model import Basis, Restriction
from crawlblock.robots.judge import STAR, Finding
from crawlblock.robots.markers import Mark, Marks, Span, around
from crawlblock.robots.parser import Group, Lines, parse
from crawlblock.robots.rulesets import Names, Rules, agents_of, digest_of, refuses_root, rules_of

OWN, WILDCARD = "own", "wildcard"  # authors that are no template

_WHOLLY = (Restriction.FULL, Restriction.ALL_BUT)
_MEMO = 20_000  # lists; strangers write them
_LIST_LEAST = 8  # agents; shorter lists are alike by chance


@dataclass(frozen=True, slots=True)
class SharedGroup:
    """A group that a template writes word for word."""

    agents: tuple[str, ...]
    rules: tuple[str, ...]  # Disallow: /path


@dataclass(frozen=True, slots=True)
class ListVersion:
    """The agents on a published list from a day on, lower-cased."""

    date: date
    agents: frozenset[str]


@dataclass(frozen=True, slots=True)
class Template:
    """A text shared by many unrelated hosts, and how it is known."""

    id: str
    title: str
    vendor: str
    kind: str  # cdn | site_builder | cms | hosting | plugin | ad_network | list | platform
    act: str  # default (without the owner's act) | switch (the owner flips one) | copied
    evidence: str  # where and how often it was seen, what tells its act
    source: str | None = None  # where the vendor or somebody else documents it
    marks: tuple[Mark, ...] = ()
    groups: tuple[SharedGroup, ...] = ()
    versions: tuple[ListVersion, ...] = ()
    likeness: float = 1.0  # Jaccard similarity from which a list counts as a copy
    blocks: frozenset[str] | None = None  # names it blocks, lower case; None: any


@dataclass(frozen=True, slots=True)
class Authorship:
    """Who wrote a block, and the normalised text that made it."""

    author: str | None  # template, `own` or `wildcard`; None: nobody wrote a block
    ruleset: str | None  # digest where / is blocked: equal for equal texts at unrelated hosts


_NOTHING = Authorship(None, None)


class Authors:
    """Tells who wrote what a payload blocks; it remembers lines and lists met, within bounds."""

    def __init__(self, templates: Iterable[Template]) -> None:
        """Take the known templates; their order settles nothing."""
        self._templates = {template.id: template for template in templates}
        known = self._templates.values()
        self._marks = Marks((template.id, mark) for template in known for mark in template.marks)
        self._groups = {
            _digest(group): template.id for template in known for group in template.groups
        }
        self._lists = tuple(template for template in known if template.versions)
        self._copies: dict[Names, str | None] = {}
        self._lines = Lines()

    def marked(self, body: bytes) -> bool:
        """Tell cheaply whether a template's mark may stand in a payload; never misses one."""
        return self._marks.marked(body)

    def templates_in(self, body: bytes) -> tuple[str, ...]:
        """Return the templates whose marks stand in a payload, in the order of their first line."""
        return tuple(dict.fromkeys(span.template for span in sorted(self._marks.spans(body))))

    def of(self, body: bytes, findings: Mapping[str, Finding]) -> dict[str, Authorship]:
        """Return for each product token who wrote its block, as `Judge.findings` found it."""
        text = _Text(body, self._marks.spans(body), self._lines)
        judged: dict[int, tuple[tuple[str, ...], Authorship]] = {}
        made: dict[str, Authorship] = {}
        for token, finding in findings.items():
            known = judged.get(id(finding))
            if known is None:
                known = judged[id(finding)] = self._judge(text, finding)
            owners, otherwise = known
            made[token] = self._choose(owners, otherwise, token, finding) if owners else otherwise
        return made

    def list_version(self, agents: Iterable[str]) -> tuple[str, date, float] | None:
        """Return the published list most like some agents: template, date, Jaccard similarity."""
        names = frozenset(agent.lower() for agent in agents)
        alike = [
            (len(names & version.agents) / len(names | version.agents), version.date, template.id)
            for template in self._lists
            for version in template.versions
            if names
        ]
        likeness, day, found = max(alike, default=(0.0, date.min, ""))
        return (found, day, likeness) if likeness else None

    def _judge(self, text: "_Text", finding: Finding) -> tuple[tuple[str, ...], Authorship]:
        """Return the templates around the deciding line, innermost first, and what is else true."""
        wildcard = finding.verdict.basis is Basis.WILDCARD
        author = WILDCARD if wildcard else OWN
        if not _is_refusal(finding):
            if finding.verdict.restriction is not Restriction.PARTIAL:
                return (), _NOTHING
            return text.around(_agent_line, finding), Authorship(author, None)
        ruleset = digest_of(*text.merged(finding))
        known = self._groups.get(ruleset)
        if known is None and not wildcard:
            known = self._copied(agents_of(finding.groups))
        owners = text.around(_rule_line, finding)
        return owners, Authorship(known or author, ruleset)

    def _choose(
        self, owners: tuple[str, ...], otherwise: Authorship, token: str, finding: Finding
    ) -> Authorship:
        """Return the innermost template that may have written this, else what else is true."""
        name = (finding.verdict.matched_token(token) or STAR).lower()
        for owner in owners:
            blocks = self._templates[owner].blocks
            if otherwise.ruleset is None or blocks is None or name in blocks:
                return Authorship(owner, otherwise.ruleset)
        return otherwise

    def _copied(self, names: Names) -> str | None:
        """Return the published list that some agents were copied from."""
        if len(names) < _LIST_LEAST:
            return None
        if names not in self._copies:
            if len(self._copies) >= _MEMO:
                self._copies.clear()
            near = self.list_version(name.decode("utf-8", "replace") for name in names)
            alike = near is not None and near[2] >= self._templates[near[0]].likeness
            self._copies[names] = near[0] if near and alike else None
        return self._copies[names]


class _Text:
    """One payload while its verdicts are asked for; what blocks / in it is read once."""

    def __init__(self, body: bytes, spans: Sequence[Span], lines: Lines) -> None:
        self._body = body
        self._spans = spans
        self._lines = lines
        self._alike: dict[_Place, Names] | None = None

    def around(self, line: Callable[[bytes, Finding], int], finding: Finding) -> tuple[str, ...]:
        """Return the templates around a line, which is looked for only where marks stand."""
        return around(self._spans, line(self._body, finding)) if self._spans else ()

    def merged(self, finding: Finding) -> tuple[Names, Rules]:
        """Return the agents and rules of the deciding groups, with their likes by one author."""
        if self._alike is None:
            self._alike = {}
            for group in parse(self._body, self._lines):
                if refuses_root(group):
                    place = self._place((group,))
                    self._alike[place] = self._alike.get(place, frozenset()) | agents_of((group,))
        place = self._place(finding.groups)
        return agents_of(finding.groups) | self._alike.get(place, frozenset()), place[0]

    def _place(self, groups: Sequence[Group]) -> "_Place":
        """Return what groups share that count as one: rules, the wildcard or not, the author."""
        star = any(value[:1] == b"*" for group in groups for value, _ in group.agents)
        return rules_of(groups), star, around(self._spans, groups[0].agents[0][1])[:1]


_Place = tuple[Rules, bool, tuple[str, ...]]


def _is_refusal(finding: Finding) -> bool:
    return finding.verdict.root_allowed is False or finding.verdict.restriction in _WHOLLY


def _rule_line(body: bytes, finding: Finding) -> int:
    return finding.line(body) or 0


def _agent_line(_: bytes, finding: Finding) -> int:
    """Return the first agent line of the group whose rule decided."""
    rule = finding.rule
    lines = (group.agents[0][1] for group in finding.groups if rule in group.rules())
    return next(lines, 0)


def _digest(group: SharedGroup) -> str:
    """Return the digest by which a template's group is known."""
    text = "\n".join(("User-agent: *", *group.rules)).encode()
    return digest_of(
        frozenset(agent.lower().encode() for agent in group.agents), rules_of(parse(text))
    )
