"""From facts to conclusions: which captures count, what texts mean, who wrote them."""

import hashlib
from collections.abc import Iterator, Mapping

from crawlblock import registry
from crawlblock.pipeline.run import Run
from crawlblock.registry.digests import conclusion_digests
from crawlblock.robots.header_signals import kept_header_signals
from crawlblock.robots.judge import STAR
from crawlblock.robots.meaning import Reader, Ruling
from crawlblock.scan.census import census
from crawlblock.store.conclusions import Judged, PendingText

_BATCH = 2_000  # texts judged before they are stored


def evaluate(run: Run) -> None:
    """Bring all conclusions up to date with today's code and registry, without a network."""
    conclusions = run.store.conclusions
    conclusions.set_registry(
        registry.crawlers(), registry.breaks(), registry.templates(), registry.extra().digests()
    )
    conclusions.settle()
    conclusions.set_header_signals(kept_header_signals)
    census(run.store.database, run.progress)
    judging = Judging()
    last = 0
    while texts := conclusions.pending_texts(last, _BATCH):
        judged = [judging.judged(text) for text in texts]
        conclusions.add_judged(judging.take_policies(), judged)
        last = texts[-1].id
        run.tally.payloads += len(texts)
        run.progress("judging", run.tally.payloads, run.tally.payloads)
    conclusions.drop_unused_policies()


class Judging:
    """Reads texts, and names the distinct policies in them."""

    def __init__(self) -> None:
        """Take today's registry."""
        digests = conclusion_digests()
        self._stamp = f"{digests['verdicts']}\n{digests['authorship']}"
        tokens = [STAR, *(crawler.token for crawler in registry.crawlers())]
        self._reader = Reader(
            tokens, registry.obeyed(), registry.templates(), registry.training_tokens()
        )
        self._numbers: dict[Ruling, int] = {}
        self._names: dict[tuple[int, ...], str] = {}  # by the numbers of the rulings
        self._new: dict[str, Mapping[str, Ruling]] = {}

    def judged(self, text: PendingText) -> Judged:
        """Return what a text means and states."""
        found = self._reader.read(text.body)
        vector = self._vector(found.rulings)
        if vector not in self._names:
            name = _policy_name(self._stamp, found.rulings)
            self._names[vector] = name
            self._new[name] = found.rulings
        return Judged(
            text=text.id,
            policy=self._names[vector],
            ambiguous_group=found.ambiguous_group,
            templates=",".join(found.templates) or None,
            signals=found.signals,
            training=found.training,
            ineffective=found.ineffective,
            rules=found.rules,
        )

    def _vector(self, rulings: Mapping[str, Ruling]) -> tuple[int, ...]:
        """Return a number for each ruling; each object is looked up once: hashing is slow."""
        known: dict[int, int] = {}
        for ruling in {id(ruling): ruling for ruling in rulings.values()}.values():
            known[id(ruling)] = self._numbers.setdefault(ruling, len(self._numbers))
        return tuple(known[id(ruling)] for ruling in rulings.values())

    def take_policies(self) -> dict[str, Mapping[str, Ruling]]:
        """Return the policies found since the last call, by name."""
        taken, self._new = self._new, {}
        self._names.clear()  # otherwise they would grow with the texts
        self._numbers.clear()
        return taken


def _policy_name(stamp: str, rulings: Mapping[str, Ruling]) -> str:
    return hashlib.blake2b(
        "\n".join([stamp, *_spelled(rulings)]).encode(), digest_size=8
    ).hexdigest()


def _spelled(rulings: Mapping[str, Ruling]) -> Iterator[str]:
    for token, (verdict, text) in sorted(rulings.items()):
        yield (
            f"{token}={verdict.restriction}/{verdict.basis}/{verdict.root_allowed}"
            f"/{verdict.fallback}/{text.author}/{text.ruleset}"
        )
