"""Cases of several captures: which one counts for a host."""

from worlds.cases import (
    DEFAULT,
    EMPTY,
    HOST,
    HTTP,
    HTTPS,
    NAMED,
    Case,
    Record,
    Text,
    answered,
    blocks,
    challenge,
    error,
    not_robots,
    ok,
    page,
)

CHALLENGE = b"Just a moment... /cdn-cgi/challenge-platform/h/b/orchestrate\n"


def pair(name: str, why: str, first: Record, second: Record, counts: int) -> Case:
    """Return a case of two captures of a host, of which the given one (0 or 1) counts."""
    chosen = (first, second)[counts]
    if chosen.body == b"":
        seen = ok(chosen.at, EMPTY)
    elif chosen.body.startswith(b"# "):
        seen = ok(chosen.at, Text(chosen.body, NAMED, DEFAULT), chosen.status or 0)
    elif chosen.body == CHALLENGE:
        seen = challenge(chosen.at, chosen.body)
    elif chosen.status == 200:
        seen = not_robots(chosen.at, chosen.body)
    else:
        seen = answered(chosen.at, chosen.status or 0)
    return Case(name=name, why=why, records=(first, second), expected={HOST: seen})


def robots(at: str, tag: str, url: str = HTTPS, status: int = 200) -> Record:
    """Return a capture of a robots.txt that blocks GPTBot."""
    return Record(url=url, at=at, status=status, body=blocks(tag).body)


def html(at: str, tag: str) -> Record:
    """Return a capture of an HTML page."""
    return Record(url=HTTPS, at=at, type="text/html", body=page(tag))


def plain(at: str, body: bytes) -> Record:
    """Return a capture of some body that the server calls plain text."""
    return Record(url=HTTPS, at=at, body=body)


def _errors() -> list[Case]:
    """Return an error after and before a robots.txt, for each of several statuses."""
    found: list[Case] = []
    for status in (404, 403, 429, 503, 520):
        early, late = f"before {status}", f"after {status}"
        found += (
            pair(
                f"a_{status}_after_a_robots_txt", "A newer error does not replace a robots.txt.",
                robots("04 10:00", early), error(HTTPS, "05 10:00", status), 0,
            ),
            pair(
                f"a_{status}_before_a_robots_txt", "The newer robots.txt counts.",
                error(HTTPS, "04 10:00", status), robots("05 10:00", late), 1,
            ),
        )  # fmt: skip
    return found


def _two_errors() -> list[Case]:
    why = "Among errors the newest counts."
    return [
        pair(
            f"a_{second}_after_a_{first}", why,
            error(HTTPS, "04 10:00", first), error(HTTPS, "05 10:00", second), 1,
        )
        for first, second in ((503, 404), (404, 503), (403, 404), (520, 429), (404, 520))
    ]  # fmt: skip


def _pages() -> list[Case]:
    newer, older = "A page does not replace a robots.txt.", "The newer robots.txt counts."
    said = "An error counts before a page, which says nothing."
    json, other = b'{"error": "blocked"}', b'{"error": "not yet"}'
    return [
        pair("review_json_a_day_later", newer, robots("04 10:00", "before JSON"),
             plain("05 10:00", json), 0),
        pair("json_before_a_robots_txt", older, plain("04 10:00", other),
             robots("05 10:00", "after JSON"), 1),
        pair("html_after_a_robots_txt", newer, robots("04 10:00", "before HTML"),
             html("05 10:00", "sorry, later"), 0),
        pair("html_before_a_robots_txt", older, html("04 10:00", "sorry, earlier"),
             robots("05 10:00", "after HTML"), 1),
        pair("html_called_plain_after_a_robots_txt", newer, robots("04 10:00", "before plain"),
             plain("05 10:00", page("called plain")), 0),
        pair("a_challenge_called_plain_after_a_robots_txt", newer,
             robots("04 10:00", "before a challenge"), plain("05 10:00", CHALLENGE), 0),
        pair("a_page_in_plain_text_after_a_robots_txt", newer,
             robots("04 10:00", "before a denial"),
             plain("05 10:00", b"Access to this site has been denied."), 0),
        pair("a_page_in_plain_text_before_a_robots_txt", older, plain("04 10:00", b"Not found"),
             robots("05 10:00", "after a denial"), 1),
        pair("a_page_in_plain_text_after_an_error", said, error(HTTPS, "04 10:00", 404),
             plain("05 10:00", b"Too Many Requests"), 0),
        pair("a_page_after_an_error", said, error(HTTPS, "04 10:00", 404),
             html("05 10:00", "after 404"), 0),
        pair("a_page_before_an_error", said, html("04 10:00", "before 404"),
             error(HTTPS, "05 10:00", 404), 1),
        pair("a_page_after_a_server_error", said, error(HTTPS, "04 10:00", 503),
             html("05 10:00", "after 503"), 0),
        pair("two_pages", "Among pages the newest counts.", html("04 10:00", "the first"),
             html("05 10:00", "the second"), 1),
    ]  # fmt: skip


