"""The proof: Google's own parser gives the same answers, on all real files there are.

The counts are printed at the end of the run.
"""

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pytest
from conftest import SHARED
from verify.google import SIZE_LIMIT, Google

from crawlblock.model import Basis
from crawlblock.registry import crawlers, obeyed
from crawlblock.robots import judge as judging
from crawlblock.robots.judge import Judge, in_grammar
from crawlblock.robots.line import escape
from crawlblock.robots.matcher import winner
from crawlblock.robots.parser import TWICE_ENCODED_BOM, Group, Lines, parse
from crawlblock.robots.sniff import is_robots
from robots.generated import TOKENS, robots_files

pytestmark = pytest.mark.own_code

# Of each file, besides `/`; 20 in `make test-fuzz`.
OTHER_PATHS = int(os.environ.get("CRAWLBLOCK_PATHS", "4"))
FIXED_PATHS = tuple(
    b"/index.html /a /ab /b /a/ /aa/b /a/b/c.php /x.pdf /robots.txt /wp-admin/ /search?q=x /?a=b"
    b" /a?b /a/index.htm /en/ /a~b /a.b?c=d&e=f /b/a/b/ /zz /sitemap.xml /a/b?a=b /aab".split()
)
_URL_PATH = re.compile(rb"/[A-Za-z0-9._~!&'()+,;=:@/-]*(\?[A-Za-z0-9._~!&'()+,;=:@/-]+)?")
_DOT_SEGMENT = re.compile(rb"/\.\.?(/|\?|$)")


@dataclass
class Tally:
    """What was compared."""

    bodies: int = 0
    crawlers: int = 0  # pairs of a body and a crawler asked about
    answers: int = 0
    not_robots: int = 0  # bodies without a verdict, of which only the rules are compared
    differences: list[tuple[str, bytes, bytes]] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.bodies} files, {self.crawlers} pairs of file and crawler, "
            f"{self.answers} answers, {len(self.differences)} differences "
            f"({self.not_robots} files without a verdict)"
        )


def probes(patterns: Iterable[bytes]) -> list[bytes]:
    """Return `/` and other paths, as many as possible from the patterns of a file's own rules."""
    own = dict.fromkeys(_path(pattern) for pattern in _spread([*dict.fromkeys(patterns)]))
    own.pop(b"/", None)
    paths = dict.fromkeys([b"/", *own, *FIXED_PATHS])
    return list(paths)[: 1 + OTHER_PATHS]


def _path(pattern: bytes) -> bytes:
    """Return a path that a pattern is likely to match, one that is a valid URL as it stands."""
    path = pattern.replace(b"*", b"zz").removesuffix(b"$")
    path += b"x" if path.endswith(b"?") else b""
    usable = _URL_PATH.fullmatch(path) and not _DOT_SEGMENT.search(path)
    return path if usable else b"/"


