"""Cases of redirects: where a chain leads, and when it counts."""

from worlds.cases import (
    Case,
    Record,
    allows,
    answered,
    blocks,
    broken,
    dead,
    error,
    limits,
    moved,
    not_robots,
    ok,
    page,
)

HOST, WWW, CDN = "shop.{case}", "www.shop.{case}", "cdn.{case}"
HTTPS, HTTP = f"https://{HOST}/robots.txt", f"http://{HOST}/robots.txt"
TARGET = f"https://{WWW}/robots.txt"


def got(url: str, at: str, tag: str) -> Record:
    """Return a capture of a robots.txt that blocks GPTBot."""
    return Record(url=url, at=at, body=blocks(tag).body)


def _to(name: str, why: str, location: str, target: str) -> Case:
    """Return a case of one redirect whose target is in the crawl."""
    return Case(
        name=name,
        why=why,
        records=(moved(HTTPS, "04 10:00", location), got(target, "04 10:00:02", name)),
        expected={HOST: ok("04 10:00:02", blocks(name))},
    )


def _spelled() -> list[Case]:
    """Return redirects by the way that the target is written."""
    other = f"https://{HOST}/other.txt"
    return [
        _to("redirect_to_another_path", "The target may have any path.", other, other),
        _to("redirect_relative", "A path is of the same host.", "/other.txt", other),
        _to("redirect_relative_name", "A name is beside /robots.txt.", "other.txt", other),
        _to("redirect_relative_up", "Dots are resolved.", "../a/./../other.txt", other),
        _to("redirect_protocol_relative", "The scheme is kept.", f"//{WWW}/robots.txt", TARGET),
        _to("redirect_to_a_query", "A query is part of a URL.", "?lang=en", f"{HTTPS}?lang=en"),
        _to("redirect_with_a_fragment", "A fragment is no part of a URL.", f"{TARGET}#top", TARGET),
        _to("redirect_with_a_default_port", "The scheme's own port changes nothing.",
            f"https://{WWW}:443/robots.txt", TARGET),
        _to("redirect_with_a_port", "Another port is another place.",
            f"https://{WWW}:8443/robots.txt", f"https://{WWW}:8443/robots.txt"),
        _to("redirect_in_upper_case", "Scheme and host are compared in lower case.",
            "HTTPS://WWW.SHOP.{case}/robots.txt", TARGET),
        _to("redirect_with_spaces", "Spaces around a target are no part of it.",
            f"  {TARGET} ", TARGET),
        _to("redirect_to_http", "A redirect may lead from https to http.",
            f"http://{WWW}/robots.txt", f"http://{WWW}/robots.txt"),
    ]  # fmt: skip


def chain(name: str, why: str, hops: int, follows: bool) -> Case:
    """Return a case of a chain of so many redirects."""
    urls = [HTTPS, *(f"https://{HOST}/{hop}" for hop in range(1, hops + 1))]
    records = [
        moved(url, f"04 10:00:{hop:02}", f"/{hop + 1}") for hop, url in enumerate(urls[:-1])
    ]
    seen = ok(f"04 10:00:{hops:02}", blocks(name)) if follows else dead("04 10:00:05")
    return Case(
        name=name,
        why=why,
        records=(*records, got(urls[-1], f"04 10:00:{hops:02}", name)),
        expected={HOST: seen},
    )


def _chains() -> list[Case]:
    return [
        chain("chain_of_two", "Redirects are followed.", 2, True),
        chain("chain_of_five", "Five redirects are followed.", 5, True),
        chain("chain_of_six", "The sixth redirect is not followed.", 6, False),
        Case(
            name="chain_over_schemes_and_hosts",
            why="The usual way: to https, then to www.",
            records=(
                moved(HTTP, "04 10:00", HTTPS), moved(HTTPS, "04 10:00:03", TARGET),
                got(TARGET, "04 10:00:06", "behind http and https"),
            ),
            expected={HOST: ok("04 10:00:06", blocks("behind http and https")),
                      WWW: ok("04 10:00:06", blocks("behind http and https"))},
        ),
        Case(
            name="redirect_by_every_status", why="Any 3xx with a target is followed.",
            records=tuple(
                record for status in _KINDS
                for record in (
                    moved(f"https://s{status}.{{case}}/robots.txt", "04 10:00", "/to", status),
                    got(f"https://s{status}.{{case}}/to", "04 10:00:02", f"behind {status}"),
                )
            ),
            expected={f"s{status}.{{case}}": ok("04 10:00:02", blocks(f"behind {status}"))
                      for status in _KINDS},
        ),
    ]  # fmt: skip


