"""Lines that bind nobody: found by kind, and none that Google's parser obeys after all."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from verify.google import Google

from crawlblock.api.robots_txt import parse
from crawlblock.registry import crawlers
from crawlblock.robots.ineffective import IneffectiveFinder, IneffectiveLine
from crawlblock.robots.judge import STAR, in_grammar
from crawlblock.robots.parser import TWICE_ENCODED_BOM

pytestmark = pytest.mark.own_code

TOKENS = (STAR, *(crawler.token for crawler in crawlers()))
ALL = "\nDisallow: /\n"
FOR_GPTBOT = "User-agent: GPTBot\n"
# Text, fault, line, crawlers that were to be kept out.
FAULTS = [
    ("User-agent: GPTBot Disallow: /", "one_line", 1, "GPTBot"),
    ("User-agent: GPTBot\\nDisallow: /", "one_line", 1, "GPTBot"),
    ("User-agent: GPTBot\u2028Disallow: /", "one_line", 1, "GPTBot"),
    ("User-agent: GPTBot Allow: /x Disallow: /", "one_line", 1, "GPTBot"),
    ("User-agent: GPTBot<br>Disallow: /", "markup", 1, "GPTBot"),
    (f"\u200bUser-agent: GPTBot{ALL}", "invisible", 1, "GPTBot"),
    (f"\u00e2\u0080\u008dUser-agent: GPTBot{ALL}", "invisible", 1, "GPTBot"),
    (f"User\u00ad-agent: GPTBot{ALL}", "invisible", 1, "GPTBot"),
    (f"User-agent: GPT\u200dBot{ALL}", "invisible", 1, "GPTBot"),
    (f"User-agent:\u00a0GPTBot{ALL}", "invisible", 1, "GPTBot"),
    (f"{FOR_GPTBOT}Disallow:\u00a0/", "invisible", 2, "GPTBot"),
    (f"{FOR_GPTBOT}Disallow: /\u200b", "invisible", 2, "GPTBot"),
    (f"\ufeff\ufeffUser-agent: GPTBot{ALL}", "invisible", 1, "GPTBot"),
    (f"\n\ufeffUser-agent: GPTBot{ALL}", "invisible", 2, "GPTBot"),
    (f"\0\0\0\0User-agent: GPTBot{ALL}", "invisible", 1, "GPTBot"),
    (f"User-agent\uff1aGPTBot{ALL}", "lookalike", 1, "GPTBot"),
    (f"User\u2011agent: GPTBot{ALL}", "lookalike", 1, "GPTBot"),
    (f"User-agent: G\u0420TBot{ALL}", "lookalike", 1, "GPTBot"),
    (f"User_agent: GPTBot{ALL}", "misspelt_key", 1, "GPTBot"),
    (f"Agent: GPTBot{ALL}", "misspelt_key", 1, "GPTBot"),
    (f"- User-agent: GPTBot{ALL}", "misspelt_key", 1, "GPTBot"),
    (f"{FOR_GPTBOT}Disalllow: /", "misspelt_key", 2, "GPTBot"),
    (f"User-agent = GPTBot{ALL}", "no_colon", 1, "GPTBot"),
    (f"User-agent: GPTBotCCBot{ALL}", "several_names", 1, "GPTBot CCBot"),
    (f"User-agent: GPTBot, CCBot{ALL}", "several_names", 1, "CCBot"),
    (f"User-agent: GPTBot/CCBot{ALL}", "several_names", 1, "CCBot"),
    (f"User-agent: Mozilla/5.0 (compatible; GPTBot/1.0){ALL}", "full_user_agent", 1, "GPTBot"),
    (f"User-agent: *GPTBot{ALL}", "odd_name", 1, "GPTBot"),
    (f'User-agent: "GPTBot"{ALL}', "odd_name", 1, "GPTBot"),
    (f"User-agent: GTPBot{ALL}", "misspelt_name", 1, "GPTBot"),
    (f"User-agent: GPT Bot{ALL}", "misspelt_name", 1, "GPTBot"),
    ("Disallow: /\nUser-agent: GPTBot\nDisallow:\n", "no_group", 1, "*"),
    (f"{FOR_GPTBOT}Disallow: all", "not_a_path", 2, "GPTBot"),
    (f'{FOR_GPTBOT}Disallow: "/"', "not_a_path", 2, "GPTBot"),
    (f"{FOR_GPTBOT}Disallow: / everything", "space_in_path", 2, "GPTBot"),
]
BINDING = [
    f"User-agent: GPTBot Disallow: /{ALL}", f"Useragent: GPTBot{ALL}", f"User agent: GPTBot{ALL}",
    f"User-agents: GPTBot{ALL}", f"User-agent: GPTBot*{ALL}", f"User-agent\u00a0: GPTBot{ALL}",
    f"{FOR_GPTBOT}Disallow /", f"{FOR_GPTBOT}Dissalow: /", f"{FOR_GPTBOT}Disallow: *",
    f"\ufeff \nUser-agent: GPTBot{ALL}", f"User-agent: GPTBot # CCBot{ALL}",
]  # fmt: skip
HARMLESS = [
    "User-agent: Googlebot/2.1 (like CCBot)" + ALL, "User-agent: Wotbot" + ALL,
    FOR_GPTBOT + "// Disallow: /", FOR_GPTBOT + "Disallow: https://other.example/",
    FOR_GPTBOT + "Noindex: /", "User-agent: GPTBot", FOR_GPTBOT + "Allow: all",
    "<html><p>User-agent: GPTBot Disallow: /</p></html>",
]  # fmt: skip


@pytest.fixture(scope="module")
def finder() -> IneffectiveFinder:
    """Return one for all registered crawlers."""
    return IneffectiveFinder(TOKENS)


def obeyed(body: bytes, lines: tuple[IneffectiveLine, ...]) -> list[tuple[str, str]]:
    """Return the blocks said to bind nobody that Google's parser obeys."""
    google = Google()
    pairs = [
        (line.text, token)
        for line in lines
        for token in line.blocks
        if in_grammar(token) and not google.allowed(body, token.encode(), b"/")
    ]
    google.close()
    return pairs


