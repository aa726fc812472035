"""Cases of damage: what cannot be read affects neither its neighbours nor older answers."""

from worlds.cases import (
    HOST,
    HTTP,
    HTTPS,
    TARGET,
    WWW,
    Case,
    Record,
    allows,
    answered,
    blocks,
    broken,
    dead,
    error,
    got,
    moved,
    not_robots,
    ok,
    page,
)
from worlds.records import beheaded, flipped, halved, packed, wrecked, wrong_sum

BEFORE, BEHIND = "https://before.{case}/robots.txt", "https://behind.{case}/robots.txt"
LIMIT = 500 * 1024  # bytes of a robots.txt that count


def altered(at: str, tag: str, status: int = 200) -> Record:
    """Return a capture whose payload is not the one that its digest is of."""
    return Record(
        url=HTTPS, at=at, status=status,
        body=blocks(f"{tag}, written").body, altered=blocks(f"{tag}, altered").body,
    )  # fmt: skip


def _newest() -> list[Case]:
    """Return cases of a damaged newest record: the older one counts."""
    why = "A damaged record does not replace an older robots.txt."
    changes = {"wrecked": wrecked, "flipped": flipped, "wrong_sum": wrong_sum}
    found = [
        Case(
            name="review_newest_is_damaged" if name == "wrecked" else f"newest_{name}", why=why,
            records=(
                got(HTTPS, "04 10:00", f"older than {name}"),
                Record(url=HTTPS, at="05 10:00", body=allows(name).body, damaged=change),
                got(BEHIND, "04 10:00", f"behind {name}"),
            ),
            expected={HOST: ok("04 10:00", blocks(f"older than {name}")),
                      "behind.{case}": ok("04 10:00", blocks(f"behind {name}"))},
        )
        for name, change in changes.items()
    ]  # fmt: skip
    short = Record(
        url=HTTPS, at="05 10:00", body=allows("shorter than it says").body,
        spelled=lambda text: text.replace(b"\r\nContent-Length: ", b"\r\nContent-Length: 9", 1),
    )  # fmt: skip
    return [
        *found,
        Case(
            name="newest_is_cut_by_the_file", why=why,
            records=(
                got(HTTPS, "04 10:00", "older than a cut"),
                Record(url=HTTPS, at="05 10:00", body=allows("cut").body, damaged=halved),
            ),
            expected={HOST: ok("04 10:00", blocks("older than a cut"))},
        ),
        Case(
            name="newest_is_shorter_than_it_says", why=why,
            records=(got(HTTPS, "04 10:00", "older than a short one"), short,
                     got(BEHIND, "04 10:00", "behind a short one")),
            expected={HOST: ok("04 10:00", blocks("older than a short one")),
                      "behind.{case}": ok("04 10:00", blocks("behind a short one"))},
        ),
        Case(
            name="newest_is_altered", why=why,
            records=(got(HTTPS, "04 10:00", "older than altered"), altered("05 10:00", "newest")),
            expected={HOST: ok("04 10:00", blocks("older than altered"))},
        ),
    ]  # fmt: skip


def _only() -> list[Case]:
    """Return cases of a host whose only record is damaged."""
    return [
        Case(
            name="review_behind_a_damaged_record",
            why="Neighbours are found; of an unreadable record only the index knows.",
            records=(
                got(BEFORE, "04 10:00", "before the damage"),
                Record(url=HTTPS, at="04 11:00", body=allows("in the damage").body,
                       damaged=wrecked),
                got(BEHIND, "04 12:00", "behind the damage"),
            ),
            expected={"before.{case}": ok("04 10:00", blocks("before the damage")),
                      "behind.{case}": ok("04 12:00", blocks("behind the damage"))},
            history={HOST: broken("04 11:00")}, files={HOST: None},
        ),
        Case(
            name="only_one_is_cut_by_the_file", why="As above, at the end of the file.",
            records=(
                got(BEFORE, "04 10:00", "before the end"),
                Record(url=HTTPS, at="04 11:00", body=allows("at the end").body, damaged=beheaded),
            ),
            expected={"before.{case}": ok("04 10:00", blocks("before the end"))},
            history={HOST: broken("04 11:00")}, files={HOST: None},
        ),
        Case(
            name="only_one_is_altered", why="A payload without its digest is unknown, never open.",
            records=(altered("04 10:00", "only"),), expected={HOST: broken("04 10:00")},
        ),
        Case(
            name="damaged_error", why="Of an error the index says enough; a file says nothing.",
            records=(
                got(BEFORE, "04 10:00", "before a damaged error"),
                Record(url=HTTPS, at="04 11:00", status=404, body=page("404"), damaged=wrecked),
            ),
            expected={"before.{case}": ok("04 10:00", blocks("before a damaged error"))},
            history={HOST: answered("04 11:00", 404)}, files={HOST: None},
        ),
        Case(
            name="damaged_redirect", why="Of a redirect the index says enough, too.",
            records=(
                Record(url=HTTPS, at="04 10:00", status=301,
                       headers=(f"Location: https://{WWW}/robots.txt",), damaged=wrecked),
                got(f"https://{WWW}/robots.txt", "04 11:00", "behind a damaged redirect"),
            ),
            expected={WWW: ok("04 11:00", blocks("behind a damaged redirect"))},
            history={HOST: ok("04 11:00", blocks("behind a damaged redirect"))},
            files={HOST: None},
        ),
        Case(
            name="no_http_head", why="A record without an HTTP head is damaged.",
            records=(Record(url=HTTPS, at="04 10:00", status=None, body=b"Disallow: /headless\n"),),
            expected={HOST: broken("04 10:00", None)},
        ),
    ]  # fmt: skip


