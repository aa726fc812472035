"""One host's history, and changes, in words, for a terminal of 40 to 80 columns."""

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from textwrap import wrap

from rich.table import Table
from rich.text import Text

from crawlblock.evidence.transitions import Change, State, Transition
from crawlblock.names import safe
from crawlblock.report.labels import DASH, author
from crawlblock.report.terminal.plain import SafeConsole, spark
from crawlblock.report.terminal.stated_lines import columns_shown, some

_NAMES = 12  # crawlers named of those that changed alike
_STRIPS = 8  # crawlers whose verdicts are drawn one by one
_HEIGHTS = {"none": 0.0, "partial": 0.4, "all_but": 0.8, "full": 1.0}  # unknown: none


def page(host: str, rows: Sequence[State], transitions: Sequence[Transition]) -> str:
    """Return a host's snapshots, then its verdicts from the first on, with like crawlers in one."""
    snapshots = _table("snapshot", "captured", "outcome", "status")
    for name, (time, outcome, status) in sorted(
        {r.snapshot: (r.time, r.outcome, r.status) for r in rows}.items(),
        key=lambda item: (item[1][0] or datetime.min, item[0]),
    ):
        _row(snapshots, name, _day(time), outcome, status)
    note = "unknown: unreadable captures in between"
    return _printed(Text(f"{host} (times UTC)"), snapshots) + "\n".join(
        ["", *_strips(rows), "", *_verdict_lines(transitions), "", note, ""]
    )


def _strips(rows: Sequence[State]) -> list[str]:
    """Draw each crawler's verdicts from the first to the last; of many, how many are blocked."""
    series: dict[str, list[State]] = {}
    for row in rows:
        series.setdefault(row.token, []).append(row)
    if len(series) <= _STRIPS:
        room = columns_shown() - 26
        return [
            f"{token:<25} {spark([_HEIGHTS.get(r.restriction) for r in part], room, 1.0)}"
            for token, part in series.items()
        ]
    blocked: dict[tuple[datetime, str], list[bool | None]] = {}
    for row in rows:
        blocked.setdefault((row.time or datetime.min, row.snapshot), []).append(row.root_allowed)
    shown = [
        None if all(v is None for v in seen) else sum(v is False for v in seen)
        for _, seen in sorted(blocked.items())
    ]
    counts = [count for count in shown if count is not None]
    span = f", {min(counts)} to {max(counts)} of up to {len(series)}" if counts else ""
    return [f"crawlers blocked{span}: {spark(shown, 30)}"]


def _verdict_lines(transitions: Sequence[Transition]) -> list[str]:
    lines: list[str] = []
    shown = ""
    for like in _grouped(transitions):
        span = _span(like[0])
        if span != shown:
            lines.append(span)
            shown = span
        verdict = _arrow(like[0].from_restriction, like[0].to_restriction)
        basis = _arrow(like[0].from_basis, like[0].to_basis)
        unknown = f" ({like[0].unknown} unknown)" if like[0].unknown else ""
        start = f"  {verdict:<17} {basis:<18} "
        lines += wrap(
            some(transition.token for transition in like) + unknown,
            width=columns_shown(),
            initial_indent=start,
            subsequent_indent=" " * len(start),
            break_on_hyphens=False,
        )
    return lines


def _grouped(transitions: Iterable[Transition]) -> list[list[Transition]]:
    """Return like transitions at the same time together, and like first verdicts."""
    groups: dict[tuple[object, ...], list[Transition]] = {}
    for transition in transitions:
        verdict = (
            transition.from_restriction,
            transition.to_restriction,
            transition.from_basis,
            transition.to_basis,
        )
        groups.setdefault((_span(transition), *verdict, transition.unknown), []).append(transition)
    return sorted(
        groups.values(),
        key=lambda like: (
            like[0].after is not None,
            min(transition.before or datetime.min for transition in like),
            _span(like[0]),
        ),
    )


def _span(transition: Transition) -> str:
    if transition.after is None:
        return "first observed"
    if transition.to_restriction == "unknown":
        return f"after {_day(transition.after)} ({transition.from_snapshot})"
    days = f"{_day(transition.after)} {DASH} {_day(transition.before)}"
    return f"{days} ({transition.from_snapshot} {DASH} {transition.snapshot})"


def _arrow(before: str | None, after: str) -> str:
    return after if before is None or before == after else f"{before} > {after}"


def changes_page(changes: Sequence[Change]) -> str:
    """Return changes host by host; crawlers that changed alike between the same days are one."""
    if not changes:
        return "No changes.\n"
    lines: list[str] = []
    shown = ""
    for like in _alike(changes):
        span = f"{_day(like[0].after)} {DASH} {_day(like[0].before)}"
        if shown != (shown := f"{like[0].host}  {span}"):
            lines += _whole_words(shown, "")
        verdict = _arrow(like[0].from_restriction, like[0].to_restriction)
        basis = _arrow(like[0].from_basis, like[0].to_basis)
        by = f"; rule source: {author(like[0].authored_by)}" if like[0].authored_by else ""
        said = f"{verdict}, {basis}: {some((change.token for change in like), _NAMES)}{by}"
        lines += _whole_words(said, "  ")
    return "\n".join([*lines, ""])


def _whole_words(text: str, indent: str) -> list[str]:
    """Return lines that fit the terminal, but for a word that is longer."""
    return wrap(
        safe(text), columns_shown(), initial_indent=indent, subsequent_indent=f"{indent}  ",
        break_on_hyphens=False, break_long_words=False,
    )  # fmt: skip


def _alike(changes: Iterable[Change]) -> Iterable[list[Change]]:
    """Return changes of a host between the same days that are the same but for the crawler."""
    groups: dict[tuple[object, ...], list[Change]] = {}
    for each in changes:
        verdict = (each.from_restriction, each.to_restriction, each.from_basis, each.to_basis)
        key = (each.host, each.after, each.before, *verdict, each.authored_by)
        groups.setdefault(key, []).append(each)
    return groups.values()


def _day(time: datetime | None) -> str:
    return "" if time is None else f"{time:%Y-%m-%d}"


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column.startswith(("between", "verdict")))
    return table


def _row(table: Table, *cells: object) -> None:
    table.add_row(*(Text("" if cell is None else safe(str(cell))) for cell in cells))


def _printed(*parts: Text | Table) -> str:
    console = SafeConsole(
        width=columns_shown(), file=io.StringIO(), highlight=False, color_system=None
    )
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    return "\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n"