@pytest.mark.parametrize(("text", "fault", "number", "whom"), FAULTS)
def test_faults(finder: IneffectiveFinder, text: str, fault: str, number: int, whom: str) -> None:
    """Each kind is found with its line and crawlers, and Google's parser obeys none of them."""
    body = text.encode()
    (line,) = finder.find(body)
    assert (line.fault, line.line) == (fault, number)
    assert set(whom.split()) <= set(line.blocks) <= set(line.tokens)
    assert obeyed(body, (line,)) == []


@pytest.mark.parametrize("text", [*BINDING, *HARMLESS])
def test_no_faults(finder: IneffectiveFinder, text: str) -> None:
    """What binds, and what was meant for nobody, is no fault."""
    assert [line for line in finder.find(text.encode()) if line.blocks] == []
    if text in BINDING:
        assert parse(text).verdict("GPTBot").root_allowed is False


def test_real_files(
    finder: IneffectiveFinder, shared: Path, record_property: Callable[[str, object], None]
) -> None:
    """In real files Google's parser obeys no block that is said to bind nobody."""
    frames = [pl.read_parquet(path, columns=["body"]) for path in shared.glob("corpus/*.parquet")]
    bodies = pl.concat(frames)["body"].drop_nulls().unique(maintain_order=True)  # versions together
    flagged = Counter[str]()
    wrong = []
    for body in bodies:
        lines = finder.find(body)
        flagged.update({line.fault for line in lines if line.blocks})
        google = body.removeprefix(TWICE_ENCODED_BOM)
        wrong += obeyed(google, lines) if any(line.blocks for line in lines) else []
    record_property("proof", f"files with a block that binds nobody: {dict(flagged)}")
    assert flagged.total() > 100
    assert wrong == []


def test_hostile_files(finder: IneffectiveFinder) -> None:
    """Any bytes give an answer, and of thousands of faults 200 lines are reported."""
    many = b"User-agent: GPTBot Disallow: /\n" * 16_000
    assert len(finder.find(many)) == 200
    agents = b"".join(b"User-agent: GPTBot, CCBot%d, ClaudeBot\n" % n for n in range(9_000))
    assert finder.find(agents + b"Disallow: /\n")
    for body in (b"", b"\xff" * 999, bytes(range(256)) * 99, b"User-agent: " + b"GPTBot" * 99_999):
        finder.find(body)


def test_padding_and_byte_order_marks() -> None:
    """Padding NULs are read as Google reads them, and a mark encoded twice is read through."""
    rules = (FOR_GPTBOT + "Disallow: /\n").encode()
    for body in (
        rules + b"\0" * 4,
        rules + b"\0" * 500,
        FOR_GPTBOT.encode() + b"\0" * 9 + b"\n" + rules,
    ):
        assert parse(body).verdict("GPTBot").root_allowed is False
    twice = parse(TWICE_ENCODED_BOM + rules)
    assert twice.verdict("GPTBot").root_allowed is False
    assert twice.flags == ("twice_encoded_bom",)
    for body in (
        b"\0" * 9,
        b"\0" * 9 + b"\n",
        rules.decode().encode("utf-16"),
        b"Page Not Found" + b"\0" * 99,
    ):
        assert parse(body).verdict("GPTBot").root_allowed is None


def test_flags() -> None:
    """The API shows the lines, with every crawler that they are about, registered or not."""
    robots = parse("User-agent: GPTBot, CCBot, MyOwnBot\nDisallow: /\n")
    assert robots.flags == ("ineffective_rules",)
    assert robots.explain("CCBot").ineffective == robots.ineffective
    assert robots.explain("CCBot").flags == ("ineffective_rules",)
    assert robots.explain("GPTBot").flags == ()
    assert robots.explain("MyOwnBot").ineffective[0].blocks == ("MyOwnBot",)
    assert str(robots.ineffective[0]).startswith("line 1 does not bind CCBot (several_names): ")
