"""The short verdict of `check`: one screen that tells a site owner who is blocked, and by what."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from crawlblock.model import Crawler, Purpose, Restriction, Verdict
from crawlblock.names import safe
from crawlblock.report.labels import author
from crawlblock.report.terminal.stated_lines import columns_shown, folded, some
from crawlblock.robots.authorship import Template
from crawlblock.robots.judge import STAR

BLOCKED, PARTLY, ALLOWED, UNKNOWN = STATES = ("blocked", "partly", "allowed", "unknown")
OPEN_DATA = "Common Crawl"  # whose archive most open data sets are made from

_TITLES = {
    BLOCKED: "Blocked",
    PARTLY: "Partly blocked (not the home page)",
    ALLOWED: "Allowed",
    UNKNOWN: "Unknown",
}
_AI = {
    Purpose.TRAINING: "AI training",
    Purpose.AI_SEARCH: "AI search",
    Purpose.AGENT: "AI agents",
    Purpose.ARCHIVE: "open data",
}
_OTHER_AI, _SEARCH, _OTHERS = "other AI", "search", "others"
_GROUPS = (*_AI.values(), _OTHER_AI, _SEARCH, _OTHERS)  # in the order they are shown
_RULES = 4  # rules shown
_LABEL = 11  # columns, of the group's name
_LONGEST = 40  # characters of a rule shown
_BESIDE = 4  # of the other findings


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedCrawler:
    """A crawler and what a robots.txt means for it."""

    token: str
    crawler: Crawler | None  # None: not registered, or `*`
    verdict: Verdict
    matched_token: str | None  # whose group applies; None: none does
    group: int | None  # line on which the first group that applies begins
    line: int | None  # of the rule that decides
    rule: str | None
    author: str | None  # of the rules that block it
    template: Template | None  # the author, where it is a known template


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFile:
    """A robots.txt as a whole."""

    where: str  # its URL or path
    size: int | None  # bytes; None: the server says that there is none
    is_robots: bool
    crawlers: Sequence[CheckedCrawler]
    beside: Sequence[str]  # signals, flags and conflicts, in lines that fit the terminal


def state_of(verdict: Verdict) -> str:
    """Return a verdict in one of the words of `STATES`; blocked: / is forbidden."""
    if verdict.root_allowed is None or verdict.restriction is Restriction.UNKNOWN:
        return UNKNOWN
    if not verdict.root_allowed:
        return BLOCKED
    return ALLOWED if verdict.restriction is Restriction.NONE else PARTLY


def site_verdict(file: CheckedFile) -> str:
    """Return the verdict in lines of the terminal's width, at most 80 columns."""
    lines = [*folded([_head(file)], ""), ""]
    if file.is_robots:
        for state in STATES:
            met = [each for each in file.crawlers if state_of(each.verdict) == state]
            lines += _state_lines(state, met)
        lines.append("")
    parts = [
        ("Rules", list(_rule_lines(file.crawlers))),
        ("Signals and flags", _first(file.beside)),
        ("Open data", _closing(file)),
    ]
    for title, part in parts:
        if part:
            lines += [title, *_indented(part)]
    return "\n".join(lines) + "\n"


def _head(file: CheckedFile) -> str:
    if file.size is None:
        return f"{file.where}: the server has no robots.txt, so nothing is blocked"
    if not file.is_robots:
        return f"{file.where}: {file.size:,} bytes that are not a robots.txt, such as a web page"
    return f"{file.where}: {file.size:,} bytes"


def _state_lines(state: str, crawlers: Sequence[CheckedCrawler]) -> Iterator[str]:
    """Yield the crawlers of a state: those with rules of their own by group, the rest counted."""
    if not crawlers:
        return
    yield from folded([f"{_TITLES[state]}: {_counts(crawlers)}"], "")
    room = columns_shown() - _LABEL - 3
    own = [each for each in crawlers if each.matched_token not in (None, STAR)]
    for group in _GROUPS:
        names = [_named(each) for each in own if _group_of(each) == group]
        if names:
            yield from folded([f"  {group:<{_LABEL}} {_fitting(names, room)}"], "")
    rest = [each.token for each in crawlers if each.matched_token in (None, STAR)]
    if rest:
        names = ["any other crawler"] * (STAR in rest) + [name for name in rest if name != STAR]
        yield from folded([f"  {'not named':<{_LABEL}} {_fitting(names, room)}"], "")


def _counts(crawlers: Sequence[CheckedCrawler]) -> str:
    registered = [each.crawler for each in crawlers if each.crawler]
    ai = sum(crawler.ai for crawler in registered)
    others = len(registered) - ai
    said = [f"{ai} AI {_crawlers(ai)}"] * bool(ai) + [f"{others} other {_crawlers(others)}"] * bool(
        others
    )
    return ", ".join(said) or "no registered crawler"


def _crawlers(count: int) -> str:
    return "crawler" if count == 1 else "crawlers"


