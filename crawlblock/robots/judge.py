"""A payload judged for all crawlers at once: groups are judged, crawlers look theirs up."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from crawlblock.model import Basis, Obeyed, Restriction, Verdict
from crawlblock.robots.line import Rule, escape
from crawlblock.robots.matcher import EFFORT, Effort, Match, decide, winner
from crawlblock.robots.parser import Group, Lines, line_of, parse
from crawlblock.robots.sniff import is_robots

STAR = "*"
_SPACE = b" \t\n\v\f\r"
_MEMO = 20_000  # entries; agent lines come from strangers

Chosen = tuple[tuple[int, ...] | None, str | None]  # groups' numbers and, if not its own, the token


@dataclass(frozen=True, slots=True)
class Policy:
    """What a payload means: a verdict for each crawler."""

    verdicts: Mapping[str, Verdict]
    ambiguous_group: bool  # a crawler's groups are joined over a Crawl-delay or unknown line


class Outline(NamedTuple):
    """A policy in short: verdicts are the same objects wherever they are equal."""

    default: Verdict  # of `*` and of every crawler that is not named
    named: tuple[tuple[Verdict, int], ...]  # the others, as bits: see `Judge.tokens_of`
    ambiguous_group: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict with what decided it, for people."""

    verdict: Verdict
    groups: tuple[Group, ...]
    rule: Rule | None
    ambiguous_group: bool

    def line(self, body: bytes) -> int | None:
        """Return the line of the body that holds the rule that decided."""
        if self.rule is None:
            return None
        group = next(group for group in self.groups if self.rule in group.rules())
        return line_of(body, group, self.rule)


class Judge:
    """Judges payloads for a set of product tokens.

    It remembers keys and agent lines it has met, within bounds, and nothing else.
    """

    def __init__(
        self, tokens: Iterable[str], obeyed: Mapping[str, Obeyed] | None = None,
        lines: Lines | None = None,
    ) -> None:  # fmt: skip
        """Take the product tokens to judge for; `*` is the crawler nobody names.

        `obeyed` tells of crawlers, by token, that obey more than their token and then `*`.
        `lines` may be shared with others who parse the same payloads.
        """
        self.tokens = tuple(tokens)
        named = [token for token in self.tokens if token != STAR]
        known = obeyed or {}
        self._obeyed = {token: known[token] for token in named if token in known}
        further = [token for each in self._obeyed.values() for token in each.tokens]
        self._bound = Bindings([*named, *further])
        self._lines = Lines() if lines is None else lines
        self._bits = {token: 1 << n for n, token in enumerate(named)}

    def policy(self, body: bytes) -> Policy:
        """Return the verdict of every crawler on a payload; never raises, whatever the bytes."""
        outline = self.outline(body)
        verdicts = dict.fromkeys(self.tokens, outline.default)
        for own, bits in outline.named:
            verdicts.update(dict.fromkeys(self.tokens_of(bits), own))
        return Policy(verdicts, outline.ambiguous_group)

    def outline(self, body: bytes) -> Outline:
        """Return a policy without a row for each crawler: most payloads name none or few."""
        if not is_robots(body):
            return UNKNOWN
        groups = parse(body, self._lines)
        members = self._members(groups)
        limit = _share(members)
        default = _judged(groups, (members.get(STAR), STAR), limit)[0]
        bits: dict[Chosen, int] = {}
        for token, chosen in self._chosen(members):
            bits[chosen] = bits.get(chosen, 0) | self._bits[token]
        named = tuple((_judged(groups, chosen, limit)[0], who) for chosen, who in bits.items())
        joined = any(group.joined_over and self._binds_any(group) for group in groups)
        return Outline(default, named, joined)

    def tokens_of(self, bits: int) -> list[str]:
        """Return the product tokens of an outline's bits."""
        return [token for token, bit in self._bits.items() if bits & bit]

    def findings(self, body: bytes) -> dict[str, Finding]:
        """Return every crawler's verdict with the groups and the rule that decided it."""
        if not is_robots(body):
            return {token: Finding(_UNKNOWN, (), None, False) for token in self.tokens}
        groups = parse(body, self._lines)
        members = self._members(groups)
        limit = _share(members)
        found = dict.fromkeys(self.tokens, _finding(groups, (members.get(STAR), STAR), limit))
        chosen = dict(self._chosen(members))
        own = {each: _finding(groups, each, limit) for each in set(chosen.values())}
        found.update((token, own[each]) for token, each in chosen.items())
        return found

    def find(self, body: bytes, token: str) -> Finding:
        """Return one crawler's verdict with the groups and the rule that decided it."""
        return self.findings(body)[token]

    def allowed(self, body: bytes, token: str, path: str | bytes) -> bool:
        """Tell whether the rules alone let a path (with its query) be fetched, as in RFC 9309."""
        groups = parse(body, self._lines)
        members = self._members(groups)
        ids, _ = dict(self._chosen(members)).get(token, (members.get(STAR), STAR))
        rules = [rule for i in ids or () for rule in groups[i].rules()]
        asked = escape(path.encode() if isinstance(path, str) else path)
        decided = winner(rules, asked)
        return decided is None or decided.allow

    def _members(self, groups: list[Group]) -> dict[str, tuple[int, ...]]:
        """Return the numbers of the groups that name each token."""
        members: dict[str, list[int]] = {}
        for number, group in enumerate(groups):
            for value, _ in group.agents:
                for token in self._bound[value]:
                    ids = members.setdefault(token, [])
                    if not ids or ids[-1] != number:
                        ids.append(number)
        return {token: tuple(ids) for token, ids in members.items()}

    def _chosen(self, members: Mapping[str, tuple[int, ...]]) -> Iterator[tuple[str, Chosen]]:
        """Yield the crawlers that do not share the verdict of `*`, with the groups they obey."""
        for token, ids in members.items():
            if token in self._bits:
                yield token, (ids, None)
        for token, obeyed in self._obeyed.items():
            if token in members:
                continue
            other = next((each for each in obeyed.tokens if each in members), None)
            if other is not None:
                yield token, (members[other], other)
            elif not obeyed.wildcard:
                yield token, (None, None)

    def _binds_any(self, group: Group) -> bool:
        return any(self._bound[value] for value, _ in group.agents)


