"""What a robots.txt says beside its verdicts, in lines of at most 80 columns.

`check` and `explain` both print these: authors, signals, where those disagree, and lines that bind
nobody.  A hostile file has thousands of each; only the first are shown, with the number of others.
"""

from collections.abc import Iterable, Mapping, Sequence
from shutil import get_terminal_size
from textwrap import wrap

from crawlblock.names import safe
from crawlblock.report.labels import author
from crawlblock.robots.conflicts import Conflict, Opposed
from crawlblock.robots.ineffective import IneffectiveLine
from crawlblock.robots.signals import USAGE_TOKEN, Signal
from crawlblock.robots.training_preference import Stated, TrainingPreference

WIDTH = 80  # columns
_NARROWEST = 40  # columns, whatever the terminal says
_SHOWN = 12  # lines of a kind
_NAMES = 5  # crawlers named in a line before they are only counted
_RULE = "the most restrictive of rules, signals and preference tokens counts"


def some(names: Iterable[str], most: int = _NAMES) -> str:
    """Return the first names, and how many more there are."""
    every = list(names)
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more


def folded(lines: Iterable[str], kind: str, width: int | None = None) -> list[str]:
    """Return lines that fit a terminal, each once; of many the first, and how many more.

    `width` is in columns, by default those of the terminal.
    """
    every = list(dict.fromkeys(lines))
    room = width or columns_shown()
    shown = [part for line in every[:_SHOWN] for part in _wrapped(safe(line), room)]
    more = len(every) - _SHOWN
    return [*shown, f"and {more:,} more {kind}"] if more > 0 else shown


def columns_shown() -> int:
    """Return how many columns lines may have: those of the terminal, 40 to 80."""
    return max(_NARROWEST, min(WIDTH, get_terminal_size((WIDTH, 24)).columns))


def _wrapped(line: str, width: int) -> list[str]:
    return wrap(line, width, subsequent_indent="  ", break_on_hyphens=False) or [""]


def author_lines(authors: Mapping[str, str | None], acts: Mapping[str, str]) -> list[str]:
    """Return who wrote the rules that block crawlers; `acts`: how templates get onto a site."""
    by_author: dict[str, list[str]] = {}
    for token, name in authors.items():
        if name is not None:
            by_author.setdefault(name, []).append(token)
    lines = (
        f"rule source: {author(name, acts.get(name))}: {some(tokens)}"
        for name, tokens in by_author.items()
    )
    return folded(lines, "rule sources")


def fallback_lines(obeyed: Mapping[str, str]) -> list[str]:
    """Return which crawlers obey the group of another token, by crawler."""
    by_token: dict[str, list[str]] = {}
    for token, other in obeyed.items():
        by_token.setdefault(other, []).append(token)
    lines = (
        f"fallback: no group names {some(tokens)}; the group of {other} applies, as documented"
        for other, tokens in by_token.items()
    )
    return folded(lines, "fallbacks")


def signal_lines(signals: Sequence[Signal], mark: str = "") -> list[str]:
    """Return what is stated beside the rules, with line, agents and path, and a mark behind it."""
    together: dict[tuple[str, str], list[str]] = {}
    for signal in signals:
        values = together.setdefault((signal.place, _head(signal)), [])
        if signal.value not in values:
            values.append(signal.value)
    lines = (
        f"signal in {place}{head}: {', '.join(values)}{mark}"
        for (place, head), values in together.items()
    )
    return folded(lines, "lines with signals")


def _head(signal: Signal) -> str:
    """Return the way of stating a signal, whom it is for and which paths it is about."""
    if signal.kind == USAGE_TOKEN:
        return f": preference token {some(signal.agents, 2)}"  # its value has the path
    kind = "" if signal.line is None else f": {signal.kind}"
    whom = f" for {some(signal.agents, 2)}" if signal.agents and "*" not in signal.agents else ""
    shown = signal.path and not signal.value.startswith(signal.path)
    return f"{kind}{whom}{f' on {signal.path}' if shown else ''}"


def training_line(stated: Stated) -> str:
    """Return what is stated about the training of AI models, by what and by which rule."""
    said = f"training of AI models: {str(stated.preference).replace('_', ' ')}"
    if stated.preference is TrainingPreference.UNKNOWN or stated.evidence is None:
        return said
    where = f", line {stated.line}" if stated.line else ""
    return f"{said} ({stated.evidence}{where}); {_RULE}"


def conflict_lines(conflicts: Sequence[Conflict], opposites: Sequence[Opposed]) -> list[str]:
    """Return where signals differ from the rules, and from each other."""
    by_signal: dict[tuple[str, str, str, str | None], list[str]] = {}
    for each in conflicts:
        signal = each.signal
        key = (str(each.kind), signal.kind, signal.place, signal.use)
        by_signal.setdefault(key, []).append(each.token)
    lines = [
        f"{kind}: {way} in {place} ({use}), where the rules "
        f"{'block' if kind == 'overruled' else 'allow'} {some(tokens)}"
        for (kind, way, place, use), tokens in by_signal.items()
    ]
    return folded([*lines, *(f"opposite signals: {each}" for each in opposites)], "conflicts")


def ineffective_lines(lines: Iterable[IneffectiveLine], mark: str = "") -> list[str]:
    """Return the lines that bind nobody, or not all whom they were meant for, and a mark."""
    return folded((f"ineffective_rules: {line}{mark}" for line in lines), "ineffective lines")
