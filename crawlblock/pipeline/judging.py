"""What texts mean, batch by batch, in this process or in several."""

import hashlib
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from crawlblock import registry
from crawlblock.executor import Failed, open_engine, run_tasks
from crawlblock.registry.digests import conclusion_digests
from crawlblock.robots.judge import STAR
from crawlblock.robots.meaning import Reader, Ruling
from crawlblock.store.conclusions import Judged, PendingText


@dataclass(frozen=True, slots=True)
class JudgedBatch:
    """What the texts of a batch mean, with the policies that are in it, by name."""

    policies: Mapping[str, Mapping[str, Ruling]]
    judged: list[Judged]


def judged_batches(
    batches: Iterable[list[PendingText]], processes: int
) -> Generator[JudgedBatch, None, None]:
    """Yield what batches mean, in their order, judged by so many processes.

    What a process could not judge, as one that was killed, is judged in this one.
    """
    judging = Judging()
    if processes == 1:
        yield from map(judging.batch, batches)
        return
    given: dict[int, list[PendingText]] = {}
    done: dict[int, JudgedBatch] = {}
    following = 0

    def tasks() -> Iterator[tuple[str, tuple[int, list[PendingText]]]]:
        for number, batch in enumerate(batches):
            given[number] = batch
            yield str(number), (number, batch)

    with open_engine(None, processes) as engine:
        for ended in run_tasks(engine, _judge, tasks()):
            if isinstance(ended, Failed):
                number = int(ended.task)
                done[number] = judging.batch(given.pop(number))
            else:
                number, done[number] = ended
                del given[number]
            while following in done:
                yield done.pop(following)
                following += 1


def _judge(numbered: tuple[int, list[PendingText]]) -> tuple[int, JudgedBatch]:
    """Judge a batch in a process that judges others after it."""
    number, batch = numbered
    return number, _of_this_process().batch(batch)


@cache
def _of_this_process() -> "Judging":
    return Judging()


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

    def batch(self, texts: Iterable[PendingText]) -> JudgedBatch:
        """Return what texts mean and state; names are forgotten, or they would grow with texts."""
        judged = [self._judged(text) for text in texts]
        policies, self._new = self._new, {}
        self._names.clear()
        self._numbers.clear()
        return JudgedBatch(policies, judged)

    def _judged(self, text: PendingText) -> Judged:
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


def _policy_name(stamp: str, rulings: Mapping[str, Ruling]) -> str:
    return hashlib.blake2b(
        "\n".join([stamp, *_spelled(rulings)]).encode(), digest_size=8
    ).hexdigest()


def _spelled(rulings: Mapping[str, Ruling]) -> Iterator[str]:
    known: dict[int, str] = {}  # few rulings are different objects
    for token in sorted(rulings):
        ruling = rulings[token]
        if id(ruling) not in known:
            verdict, text = ruling
            known[id(ruling)] = (
                f"{verdict.restriction}/{verdict.basis}/{verdict.root_allowed}"
                f"/{verdict.fallback}/{text.author}/{text.ruleset}"
            )
        yield f"{token}={known[id(ruling)]}"