def _texts() -> list[Case]:
    newest = "Among robots.txt files the newest counts."
    return [
        pair("a_newer_robots_txt", newest, robots("04 10:00", "older"),
             robots("05 10:00", "newer"), 1),
        pair("a_newer_robots_txt_first_in_the_file", newest, robots("05 10:00", "first"),
             robots("04 10:00", "second"), 0),
        pair("http_newer_than_https", "The scheme decides only at the same time.",
             robots("04 10:00", "older https"), robots("05 10:00", "newer http", HTTP), 1),
        pair("https_newer_than_http", newest, robots("04 10:00", "older http", HTTP),
             robots("05 10:00", "newer https"), 1),
        pair("http_and_https_in_the_same_second", "https counts before http.",
             robots("04 10:00:07", "same, https"), robots("04 10:00:07", "same, http", HTTP), 0),
        pair("http_found_https_missing", "A robots.txt counts before an error of any scheme.",
             robots("04 10:00", "by http", HTTP), error(HTTPS, "05 10:00", 404), 0),
        pair("an_empty_file_after_a_robots_txt", "An empty file is a robots.txt, and newer.",
             robots("04 10:00", "before empty"), plain("05 10:00", b""), 1),
        pair("an_empty_file_before_a_robots_txt", newest, plain("04 10:00", b""),
             robots("05 10:00", "after empty"), 1),
        pair("a_206_after_a_robots_txt", "Every 2xx with a robots.txt is one.",
             robots("04 10:00", "before 206"), robots("05 10:00", "with 206", HTTPS, 206), 1),
        pair("a_203_before_a_robots_txt", newest, robots("04 10:00", "with 203", HTTPS, 203),
             robots("05 10:00", "after 203"), 1),
    ]  # fmt: skip


def _many() -> list[Case]:
    thirty = [
        robots(f"{day:02} {hour:02}:00", f"the {day}. at {hour}")
        for day in range(3, 13)
        for hour in (1, 9, 17)
    ]
    last = blocks("the 12. at 17")
    return [
        Case(
            name="three_captures", why="The newest counts wherever in the file it is.",
            records=(robots("05 10:00", "the 5."), robots("06 10:00", "the 6."),
                     robots("04 10:00", "the 4.")),
            expected={HOST: ok("06 10:00", blocks("the 6."))},
        ),
        Case(
            name="a_robots_txt_a_page_an_error", why="The only robots.txt counts.",
            records=(robots("04 10:00", "first of three"), html("05 10:00", "second of three"),
                     error(HTTPS, "06 10:00", 500)),
            expected={HOST: ok("04 10:00", blocks("first of three"))},
        ),
        Case(
            name="thirty_captures", why="The newest of many counts.",
            records=(*thirty[15:], *thirty[:15], error(HTTPS, "13 10:00", 404)),
            expected={HOST: ok("12 17:00", last)},
        ),
        Case(
            name="two_hosts_one_payload", why="Hosts share a payload.",
            records=tuple(
                Record(url=f"https://{name}.{{case}}/robots.txt", at=at, body=blocks("both").body)
                for name, at in (("one", "04 10:00"), ("two", "06 10:00"))
            ),
            expected={"one.{case}": ok("04 10:00", blocks("both")),
                      "two.{case}": ok("06 10:00", blocks("both"))},
        ),
    ]  # fmt: skip


CASES = [*_texts(), *_pages(), *_errors(), *_two_errors(), *_many()]
