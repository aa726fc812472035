"""What sites do to web archives, in words: the Internet Archive first, Common Crawl beside it."""

from crawlblock import registry
from crawlblock.report import phrases
from crawlblock.report.labels import percent
from crawlblock.report.scope import AnsweredQuestion, Row, Scope

LEAD, BESIDE, ANY = "Internet Archive", "Common Crawl", "any web archive"
BLOCKED, BY_NAME, LET_IN = "blocked", "blocked by name", "blocked, search let in"


def newest_archives(scope: Scope) -> list[Row]:
    """Return the rows of `archives` about the newest snapshot, one with an estimate if there is."""
    rows = scope.rows("archives")
    known = [row for row in rows if row["estimate"] is not None] or rows
    last = max(((row["snapshot_date"], row["snapshot"]) for row in known), default=None)
    return [row for row in rows if (row["snapshot_date"], row["snapshot"]) == last]


def archived(scope: Scope) -> AnsweredQuestion:
    """Answer whether sites block web archives, and whether they let search in."""
    question = "Are web archives blocked, too?"
    rows = newest_archives(scope)
    found = {(row["archive"], row["measure"]): row for row in rows if row["token"] is None}
    name = LEAD if (LEAD, BLOCKED) in found else ANY
    row = found.get((name, BLOCKED))
    if row is None or row["estimate"] is None:
        reason = "no site was asked" if row is None else row["no_estimate"]
        return AnsweredQuestion(question, scope.segment, f"No estimate: {reason}.", "")
    beside = scope.as_if_sample("archives", row, "snapshot", "archive", "measure")
    left_out = "" if row["no_change"] else _left_out(row)
    return AnsweredQuestion(
        question,
        scope.segment,
        f"{_course(scope, row)}{_others(found, name)}",
        f"{phrases.definition()} Search is let in where Googlebot and bingbot may crawl. "
        f"{left_out}{_crawlers(rows, name)}A robots.txt does not say whether an archive obeys it. "
        f"{phrases.error(row, beside)}{phrases.few(row)}",
        number=percent(row["estimate"]),
        of=f"blocked {'the ' + LEAD if row['archive'] == LEAD else 'a web archive'}",
        course=tuple((each["snapshot_date"].isoformat(), each["estimate"])
                     for each in scope.rows("archives", archive=name, measure=BLOCKED)
                     if each["token"] is None and each["snapshot_date"]
                     and each["estimate"] is not None),
    )  # fmt: skip


def _course(scope: Scope, row: Row) -> str:
    """Return how many sites blocked an archive, then and now."""
    name = f"the {LEAD}" if row["archive"] == LEAD else "a web archive"
    now = f"{phrases.in_month(row['snapshot_date'])}{phrases.sampled(row)}"
    if row["no_change"]:
        return f"Of {scope.sites(row['n'])}, {percent(row['estimate'])} blocked {name}{now}."
    return (
        f"Of {scope.sites(row['n'], same=True)}, {percent(row['from_share'])} blocked {name}"
        f"{phrases.in_month(row['from_date'])} and {percent(row['estimate'])}{now}: "
        f"{row['n_started']:,} started and {row['n_stopped']:,} stopped."
    )


def _others(found: dict[tuple[str, str], Row], name: str) -> str:
    """Return how many block the archive but not search, and how many block Common Crawl."""
    let_in, other = found[name, LET_IN], found.get((BESIDE, BLOCKED))
    said = (
        [] if let_in["estimate"] is None
        else [f"{percent(let_in['estimate'])} blocked it but not Google or Bing"]
    )  # fmt: skip
    if other is not None and other["estimate"] is not None:
        said.append(f"{percent(other['estimate'])} blocked {BESIDE}")
    when = phrases.in_month(let_in["snapshot_date"]).replace(" in", " In", 1)
    return f"{when}, {', and '.join(said)}." if said and when else ""


def _left_out(row: Row) -> str:
    return (
        f"The sites are those whose robots.txt is known in both {row['from_snapshot']} and "
        f"{row['snapshot']}; {row['n_unknown']:,} others are left out. "
    )


def _crawlers(rows: list[Row], name: str) -> str:
    """Return the shares of an archive's crawlers, with who used a name before."""
    earlier = {crawler.token: crawler.earlier for crawler in registry.crawlers()}
    said = [
        f"{percent(row['estimate'])} blocked {row['token']}"
        + "".join(f" (the name of {other})" for other in earlier.get(row["token"], ()))
        for row in rows
        if row["archive"] == name and row["measure"] == BLOCKED and row["token"] is not None
    ]
    return (
        f"An archive is blocked where one of its crawlers is: {phrases.listed(said)}. "
        if said
        else ""
    )