_KINDS = (300, 301, 302, 303, 307, 308)


def _dead_ends() -> list[Case]:
    """Return redirects that lead nowhere."""
    none = "Without a target a redirect leads nowhere."
    return [
        Case(
            name="redirect_loop", why="A loop leads nowhere; its last answer is the last new one.",
            records=(moved(HTTPS, "04 10:00", TARGET), moved(TARGET, "04 10:00:02", HTTPS)),
            expected={HOST: dead("04 10:00:02"), WWW: dead("04 10:00")},
        ),
        Case(
            name="redirect_to_itself", why="The shortest loop leads nowhere.",
            records=(moved(HTTPS, "04 10:00", HTTPS, 302),),
            expected={HOST: dead("04 10:00", 302)},
        ),
        Case(
            name="redirect_to_a_missing_target", why="What the crawl does not hold is unknown.",
            records=(moved(HTTPS, "04 10:00", TARGET),),
            expected={HOST: dead("04 10:00"), WWW: None},
        ),
        Case(
            name="redirect_to_no_url", why="Nonsense is no target.",
            records=tuple(
                moved(f"https://n{number}.{{case}}/robots.txt", "04 10:00", target)
                for number, target in enumerate(_NONSENSE)
            ),
            expected={f"n{number}.{{case}}": dead("04 10:00") for number in range(len(_NONSENSE))},
        ),
        Case(
            name="redirect_without_a_location", why=none,
            records=(Record(url=HTTPS, at="04 10:00", status=301, type="text/html"),),
            expected={HOST: dead("04 10:00")},
        ),
        Case(
            name="redirect_with_an_empty_location", why=none,
            records=(moved(HTTPS, "04 10:00", ""),), expected={HOST: dead("04 10:00")},
        ),
        Case(
            name="not_modified", why="A 304 names no target.",
            records=(Record(url=HTTPS, at="04 10:00", status=304, type=None),),
            expected={HOST: dead("04 10:00", 304)},
        ),
        Case(
            name="a_dead_redirect_after_a_robots_txt",
            why="A redirect that leads nowhere does not replace a robots.txt.",
            records=(got(HTTPS, "04 10:00", "before a dead redirect"),
                     moved(HTTPS, "05 10:00", TARGET)),
            expected={HOST: ok("04 10:00", blocks("before a dead redirect"))},
        ),
        Case(
            name="a_dead_redirect_after_a_page", why="A page ranks above a dead redirect.",
            records=(Record(url=HTTPS, at="04 10:00", body=page("before a dead redirect")),
                     moved(HTTPS, "05 10:00", TARGET)),
            expected={HOST: not_robots("04 10:00", page("before a dead redirect"))},
        ),
        Case(
            name="a_dead_redirect_after_an_error", why="An error ranks above a dead redirect.",
            records=(error(HTTPS, "04 10:00", 503), moved(HTTPS, "05 10:00", TARGET)),
            expected={HOST: answered("04 10:00", 503)},
        ),
    ]  # fmt: skip


_NONSENSE = ("http://[/", "https://ex.com:port/x", "ftp://ftp.example/robots.txt", "//", "data:,x")


