"""From payloads to verdicts, to whose text made them, and to what else they state."""

import hashlib
from collections.abc import Iterator, Mapping

from crawlblock import registry
from crawlblock.model import Payload, Restriction, Verdict
from crawlblock.pipeline.runs import Progress, Tally
from crawlblock.robots.authorship import Authors, Authorship
from crawlblock.robots.evaluate import STAR, Judge
from crawlblock.robots.signals import signals
from crawlblock.robots.syntax import Lines
from crawlblock.store.store import Judged, Ruling, Store

_BATCH = 2_000  # payloads judged before they are stored
_NOBODY = Authorship(None, None)


def evaluate(store: Store, tally: Tally, progress: Progress) -> None:
    """Judge every payload that is not judged with today's registry and rules."""
    stamp = registry.stamp()
    reader = Reader(stamp)
    store.set_registry(registry.crawlers(), registry.breaks(), registry.templates())
    while payloads := store.pending_payloads(stamp, _BATCH):
        judged = [reader.read(payload) for payload in payloads]
        store.add_judged(stamp, reader.take_policies(), judged)
        tally.payloads += len(payloads)
        progress("judging", tally.payloads, tally.payloads)
    store.pass_to_payloads()
    store.drop_other_policies(stamp)


class Reader:
    """Reads payloads, and names the distinct policies it meets."""

    def __init__(self, stamp: str) -> None:
        """Take what policies are judged with."""
        self._stamp = stamp
        self._judge = Judge([STAR, *(crawler.token for crawler in registry.crawlers())])
        self._authors = Authors(registry.templates())
        self._lines = Lines()
        self._names: dict[tuple[int, ...], str] = {}
        self._met: dict[Ruling, Ruling] = {}
        self._new: dict[str, Mapping[str, Ruling]] = {}

    def read(self, payload: Payload) -> Judged:
        """Return what a payload means and states."""
        policy = self._judge.policy(payload.body)
        rulings = self._written(payload.body, policy.verdicts)
        vector = tuple(map(id, rulings.values()))  # equal ones are the same: see _only
        if vector not in self._names:
            name = _policy_name(self._stamp, rulings)
            self._names[vector] = name
            self._new[name] = rulings
        found = self._authors.templates_in(payload.body)
        return Judged(
            payload.digest,
            self._names[vector],
            policy.ambiguous_group,
            ",".join(found) or None,
            signals(payload.body, self._lines),
        )

    def take_policies(self) -> dict[str, Mapping[str, Ruling]]:
        """Return the policies met since the last time, by name."""
        taken, self._new = self._new, {}
        self._names.clear()  # or they would grow with the payloads
        self._met.clear()
        return taken

    def rulings(self, body: bytes) -> dict[str, Ruling]:
        """Return the verdict for each token with whose text made it."""
        return self._written(body, self._judge.policy(body).verdicts)

    def _written(self, body: bytes, verdicts: Mapping[str, Verdict]) -> dict[str, Ruling]:
        """Return each verdict with whose text made it; most texts refuse nothing to anybody."""
        written: Mapping[str, Authorship] = dict.fromkeys(verdicts, _NOBODY)
        distinct = {id(verdict): verdict for verdict in verdicts.values()}.values()
        if any(v.restriction not in (Restriction.NONE, Restriction.UNKNOWN) for v in distinct):
            written = self._authors.of(body, self._judge.findings(body))
        made: dict[tuple[int, int], Ruling] = {}
        rulings = {}
        for token, verdict in verdicts.items():
            text = written[token]
            pair = id(verdict), id(text)
            if pair not in made:
                made[pair] = self._only((verdict, text))
            rulings[token] = made[pair]
        return rulings

    def _only(self, ruling: Ruling) -> Ruling:
        """Return the one object for a ruling, so that vectors are compared by what they hold."""
        return self._met.setdefault(ruling, ruling)


def _policy_name(stamp: str, rulings: Mapping[str, Ruling]) -> str:
    return hashlib.blake2b(
        "\n".join([stamp, *_spelled(rulings)]).encode(), digest_size=8
    ).hexdigest()


def _spelled(rulings: Mapping[str, Ruling]) -> Iterator[str]:
    for token, (verdict, text) in sorted(rulings.items()):
        yield (
            f"{token}={verdict.restriction}/{verdict.basis}/{verdict.root_allowed}"
            f"/{text.author}/{text.decision}"
        )
