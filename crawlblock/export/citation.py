"""How an export is cited: in a sentence, and as CITATION.cff."""

from crawlblock import __version__
from crawlblock.export.dataset import Extent, Request
from crawlblock.export.terms import origins
from crawlblock.yaml_text import as_yaml

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
        f"title: {as_yaml(request.title)}",
        f"version: {as_yaml(held.version)}",
        f"license: {request.licence}",
        *([f"doi: {as_yaml(doi)}"] if doi else []),
        *([f"url: {as_yaml(request.url)}"] if request.url else []),
        *([f'date-released: "{request.published}"'] if request.published else []),
        "authors:",
        *(f"  - name: {as_yaml(name)}" for name in names),
        "references:",
        *_reference("software", "crawlblock", "The crawlblock authors"),
        f"    version: {as_yaml(__version__)}",
    ]
    for origin in origins(held):
        lines += [
            *_reference("data", origin.title, origin.author),
            f"    url: {as_yaml(origin.url)}",
        ]
    return "\n".join(lines) + "\n"


def _reference(kind: str, title: str, author: str) -> list[str]:
    return [
        f"  - type: {kind}",
        f"    title: {as_yaml(title)}",
        "    authors:",
        f"      - name: {as_yaml(author)}",
    ]
