"""All that a text means and states, for every crawler."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from crawlblock.model import Obeyed, Restriction, Verdict
from crawlblock.robots.authorship import Authors, Authorship, Template
from crawlblock.robots.ineffective import IneffectiveFinder, IneffectiveLine
from crawlblock.robots.judge import Judge
from crawlblock.robots.parser import Lines
from crawlblock.robots.rulesets import name_of_text
from crawlblock.robots.signals import Signal, signals
from crawlblock.robots.training_preference import Stated, training_preference

Ruling: TypeAlias = tuple[Verdict, Authorship]

_NOBODY = Authorship(None, None)
_HARMLESS = (Restriction.NONE, Restriction.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a text means and states."""

    rulings: Mapping[str, Ruling]  # the verdict for each product token, and who wrote it
    ambiguous_group: bool
    templates: tuple[str, ...]  # those whose marks are in it
    signals: tuple[Signal, ...]
    ineffective: tuple[IneffectiveLine, ...]  # lines that bind nobody
    rules: str  # the name of all its rules: equal for texts with the same ones
    training: Stated  # what it states about the training of models


class Reader:
    """Reads texts for a set of product tokens; it remembers lines that it met, within bounds."""

    def __init__(
        self,
        tokens: Iterable[str],
        obeyed: Mapping[str, Obeyed],
        templates: Iterable[Template],
        training: Iterable[str],
    ) -> None:
        """Take product tokens, what some obey besides, known templates, the tokens for training."""
        known = tuple(tokens)
        self._training = tuple(training)
        self._lines = Lines()  # shared, so that a text is parsed once
        self._judge = Judge(known, obeyed, self._lines)
        self._ineffective = IneffectiveFinder(known, self._lines)
        self._authors = Authors(templates, self._lines)

    def read(self, body: bytes) -> Meaning:
        """Return what a text means and states; never raises, whatever the bytes."""
        policy = self._judge.policy(body)
        stated = signals(body, self._lines)
        return Meaning(
            rulings=self._written(body, policy.verdicts),
            ambiguous_group=policy.ambiguous_group,
            templates=tuple(self._authors.templates_in(body)),
            signals=stated,
            rules=name_of_text(body, self._lines),
            training=training_preference(stated, policy.verdicts, self._training),
            ineffective=self._ineffective.find(body, policy.verdicts),  # last: it parses another
        )

    def _written(self, body: bytes, verdicts: Mapping[str, Verdict]) -> dict[str, Ruling]:
        """Return each verdict with whose text made it; most texts block nobody."""
        written: Mapping[str, Authorship] = dict.fromkeys(verdicts, _NOBODY)
        distinct = {id(verdict): verdict for verdict in verdicts.values()}.values()
        if any(verdict.restriction not in _HARMLESS for verdict in distinct):
            written = self._authors.of(body, self._judge.findings(body))
        pairs: dict[tuple[int, int], Ruling] = {}  # one object for the same pair, which saves time
        return {
            token: pairs.setdefault((id(verdict), id(written[token])), (verdict, written[token]))
            for token, verdict in verdicts.items()
        }
