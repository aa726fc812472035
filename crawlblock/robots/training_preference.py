"""What a site states about the training of AI models: rules, signals and preference tokens as one.

The most restrictive statement counts, as AIPREF combines preferences (draft-ietf-aipref-vocab,
section 5.1).  What a robots.txt lets crawlers fetch (RFC 9309) states nothing about the use of it.
A header is about the answer that carries it, so a site that disallows training in a header alone
disallows it in part.  This is no legal advice.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from crawlblock.model import Verdict
from crawlblock.robots import signals as said
from crawlblock.robots.judge import STAR
from crawlblock.robots.signals import Signal

RULES = "robots-rules"  # the evidence where rules decide; else it is the kind of a signal
_ABOUT_TRAINING = {said.TRAIN, said.MINE, said.ALL}
_WHOLE = {None, "/", "*", "/*"}  # paths that mean all of them


class TrainingPreference(StrEnum):
    """What a site states about training on its pages."""

    ALLOWED = "allowed"
    DISALLOWED = "disallowed"
    PARTLY = "partly"  # disallowed for some paths or some crawlers
    NOT_STATED = "not_stated"
    UNKNOWN = "unknown"  # its robots.txt could not be read


class Stated(NamedTuple):
    """A preference with what decided it."""

    preference: TrainingPreference
    evidence: str | None  # kind of a signal, or `robots-rules`; None: nothing was stated
    line: int | None  # of the signal, from 1; None for a header and for rules


UNKNOWN = Stated(TrainingPreference.UNKNOWN, None, None)
NOT_STATED = Stated(TrainingPreference.NOT_STATED, None, None)


def training_preference(
    signals: Iterable[Signal], verdicts: Mapping[str, Verdict], training: Iterable[str]
) -> Stated:
    """Return what a robots.txt states about training.

    `verdicts` has the verdicts of `*` and of the crawlers for training, which `training` names.
    What disallows training on all pages to all counts before what disallows it in part, and that
    before what allows it.  Of equals the first signal counts, and a signal before the rules.
    """
    if verdicts[STAR].root_allowed is None:
        return UNKNOWN
    kinds: dict[tuple[str, bool], list[Signal]] = {}
    for signal in signals:
        for_all = _for_all(signal)
        if signal.use in _ABOUT_TRAINING and for_all is not None:
            kinds.setdefault((signal.kind, for_all), []).append(signal)
    found = [_of_signals(stated, for_all) for (_, for_all), stated in kinds.items()]
    found.append(_of_rules(verdicts, training))
    return min(filter(None, found), key=lambda one: _STRENGTH[one.preference], default=NOT_STATED)


_STRENGTH = {
    TrainingPreference.DISALLOWED: 0,
    TrainingPreference.PARTLY: 1,
    TrainingPreference.ALLOWED: 2,
}


def _for_all(signal: Signal) -> bool | None:
    """Tell whether a signal is for every crawler; None: for none, as it is outside of groups."""
    in_header = signal.line is None
    if signal.kind in said.ADDRESSED_TO_ALL or signal.kind == said.USAGE_TOKEN or in_header:
        return not in_header or not signal.agents
    return STAR in signal.agents if signal.agents else None


def _of_signals(stated: Sequence[Signal], for_all: bool) -> Stated | None:
    """Return what signals of one kind state together; the longest path that fits counts.

    Terms of a licence and words that are not known state neither.
    """
    said_no = [s for s in stated if s.preference == said.DISALLOW]
    said_yes = [s for s in stated if s.preference == said.ALLOW]
    whole_no = [s for s in said_no if s.path in _WHOLE]
    whole_yes = [s for s in said_yes if s.path in _WHOLE]
    if whole_yes and stated[0].kind == said.USAGE_TOKEN:
        whole_no = []  # an ordinary group: of rules of one length Allow counts
    if whole_no and for_all and all(s.path in _WHOLE for s in said_yes):
        return Stated(TrainingPreference.DISALLOWED, whole_no[0].kind, whole_no[0].line)
    partly = whole_no or [s for s in said_no if s.path not in _WHOLE]
    if partly:
        return Stated(TrainingPreference.PARTLY, partly[0].kind, partly[0].line)
    if whole_yes and for_all:
        return Stated(TrainingPreference.ALLOWED, whole_yes[0].kind, whole_yes[0].line)
    return None


def _of_rules(verdicts: Mapping[str, Verdict], training: Iterable[str]) -> Stated | None:
    """Return what rules state: to block crawlers for training is to disallow it to them."""
    blocked = [verdicts[token].root_allowed is False for token in training]
    if verdicts[STAR].root_allowed is False and all(blocked):
        return Stated(TrainingPreference.DISALLOWED, RULES, None)
    if any(blocked):
        return Stated(TrainingPreference.PARTLY, RULES, None)
    return None