def _ends() -> list[Case]:
    """Return redirects to what is no robots.txt."""
    found = [
        Case(
            name=f"redirect_to_a_{status}", why="The end of a chain says what it is.",
            records=(moved(HTTPS, "04 10:00", TARGET), error(TARGET, "04 10:00:02", status)),
            expected={HOST: answered("04 10:00:02", status),
                      WWW: answered("04 10:00:02", status)},
        )
        for status in (404, 403, 503)
    ]  # fmt: skip
    home = page("home")
    return [
        *found,
        Case(
            name="redirect_to_a_page", why="A redirect to the home page is no robots.txt.",
            records=(moved(HTTPS, "04 10:00", "/"),
                     Record(url=f"https://{HOST}/", at="04 10:00:02", type="text/html", body=home)),
            expected={HOST: not_robots("04 10:00:02", home)},
        ),
        Case(
            name="redirect_to_a_page_after_an_error", why="An error counts before a page.",
            records=(error(HTTPS, "03 10:00", 404), moved(HTTPS, "04 10:00", "/"),
                     Record(url=f"https://{HOST}/", at="04 10:00:02", body=page("later home"))),
            expected={HOST: answered("03 10:00", 404)},
        ),
        Case(
            name="redirect_to_an_error_after_a_robots_txt",
            why="A newer error behind a redirect does not replace a robots.txt.",
            records=(got(HTTPS, "03 10:00", "before a redirect to 404"),
                     moved(HTTPS, "04 10:00", "/gone"),
                     error(f"https://{HOST}/gone", "04 10:00:02", 404)),
            expected={HOST: ok("03 10:00", blocks("before a redirect to 404"))},
        ),
        Case(
            name="redirect_to_a_damaged_answer", why="Damage at the end of a chain is unknown.",
            records=(moved(HTTPS, "04 10:00", TARGET),
                     Record(url=TARGET, at="04 10:00:02", body=blocks("whole once").body,
                            altered=allows("altered behind a redirect").body)),
            expected={HOST: broken("04 10:00:02"), WWW: broken("04 10:00:02")},
        ),
    ]  # fmt: skip


def best(name: str, why: str, *answers: Record, counts: int) -> Case:
    """Return a case of a redirect to a URL with several captures, of which one counts."""
    text = next(t for t in (blocks(name), allows(name)) if t.body == answers[counts].body)
    seen = ok(answers[counts].at, text)
    first = moved(HTTPS, "03 10:00", TARGET)
    return Case(name=name, why=why, records=(first, *answers), expected={HOST: seen, WWW: seen})


def _targets() -> list[Case]:
    """Return redirects to a URL that was captured several times."""
    name = "review_target_seen_twice"
    late = "target_with_a_newer_{}"
    why = "Of the captures of a target the same order chooses."
    damaged = Record(url=TARGET, at="05 10:00", body=b"# once whole\n", altered=b"# altered\n")
    lost = moved(TARGET, "05 10:00", f"https://{CDN}/robots.txt")
    a_page = Record(url=TARGET, at="05 10:00", body=page("newer at the target"))
    return [
        best(name, "The newest capture of a target counts, not the nearest in time.",
             got(TARGET, "03 10:00:02", name),
             Record(url=TARGET, at="13 10:00", body=allows(name).body), counts=1),
        *(best(late.format(kind), why, got(TARGET, "04 10:00", late.format(kind)), newer, counts=0)
          for kind, newer in (("error", error(TARGET, "05 10:00", 404)), ("page", a_page),
                              ("dead_redirect", lost), ("damaged_record", damaged))),
        best("target_older_than_the_redirect", "The target may be older than the redirect.",
             Record(url=TARGET, at="02 10:00",
                    body=allows("target_older_than_the_redirect").body), counts=0),
        Case(
            name="a_loop_with_a_way_out", why="A target that also loops has one that does not.",
            records=(moved(HTTPS, "04 10:00", TARGET), moved(TARGET, "05 10:00", HTTPS),
                     got(TARGET, "04 10:00:02", "the way out")),
            expected={HOST: ok("04 10:00:02", blocks("the way out")),
                      WWW: ok("04 10:00:02", blocks("the way out"))},
        ),
        Case(
            name="a_newer_robots_txt_behind_a_redirect", why="Also behind a redirect newer counts.",
            records=(got(HTTPS, "03 10:00", "before the move"), moved(HTTPS, "04 10:00", TARGET),
                     Record(url=TARGET, at="04 10:00:02", body=allows("after the move").body)),
            expected={HOST: ok("04 10:00:02", allows("after the move"))},
        ),
        Case(
            name="a_newer_robots_txt_after_a_redirect", why="The redirect is the older chain.",
            records=(moved(HTTPS, "03 10:00", TARGET), got(TARGET, "03 10:00:02", "moved away"),
                     Record(url=HTTPS, at="04 10:00", body=allows("moved back").body)),
            expected={HOST: ok("04 10:00", allows("moved back")),
                      WWW: ok("03 10:00:02", blocks("moved away"))},
        ),
        Case(
            name="the_time_of_the_first_answer",
            why="A chain is as old as its first answer, however old or new its last one is.",
            records=(moved(HTTP, "06 10:00", TARGET), got(TARGET, "03 10:00", "the older file"),
                     Record(url=HTTPS, at="05 10:00", body=allows("the newer file").body)),
            expected={HOST: ok("03 10:00", blocks("the older file"))},
        ),
        Case(
            name="two_redirects_in_the_same_second", why="https counts before http, also behind one.",
            records=(moved(HTTP, "04 10:00", "/a"), moved(HTTPS, "04 10:00", "/b"),
                     got(f"http://{HOST}/a", "04 10:00:02", "from http"),
                     Record(url=f"https://{HOST}/b", at="04 10:00:01", body=limits("from https").body)),
            expected={HOST: ok("04 10:00:01", limits("from https"))},
        ),
        Case(
            name="many_hosts_to_one_target", why="One answer may be the end of many chains.",
            records=(*(moved(f"https://h{n}.{{case}}/robots.txt", f"04 1{n}:00", TARGET)
                       for n in range(4)), got(TARGET, "05 10:00", "of many")),
            expected={host: ok("05 10:00", blocks("of many"))
                      for host in ("h0.{case}", "h1.{case}", "h2.{case}", "h3.{case}", WWW)},
        ),
    ]  # fmt: skip