def _around() -> list[Case]:
    """Return cases of damage beside the records of a host."""
    return [
        Case(
            name="damaged_request", why="A damaged request is no answer that is lost.",
            records=(packed(b"WARC/1.0\r\nWARC-Type: request\r\n\r\n")[:10] + b"\xff" * 90,
                     got(HTTPS, "04 10:00", "behind a damaged request")),
            expected={HOST: ok("04 10:00", blocks("behind a damaged request"))},
            reported=1,
        ),
        Case(
            name="rubbish_between_records", why="What follows rubbish is found again.",
            records=(got(BEFORE, "04 10:00", "before rubbish"), b"\x00rubbish\xff" * 20,
                     got(HTTPS, "04 11:00", "behind rubbish")),
            expected={"before.{case}": ok("04 10:00", blocks("before rubbish")),
                      HOST: ok("04 11:00", blocks("behind rubbish"))},
            reported=1,
        ),
        Case(
            name="http_damaged_https_whole", why="One scheme's damage is not the other's.",
            records=(
                Record(url=HTTP, at="05 10:00", body=allows("by http, damaged").body,
                       damaged=wrecked),
                got(HTTPS, "04 10:00", "by https, whole"),
            ),
            expected={HOST: ok("04 10:00", blocks("by https, whole"))},
        ),
        Case(
            name="one_of_two_equal_payloads_is_damaged",
            why="A host does not share the damage of another one with the same payload.",
            records=(
                Record(url="https://a.{case}/robots.txt", at="04 10:00", body=blocks("pair").body,
                       damaged=wrecked),
                got(HTTPS, "04 11:00", "pair"),
            ),
            expected={HOST: ok("04 11:00", blocks("pair"))},
            also=("a.{case}",),
        ),
        Case(
            name="all_but_one_are_damaged", why="One readable record among many is found.",
            records=(
                *(Record(url=HTTPS, at=f"05 {hour:02}:00", body=allows(f"at {hour}").body,
                         damaged=flipped) for hour in range(10, 14)),
                got(HTTPS, "04 10:00", "the whole one"),
                *(Record(url=HTTPS, at=f"06 {hour:02}:00", body=allows(f"later, {hour}").body,
                         damaged=wrecked) for hour in range(10, 14)),
            ),
            expected={HOST: ok("04 10:00", blocks("the whole one"))},
        ),
    ]  # fmt: skip


def _ranks() -> list[Case]:
    """Return cases of a damaged record beside what ranks near it."""
    return [
        Case(
            name="damage_after_an_error", why="An error ranks above a damaged record.",
            records=(error(HTTPS, "04 10:00", 404), altered("05 10:00", "after 404")),
            expected={HOST: answered("04 10:00", 404)},
        ),
        Case(
            name="damage_after_a_page", why="A page ranks above a damaged record.",
            records=(Record(url=HTTPS, at="04 10:00", body=page("before damage")),
                     altered("05 10:00", "after a page")),
            expected={HOST: not_robots("04 10:00", page("before damage"))},
        ),
        Case(
            name="damage_after_a_dead_redirect", why="Of these two the newer counts.",
            records=(moved(HTTPS, "04 10:00", TARGET), altered("05 10:00", "after a redirect")),
            expected={HOST: broken("05 10:00")},
        ),
        Case(
            name="a_dead_redirect_after_damage", why="Of these two the newer counts.",
            records=(altered("04 10:00", "before a redirect"), moved(HTTPS, "05 10:00", TARGET)),
            expected={HOST: dead("05 10:00")},
        ),
        Case(
            name="an_error_with_a_wrong_digest", why="Of an error the payload does not matter.",
            records=(altered("04 10:00", "an error", 404),),
            expected={HOST: answered("04 10:00", 404)},
        ),
    ]  # fmt: skip


def _truncated() -> list[Case]:
    """Return cases of payloads that the crawler cut."""
    cut, exact = blocks("cut"), blocks("exact")
    large = cut._replace(body=cut.body + b"# filler\n" * 80_000)
    filled = (exact.body + b"# exactly\n" * 60_000)[:LIMIT]
    exact, short = exact._replace(body=filled), filled[:-1]
    return [
        Case(
            name="truncated_short", why="What the crawler did not keep might have decided.",
            records=(Record(url=HTTPS, at="04 10:00", body=blocks("short").body,
                            truncated="length"),),
            expected={HOST: broken("04 10:00")},
        ),
        Case(
            name="truncated_short_after_a_robots_txt", why="A cut file replaces no whole one.",
            records=(got(HTTPS, "04 10:00", "before a cut one"),
                     Record(url=HTTPS, at="05 10:00", body=allows("a cut one").body,
                            truncated="disconnect")),
            expected={HOST: ok("04 10:00", blocks("before a cut one"))},
        ),
        Case(
            name="truncated_large", why="The first 500 KiB are all that counts.",
            records=(Record(url=HTTPS, at="04 10:00", body=large.body, truncated="length"),),
            expected={HOST: ok("04 10:00", large)},
        ),
        Case(
            name="truncated_at_the_limit", why="Exactly 500 KiB are enough, a byte less is not.",
            records=(
                Record(url="https://exact.{case}/robots.txt", at="04 10:00", body=exact.body,
                       truncated="length"),
                Record(url="https://short.{case}/robots.txt", at="04 10:00", body=short,
                       truncated="length"),
            ),
            expected={"exact.{case}": ok("04 10:00", exact), "short.{case}": broken("04 10:00")},
        ),
        Case(
            name="truncated_error", why="Of an error the payload does not matter.",
            records=(Record(url=HTTPS, at="04 10:00", status=404, body=page("cut"),
                            truncated="time"),),
            expected={HOST: answered("04 10:00", 404)},
        ),
    ]  # fmt: skip


CASES = [*_newest(), *_only(), *_around(), *_ranks(), *_truncated()]
