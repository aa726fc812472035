"""Executes notebooks from their sources and writes each as .ipynb and as a page without scripts.

Run with the environment of `make setup-dev`:
`python scripts/run_notebooks.py --db data/crawlblock.duckdb --out build/notebooks notebooks/*.py`.
The page holds its figures and loads nothing.  The notebooks run one after the other in this
process, each with names of its own: a kernel for each takes longer to start than its cells take.
"""

import argparse
import io
import os
from collections.abc import Iterator
from contextlib import chdir, redirect_stdout
from html import escape
from pathlib import Path

import jupytext
import nbformat
from IPython.core.displayhook import DisplayHook
from IPython.core.interactiveshell import InteractiveShell
from markdown_it import MarkdownIt

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:auto;padding:1rem}"
    "pre{background:#f4f4f4;padding:.6rem;overflow:auto}svg{max-width:100%;height:auto}"
    "table{border-collapse:collapse;font-size:13px}td,th{vertical-align:top}"
    "div{overflow-x:auto}"
)
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


class _Quiet(DisplayHook):
    """Keeps the value of a cell's last expression, which is written into the notebook."""

    def __call__(self, result: object = None) -> None:
        """Take a value."""
        self.exec_result.result = result


class CellError(Exception):
    """A cell failed."""


def execute(source: Path) -> nbformat.NotebookNode:
    """Return the executed notebook; raises CellError where a cell fails."""
    book = jupytext.read(source, fmt="py:percent")
    book.metadata = {
        "kernelspec": book.metadata["kernelspec"],
        "language_info": {"name": "python", "file_extension": ".py"},
    }
    shell = InteractiveShell(displayhook_class=_Quiet, xmode="Minimal")
    with chdir(source.parent):
        for number, cell in enumerate(book.cells, 1):
            cell.id = f"cell-{number}"
            cell.metadata = {}
            if cell.cell_type == "code":
                cell.execution_count = shell.execution_count
                cell.outputs = list(_outputs(shell, cell.source, source.name))
    return book


def _outputs(shell: InteractiveShell, code: str, name: str) -> Iterator[nbformat.NotebookNode]:
    """Run a cell and yield what it prints and shows."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        done = shell.run_cell(code, store_history=True)
    if not done.success:
        failed = done.error_in_exec or done.error_before_exec
        raise CellError(f"{name}: {failed!r}\n{code}\n{printed.getvalue()}") from failed
    if printed.getvalue():
        yield nbformat.v4.new_output("stream", name="stdout", text=printed.getvalue())
    if done.result is not None:
        data, about = shell.display_formatter.format(done.result)
        yield nbformat.v4.new_output(
            "execute_result", data, metadata=about, execution_count=shell.execution_count - 1
        )


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
    parser.add_argument("--keep", action="store_true", help="write .ipynb beside the source, too")
    parser.add_argument("notebooks", type=Path, nargs="+")
    given = parser.parse_args()
    for name in ("db", "results"):
        if getattr(given, name):
            os.environ[f"CRAWLBLOCK_{name.upper()}"] = str(getattr(given, name).resolve())
    given.out.mkdir(parents=True, exist_ok=True)
    for source in given.notebooks:
        book = execute(source)
        nbformat.write(book, given.out / f"{source.stem}.ipynb")
        if given.keep:
            nbformat.write(book, source.with_suffix(".ipynb"))
        (given.out / f"{source.stem}.html").write_text(page(book, source.stem), "utf-8")
        print(given.out / f"{source.stem}.html")


if __name__ == "__main__":
    main()