def _spread(patterns: Sequence[bytes]) -> Sequence[bytes]:
    """Return up to `OTHER_PATHS` of some patterns, evenly spread over them."""
    return patterns[:: max(1, -(-len(patterns) // OTHER_PATHS))]


def named(body: bytes, names: Mapping[str, bytes]) -> list[str]:
    """Return the tokens that occur in a file's agent lines, and the first that does not.

    `names` has them in lower case.  Google's parser cannot bind a crawler whose token stands in no
    line with `agent` in its key, so that one crawler stands for all of those.
    """
    lines = b"\n".join({line for line in body.lower().splitlines() if b"agent" in line})
    absent = next(token for token, name in names.items() if name not in lines)
    return [token for token, name in names.items() if name in lines or token == absent]


def compare(bodies: Iterable[bytes], tokens: Sequence[str]) -> Tally:
    """Ask both parsers about every file, crawler and path."""
    google, judge, tally = Google(), Judge(tokens), Tally()
    names = {token: token.lower().encode() for token in judge.tokens}
    with pytest.MonkeyPatch.context() as patch:
        parsed = _ParsedOnce()
        patch.setattr(judging, "parse", parsed)
        for body in bodies:
            _compare_body(body, parsed(body), names, judge, google, tally)
    google.close()
    return tally


class _ParsedOnce:
    """Parses as the judge does; asked again about the same file it gives the same groups."""

    def __init__(self) -> None:
        self._lines, self._body, self._groups = Lines(), b"", list[Group]()

    def __call__(self, body: bytes, lines: Lines | None = None) -> list[Group]:
        if body is not self._body:
            self._body, self._groups = body, parse(body, self._lines if lines is None else lines)
        return self._groups


def _compare_body(
    body: bytes, parsed: Sequence[Group], names: Mapping[str, bytes], judge: Judge, google: Google,
    tally: Tally,
) -> None:  # fmt: skip
    verdicts, found, counted = judge.policy(body).verdicts, judge.findings(body), _counted(body)
    read = {tuple(group.agents): group.rules() for group in parsed}  # by their lines
    paths = probes(rule.pattern for rules in read.values() for rule in rules)
    asked = [escape(path) for path in paths]
    ours: dict[tuple[int, ...], list[bool]] = {}
    tally.bodies += 1
    tally.not_robots += not is_robots(body)
    for token in named(body, names):
        root = verdicts[token].root_allowed
        groups = found[token].groups
        key = tuple(line for group in groups for _, line in group.agents)
        if root is None:
            answers = [judge.allowed(body, token, path) for path in paths]
        elif key not in ours:
            rules = [rule for group in groups for rule in read[tuple(group.agents)]]
            deciding = [winner(rules, path) for path in asked]
            answers = ours[key] = [rule is None or rule.allow for rule in deciding]
        else:
            answers = ours[key]
        name = token.encode()
        theirs = [google.allowed(counted, name, path) for path in paths]
        tally.crawlers += 1
        tally.answers += len(paths)
        if theirs != answers or (root is not None and root != theirs[0]):
            wrong = (path for path, a, b in zip(paths, answers, theirs, strict=True) if a != b)
            tally.differences.append((token, next(wrong, b"/"), body[:200]))


def _counted(body: bytes) -> bytes:
    """Return the first 500 KiB without a line that they cut; Google's library has no limit.

    A byte order mark that a collector encoded twice is left out, as we leave it out.
    """
    body = body.removeprefix(TWICE_ENCODED_BOM)
    if len(body) <= SIZE_LIMIT:
        return body
    head = body[: SIZE_LIMIT + 1]
    return head[: max(head.rfind(b"\n"), head.rfind(b"\r")) + 1]


def registered() -> list[str]:
    """Return the registered tokens that Google's parser can express."""
    return [crawler.token for crawler in crawlers() if in_grammar(crawler.token)]


def test_fallbacks(shared: Path, record_property: Callable[[str, object], None]) -> None:
    """Google's parser, asked one token at a time, leads to the verdict of crawlers with several."""
    frame = pl.read_parquet(shared / "corpus" / "spider_2024_05.parquet", columns=["body"])
    bodies = sorted(set(frame["body"].drop_nulls()))
    google, judge = Google(), Judge(list(obeyed()), obeyed())
    alone = Judge({token for each in obeyed().values() for token in each.tokens})
    asked = [b for b in bodies if any(t.lower().encode() in b.lower() for t in _others())]
    wrong, fallbacks = [], 0
    for body in asked:
        verdicts, counted = judge.policy(body).verdicts, _counted(body)
        by_itself = alone.policy(body).verdicts
        for token, each in obeyed().items():
            if verdicts[token].root_allowed is None:
                continue
            own = (t for t in each.tokens if by_itself[t].basis is Basis.NAMED)
            name = next(own, "never-named" if each.wildcard else None)
            theirs = name is None or google.allowed(counted, name.encode(), b"/")
            fallbacks += verdicts[token].basis is Basis.FALLBACK
            if theirs != verdicts[token].root_allowed:
                wrong.append((token, body[:200]))
    google.close()
    record_property("proof", f"fallbacks in {len(asked)} real files: {fallbacks}")
    assert wrong == []
    assert fallbacks > 0


def _others() -> set[str]:
    """Return the tokens that crawlers obey besides their own."""
    return {token for each in obeyed().values() for token in each.tokens[1:]}


PARTS = 4  # which processes of a test run share


@pytest.mark.parametrize("part", range(PARTS))
def test_real_files(
    shared: Path, record_property: Callable[[str, object], None], part: int
) -> None:
    """On every distinct real file no answer for any registered crawler differs from Google's."""
    paths = sorted(shared.glob("corpus/*.parquet"))
    texts = [path.read_bytes() for path in sorted(shared.glob("corpus/*/*.txt"))]
    frames = [pl.read_parquet(path, columns=["body"]) for path in paths]
    bodies = pl.concat([*frames, pl.DataFrame({"body": texts}, {"body": pl.Binary})])["body"]
    bodies = bodies.drop_nulls().unique(maintain_order=True)
    # versions of a file stand together, and their lines are read once
    mine = bodies.filter(pl.int_range(len(bodies), eager=True) // 100 % PARTS == part)
    tally = compare(mine, registered())
    record_property("proof", f"Google's parser on real files, {part + 1} of {PARTS}: {tally}")
    assert tally.bodies > 23_000 // PARTS
    assert tally.differences == []


def test_generated_files(record_property: Callable[[str, object], None]) -> None:
    """On files made by a grammar no answer differs either: 20,000 where there are no real ones."""
    count = 2_000 if SHARED.is_dir() else 20_000
    tally = compare(robots_files(count, seed=9309), (*TOKENS, "never-named"))
    record_property("proof", f"Google's parser on generated files: {tally}")
    assert tally.bodies == count
    assert tally.differences == []
