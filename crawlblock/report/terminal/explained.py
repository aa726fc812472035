"""An explanation in words, for a terminal of 80 columns, and as a row."""

from dataclasses import asdict

from crawlblock.evidence.explanation import Explanation
from crawlblock.evidence.lookup import Point
from crawlblock.names import safe
from crawlblock.report.labels import HTTP_PROFILES, author, origin_words
from crawlblock.report.terminal.stated_lines import (
    conflict_lines,
    folded,
    ineffective_lines,
    signal_lines,
    training_line,
)
from crawlblock.robots.conflicts import opposed
from crawlblock.robots.quoted import GroupLines, is_reconstructed, marked

TEXT_NOTE = (
    "a scan keeps only the lines that mean something to a crawler; the WARC file has all lines"
)
_SHOWN = 12  # lines of a group shown beside the one that decided, and groups
_LONGEST = 200  # characters of a line shown


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
        "matched_token": verdict.matched_token(found.token),
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
        "origin": found.sharing.origin if found.sharing else None,
        "hosts_with_ruleset": found.sharing.hosts if found.sharing else None,
        "training": found.training._asdict(),
        "signals": [asdict(signal) for signal in found.signals],
        "conflicts": [f"{c.kind} {c.signal.kind}, {c.signal.place}" for c in found.conflicts],
        "opposite_signals": [str(each) for each in opposed(found.signals)],
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
        said = f"no rules were read; the status {word}. {HTTP_PROFILES[http_profile]}"
        return [*folded([said], ""), *others]
    if not found.groups:
        if found.verdict.root_allowed is None:
            return ["the answer is not a robots.txt"]
        return ["no group names it, and there is no group for *"]
    mark = marked(found.reconstructed)
    note = [f"line {found.line} decided: {found.rule}{mark}" if found.rule else "no rule blocks /"]
    if found.verdict.fallback:
        note.append(
            f"no group names {found.token}; the group of {found.verdict.fallback} applies, as "
            "documented (fallback)"
        )
    note += _written_by(found)
    if found.ambiguous_group:
        note.append("agent lines are joined over a Crawl-delay or unknown line (ambiguous_group)")
    return [*folded(note, ""), *_group_lines(found)]


def _written_by(found: Explanation) -> list[str]:
    """Return who wrote the rules, and how many hosts of the database have them."""
    if found.author is None:
        return []
    shared = found.sharing
    if shared is None:
        return [f"rule source: {author(found.author)}"]
    known = found.author not in ("own", "wildcard")
    who = author(found.author, shared.origin) if known else origin_words(shared.origin)
    them = "nearly the same ones" if shared.near else "them"
    count = f"{shared.hosts:,} hosts of {shared.domains:,} domains in this database have {them}"
    if not shared.hosts:
        count = "this database was evaluated by other code, run `crawlblock evaluate`"
    elif shared.hosts == 1:
        count = "no other host in this database has them"
    return [f"rule source: {who}; {count}"]


def _group_lines(found: Explanation) -> list[str]:
    """Return the groups that apply; of many the first and the one that decided."""
    ends = [group.first + len(group.texts) for group in found.groups]
    decided = [
        n for n, group in enumerate(found.groups) if group.first <= (found.line or 0) < ends[n]
    ]
    shown = [n for n in range(len(ends)) if n < _SHOWN or n in decided]
    more = len(ends) - len(shown)
    mark = marked(found.reconstructed)
    lines = [line for n in shown for line in _numbered(found.groups[n], found.line, mark)]
    return [*lines, f"        and {more:,} more groups"] if more else lines


def _stated(found: Explanation) -> list[str]:
    """Return what the answer says beside the rules, and where that differs from them."""
    mark = marked(found.reconstructed)
    return [
        "",
        *signal_lines(found.signals, mark),
        *conflict_lines(found.conflicts, opposed(found.signals)),
        *ineffective_lines(found.ineffective, mark),
        *folded([training_line(found.training)], ""),
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
