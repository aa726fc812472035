"""The answers that people may quote: one sentence each, with what stands behind it.

Page and terminal use these sentences.  Segments of a list that were collected for different reasons
are never blended: each has its own sentence.
"""

from collections.abc import Iterator

from crawlblock.metrics.headline import HEADLINE, Headline, asked, rivals
from crawlblock.report import phrases
from crawlblock.report.labels import NO_WEIGHT, percent
from crawlblock.report.scope import AnsweredQuestion, Frames, Row, Scope, enough, shown_segments
from crawlblock.report.web_archives import archived

_ORIGINS = {  # what hosts whose robots.txt blocks a crawler did, in the order of the sentence
    "default": "used a platform's default rules",
    "switch": "turned on a platform's setting",
    "copied": "copied a published list",
    "group": "used the rules of a company with many sites",
    "wildcard": "did so with a rule for all crawlers",
    "shared": "shared rules whose author we do not know",
    "alone": "had rules that we cannot trace to anyone else",
}


def answers(found: Headline, results: Frames) -> Iterator[AnsweredQuestion]:
    """Yield the answers, each for the largest segments that have a headline of their own."""
    segments, _ = shown_segments(results, found.population)
    scopes = [Scope(found, results, segment) for segment in segments]
    for make in (_blocked, _changed, _compared, archived, _decided):
        for scope in scopes:
            yield make(scope)
    yield _lost(Scope(found, results, None))


def unanswered(found: Headline, results: Frames) -> str:
    """Say how many segments have no answer here, nothing if all have."""
    shown, others = shown_segments(results, found.population)
    return (
        f"These are the {len(shown)} largest of {len(shown) + others:,} segments. "
        "blocked_by_segment.csv and the other result files have all."
        if others
        else ""
    )


def _blocked(scope: Scope) -> AnsweredQuestion:
    question = "How many sites block AI crawlers?"
    rows = scope.shares()
    leaders = rivals(rows, scope.found)
    if not leaders:
        return AnsweredQuestion(
            question, scope.segment, "No AI crawler was in use at that time.", ""
        )
    row = leaders[0]
    name = "blocked" if scope.segment is None else "blocked_by_segment"
    beside = scope.as_if_sample(name, row, "token", "snapshot", "definition")
    return AnsweredQuestion(
        question,
        scope.segment,
        f"Of {scope.sites(row['n'])}, {percent(row['estimate'])} blocked {row['token']}"
        f"{phrases.in_month(row['snapshot_date'])}{phrases.sampled(row)}.",
        f"{_leader(leaders)} {phrases.definition()} {phrases.unknown(row)} {_refused(row)}"
        f"{phrases.error(row, beside)}{phrases.few(row)}",
        number=percent(row["estimate"]),
        of=f"blocked {row['token']}",
        course=scope.course("blocked", token=row["token"], definition=HEADLINE),
    )


def _refused(row: Row) -> str:
    """Say how many servers refuse, which is no block by robots.txt."""
    count = row["n_refused"]
    return f"{count:,} servers refused to send their robots.txt. " if count > 1 else ""


def _leader(leaders: list[Row]) -> str:
    """Say why the answer is about this crawler."""
    first = leaders[0]
    highest = [other for other in leaders if other["estimate"] == first["estimate"]]
    if not first["estimate"]:
        return f"None of the {len(leaders)} AI crawlers in use is blocked by a known site."
    if len(highest) == 1:
        return f"{first['token']} is the AI crawler in use that most sites block."
    return f"{len(highest)} AI crawlers in use are blocked by equally many sites, and none by more."


