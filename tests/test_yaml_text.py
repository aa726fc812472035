"""Words of people in YAML: every reader takes them as they were written."""

import json
from dataclasses import replace
from typing import Any

import pytest

from crawlblock.export.citation import citation
from crawlblock.export.dataset import Extent, Request
from crawlblock.report.page.citing import Cited, citation_forms
from crawlblock.yaml_text import as_yaml

pytestmark = pytest.mark.own_code

FAMILY = "\U00020bb7\u7530"  # a name whose first character is above U+FFFF
WORDS = [
    FAMILY, "\U0001f916 and \U0001f577", "a: b # c", 'quo"te', "back\\slash \\ud842\\udfb7",
    "two\nlines", "\x07 bell", "\u2028", "- x", "",
]  # fmt: skip
REQUEST = Request(FAMILY, (FAMILY, "Ada"), "CC0-1.0", "rfc9309", False, False)
HELD = Extent(1, (), 1, 1, None, None, False, False)


@pytest.mark.parametrize("word", WORDS)
def test_words(word: str) -> None:
    """YAML gives back what went in, and so does JSON."""
    yaml: Any = pytest.importorskip("yaml")
    value = {"a": [word, 1, None, True], word: {}}
    assert yaml.safe_load(as_yaml(value)) == value
    assert json.loads(as_yaml(value)) == value and "\n" not in as_yaml(value)


def test_citations() -> None:
    """CITATION.cff of an export and of the page name people and titles as they are."""
    yaml: Any = pytest.importorskip("yaml")
    made = yaml.safe_load(citation(REQUEST, HELD))
    assert made["title"] == FAMILY and made["authors"] == [{"name": FAMILY}, {"name": "Ada"}]
    alone = yaml.safe_load(citation(replace(REQUEST, authors=()), HELD))
    assert alone["authors"] == [{"name": "Anonymous"}]
    forms = dict(citation_forms(Cited(FAMILY, None, "")))
    assert yaml.safe_load(forms["CITATION.cff"])["title"] == FAMILY
