"""How an export is cited: in a sentence, and as CITATION.cff."""

import json

from crawlblock import __version__
from crawlblock.export.dataset import Extent, Request
from crawlblock.export.terms import origins

_DOI = "https://doi.org/"


def cited(request: Request, held: Extent) -> str:
    """Return the dataset's citation as one sentence."""
    year = f" ({request.published.year})" if request.published else ""
    who = "; ".join(request.authors) or "Anonymous"
    where = f" {request.url}" if request.url else ""
    return f"{who}{year}: {request.title}, version {held.version}. Dataset.{where}"


def citation(request: Request, held: Extent) -> str:
    """Return the CITATION.cff of the dataset."""
    names = request.authors or ("Anonymous",)
    doi = request.url.partition(_DOI)[2]
    lines = [
        "cff-version: 1.2.0",
        "message: If you use these data, please cite them and the sources named here.",
        "type: dataset",
        f"title: {json.dumps(request.title)}",
        f"version: {json.dumps(held.version)}",
        f"license: {request.licence}",
        *([f"doi: {json.dumps(doi)}"] if doi else []),
        *([f"url: {json.dumps(request.url)}"] if request.url else []),
        *([f'date-released: "{request.published}"'] if request.published else []),
        "authors:",
        *(f"  - name: {json.dumps(name)}" for name in names),
        "references:",
        *_reference("software", "crawlblock", "The crawlblock authors"),
        f"    version: {json.dumps(__version__)}",
    ]
    for origin in origins(held):
        lines += [
            *_reference("data", origin.title, origin.author),
            f"    url: {json.dumps(origin.url)}",
        ]
    return "\n".join(lines) + "\n"


def _reference(kind: str, title: str, author: str) -> list[str]:
    return [
        f"  - type: {kind}",
        f"    title: {json.dumps(title)}",
        "    authors:",
        f"      - name: {json.dumps(author)}",
    ]