def _apexes() -> list[Case]:
    """Return cases of a registered domain, whose www may answer for it in a panel."""
    return [
        Case(
            name="www_alone", why="www answers for an apex without a capture, in a panel only.",
            records=(got("https://www.example.com/robots.txt", "04 10:00", "www alone"),),
            expected={"www.example.com": ok("04 10:00", blocks("www alone"))},
            history={"example.com": ok("04 10:00", blocks("www alone"))},
            files={"example.com": None},
        ),
        Case(
            name="an_apex_in_error", why="www does not answer for an apex that answered.",
            records=(error("https://example.net/robots.txt", "04 10:00", 503),
                     got("https://www.example.net/robots.txt", "05 10:00", "beside an error")),
            expected={"example.net": answered("04 10:00", 503),
                      "www.example.net": ok("05 10:00", blocks("beside an error"))},
        ),
        Case(
            name="an_apex_with_a_dead_redirect", why="A redirect is an answer of the apex itself.",
            records=(moved("https://example.org/robots.txt", "04 10:00", f"https://{CDN}/x"),
                     got("https://www.example.org/robots.txt", "05 10:00", "beside a redirect")),
            expected={"example.org": dead("04 10:00"),
                      "www.example.org": ok("05 10:00", blocks("beside a redirect"))},
        ),
        Case(
            name="www_and_apex", why="Each has a robots.txt of its own.",
            records=(got("https://example.edu/robots.txt", "04 10:00", "of the apex"),
                     Record(url="https://www.example.edu/robots.txt", at="05 10:00",
                            body=allows("of its www").body)),
            expected={"example.edu": ok("04 10:00", blocks("of the apex")),
                      "www.example.edu": ok("05 10:00", allows("of its www"))},
        ),
        Case(
            name="an_index_without_the_target",
            why="Where the index does not say where a redirect leads, its record does.",
            records=(
                Record(url=HTTPS, at="04 10:00", status=301, headers=(f"Location: {TARGET}",),
                       redirect_in_index=False),
                got(TARGET, "04 10:00:02", "not in the index"),
            ),
            expected={HOST: ok("04 10:00:02", blocks("not in the index"))},
        ),
    ]  # fmt: skip


CASES = [
    *_spelled(), *_chains(), *_dead_ends(), *_ends(), *_targets(), *_apexes(),
]  # fmt: skip
