"""How the page is cited: as text, in BibTeX, and as CITATION.cff."""

from dataclasses import dataclass
from datetime import date

from crawlblock import __version__, registry
from crawlblock.yaml_text import as_yaml

_BIBTEX = str.maketrans(
    {sign: f"\\{sign}" for sign in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
)
_WHO = "The crawlblock authors"


@dataclass(frozen=True, slots=True)
class Cited:
    """What a citation names."""

    title: str
    day: date | None  # of the newest snapshot
    url: str


def citation_forms(cited: Cited) -> list[tuple[str, str]]:
    """Return the citation in each form with the form's name."""
    return [("Text", _text(cited)), ("BibTeX", _bibtex(cited)), ("CITATION.cff", _cff(cited))]


def _version() -> str:
    return f"crawlblock {__version__}, registry {registry.stamp()}"


def _text(cited: Cited) -> str:
    year = f" ({cited.day.year})" if cited.day else ""
    return f"{_WHO}{year}: {cited.title}. {_version()}.{f' {cited.url}' if cited.url else ''}"


def _bibtex(cited: Cited) -> str:
    lines = [
        f"@misc{{crawlblock{cited.day.year if cited.day else ''},",
        f"  author = {{{{{_WHO}}}}},",
        f"  title = {{{{{cited.title.translate(_BIBTEX)}}}}},",
        *([f"  year = {{{cited.day.year}}},"] if cited.day else []),
        f"  note = {{{_version().translate(_BIBTEX)}}},",
        *([f"  url = {{{cited.url}}},"] if cited.url else []),
        "}",
    ]
    return "\n".join(lines)


def _cff(cited: Cited) -> str:
    lines = [
        "cff-version: 1.2.0",
        "message: If you use these numbers, please cite them and the sources of the data.",
        "type: dataset",
        f"title: {as_yaml(cited.title)}",
        f"version: {as_yaml(_version())}",
        *([f'date-released: "{cited.day}"'] if cited.day else []),
        *([f"url: {as_yaml(cited.url)}"] if cited.url else []),
        "authors:",
        f"  - name: {_WHO}",
    ]
    return "\n".join(lines)
