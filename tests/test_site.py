"""The documentation site builds, without a broken link, and loads nothing from elsewhere."""

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

pytestmark = pytest.mark.own_code

ROOT = Path(__file__).parent.parent
ZENSICAL = ROOT / ".venv-site" / "bin" / "zensical"


class Links(HTMLParser):
    """Collects where a page leads, what it loads, and its anchors."""

    def __init__(self, text: str) -> None:
        """Read a page."""
        super().__init__()
        self.leads: set[str] = set()
        self.loads: set[str] = set()
        self.anchors: set[str] = {""}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a tag."""
        found = dict(attrs)
        self.anchors |= {found.get("id") or "", found.get("name") or ""}
        if tag == "a" and found.get("href"):
            self.leads.add(str(found["href"]))
        elif tag in ("img", "script", "iframe") and found.get("src"):
            self.loads.add(str(found["src"]))
        elif tag == "link" and found.get("rel") == "stylesheet":
            self.loads.add(str(found["href"]))


def test_the_site(tmp_path: Path) -> None:
    """Every page is built strictly, every link leads to a page and a heading of it."""
    zensical = os.environ.get("CRAWLBLOCK_ZENSICAL") or str(ZENSICAL)
    if not shutil.which(zensical):
        pytest.skip("zensical is not installed; make setup-site")
    pytest.importorskip("jupytext")
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "index.html").write_text("<!DOCTYPE html><title>page</title>")
    shutil.copyfile(ROOT / "zensical.toml", tmp_path / "zensical.toml")
    script = str(ROOT / "scripts" / "build_site.py")
    for command in (
        [sys.executable, script, "results", "build/site-source"],
        [zensical, "build", "--strict"],
    ):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    site = tmp_path / "build" / "site"
    pages = {path: Links(path.read_text("utf-8")) for path in site.rglob("*.html")}
    assert len(pages) > 20 and (site / "search.json").is_file()
    broken = []
    for path, page in pages.items():
        assert not [url for url in page.loads if urlsplit(url).netloc], path
        for link in page.leads | page.loads:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or path.name == "404.html":
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            found = pages[target].anchors if target in pages else {""}
            if not target.is_file() or unquote(parts.fragment) not in found:
                broken.append(f"{path.relative_to(site)}: {link}")
    assert broken == []
    text = (site / "docs" / "api.html").read_text("utf-8")
    assert re.search(r"<code[^>]*>.*crawlblock", text, re.DOTALL) and "<table>" in text
