"""Cases of redirects to a URL that was seen several times, and of www and apex."""

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
    dead,
    error,
    got,
    limits,
    moved,
    ok,
    page,
)

CDN = "cdn.{case}"


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
            name="two_redirects_in_the_same_second", why="Also behind redirects https is first.",
            records=(moved(HTTP, "04 10:00", "/a"), moved(HTTPS, "04 10:00", "/b"),
                     got(f"http://{HOST}/a", "04 10:00:02", "from http"),
                     Record(url=f"https://{HOST}/b", at="04 10:00:01",
                            body=limits("from https").body)),
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


CASES = [*_targets(), *_apexes()]
