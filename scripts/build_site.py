"""Gathers what the documentation site is built from: documents, notebooks, the demo's page.

Usage: python scripts/build_site.py RESULTS FOLDER
RESULTS is the folder of the demo's results.  `make site` runs this and then builds the site from
FOLDER.  The documents keep their places, so that their links stay as they are.
"""

import re
import shutil
import sys
from pathlib import Path

import nbformat
from run_notebooks import page

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = ("CONTRIBUTING.md", "CHANGELOG.md", "docs", "benchmarks", "data/demo")
KINDS = (".md", ".svg", ".png")
EXAMPLE = """# Live example

This is the page that `crawlblock demo` and `make analyze` make. It is one file, which loads nothing
and also works without scripts. [Open it in a window of its own](demo/index.html).

<iframe src="demo/index.html" title="The demo's page" style="width:100%;height:80vh"></iframe>
"""
NOTEBOOKS = """# Notebooks

Four notebooks, as they look after they ran on the demo. `make notebooks` runs them on your results.

"""


def main(results: Path, folder: Path) -> None:
    """Write the folder again."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in DOCUMENTS:
        place = ROOT / name
        found = sorted(place.rglob("*")) if place.is_dir() else [place]
        for path in (path for path in found if path.suffix in KINDS):
            _copy(path, folder / path.relative_to(ROOT))
    _copy(ROOT / "README.md", folder / "index.md")
    _copy(ROOT / "CITATION.cff", folder / "CITATION.cff")
    (folder / "example.md").write_text(EXAMPLE, "utf-8")
    (folder / "demo").mkdir()
    shutil.copyfile(results / "index.html", folder / "demo" / "index.html")
    _notebooks(folder / "notebooks")


def _notebooks(folder: Path) -> None:
    """Write the committed notebooks as pages, and a page that lists them."""
    folder.mkdir()
    rows = []
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        book = nbformat.read(path, 4)
        title = book.cells[0].source.splitlines()[0].removeprefix("# ")
        (folder / f"{path.stem}.html").write_text(page(book, title), "utf-8")
        rows.append(f"- [{title}]({path.stem}.html)\n")
    (folder / "index.md").write_text(NOTEBOOKS + "".join(rows), "utf-8")


def _copy(source: Path, target: Path) -> None:
    """Copy a file; a document's links lead to what the site has."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.suffix != ".md":
        shutil.copyfile(source, target)
        return
    text = source.read_text("utf-8")
    text = text.replace("notebooks/)", "notebooks/index.md)")
    text = re.sub(r"\]\((\S*notebooks/[\w-]+)\.py\)", r"](\1.html)", text)
    text = re.sub(
        r"\[([^\]]*)\]\((?:\S+tests|\S*\.github)/\S+\)", r"\1", text
    )  # code is not on the site
    target.write_text(text, "utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
