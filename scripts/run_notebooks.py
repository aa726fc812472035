"""Executes notebooks from their sources and writes each as .ipynb and as a page without scripts.

Run with the environment of `make setup-dev`:
`python scripts/run_notebooks.py --db data/crawlblock.duckdb --out build/notebooks notebooks/*.py`.
The page holds its figures and loads nothing.
"""

import argparse
import os
from html import escape
from pathlib import Path

import jupytext
import nbformat
from markdown_it import MarkdownIt
from nbclient import NotebookClient

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:auto;padding:1rem}"
    "pre{background:#f4f4f4;padding:.6rem;overflow:auto}svg{max-width:100%;height:auto}"
    "table{border-collapse:collapse;font-size:13px}td,th{padding:2px 8px;text-align:right}"
    "div{overflow-x:auto}"
)
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def execute(source: Path, timeout: int) -> nbformat.NotebookNode:
    """Return the executed notebook; raises CellExecutionError where a cell fails."""
    book = jupytext.read(source, fmt="py:percent")
    client = NotebookClient(
        book,
        timeout=timeout,
        kernel_name="python3",
        resources={"metadata": {"path": source.parent}},
    )
    return client.execute()


def page(book: nbformat.NotebookNode, title: str) -> str:
    """Return an executed notebook as HTML."""
    cells = "\n".join(map(_cell, book.cells))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n{cells}\n</body>\n</html>\n"
    )


def _cell(cell: nbformat.NotebookNode) -> str:
    if cell.cell_type == "markdown":
        return MarkdownIt("commonmark", {"html": False}).render(cell.source)
    shown = "\n".join(map(_output, cell.get("outputs", ())))
    return f"<pre>{escape(cell.source)}</pre>\n{shown}"


def _output(output: nbformat.NotebookNode) -> str:
    """Return what a cell shows, in the richest way that needs no script."""
    if output.output_type == "stream":
        return f"<pre>{escape(output.text)}</pre>"
    data = output.get("data", {})
    for kind in ("image/svg+xml", "text/html"):
        if kind in data:
            return f"<div>{data[kind]}</div>"
    return f"<pre>{escape(data.get('text/plain', ''))}</pre>"


def main() -> None:
    """Execute the notebooks named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--db", type=Path, help="the database; else what notebook.load() finds")
    parser.add_argument("--results", type=Path, help="its result files")
    parser.add_argument("--out", type=Path, required=True, help="folder for what is written")
    parser.add_argument("--timeout", type=int, default=300, help="seconds that a cell may take")
    parser.add_argument("notebooks", type=Path, nargs="+")
    given = parser.parse_args()
    for name in ("db", "results"):
        if getattr(given, name):
            os.environ[f"CRAWLBLOCK_{name.upper()}"] = str(getattr(given, name).resolve())
    given.out.mkdir(parents=True, exist_ok=True)
    for source in given.notebooks:
        book = execute(source, given.timeout)
        nbformat.write(book, given.out / f"{source.stem}.ipynb")
        (given.out / f"{source.stem}.html").write_text(page(book, source.stem), "utf-8")
        print(given.out / f"{source.stem}.html")


if __name__ == "__main__":
    main()
