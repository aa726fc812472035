"""The check that facts, rendered as an archive and collected again, are the facts they were."""

import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Set
from dataclasses import replace
from pathlib import Path

from crawlblock import registry
from crawlblock.demo.bundled_facts import (
    read_facts,
    read_policies,
    read_statements,
    read_texts,
)
from crawlblock.demo.statements import FactStatement, statements_of
from crawlblock.outcome import Outcome
from crawlblock.robots.judge import STAR
from crawlblock.robots.meaning import Reader
from crawlblock.store.store import Store

NO_RECORD = {
    Outcome.DNS,
    Outcome.TLS,
    Outcome.TIMEOUT,
    Outcome.CONNECTION_REFUSED,
    Outcome.UNREACHABLE,
}
INHERITED = ("wildcard", "default")
Verdicts = dict[str, tuple[str, str, bool | None]]  # restriction, basis, root access by token
Written = dict[str, tuple[str, str]]  # author and ruleset by token


def facts_that_came_back(sample: Path, db: Path) -> Counter[Outcome]:
    """Assert that a database holds the facts and nothing else; return how often each outcome.

    Tokens that the facts do not know must have what `*` has.
    """
    policies, texts, stated = read_policies(sample), read_texts(sample), read_statements(sample)
    captured, verdicts, written = _stored(db)
    read_back = StatedBack(db, next(iter(policies.values())))
    rulesets: dict[str, int | None] = {}
    seen: Counter[Outcome] = Counter()
    for fact in read_facts(sample):
        outcome, policy = captured.pop((fact.crawl, fact.host))
        expected = Outcome.NOT_CAPTURED if fact.outcome in NO_RECORD else fact.outcome
        assert outcome is expected, fact
        seen[outcome] += 1
        if fact.policy is not None:
            known = {
                token: (str(v.restriction), str(v.basis), v.root_allowed)
                for token, v in policies[fact.policy].items()
            }
            found = verdicts[policy]
            assert {token: found[token] for token in known} == known, fact
            _assert_like_star(found, written[policy], known.keys())
            back = {
                token: (author, rulesets.setdefault(ruleset, texts[fact.policy][token].ruleset))
                for token, (author, ruleset) in written[policy].items()
                if token in known
            }
            assert back == texts.get(fact.policy, {}), fact
            known_statements = {replace(s, form=0) for s in stated.get(fact.policy, ())}
            assert read_back.of(fact.crawl, fact.host) == known_statements, fact
    # Hosts of a segment that is followed as one are asked also where no source has them.
    assert {outcome for outcome, _ in captured.values()} <= {Outcome.NOT_CAPTURED}
    return seen


class StatedBack:
    """What the stored texts state, read by the ordinary code, each text once."""

    def __init__(self, db: Path, tokens: Iterable[str]) -> None:
        """Read the texts of a database for the tokens that the facts know."""
        self._reader = Reader(tokens, registry.obeyed(), registry.templates(), ())
        with Store(db).reading() as con:
            bodies = con.execute("SELECT digest, body FROM bodies").fetchall()
            self._bodies = {digest: zlib.decompress(body) for digest, body in bodies}
            rows = con.execute("SELECT snapshot, host, digest FROM captures").fetchall()
        self._digests = {(snapshot, host): digest for snapshot, host, digest in rows}
        self._known: dict[str, set[FactStatement]] = {}

    def of(self, snapshot: str, host: str) -> set[FactStatement]:
        """Return what the robots.txt of a host states."""
        digest = self._digests[snapshot, host]
        if digest not in self._known:
            found = self._reader.read(self._bodies[digest])
            self._known[digest] = set(statements_of(found))
        return self._known[digest]


def _stored(
    db: Path,
) -> tuple[
    dict[tuple[str, str], tuple[Outcome, str]],
    defaultdict[str, Verdicts],
    defaultdict[str, Written],
]:
    """Return captures by crawl and host, then verdicts and who wrote them by policy."""
    verdicts: defaultdict[str, Verdicts] = defaultdict(dict)
    written: defaultdict[str, Written] = defaultdict(dict)
    with Store(db).reading() as con:
        captured = {
            (snapshot, host): (Outcome(outcome), policy)
            for snapshot, host, outcome, policy in con.execute(
                "SELECT snapshot, host, outcome, policy "
                "FROM captures LEFT JOIN payloads USING (digest)"
            ).fetchall()
        }
        for policy, token, *verdict, author, ruleset in con.execute(
            "SELECT policy, token, restriction, basis, root_allowed, authored_by, ruleset "
            "FROM verdicts"
        ).fetchall():
            verdicts[policy][token] = tuple(verdict)
            if ruleset is not None:
                written[policy][token] = author, ruleset
    return captured, verdicts, written


def _assert_like_star(found: Verdicts, written: Written, known: Set[str]) -> None:
    """Assert that tokens which the facts do not know have what `*` has.

    A line that names a known token can bind such a token as well; then its basis says so.
    """
    for token in found.keys() - known:
        restriction, basis, root_allowed = found[token]
        if basis in INHERITED:
            assert (restriction, root_allowed) == (found[STAR][0], found[STAR][2]), token
            assert written.get(token, ("", ""))[1] == written.get(STAR, ("", ""))[1], token
