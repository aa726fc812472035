"""`ls` shows the package: every module has a name of its own and says what it holds."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "crawlblock"
MODULES = sorted(PACKAGE.rglob("*.py"))

pytestmark = pytest.mark.own_code


def test_names() -> None:
    """Only a command, its step and a package share a name."""
    found = defaultdict(list)
    for path in MODULES:
        inside = path.relative_to(PACKAGE).with_suffix("")
        name = inside.parent.name if inside.name == "__init__" else inside.name
        if name and inside.parts[0] not in ("cli", "pipeline"):
            found[name].append(str(inside))
    packages = {"store/store"}  # the class that the steps use
    doubled = {
        name: modules for name, places in found.items()
        if len(modules := [place for place in places if place not in packages]) > 1
    }  # fmt: skip
    assert doubled == {}


def test_classes() -> None:
    """No two public classes share a name."""
    found = defaultdict(list)
    for path in MODULES:
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].append(str(path.relative_to(PACKAGE)))
    assert {name: places for name, places in found.items() if len(places) > 1} == {}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_size_and_docstring(path: Path) -> None:
    """A module has a docstring and at most 300 lines."""
    text = path.read_text("utf-8")
    assert ast.get_docstring(ast.parse(text))
    assert len(text.splitlines()) <= 300


def test_patterns() -> None:
    """No pattern has a possessive group: Python before 3.11.5 matches some of them wrongly."""
    found = [path for path in MODULES if re.search(r"\(.+\)[*+?]\+", path.read_text("utf-8"))]
    assert found == []
