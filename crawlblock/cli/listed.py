"""Lists of hosts on the command line: how one was understood, and what was left out of it."""

from collections.abc import Sequence
from pathlib import Path

from crawlblock.cli.output import say
from crawlblock.model import Member
from crawlblock.sources.files.host_lists import HostList
from crawlblock.sources.files.host_lists.rejects import Rejects

COLUMNS = ("what", "value")
_FIRST = 5  # members that are shown


def say_rejects(rejects: Rejects, path: Path | None) -> None:
    """Tell the person at the terminal of the first lines that are left out, and how many more."""
    for each in rejects.first:
        say(f"line {each.line}: {each.text[:60]!r} left out: {each.reason}")
    more = rejects.count - len(rejects.first)
    where = f" (all are in {path})" if path else "; --rejects FILE writes all of them"
    if more > 0:
        say(f"... and {more} more lines left out{where}")


def understood(
    listed: HostList, members: Sequence[Member], rejects: Rejects
) -> list[dict[str, object]]:
    """Return rows that show how a list was understood."""
    layout = listed.layout
    columns = layout.columns

    def named(place: int | None) -> str:
        return "" if place is None else columns[place]

    named_by = "the first line" if layout.header else "the file" if listed.table.columns else ""
    rows: list[tuple[str, object]] = [
        ("format", listed.table.format),
        ("encoding", listed.table.encoding or ""),
        ("columns", ", ".join(columns)),
        ("columns named by", named_by or "nothing: these are their numbers"),
        ("column of the hosts", named(layout.name)),
        ("column of the ranks", named(layout.rank)),
        ("column of the strata", named(layout.stratum)),
        ("further columns", ", ".join(name for _, name in layout.further)),
        ("hosts", len(members)),
        ("lines left out", rejects.count),
    ]
    rows += [(f"left out: {reason}", count) for reason, count in rejects.reasons.most_common()]
    for number, member in enumerate(members[:_FIRST], 1):
        instead = f", or {member.fallback_host}" if member.fallback_host else ""
        rows.append((f"host {number}", f"{member.host}{instead}"))
    return [{"what": what, "value": str(value)} for what, value in rows if value != ""]
