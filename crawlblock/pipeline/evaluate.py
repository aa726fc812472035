"""From facts to conclusions: which captures count, what texts mean, who wrote them."""

import hashlib
from collections.abc import Iterator, Mapping

from crawlblock import registry
from crawlblock.model import Restriction, Verdict
from crawlblock.pipeline.runs import Run
from crawlblock.registry.digests import conclusion_digests
from crawlblock.robots.authorship import Authors, Authorship
from crawlblock.robots.evaluate import STAR, Judge
from crawlblock.robots.signals import signals
from crawlblock.robots.syntax import Lines
from crawlblock.scan.census import census
from crawlblock.store.conclusions import Judged, Ruling, Text

_BATCH = 2_000  # texts judged before they are stored
_NOBODY = Authorship(None, None)


def evaluate(run: Run) -> None:
    """Bring all conclusions up to date with today's code and registry, without a network."""
    conclusions = run.store.conclusions
    conclusions.set_registry(registry.crawlers(), registry.breaks(), registry.templates())
    conclusions.settle()
    census(run.store.database, run.progress)
    reader = Reader()
    last = 0
    while texts := conclusions.pending_texts(last, _BATCH):
        judged = [reader.read(text) for text in texts]
        conclusions.add_judged(reader.take_policies(), judged)
        last = texts[-1].id
        run.tally.payloads += len(texts)
        run.progress("judging", run.tally.payloads, run.tally.payloads)
    conclusions.drop_unused_policies()


class Reader:
    """Reads texts, and names the distinct policies it meets."""

    def __init__(self) -> None:
        """Take today's registry."""
        digests = conclusion_digests()
        self._stamp = f"{digests['verdicts']}\n{digests['authorship']}"
        self._judge = Judge([STAR, *(crawler.token for crawler in registry.crawlers())])
        self._authors = Authors(registry.templates())
        self._lines = Lines()
        self._names: dict[tuple[Ruling, ...], str] = {}
        self._new: dict[str, Mapping[str, Ruling]] = {}

    def read(self, text: Text) -> Judged:
        """Return what a text means and states."""
        policy = self._judge.policy(text.body)
        rulings = self._written(text.body, policy.verdicts)
        vector = tuple(rulings.values())
        if vector not in self._names:
            name = _policy_name(self._stamp, rulings)
            self._names[vector] = name
            self._new[name] = rulings
        found = self._authors.templates_in(text.body)
        return Judged(
            text.id,
            self._names[vector],
            policy.ambiguous_group,
            ",".join(found) or None,
            signals(text.body, self._lines),
        )

    def take_policies(self) -> dict[str, Mapping[str, Ruling]]:
        """Return the policies met since the last time, by name."""
        taken, self._new = self._new, {}
        self._names.clear()  # or they would grow with the texts
        return taken

    def rulings(self, body: bytes) -> dict[str, Ruling]:
        """Return the verdict for each token with whose text made it."""
        return self._written(body, self._judge.policy(body).verdicts)

    def _written(self, body: bytes, verdicts: Mapping[str, Verdict]) -> dict[str, Ruling]:
        """Return each verdict with whose text made it; most texts block nobody."""
        if all(v.restriction in (Restriction.NONE, Restriction.UNKNOWN) for v in verdicts.values()):
            return {token: (verdict, _NOBODY) for token, verdict in verdicts.items()}
        written = self._authors.of(body, self._judge.findings(body))
        return {token: (verdict, written[token]) for token, verdict in verdicts.items()}


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
