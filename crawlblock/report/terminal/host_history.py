"""One host's history, an explanation and changes in words, for a terminal of 80 columns."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from textwrap import wrap

from rich.table import Table
from rich.text import Text

from crawlblock.evidence.explanation import Explanation, Point
from crawlblock.evidence.transitions import Change, State, Transition
from crawlblock.names import safe
from crawlblock.report.labels import DASH, HTTP_PROFILES, author
from crawlblock.report.terminal.plain import SafeConsole, spark
from crawlblock.robots.quoted import GroupLines, is_reconstructed, marked

_WIDTH = 80  # columns
_NAMES = 5  # crawlers named in a row before they are only counted
_SHOWN, _LONGEST = 12, 200  # lines of a group beside the one that decided; characters of a line
TEXT_NOTE = (
    "a scan keeps only the lines that mean something to a crawler; the WARC file has all lines"
)
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
        return [
            f"{token:<25} {spark([_HEIGHTS.get(r.restriction) for r in part], _WIDTH - 26, 1.0)}"
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
            _crawlers(transition.token for transition in like) + unknown,
            width=_WIDTH,
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


def _crawlers(tokens: Iterable[str]) -> str:
    names = list(tokens)
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return ", ".join(names[:_NAMES]) + more


def _arrow(before: str | None, after: str) -> str:
    return after if before is None or before == after else f"{before} > {after}"


def changes_page(changes: Sequence[Change]) -> str:
    """Return changes as a table."""
    if not changes:
        return "No changes.\n"
    table = _table("host", "crawler", "between (UTC)", "verdict", "basis", "author")
    for change in changes:
        _row(
            table,
            change.host,
            change.token,
            f"{_day(change.after)} {DASH} {_day(change.before)}",
            _arrow(change.from_restriction, change.to_restriction),
            _arrow(change.from_basis, change.to_basis),
            change.authored_by,
        )
    return _printed(table)


def explained(found: Explanation) -> dict[str, object]:
    """Return an explanation as a row of plain values."""
    capture = found.point.capture
    row: dict[str, object] = {
        name: getattr(capture, name)
        for name in (
            "host", "snapshot", "fetch_time", "stated_time", "outcome", "status", "url_asked",
            "url", "hops", "digest", "warc_file", "warc_offset", "warc_length",
        )
    }  # fmt: skip
    verdict = found.verdict
    return {
        "token": found.token,
        "restriction": str(verdict.restriction),
        "basis": str(verdict.basis),
        "root_allowed": verdict.root_allowed,
        "line": found.line,
        "rule": found.rule,
        "groups": [
            {"first_line": g.first, "lines": [_decoded(text) for text in g.texts]}
            for g in found.groups
        ],
        "is_text": found.is_text,
        "reconstructed": found.reconstructed,
        "ambiguous_group": found.ambiguous_group,
        "ineffective": [asdict(line) for line in found.ineffective],
        "authored_by": found.author,
        "signals": [asdict(signal) for signal in found.signals],
        "conflicts": [f"{c.kind} {c.signal.kind}, line {c.signal.line}" for c in found.conflicts],
        "http_profiles": {name: str(v.restriction) for name, v in found.profiles.items()},
        "failed": [asdict(each) for each in found.failed],
        **row,
    }


def explanation(found: Explanation, http_profile: str) -> str:
    """Return an explanation in lines: the verdict, what decided, and where it is archived."""
    capture = found.point.capture
    root = {True: "/ is allowed", False: "/ is blocked", None: "unknown whether / is blocked"}
    verdict = found.verdict
    lines = [
        f"{found.token} at {capture.host}: {verdict.restriction} ({verdict.basis}), "
        f"{root[verdict.root_allowed]}",
        "",
        *_reasons(found, http_profile),
        *_stated(found),
        "",
        f"snapshot  {capture.snapshot}",
        f"outcome   {capture.outcome}"
        + (f", HTTP {capture.status}" if capture.status is not None else ""),
    ]
    if capture.fetch_time:
        lines.append(f"fetched   {capture.fetch_time} UTC")
    if capture.stated_time:
        lines.append(
            f"clock     {capture.stated_time} is what the server stated, outside the crawl"
        )
    lines += [f"failed    {each.url}: {each.outcome} ({each.reason})" for each in found.failed]
    if capture.url_asked:
        lines.append(f"asked     {capture.url_asked}")
    if capture.url and capture.url != capture.url_asked:
        lines.append(f"answered  {capture.url} after {capture.hops} redirects")
    if capture.digest:
        lines.append(f"digest    {capture.digest}")
    if found.is_text:
        lines.append(TEXT_NOTE)
    lines.append(f"archived  {_address(found.point)}")
    return "\n".join(map(safe, lines)) + "\n"


def _reasons(found: Explanation, http_profile: str) -> list[str]:
    if found.profiles:
        others = [
            f"under {n}: {v.restriction}" for n, v in found.profiles.items() if n != http_profile
        ]
        word = "decides" if found.verdict.root_allowed is not None else "decides nothing"
        return [f"no rules were read; the status {word}. {HTTP_PROFILES[http_profile]}", *others]
    if not found.groups:
        if found.verdict.root_allowed is None:
            return ["the answer is not a robots.txt"]
        return ["no group names it, and there is no group for *"]
    mark = marked(found.reconstructed)
    note = [f"line {found.line} decided: {found.rule}{mark}" if found.rule else "no rule blocks /"]
    if found.author:
        note.append(f"rule source: {author(found.author)}")
    if found.ambiguous_group:
        note.append("agent lines are joined over a Crawl-delay or unknown line (ambiguous_group)")
    return note + [line for group in found.groups for line in _numbered(group, found.line, mark)]


def _stated(found: Explanation) -> list[str]:
    """Return what the payload says beside the rules, and where that differs from them."""
    mark = marked(found.reconstructed)
    lines = [f" {s.line:5}  {s.kind}: {s.value}{mark}" for s in found.signals[:_SHOWN]]
    return [
        *(["", "preferences and other signals:"] if lines else []),
        *dict.fromkeys(lines),  # one line may state several preferences
        *(f"{c.kind}: {c.signal.kind} in line {c.signal.line}" for c in found.conflicts),
        *(f"ineffective_rules: {line}{mark}" for line in found.ineffective[:_SHOWN]),
    ]


def _numbered(group: GroupLines, decided: int | None, mark: str) -> list[str]:
    """Return the beginning of a group and the line that decided, each with its number."""
    lines: list[str] = []
    left_out = 0
    for number, text in enumerate(group.texts, group.first):
        if number - group.first >= _SHOWN and number != decided:
            left_out += 1
            continue
        pointer = ">" if number == decided else " "
        lines.append(f"{pointer}{number:5}  {_decoded(text)[:_LONGEST]}".rstrip() + mark)
    return [*lines, f"        and {left_out} more lines"] if left_out else lines


def origin(point: Point, body: bytes) -> str:
    """Return in one line when a payload was fetched and where it is archived."""
    capture = point.capture
    return safe(
        f"{capture.url or capture.host} in {capture.snapshot}, fetched {capture.fetch_time} UTC, "
        f"{capture.digest}, {_address(point)}{marked(is_reconstructed(body))}"
    )


def _address(point: Point) -> str:
    capture = point.capture
    if capture.warc_file is None:
        return "no WARC file is known"
    return f"{capture.warc_file} offset {capture.warc_offset} length {capture.warc_length}"


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "backslashreplace")


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
    console = SafeConsole(width=_WIDTH, file=io.StringIO(), highlight=False, color_system=None)
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    return "\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n"
