"""Figures as drawings without a browser, and the one script that draws them in one."""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from crawlblock.names import safe
from crawlblock.report.charts.catalog import Figure
from crawlblock.report.charts.context import Context, Row
from crawlblock.report.charts.specs import WIDTH, Spec

_SCALE = 2  # pixels of a PNG for each of the drawing's
_PLACES = re.compile(r' (?:d|transform)="[^"]*"')
_DIGITS = re.compile(r"(\.\d)\d+")  # a tenth of a pixel is enough


def filled(figure: Figure, context: Context, whose: str | None = None) -> Spec:
    """Return a figure's chart with the rows of a crawler in it, by default the first ones.

    It is as wide as a drawing is.
    """
    token = next(iter(figure.rows), "") if whose is None else whose
    spec = {**figure.spec, "width": WIDTH}
    rows = figure.rows.get(token, [])
    spec["data"] = {"name": "rows", "values": objects(figure.fields, rows, context)}
    if figure.by_crawler:
        spec["layer"] = [_announced(layer, context, token) for layer in spec["layer"]]
    return spec


def _announced(layer: Spec, context: Context, token: str) -> Spec:
    """Return a layer with the announcements about a crawler among its marks, if it has marks."""
    if layer.get("data", {}).get("name") != "marks":
        return layer
    mine = [mark for mark in context.announced if token in mark["tokens"]]
    return {**layer, "data": {"name": "marks", "values": [*layer["data"]["values"], *mine]}}


def objects(fields: Sequence[str], rows: Iterable[Row], context: Context) -> list[Spec]:
    """Return rows as what a chart reads: with the snapshot's name and day."""
    made = []
    names = list(context.snapshots)
    for row in rows:
        name, day = names[row[0]], context.days[row[0]]
        values = dict(zip(fields, row, strict=True))
        made.append({**values, "snapshot": name, "date": day.isoformat()})
    return made


def svg(spec: Spec) -> str:
    """Return a drawing as an SVG element, with the colours of a light page."""
    import vl_convert

    text: str = vl_convert.vegalite_to_svg(_safe(spec), vl_version=_vega_lite())
    return _PLACES.sub(lambda found: _DIGITS.sub(r"\1", found[0]), text)


def svg_file(drawing: str) -> bytes:
    """Return a drawing as a file of its own, readable on dark and on light."""
    style = (files(__package__) / "charts.css").read_text("utf-8")
    head, _, rest = drawing.partition(">")
    return f"{head}><style>{style} svg {{ background: var(--paper); }}</style>{rest}".encode()


def png(spec: Spec) -> bytes:
    """Return a drawing as a PNG on white."""
    import vl_convert

    config = {**spec["config"], "background": "#ffffff"}
    image: bytes = vl_convert.vegalite_to_png(
        _safe({**spec, "config": config}), vl_version=_vega_lite(), scale=_SCALE
    )
    return image


def prepare() -> None:
    """Load what draws, which takes some seconds and leaves a core to others."""
    bundle()


@cache
def bundle() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script, closed in itself, safe within HTML."""
    import vl_convert

    # its types want a snippet, which it does without
    text = vl_convert.javascript_bundle(vl_version=_vega_lite())  # type: ignore[call-arg]
    # only these two can end a script element or hide its end; in strings they mean the same
    text = re.sub(r"</(?=script)", r"<\/", text, flags=re.IGNORECASE).replace("<!--", r"<\!--")
    return f"(() => {{{text}\n}})();"


def _safe(value: Any) -> Any:
    """Return a specification in which control characters are spelled out: no drawing has them."""
    if isinstance(value, str):
        return "\n".join(map(safe, value.split("\n")))
    if isinstance(value, dict):
        return {key: _safe(each) for key, each in value.items()}
    return [_safe(each) for each in value] if isinstance(value, (list, tuple)) else value


def _vega_lite() -> str:
    """Return the version of Vega-Lite that Altair writes, as vl-convert names it."""
    import altair as alt

    version: str = alt.SCHEMA_VERSION
    return ".".join(version.lstrip("v").split(".")[:2])
