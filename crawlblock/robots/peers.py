"""How others read robots.txt, and what they call a block, written anew from their descriptions.

A definition says which hosts count and which of them block, on a correct parse; a `Parser` is a
parser with its mistakes, judged by its authors' own definition: so the effect of
each can be seen by itself.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from crawlblock.model import Basis, Restriction
from crawlblock.outcome import Outcome
from crawlblock.robots.judge import STAR, Finding, Judge

_BOM = b"\xef\xbb\xbf"
_RULE = re.compile(rb"^[ \t]*(?:dis)?allow[ \t]*:", re.IGNORECASE | re.MULTILINE)
_SPACES = re.compile(rb"\s+")
# an answer that cannot be read is a failed request to others
_ANSWERED = frozenset(each for each in Outcome if each.answered) - {Outcome.UNREADABLE_ANSWER}
_ASKED = frozenset(Outcome) - {Outcome.NOT_CAPTURED}


class Rules(NamedTuple):
    """What a parser heard for one agent: patterns in the order they stand in."""

    allow: tuple[bytes, ...]
    disallow: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """What somebody calls a block, and among whom it is counted."""

    name: str
    source: str
    says: str
    among: frozenset[Outcome]  # the denominator
    holds: Callable[[Finding, str], bool]
    with_rules: bool = False  # a robots.txt without any rule is outside of the denominator
    textual: bool = True  # it asks for a spelling, which texts of the same meaning need not share
    by_outcome: frozenset[Outcome] = frozenset()  # outcomes that count as a block by themselves

    def counts(self, outcome: Outcome, body: bytes) -> bool:
        """Tell whether a host with this answer is in the denominator."""
        if outcome is Outcome.OK and self.with_rules:
            return has_rules(body)
        return outcome in self.among

    def blocks(self, body: bytes, token: str) -> bool:
        """Tell whether a robots.txt blocks a crawler in this sense."""
        return self.holds(Judge([token]).find(body, token), token)


@dataclass(frozen=True, slots=True)
class Parser:
    """A parser with its mistakes, and when its authors call what it read a block."""

    name: str
    source: str
    mistake: str
    parse: Callable[[bytes], Mapping[bytes, Rules]]  # by agent as the parser keeps its name
    any_case: bool  # whether a crawler is found under any spelling of its name
    is_block: Callable[[Rules], bool]

    def blocked(self, body: bytes, tokens: Iterable[str]) -> set[str]:
        """Return the crawlers that are blocked as this parser reads it, by name or by `*`."""
        heard = self.parse(body)
        star = heard.get(STAR.encode())
        by_star = star is not None and self.is_block(star)
        blocked = set()
        for token in tokens:
            own = [rules for agent, rules in heard.items() if self._is(agent, token)]
            if any(self.is_block(rules) for rules in own) or (not own and by_star):
                blocked.add(token)
        return blocked

    def _is(self, agent: bytes, token: str) -> bool:
        name = token.encode()
        return agent.lower() == name.lower() if self.any_case else agent == name


def has_rules(body: bytes) -> bool:
    """Tell whether there is any Allow or Disallow line, empty ones included."""
    return _RULE.search(body) is not None


def unambiguous(finding: Finding) -> bool:
    """Tell whether a crawler is blocked by name, at `/`, with no Allow at all in its groups."""
    return (
        finding.verdict.basis is Basis.NAMED
        and finding.verdict.root_allowed is False
        and not any(group.allows for group in finding.groups)
    )


def _heard(finding: Finding) -> Rules:
    """Return the rules of a crawler's groups, named or inherited, as written but for escapes."""
    sides = (tuple(r.pattern for g in finding.groups for r in g.side(a)) for a in (True, False))
    return Rules(*sides)


def _no_path_left(rules: Rules) -> bool:
    """Consent in Crisis, `interpret_agent`: rules that hold a `?` are dropped on both sides."""
    disallow = [pattern for pattern in rules.disallow if b"?" not in pattern]
    return b"/" in disallow and not any(b"?" not in pattern for pattern in rules.allow)


def _nothing_but_root(rules: Rules) -> bool:
    """robotstxt-experiments, `disallow-all`: one Disallow, exactly `/`, and nothing else."""
    return rules == Rules((), (b"/",))


def _refused_by_name(finding: Finding, token: str) -> bool:
    """Liu et al.: Google's parser blocks `/` and every path in the file; the agent is named."""
    verdict = finding.verdict
    return verdict.basis is Basis.NAMED and verdict.restriction is Restriction.FULL


def _named(finding: Finding, token: str) -> bool:
    """Tell whether an agent line is the token as a whole, in any case."""
    return finding.verdict.basis is Basis.NAMED and any(
        value.lower() == token.lower().encode()
        for group in finding.groups
        for value, _ in group.agents
    )


def _named_and_root(finding: Finding, token: str) -> bool:
    """Crawlora: named in a group with `Disallow: /`; Allow lines are not looked at."""
    return _named(finding, token) and b"/" in _heard(finding).disallow


