"""What people read about an export: the card of the dataset."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from string import Template

from crawlblock import __version__
from crawlblock.export.annotation import BLOCKED
from crawlblock.export.citation import cited
from crawlblock.export.dataset import Extent, Request, licences
from crawlblock.export.metadata import KEYWORDS, File, files_of
from crawlblock.export.tables import BODIES, FORMATS, ExportedTable, Field
from crawlblock.export.terms import OwnTerms, origins, own_terms
from crawlblock.report.labels import HTTP_PROFILES
from crawlblock.yaml_text import as_yaml

_RENDERED = (
    "**This is the demo bundled with crawlblock.** Hosts, dates and verdicts are real. They come "
    "from regular fetches by others. The files of the archive (`DEMO-`) are reconstructions from "
    "those facts and not Common Crawl's captures. The hosts are not a sample of the web.\n"
)
_BODIES = (
    "**`bodies/` holds the robots.txt files themselves.** They are their sites' own texts: no "
    "licence of this dataset covers them, and they may name persons and paths that were not meant "
    "to be shared. Do not pass them on without a reason.\n"
)
_SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000)
_SHORT = {1_000: "1K", 10_000: "10K", 100_000: "100K", 1_000_000: "1M", 10_000_000: "10M",
          100_000_000: "100M", 1_000_000_000: "1B"}  # fmt: skip


def card(
    request: Request,
    held: Extent,
    tables: Sequence[ExportedTable],
    written: Mapping[str, File],
) -> str:
    """Return the README, ready for a dataset at Hugging Face."""
    licence, profile = licences()[request.licence], request.http_profile
    text = Template((files(__package__) / "card.md").read_text("utf-8"))
    return text.substitute(
        front_matter=_front_matter(request, tables),
        title=plain(request.title),
        crawlblock=__version__,
        extent=f"{held.hosts:,} hosts, {held.snapshots:,} snapshots"
        + (f", {held.span.replace('/', ' to ')}.\n" if held.span else ".\n"),
        rendered=_RENDERED + "\n" if held.rendered else "",
        bodies=_BODIES + "\n" if request.bodies else "",
        http_profile=f"`{profile}` ({HTTP_PROFILES.get(profile, profile)})",
        further=_further(request),
        sizes=_sizes(tables, written),
        tables="\n".join(map(_section, tables)),
        licence=licence.title,
        licence_url=licence.url,
        parts="".join(f"{_part(part)}\n" for part in own_terms(held, tables)),
        sources=_sources(held),
        cite=plain(cited(request, held)),
    )


def _further(request: Request) -> str:
    rows = []
    if request.annotation:
        rows.append("| `annotation/` | a row per host to join with Common Crawl's index |\n")
    if request.bodies:
        rows.append("| `bodies/` | the robots.txt files themselves |\n")
    return "".join(rows)


def _sizes(tables: Sequence[ExportedTable], written: Mapping[str, File]) -> str:
    """Return a row per table with its rows and the bytes of its files, and their sum."""
    lines = ["| table | rows | Parquet, kB | CSV, kB |", "|---|--:|--:|--:|"]
    for table in tables:
        parquet, csv = (_kilobytes(files_of(table, form, written)) for form in FORMATS)
        lines.append(f"| `{table.folder}/{table.name}` | {table.rows:,} | {parquet} | {csv} |")
    whole = sum(file.bytes for file in written.values())
    return "\n".join(lines) + f"\n\nAll tables are {whole / 1e6:,.1f} MB.\n"


def _kilobytes(found: Sequence[File]) -> str:
    """Return the size of some files in kB, rounded up; empty if there are none."""
    return f"{-(-sum(file.bytes for file in found) // 1000):,}" if found else ""


def _part(part: OwnTerms) -> str:
    named = ", ".join(f"`{label}`" for label in part.tables)
    licence = f"[{part.title}]({part.url})" if part.licence else "not this one"
    return f"| {named} | {licence} | {part.terms} |"


def _sources(held: Extent) -> str:
    lines = [
        f"- {o.author}, [{o.title}]({o.url}): {o.gives} ({o.licence})\n" for o in origins(held)
    ]
    return "".join(lines) or "The maker of this export collected or imported the captures.\n"


def _front_matter(request: Request, tables: Sequence[ExportedTable]) -> str:
    """Return the card's head as YAML, of which JSON is a part."""
    rows = next(table.rows for table in tables if table.name == "population")
    configs = [
        {
            "config_name": table.label,
            "data_files": table.path("parquet"),
            **({"default": True} if table.name == "population" else {}),
        }
        for table in tables
        if table.rows  # without rows a reader cannot tell the types
    ]
    head = {
        "license": licences()[request.licence].hugging_face,
        "pretty_name": request.title,
        "tags": list(KEYWORDS),
        "size_categories": [_size(rows)],
        "configs": configs,
    }
    return "\n".join(f"{key}: {as_yaml(value)}" for key, value in head.items())


def _size(rows: int) -> str:
    """Return a number of rows in the words of Hugging Face."""
    above = next((size for size in _SIZES if rows < size), None)
    if above is None:
        return "1B<n<10B"
    if above == _SIZES[0]:
        return "n<1K"
    return f"{_SHORT[above // 10]}<n<{_SHORT[above]}"


def _section(table: ExportedTable) -> str:
    only = "" if len(table.formats) > 1 else f", {table.formats[0]} only"
    where = f"{table.folder}/" if table.folder != BODIES else ""
    fields = [field for field in table.fields if not field.name.startswith(BLOCKED)]
    if crawlers := len(table.fields) - len(fields):  # a column each, which nobody would read
        about = f"{crawlers} columns: whether robots.txt forbids / to the crawler of that name."
        fields.append(Field(f"{BLOCKED}…", "BOOLEAN", about))
    rows = "\n".join(
        f"| `{f.name}` | {f.type.lower()} | {f.about.replace('|', '/')} |" for f in fields
    )
    return (
        f"### {where}{table.name}\n\n{table.about} {table.rows:,} rows{only}.\n\n"
        f"| column | type | |\n|---|---|---|\n{rows}\n"
    )


def plain(text: str) -> str:
    """Return a person's words as Markdown that means nothing but them."""
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>#|&" else letter for letter in text)
