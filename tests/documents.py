"""The documents, taken apart: their blocks, the commands in them, the code in their prose."""

import re
from collections.abc import Iterator
from itertools import pairwise, takewhile
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCUMENTS = [
    *sorted(ROOT.glob("*.md")),
    *(
        path
        for name in ("docs", "data", "benchmarks")
        for path in sorted((ROOT / name).rglob("*.md"))
    ),
]
TUTORIAL = ROOT / "docs" / "tutorial.md"
HOWTO = ROOT / "docs" / "howto.md"
README = ROOT / "README.md"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN = ("console", "text")
NOT_RUN = ("make", ".", "export", "pip", "pipx", "uvx")  # an installation, or of the shell alone
RUN_ELSEWHERE = ("crawlblock demo",)  # by test_package.py, on fewer sites


def blocks(path: Path, *languages: str) -> list[str]:
    """Return the code blocks of a document in some languages."""
    found = BLOCK.findall(path.read_text("utf-8"))
    return [text for language, text in found if language in languages]


def lines(text: str) -> Iterator[str]:
    """Yield what a shell takes as one command: a line, with a here-document where one begins."""
    waiting = iter(text.replace("\\\n", " ").splitlines())
    for line in waiting:
        if found := re.search(r"<<'(\w+)'$", line):
            yield "\n".join([line, *takewhile(found[1].__ne__, waiting), found[1]])
        elif line.strip() and not line.startswith("#"):
            yield line


def is_run(line: str) -> bool:
    """Tell whether a line is run, not only looked at."""
    return line.split()[0] not in NOT_RUN and line not in RUN_ELSEWHERE


def runs(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the commands of a document that are run, with what it says that each prints."""
    every = [block for block in BLOCK.findall(path.read_text("utf-8")) if block[0] in SHOWN]
    for (language, text), (following, answer) in pairwise([*every, ("", "")]):
        run = [line for line in lines(text) if is_run(line)] if language == "console" else []
        for line in run:
            yield line, answer if following == "text" and line == run[-1] else ""


def code(path: Path) -> Iterator[str]:
    """Yield the code within the prose of a document."""
    yield from re.findall(r"`([^`\n]+)`", BLOCK.sub("", path.read_text("utf-8")))


def spoken(path: Path) -> Iterator[str]:
    """Yield the commands of ours in a document's shell blocks and in its prose."""
    shells = blocks(path, "console", "sh", "bash")
    for text in [*(line for block in shells for line in lines(block)), *code(path)]:
        if found := re.search(r"(?:^|[\s(\"|])(crawlblock [a-z].*)", text):
            yield found[1]


def headings(path: Path) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    text = BLOCK.sub("", path.read_text("utf-8"))
    found = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in found}


def name_of(path: Path) -> str:
    """Return how a document is called in a test's name."""
    return str(path.relative_to(ROOT))
