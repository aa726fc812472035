"""Cases of redirects: where a chain leads, and when it counts."""

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
    records = [moved(url, f"04 10:00:{hop:02}", f"/{hop + 1}") for hop, url in enumerate(urls[:-1])]
    seen = ok(f"04 10:00:{hops:02}", blocks(name)) if follows else dead("04 10:00:00")
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
            name="redirect_loop", why="A loop leads nowhere; the host's own redirect is reported.",
            records=(moved(HTTPS, "04 10:00", TARGET), moved(TARGET, "04 10:00:02", HTTPS)),
            expected={HOST: dead("04 10:00"), WWW: dead("04 10:00:02")},
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


CASES = [*_spelled(), *_chains(), *_dead_ends(), *_ends()]
