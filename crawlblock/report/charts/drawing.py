"""Figures as drawings without a browser: SVG for the page and files, PNG on white."""

import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Any

from crawlblock.report.charts.context import Context, Row
from crawlblock.report.charts.figure import Figure
from crawlblock.report.charts.panel import panel
from crawlblock.report.charts.sheet import sheet
from crawlblock.report.charts.specs import Spec

_PNG = b"\x89PNG\r\n\x1a\n"
_SCALE = 1.5  # pixels of a PNG for each of the drawing's


def panels(figure: Figure, context: Context) -> str:
    """Return the panels of a figure with its first rows, for the page."""
    token, rows = first_rows(figure, context)
    return "".join(
        panel(figure.spec, rows, place, token) for place in range(len(figure.spec["panels"]))
    )


def whole(figure: Figure, context: Context, whose: str | None = None) -> str:
    """Return a figure as one picture with its title and source, of a crawler or of the first."""
    token, rows = first_rows(figure, context, whose)
    return sheet(figure.spec, rows, token)


def first_rows(
    figure: Figure, context: Context, whose: str | None = None
) -> tuple[str, list[Mapping[str, Any]]]:
    """Return the crawler that a figure is drawn of, "" for all, and its rows."""
    token = next(iter(figure.rows), "") if whose is None else whose
    return token, objects(figure.spec, figure.fields, figure.rows.get(token, []), context)


def objects(
    spec: Spec, fields: Sequence[str], rows: Iterable[Row], context: Context
) -> list[Mapping[str, Any]]:
    """Return rows as what a chart reads: with names of snapshot, segment, series, and the day."""
    days = [
        {"snapshot": name, "date": day.isoformat()}
        for name, day in zip(context.snapshots, context.days, strict=True)
    ]
    return [
        {
            **(row_of := dict(zip(fields, row, strict=True))),
            **(days[row[0]] if fields[0] == "snapshot" else {}),
            "segment": spec["panels"][row_of["panel"]],
            "name": spec["series"][row_of["series"]]["name"],
        }
        for row in rows
    ]


def svg_file(drawing: str) -> bytes:
    """Return a drawing as a file of its own, readable on dark and on light."""
    style = (files(__package__) / "charts.css").read_text("utf-8")
    head, _, rest = drawing.partition(">")
    return f"{head}><style>{style}</style>{rest}".encode()


def png(drawing: str, scale: float = _SCALE) -> bytes:
    """Return a drawing as a PNG on white, with `scale` pixels for each of the drawing's."""
    import vl_convert

    image: bytes = vl_convert.svg_to_png(drawing, scale=scale)
    return _packed(image)


def _packed(image: bytes) -> bytes:
    """Return a PNG with its pixels packed well, which vl-convert leaves three times as large."""
    parts: list[tuple[bytes, bytes]] = []
    place = len(_PNG)
    while place < len(image):
        (length,) = struct.unpack(">I", image[place : place + 4])
        parts.append((image[place + 4 : place + 8], image[place + 8 : place + 8 + length]))
        place += 12 + length
    pixels = zlib.decompress(b"".join(body for kind, body in parts if kind == b"IDAT"))
    before = [part for part in parts if part[0] not in (b"IDAT", b"IEND")]
    made = [*before, (b"IDAT", zlib.compress(pixels, 6)), (b"IEND", b"")]
    return _PNG + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in made
    )
