"""Cases of what one answer is, and of which host it is."""

from worlds.cases import (
    EMPTY,
    HOST,
    HTTPS,
    STATUSES,
    Case,
    Record,
    allows,
    answered,
    blocks,
    challenge,
    error,
    limits,
    not_robots,
    ok,
    page,
)
from worlds.several import plain, robots

COMMENTED = blocks("build 7")._replace(body=b"<!-- build 7 -->\nUser-agent: GPTBot\nDisallow: /\n")


def _alone(name: str, statuses: tuple[int, ...]) -> Case:
    """Return a case of hosts that each answer with one of these statuses."""
    records = (error(f"https://s{each}.{{case}}/robots.txt", "04 10:00", each) for each in statuses)
    return Case(
        name=name,
        why="Each error is what its status says.",
        records=tuple(records),
        expected={f"s{each}.{{case}}": answered("04 10:00", each) for each in statuses},
    )


def _single() -> list[Case]:
    return [
        Case(
            name="one_robots_txt", why="The plain case.",
            records=(robots("04 10:00", "the only one"),),
            expected={HOST: ok("04 10:00", blocks("the only one"))},
        ),
        *(_alone(name, statuses) for name, statuses in (("client_errors", STATUSES[:9]),
                                                        ("server_errors", STATUSES[9:]))),
        Case(
            name="empty_and_204", why="An empty file and a 204 are robots.txt files without rules.",
            records=(
                Record(url="https://empty.{case}/robots.txt", at="04 10:00"),
                Record(url="https://none.{case}/robots.txt", at="04 10:00", status=204, type=None),
            ),
            expected={
                "empty.{case}": ok("04 10:00", EMPTY), "none.{case}": ok("04 10:00", EMPTY, 204),
            },
        ),
        Case(
            name="a_204_after_a_robots_txt", why="A 204 is an empty robots.txt, and newer.",
            records=(
                robots("04 10:00", "before 204"),
                Record(url=HTTPS, at="05 10:00", status=204, type=None),
            ),
            expected={HOST: ok("05 10:00", EMPTY, 204)},
        ),
        Case(
            name="a_comment_after_a_robots_txt",
            why="Text with a comment is a robots.txt without rules, here the newer one.",
            records=(robots("04 10:00", "before words"), plain("05 10:00", b"# Come in, all.\n")),
            expected={
                HOST: ok("05 10:00", EMPTY._replace(body=b"# Come in, all.\n")),
            },
        ),
        Case(
            name="pages_alone", why="A page in place of a robots.txt is unknown.",
            records=tuple(
                Record(url=f"https://{name}.{{case}}/robots.txt", at="04 10:00", body=body)
                for name, body in _ALONE.items()
            ),
            expected={
                f"{name}.{{case}}": (challenge if name == "challenge" else not_robots)(
                    "04 10:00", body
                )
                for name, body in _ALONE.items()
            },
        ),
        Case(
            name="a_robots_txt_called_html", why="The body decides, not what the server calls it.",
            records=(
                Record(url=HTTPS, at="05 10:00", type="text/html", body=limits("HTML").body),
                robots("04 10:00", "older than one called HTML"),
            ),
            expected={HOST: ok("05 10:00", limits("HTML"))},
        ),
        Case(
            name="review_comment_then_503", why="Markup before a robots.txt does not hide it.",
            records=(
                Record(url=HTTPS, at="04 10:00", detected="text/html", body=COMMENTED.body),
                error(HTTPS, "05 10:00", 503),
            ),
            expected={HOST: ok("04 10:00", COMMENTED)},
        ),
        Case(
            name="a_robots_txt_of_other_types", why="No type makes it less of a robots.txt.",
            records=tuple(
                Record(url=f"https://{name}.{{case}}/robots.txt", at="04 10:00", type=mime,
                       body=limits(f"of type {mime}").body)
                for name, mime in _TYPES.items()
            ),
            expected={f"{name}.{{case}}": ok("04 10:00", limits(f"of type {mime}"))
                      for name, mime in _TYPES.items()},
        ),
    ]  # fmt: skip


_ALONE = {
    "html": page("alone"),
    "json": b'{"message": "Not here"}',
    "cdn_page": b"<html><script src=/cdn-cgi/challenge-platform/x></script></html>",
    "challenge": b"<html><script>window._cf_chl_opt={}</script></html>",
    "zipped": b"\x1f\x8b\x08\x00 and more",
    "image": b"\x89PNG\r\n\x1a\n and more",
}
_TYPES = {
    "octets": "application/octet-stream",
    "nothing": None,
    "nonsense": "x/y; charset=none;;",
    "json": "application/json",
}


def _hosts() -> list[Case]:
    other = allows("of another path").body
    paths = ("ROBOTS.TXT", "/robots.txt", "robots.txt?v=2", "robots.txt.bak", "a/robots.txt")
    return [
        Case(
            name="other_paths", why="Only /robots.txt itself is the host's robots.txt.",
            records=(
                robots("04 10:00", "among other paths"),
                *(Record(url=f"https://{HOST}/{path}", at="05 10:00", body=other)
                  for path in paths),
            ),
            expected={HOST: ok("04 10:00", blocks("among other paths"))},
        ),
        Case(
            name="a_port", why="A host with a port of its own has a robots.txt of its own.",
            records=(
                robots("04 10:00", "without a port"),
                Record(url=f"https://{HOST}:8443/robots.txt", at="05 10:00",
                       body=allows("with a port").body),
            ),
            expected={HOST: ok("04 10:00", blocks("without a port")),
                      f"{HOST}:8443": ok("05 10:00", allows("with a port"))},
        ),
        Case(
            name="the_default_port", why="The scheme's own port changes nothing.",
            records=(
                robots("04 10:00", "port left out"),
                Record(url=f"https://{HOST}:443/robots.txt", at="05 10:00",
                       body=allows("port 443").body),
            ),
            expected={HOST: ok("05 10:00", allows("port 443"))},
        ),
        Case(
            name="an_international_host", why="Its name is compared in ASCII.",
            records=(
                Record(url="https://xn--bcher-kva.{case}/robots.txt", at="04 10:00",
                       body=blocks("IDN").body),
            ),
            expected={"xn--bcher-kva.{case}": ok("04 10:00", blocks("IDN"))},
        ),
        Case(
            name="addresses", why="An IP address is a host.",
            records=(
                Record(url="https://198.51.100.23/robots.txt", at="04 10:00",
                       body=blocks("IPv4").body),
                Record(url="https://[2001:db8::23]/robots.txt", at="04 10:00",
                       body=blocks("IPv6").body),
            ),
            expected={"198.51.100.23": ok("04 10:00", blocks("IPv4")),
                      "[2001:db8::23]": ok("04 10:00", blocks("IPv6"))},
        ),
        Case(
            name="an_upper_case_host", why="Hosts are compared in lower case.",
            records=(robots("04 10:00", "lower case"),
                     robots("05 10:00", "upper case", "HTTPS://SHOP.{case}/robots.txt")),
            expected={HOST: ok("05 10:00", blocks("upper case"))},
        ),
        Case(
            name="not_captured", why="A host without a capture is not made up.",
            records=(robots("04 10:00", "another host"),),
            expected={HOST: ok("04 10:00", blocks("another host")), "nobody.{case}": None},
        ),
    ]  # fmt: skip


CASES = [*_single(), *_hosts()]