def _changed(scope: Scope) -> AnsweredQuestion:
    question = "Has it grown?"
    rows = [
        row for row in scope.rows("change", span="since_first") if row["token"] and row["n"]
    ]  # fmt: skip
    tokens = [token for token in reversed(asked(scope.found)) if token]
    wanted = [row for token in tokens for row in rows if row["token"] == token]
    if not wanted:
        return AnsweredQuestion(question, scope.segment, "No site is known in two snapshots.", "")
    last = max((row["to_date"], row["to_snapshot"]) for row in wanted)
    newest = [row for row in wanted if (row["to_date"], row["to_snapshot"]) == last]
    row = (newest or wanted)[0]
    beside = scope.as_if_sample("change", row, "span", "token", "from_snapshot", "to_snapshot")
    way = "an increase" if row["estimate"] > 0 else "a decrease"
    net = f", {way} of {abs(100 * row['estimate']):.1f} percentage points"
    return AnsweredQuestion(
        question,
        scope.segment,
        f"Of {scope.sites(row['n'], same=True)}, {percent(row['from_share'])} blocked "
        f"{row['token']}{phrases.in_month(row['from_date'])} and {percent(row['to_share'])}"
        f"{phrases.in_month(row['to_date'])}: {row['n_started']:,} started and "
        f"{row['n_stopped']:,} stopped"
        + (net if row["estimate"] else "")
        + f"{phrases.sampled(row, signed=True)}.",
        f"{phrases.definition()} The sites are those whose robots.txt is known in both "
        f"{row['from_snapshot']} and {row['to_snapshot']}; {row['n_unknown']:,} others are left "
        f"out. {phrases.error(row, beside, signed=True)}",
        number=f"{round(100 * row['estimate'], 1) + 0.0:+.1f} points".replace(
            "-", "\N{MINUS SIGN}"
        ),
        of=f"{row['token']}, since{phrases.in_month(row['from_date']).removeprefix(' in')}",
        course=scope.course("blocked", token=row["token"], definition=HEADLINE),
    )


def _compared(scope: Scope) -> AnsweredQuestion:
    question = "Is open data blocked more often?"
    rows = [row for row in scope.rows("gap") if row["estimate"] is not None]
    last = max(((row["snapshot_date"], row["snapshot"]) for row in rows), default=None)
    now = {
        row["comparison"]: row for row in rows if (row["snapshot_date"], row["snapshot"]) == last
    }
    pair = now.get("CCBot - GPTBot")
    if pair is None:
        return AnsweredQuestion(
            question, scope.segment, "The crawlers to compare were not both documented yet.", ""
        )
    others = [
        f"{percent(row['second_share'])} blocked {name.removeprefix('CCBot - ')}"
        for name, row in now.items()
        if name in ("CCBot - GPTBot", "CCBot - ClaudeBot", "CCBot - Google-Extended")
    ]
    beside = scope.as_if_sample("gap", pair, "comparison", "snapshot")
    return AnsweredQuestion(
        question,
        scope.segment,
        f"Of {scope.sites(pair['n'])}, {percent(pair['first_share'])} blocked CCBot"
        f"{phrases.in_month(pair['snapshot_date'])}, {phrases.listed(others)}{_means(now)}.",
        f"{phrases.definition()} CCBot collects Common Crawl, which is open to all; the others "
        f"belong to closed companies. CCBot minus GPTBot: {100 * pair['estimate']:+.1f} percentage "
        f"points. "
        f"{phrases.error(pair, beside, signed=True)}",
        number=percent(pair["first_share"]),
        of=f"blocked CCBot; {percent(pair['second_share'])} blocked GPTBot",
        course=scope.course("gap", "first_share", comparison="CCBot - GPTBot"),
    )


def _means(now: dict[str, Row]) -> str:
    """Return the mean shares of sets of crawlers, which do not grow with the sets."""
    row = now.get("web archives - closed training")
    both = now.get("open data - closed training")
    if row is None or both is None:
        return ""
    return (
        f". The average crawler for open data was blocked by {percent(both['first_share'])} of "
        f"them, the average crawler for closed AI training by {percent(both['second_share'])}, and "
        f"the average crawler of a web archive by {percent(row['first_share'])}"
    )