class Bindings(dict[bytes, tuple[str, ...]]):
    """The tokens that an agent line's value binds."""

    def __init__(self, tokens: Iterable[str]) -> None:
        """Sort tokens by whether RFC 9309's grammar can express them."""
        super().__init__()
        self._in_grammar: dict[bytes, tuple[str, ...]] = {}
        self._whole: dict[bytes, tuple[str, ...]] = {}
        for token in dict.fromkeys(tokens):
            name = token.lower().encode()
            table = self._in_grammar if in_grammar(token) else self._whole
            table[name] = (*table.get(name, ()), token)

    def __missing__(self, value: bytes) -> tuple[str, ...]:
        """Match by product token; names outside the grammar by the whole, less a version suffix."""
        if value[:1] == b"*" and (len(value) == 1 or value[1:2] in _SPACE):
            return (STAR,)
        name = value.lower()
        bound = self._in_grammar.get(_product_token(name), ())
        for spelling in (name, name.partition(b"/")[0].rstrip(), name.split()[0] if name else b""):
            if spelling in self._whole:
                bound += self._whole[spelling]
                break
        if len(self) < _MEMO and len(value) < 100:
            self[value] = bound
        return bound


def in_grammar(token: str) -> bool:
    """Tell whether a name is a product token as RFC 9309 has it: letters, hyphens, underscores."""
    return _product_token(token.encode()) == token.encode()


def _product_token(name: bytes) -> bytes:
    """Return the leading letters, hyphens and underscores (RFC 9309 section 2.2.1)."""
    rest = name.lstrip(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_")
    return name[: len(name) - len(rest)]


def _share(members: Mapping[str, tuple[int, ...]]) -> int:
    """Return the effort for one match: a verdict must not depend on who was judged before."""
    return EFFORT // max(1, len(set(members.values())))


def _finding(groups: list[Group], chosen: Chosen, limit: int) -> Finding:
    verdict, match = _judged(groups, chosen, limit)
    obeyed = tuple(groups[i] for i in chosen[0] or ())
    joined = any(group.joined_over for group in obeyed)
    return Finding(verdict, obeyed, match.rule if match else None, joined)


def _judged(groups: list[Group], chosen: Chosen, limit: int) -> tuple[Verdict, Match | None]:
    ids, other = chosen
    if ids is None:
        return _verdict(Restriction.NONE, Basis.DEFAULT, True, None), None
    match = decide([groups[i] for i in ids], Effort(limit))
    if other in (None, STAR):
        basis, other = Basis.WILDCARD if other else Basis.NAMED, None
    else:
        basis = Basis.FALLBACK
    return _verdict(match.restriction, basis, match.root_allowed, other), match


@cache
def _verdict(
    restriction: Restriction, basis: Basis, root_allowed: bool | None, fallback: str | None
) -> Verdict:
    """Return the one object for a verdict; there are some hundred."""
    return Verdict(restriction, basis, root_allowed, fallback)


_UNKNOWN = _verdict(Restriction.UNKNOWN, Basis.UNKNOWN, None, None)
UNKNOWN = Outline(_UNKNOWN, (), False)
