"""Whose text is this: the template that wrote the rule set that decided, or the site's own.

A template is known by marks (lines that it writes, compared whole), by groups that many sites share
word for word, or by the versions of a published list of agents.  A marker that is quoted, commented
out or never closed counts for nothing.  One rule set has one author: its digest names the template
whose mark holds it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from crawlblock.model import Basis, Restriction
from crawlblock.robots.judge import Finding
from crawlblock.robots.markers import Mark, Marks
from crawlblock.robots.parser import Lines, parse
from crawlblock.robots.published_lists import ListVersion, PublishedList, unversioned
from crawlblock.robots.rulesets import STAR, Names, Rules, digest_of, rules_of, short_name
from crawlblock.robots.written import Written

OWN, WILDCARD = "own", "wildcard"  # authors that are no template

_WHOLLY = (Restriction.FULL, Restriction.ALL_BUT)


@dataclass(frozen=True, slots=True)
class SharedGroup:
    """A group that a template writes word for word."""

    agents: tuple[str, ...]
    rules: tuple[str, ...]  # Disallow: /path


@dataclass(frozen=True, slots=True)
class Template:
    """A text shared by many hosts, and how it is known."""

    id: str
    title: str
    vendor: str
    kind: str  # cdn | site_builder | cms | hosting | plugin | ad_network | list | platform
    act: str  # default (without the owner's act) | switch (the owner flips one) | copied | group |
    # shared (who writes it is not known)
    evidence: str  # where and how often it was seen, what tells its act
    source: str | None = None  # where the vendor or somebody else documents it
    marks: tuple[Mark, ...] = ()
    groups: tuple[SharedGroup, ...] = ()
    versions: tuple[ListVersion, ...] = ()
    likeness: float = 1.0  # Jaccard similarity from which a list counts as a copy
    blocks: frozenset[str] | None = None  # names it blocks, lower case; None: any


@dataclass(frozen=True, slots=True)
class Authorship:
    """Who wrote a block, and the rule set that it is."""

    author: str | None  # template, `own` or `wildcard`; None: nobody wrote a block
    ruleset: str | None  # its name where / is blocked: equal for equal rule sets at other hosts


_NOTHING = Authorship(None, None)
_Part = tuple[Names, Authorship]


class Authors:
    """Tells who wrote what a payload blocks; it remembers lines and lists met, within bounds."""

    def __init__(self, templates: Iterable[Template], lines: Lines | None = None) -> None:
        """Take the known templates, whose order settles nothing; `lines` may be shared."""
        self._templates = {template.id: template for template in templates}
        known = self._templates.values()
        self._marks = Marks((template.id, mark) for template in known for mark in template.marks)
        self._groups = {
            _digest(group): template.id for template in known for group in template.groups
        }
        self._lists = {
            template.id: PublishedList(template.versions, template.likeness)
            for template in known
            if template.versions
        }
        self._lines = Lines() if lines is None else lines

    def templates_in(self, body: bytes) -> tuple[str, ...]:
        """Return the templates whose marks stand in a payload, in the order of their first line."""
        return tuple(dict.fromkeys(span.template for span in sorted(self._marks.spans(body))))

    def of(self, body: bytes, findings: Mapping[str, Finding]) -> dict[str, Authorship]:
        """Return for each product token who wrote its block, as `Judge.findings` found it."""
        text = Written(body, self._marks.spans(body), self._lines, self._writes)
        judged: dict[tuple[int, str | None], tuple[_Part, ...]] = {}
        alike: dict[
            tuple[Names, Rules, str | None], tuple[_Part, ...]
        ] = {}  # of groups that are alike
        open_ones: dict[int, Authorship] = {}
        made: dict[str, Authorship] = {}
        for token, finding in findings.items():
            if not _is_block(finding):
                if id(finding) not in open_ones:
                    open_ones[id(finding)] = self._partial(text, finding)
                made[token] = open_ones[id(finding)]
                continue
            name = finding.verdict.matched_token(token) or STAR.decode()
            writer = text.writer(finding, name)
            key = id(finding), writer
            if key not in judged:
                ruleset = *text.ruleset(finding, writer), writer
                judged[key] = alike[ruleset] = alike.get(ruleset) or self._parts(*ruleset)
            made[token] = _part_of(judged[key], name.lower().encode())
        return made

    def list_version(self, agents: Iterable[str]) -> tuple[str, date, float] | None:
        """Return the published list most like some agents: template, date, Jaccard similarity."""
        names = frozenset(agent.lower().encode() for agent in agents)
        alike = [(*known.nearest(names), name) for name, known in self._lists.items()]
        likeness, day, found = max(alike, default=(0.0, date.min, ""))
        return (found, day, likeness) if likeness else None

    def _writes(self, template: str, name: str) -> bool:
        """Tell whether a template itself may block a name."""
        blocks = self._templates[template].blocks
        lowered = name.lower()
        return blocks is None or lowered in blocks or lowered.partition("/")[0].rstrip() in blocks

    def _partial(self, text: Written, finding: Finding) -> Authorship:
        """Return who wrote rules that do not block /."""
        if finding.verdict.restriction is not Restriction.PARTIAL:
            return _NOTHING
        author = WILDCARD if finding.verdict.basis is Basis.WILDCARD else OWN
        return Authorship(text.holder(finding) or author, None)

    def _parts(self, names: Names, rules: Rules, writer: str | None) -> tuple[_Part, ...]:
        """Return the rule sets that some agents with the same rules are, each with its author.

        Agents that were copied from a list are one rule set, the others beside them another.
        """
        digest = digest_of(names, rules)
        if writer is not None:
            if self._groups.get(digest) != writer:
                digest = digest_of(names, rules, writer)
            return ((names, Authorship(writer, digest)),)
        author, part = self._author(names, digest)
        if part == names:
            return ((names, _authorship(author, names, rules, digest)),)
        return tuple((each, self._unmarked(each, rules)) for each in (part, names - part))

    def _unmarked(self, names: Names, rules: Rules) -> Authorship:
        """Return the authorship of a rule set that is in no template's lines, as a whole."""
        digest = digest_of(names, rules)
        return _authorship(self._author(names, digest)[0], names, rules, digest)

    def _author(self, names: Names, digest: str) -> tuple[str, Names]:
        """Return the author of a rule set that is in no template's lines, and the agents it wrote.

        Only of a rule set that was copied from a list in part are those not all.
        """
        known = self._groups.get(digest)
        if known is not None:
            return known, names
        if STAR in names:
            return WILDCARD, names
        name, copied = self._copied(names)
        return (name, copied) if copied else (OWN, names)

    def _copied(self, names: Names) -> tuple[str, Names]:
        """Return the list that most of some agents were copied from, and these; mostly none."""
        found = ((name, known.copied(names)) for name, known in self._lists.items())
        return max(found, key=lambda one: len(one[1]), default=("", frozenset()))


def _authorship(author: str, names: Names, rules: Rules, digest: str) -> Authorship:
    short = short_name(names, rules) if author in (OWN, WILDCARD) else None
    return Authorship(author, short or digest)


def _is_block(finding: Finding) -> bool:
    return finding.verdict.root_allowed is False or finding.verdict.restriction in _WHOLLY


def _part_of(parts: tuple[_Part, ...], name: bytes) -> Authorship:
    """Return the authorship of the rule set that holds a name; the last has what is left."""
    if len(parts) == 1:
        return parts[0][1]
    holds = (found for names, found in parts if name in names or name in unversioned(names))
    return next(holds, parts[-1][1])


def _digest(group: SharedGroup) -> str:
    """Return the digest by which a template's group is known."""
    text = "\n".join(("User-agent: *", *group.rules)).encode()
    return digest_of(
        frozenset(agent.lower().encode() for agent in group.agents), rules_of(parse(text))
    )