def _decided(scope: Scope) -> AnsweredQuestion:
    question = "Who wrote the rules?"
    leaders = rivals(scope.shares(), scope.found)
    token = leaders[0]["token"] if leaders else asked(scope.found)[0]
    rows = scope.rows("authors", token=token)
    last = max(((row["snapshot_date"], row["snapshot"]) for row in rows), default=None)
    rows = [row for row in rows if (row["snapshot_date"], row["snapshot"]) == last]
    if not rows:
        return AnsweredQuestion(question, scope.segment, f"No robots.txt blocks {token}.", "")
    parts = dict.fromkeys(_ORIGINS, 0.0)
    for row in rows:
        parts[row["origin"]] += row["estimate"]
    said = [f"{percent(part)} {_ORIGINS[origin]}" for origin, part in parts.items() if part]
    most = max(parts, key=lambda origin: parts[origin])
    shared = next(iter(scope.rows("rulesets", token=token, snapshot=rows[0]["snapshot"])), None)
    return AnsweredQuestion(
        question,
        scope.segment,
        f"Of the {scope.sites(rows[0]['n'])} that blocked {token}"
        f"{phrases.in_month(rows[0]['snapshot_date'])}, {phrases.listed(said)}.",
        "The shares of platforms, companies and lists are minimums: rules that we cannot "
        "trace may still come from one of them. Rules count as shared if five hosts of two "
        "registered domains have them. We do not know why a site has its rules." + _range(shared),
        number=percent(parts[most]),
        of=_ORIGINS[most],
        course=scope.course("authors", token=token, origin=most),
    )


def _range(row: Row | None) -> str:
    if row is None or row["effective_rulesets_low"] is None:
        return ""
    low, high = row["effective_rulesets_low"], row["effective_rulesets_high"]
    return (
        f" The blocking sites have {row['n_rulesets']:,} different rule sets. These count as "
        f"{low:.0f} independent ones if all equal rule sets were copied, and as {high:.0f} if "
        "every site wrote its own."
    )


def _lost(scope: Scope) -> AnsweredQuestion:
    question = "How much training data is affected?"
    token = asked(scope.found)[-1]
    known = enough(row for row in scope.rows("lost", token=token) if row["estimate"] is not None)
    last = max(((row["snapshot_date"], row["snapshot"]) for row in known), default=None)
    rows = [row for row in known if (row["snapshot_date"], row["snapshot"]) == last]
    if not rows:
        return AnsweredQuestion(
            question, None, f"No estimate: {NO_WEIGHT}.", "crawlblock weights stores weights."
        )
    row = rows[0]
    looked = "" if row["covered"] is None else f" ({100 * row['covered']:.2g} % of {row['corpus']})"
    certain = (
        ""
        if row["known_blocked"] is None
        else f" So {100 * row['known_blocked']:.2g} % of {row['corpus']} is known to be blocked."
    )
    largest = (
        f" {row['largest_domain']} alone holds {percent(row['largest'])} of what these sites hold."
        if row["largest_domain"]
        else ""
    )
    return AnsweredQuestion(
        question,
        None,
        f"{token} is blocked on sites that hold {percent(row['estimate'])} of the "
        f"{row['corpus']} {row['unit']} found on these {row['n']:,} sites{looked}"
        f"{phrases.in_month(row['snapshot_date'])}.{certain}",
        f"{phrases.definition()} A new crawl could not collect these pages; existing copies "
        f"are unaffected.{largest} {phrases.unknown(row)} {phrases.error(row, {})}",
        number=percent(row["estimate"]),
        of=f"of the {row['corpus']} {row['unit']} found on these sites",
        course=tuple((each["snapshot_date"].isoformat(), each["estimate"]) for each in known
                     if each["snapshot_date"] and each["corpus"] == row["corpus"]
                     and each["unit"] == row["unit"]),
    )  # fmt: skip