DEFINITIONS = (
    Definition(
        "dpi",
        "dpi",
        "Disallow: / without any Allow, after dropping rules with a ?; inherited from * if unnamed",
        frozenset(
            {Outcome.OK, Outcome.NOT_ROBOTS, Outcome.CHALLENGE}
        ),  # a page is read as rules, and has none
        lambda finding, _: _no_path_left(_heard(finding)),
    ),
    Definition(
        "ccexp",
        "ccexp",
        "the rules are exactly one Disallow: /; inherited from * if unnamed; of hosts with rules",
        frozenset(),
        lambda finding, _: _nothing_but_root(_heard(finding)),
        with_rules=True,
    ),
    Definition(
        "ccexp_http",
        "ccexp",
        "the same, or robots.txt answered by 403, 429 or 5xx (here also 401 and 451, which they "
        "take as open); of these hosts and those whom another 4xx opens",
        frozenset({Outcome.ABSENT, Outcome.REFUSED, Outcome.THROTTLED, Outcome.SERVER_ERROR}),
        lambda finding, _: _nothing_but_root(_heard(finding)),
        with_rules=True,
        by_outcome=frozenset({Outcome.REFUSED, Outcome.THROTTLED, Outcome.SERVER_ERROR}),
    ),
    Definition(
        "imc25",
        "imc25",
        "named, and every path is blocked as Google reads it; a 404 counts as open, other errors "
        "are left out",
        frozenset({Outcome.OK, Outcome.ABSENT}),
        _refused_by_name,
        textual=False,
    ),
    Definition(
        "httparchive",
        "httparchive",
        "named at all, whatever the rules; of all sites that answered",
        _ANSWERED,
        _named,
        textual=False,
    ),
    Definition(
        "crawlora",
        "crawlora",
        "named in a group with Disallow: /, whatever is allowed beside; of all domains asked",
        _ASKED,
        _named_and_root,
    ),
)


def _dpi_2024(body: bytes) -> dict[bytes, Rules]:
    """Read as Consent in Crisis did for its paper: an agent line replaces the one before.

    Keys and names are matched in their exact case, a comment line ends a group, comments after a
    rule stay part of it.  Blank lines were lost before parsing.
    """
    heard = _Heard()
    for line in map(bytes.strip, body.removeprefix(_BOM).splitlines()):
        if line.startswith(b"User-agent:"):
            heard.listen([line.partition(b":")[2].strip()])
        elif line.startswith((b"Allow:", b"Disallow:")):
            heard.add(line.startswith(b"A"), line.partition(b":")[2].strip())
        elif line.startswith(b"#"):
            heard.listen([])
    return heard.rules()


def _dpi_2025(body: bytes) -> dict[bytes, Rules]:
    """Read as its repository does since 2025-03-21; names are kept in lower case."""
    heard = _Heard()
    rule_seen = False  # the mistake: it is never set back, so that stacks after a rule are lost
    for raw in body.removeprefix(_BOM).splitlines():
        key, _, value = raw.partition(b"#")[0].strip().partition(b":")
        key, value = key.lower(), value.strip()
        if key == b"user-agent":
            heard.listen([value.lower()], keep=not rule_seen)
        elif key in (b"allow", b"disallow"):
            rule_seen = True
            heard.add(key == b"allow", value)
    return heard.rules()


def _ccexp(body: bytes) -> dict[bytes, Rules]:
    """Read as robotstxt-experiments does: lines end at LF, an agent without rules is unheard of."""
    heard = _Heard(silent=False)
    rule_seen = False  # the same mistake
    for raw in body.removeprefix(_BOM).split(b"\n"):
        key, colon, value = raw.partition(b":")
        key = key.strip().lower()
        value = _SPACES.sub(b" ", value.partition(b"#")[0].partition(b"\r")[0].strip())
        if key == b"user-agent" and colon:
            heard.listen([value], keep=not rule_seen)
        elif key in (b"allow", b"disallow") and colon:
            rule_seen = True
            heard.add(key == b"allow", value)
    return heard.rules()


class _Heard:
    """Collects rules for the agents listened to."""

    def __init__(self, silent: bool = True) -> None:
        """Begin; `silent` keeps agents that never got a rule."""
        self._silent = silent
        self._agents: list[bytes] = []
        self._rules: dict[bytes, tuple[list[bytes], list[bytes]]] = {}

    def listen(self, agents: list[bytes], keep: bool = False) -> None:
        """Turn to other agents, or to some more."""
        self._agents = [*self._agents, *agents] if keep else agents
        if self._silent:
            for agent in agents:
                self._rules.setdefault(agent, ([], []))

    def add(self, allow: bool, pattern: bytes) -> None:
        """Give a rule to the agents listened to, once each."""
        for agent in dict.fromkeys(self._agents):
            self._rules.setdefault(agent, ([], []))[not allow].append(pattern)

    def rules(self) -> dict[bytes, Rules]:
        """Return what was heard."""
        return {agent: Rules(tuple(a), tuple(d)) for agent, (a, d) in self._rules.items()}


PARSERS = (
    Parser(
        "dpi_2024",
        "dpi",
        "only the last of stacked agents is heard; keys and names in exact case; comments end a "
        "group (Data-Provenance-Collection at 257a063, 2024-05-01)",
        _dpi_2024,
        any_case=False,
        is_block=_no_path_left,
    ),
    Parser(
        "dpi_2025",
        "dpi",
        "after the file's first rule only the last of stacked agents is heard "
        "(Data-Provenance-Collection since 2025-03-21)",
        _dpi_2025,
        any_case=True,
        is_block=_no_path_left,
    ),
    Parser(
        "ccexp",
        "ccexp",
        "after the file's first rule only the last of stacked agents is heard; a repeated rule "
        "is no block (robotstxt_statistics.py)",
        _ccexp,
        any_case=True,
        is_block=_nothing_but_root,
    ),
)
