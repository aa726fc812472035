"""Pieces of HTML; whatever is put in is text."""

import base64
import json
import re
import zlib
from collections.abc import Iterable, Sequence
from html import escape


def items(texts: Iterable[str]) -> str:
    """Return a list, nothing if it is empty."""
    listed = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f"<ul>{listed}</ul>" if listed else ""


def paragraph(text: str, kind: str = "") -> str:
    """Return a paragraph, nothing if it is empty."""
    named = f' class="{kind}"' if kind else ""
    return f"<p{named}>{escape(text)}</p>" if text else ""


def section(name: str, title: str, *parts: str) -> str:
    """Return a part of the page with its heading, nothing if there is nothing below it."""
    body = "".join(parts)
    heading = f'<h2 id="{name}-title">{escape(title)}</h2>'
    opened = f'<section id="{name}" aria-labelledby="{name}-title">'
    return f"{opened}{heading}{body}</section>\n" if body else ""


def details(summary: str, body: str) -> str:
    """Return what is shown when it is asked for."""
    return f"<details><summary>{escape(summary)}</summary>{body}</details>"


def folded(summary: str, *parts: str) -> str:
    """Return what is secondary: folded on a screen, open on paper; nothing if it is empty."""
    body = "".join(parts)
    opened = f'<details class="more"><summary>{escape(summary)}</summary>'
    return f"{opened}{body}</details>" if body else ""


def link(text: str, address: str) -> str:
    """Return a link to a web address, else the text alone."""
    if not re.match(r"https?://", address):
        return escape(text)
    return f'<a href="{escape(address)}" rel="noreferrer">{escape(text)}</a>'


def table(
    caption: str, columns: Sequence[str], rows: Sequence[Sequence[str]], name: str = ""
) -> str:
    """Return a table with its caption, which scrolls where it is too wide."""
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    named = f' id="{name}"' if name else ""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption[:80])}">'
        f"<table{named}><caption><span>{escape(caption)}</span></caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def packed_island(name: str, values: object) -> str:
    """Return many values for a script, as JSON packed by zlib in base64."""
    text = json.dumps(values, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    packed = base64.b64encode(zlib.compress(text.encode(), 9)).decode()
    return f'<script type="application/octet-stream" id="{name}">{packed}</script>'


def island(name: str, values: object) -> str:
    """Return values for a script, as JSON that ends no element and holds no line separator."""
    text = json.dumps(values, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return f'<script type="application/json" id="{name}">{text}</script>'