def _group_of(each: CheckedCrawler) -> str:
    if each.crawler is None or not each.crawler.ai:
        search = each.crawler is not None and each.crawler.purpose is Purpose.SEARCH
        return _SEARCH if search else _OTHERS
    purpose = each.crawler.purpose
    return _AI.get(purpose, _OTHER_AI) if purpose else _OTHER_AI


def _named(each: CheckedCrawler) -> str:
    """Return a crawler with its operator, unless the token says who that is."""
    operator = each.crawler.operator if each.crawler else ""
    first = operator.partition(" ")[0].lower()
    named = not operator or first in each.token.lower()
    return each.token if named else f"{each.token} ({operator})"


def _fitting(names: Sequence[str], width: int) -> str:
    """Return as many names as fit, at least one, and how many more there are."""
    for count in range(len(names), 1, -1):
        if len(some(names, count)) <= width:
            return safe(some(names, count))
    return safe(some(names, 1))


def _rule_lines(crawlers: Iterable[CheckedCrawler]) -> Iterator[str]:
    """Yield the rules that block, what they block, and who wrote them."""
    found: dict[tuple[int, str, str, str | None], list[CheckedCrawler]] = {}
    for each in crawlers:
        state = state_of(each.verdict)
        if each.line is not None and each.rule is not None and state in (BLOCKED, PARTLY):
            found.setdefault((each.line, each.rule, state, each.author), []).append(each)
    for (line, rule, state, _), met in list(found.items())[:_RULES]:
        how = "blocks" if state == BLOCKED else "blocks part of the site for"
        star = any(each.token == STAR for each in met)
        whom = "every crawler that is not named" if star else some((e.token for e in met), 3)
        excepted = all(each.verdict.restriction is Restriction.ALL_BUT for each in met)
        but = ", with exceptions" if excepted else ""
        yield f"line {line}, {_short(rule)}, {how} {whom}{but}{_source(met[0])}"
    if len(found) > _RULES:
        yield f"and {len(found) - _RULES:,} more rules; --all shows the rule for each crawler"


def _short(rule: str) -> str:
    return rule if len(rule) <= _LONGEST else f"{rule[: _LONGEST - 3]}..."


def _source(each: CheckedCrawler) -> str:
    """Return who wrote a rule; of one for all crawlers there is nothing to say."""
    if each.author is None or each.matched_token == STAR:
        return ""
    return f"; {author(each.author, each.template.act if each.template else None)}"


def _indented(entries: Iterable[str]) -> list[str]:
    return [f"  {line}" for line in folded(entries, "", columns_shown() - 2)]


def _first(lines: Sequence[str]) -> list[str]:
    """Return the first findings; `lines` are wrapped, so that some continue the one before."""
    entries: list[str] = []
    for line in lines:
        if line.startswith("  ") and entries:
            entries[-1] += line[1:]
        else:
            entries.append(line)
    more = len(entries) - _BESIDE
    return [*entries[:_BESIDE], f"and {more:,} more; --all shows them"] if more > 0 else entries


def _closing(file: CheckedFile) -> list[str]:
    """Return what the verdict means for open data, and where the owner changes it."""
    found = next((e for e in file.crawlers if e.crawler and e.crawler.operator == OPEN_DATA), None)
    return [_meaning(found), _advice(found, file)] if found else []


def _meaning(found: CheckedCrawler) -> str:
    state = state_of(found.verdict)
    by = f" by line {found.line}" if found.line else ""
    if state == UNKNOWN:
        return f"We do not know whether {OPEN_DATA} ({found.token}) may read this site."
    if state == ALLOWED:
        return (
            f"{OPEN_DATA} ({found.token}) may read this site. Its open archive, and data sets made "
            "from it, can contain the site."
        )
    if state == PARTLY:
        return f"{OPEN_DATA} ({found.token}) may read this site, except what is blocked{by}."
    full = found.verdict.restriction is Restriction.FULL
    but = "" if full else ", except for what Allow rules open"
    return (
        f"{OPEN_DATA} ({found.token}) is blocked{by}{but}. New crawls, and open data sets made "
        "from them, leave this site out. Copies made earlier are not affected."
    )


def _advice(found: CheckedCrawler, file: CheckedFile) -> str:
    """Return where the owner changes it; a template is changed where it is made."""
    state = state_of(found.verdict)
    if state == UNKNOWN:
        return f"Make {file.where} a plain text file with rules, then check again."
    made = found.template
    if state == BLOCKED and made and made.act in ("default", "switch"):
        source = f", see {made.source}" if made.source else ""
        return f"Change it in the settings of {made.vendor}: {made.title}{source}."
    if state == BLOCKED and made and made.act == "group":
        return f"{made.title} share these rules: ask {made.vendor} to change them."
    if state == BLOCKED and found.matched_token != STAR:
        return (
            f"To allow it, remove {found.matched_token} from the group on line {found.group} of "
            f"{file.where}."
        )
    if state == BLOCKED:
        return f"To allow it, add to {file.where}: User-agent: {found.token}, and below it Allow: /"
    return f"To change it, edit {file.where}."
