"""Pieces of HTML; whatever is put in is text."""

from collections.abc import Iterable, Sequence
from html import escape


def items(texts: Iterable[str]) -> str:
    """Return a list, nothing if it is empty."""
    listed = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f"<ul>{listed}</ul>" if listed else ""


def figure(svg: str, caption: str) -> str:
    """Return a drawing, which is markup already, with its caption."""
    return f'<figure>{svg}<figcaption class="soft">{escape(caption)}</figcaption></figure>'


def table(caption: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table with its caption, which scrolls where it is too wide."""
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return (
        f'<div class="scroll"><table><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
