"""What machines read about an export: Frictionless, Croissant, and our own manifest."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from crawlblock.export.citation import cited
from crawlblock.export.dataset import Extent, Request, licences
from crawlblock.export.tables import ExportedTable, Field
from crawlblock.export.terms import OwnTerms, origins, own_terms
from crawlblock.pipeline.run import versions

FORMAT = "crawlblock export 1"
KEYWORDS = ("robots.txt", "web-crawling", "common-crawl")
_DESCRIPTION = "Which crawlers websites block, by host, snapshot and crawler."
_MEDIA = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
# DuckDB's types in the words of Frictionless and of Croissant; decimals come with their digits, and
# what is not among them is text.
_TYPES = (
    (re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?"), ("integer", "sc:Integer")),
    (re.compile(r"DOUBLE|FLOAT|DECIMAL.*"), ("number", "sc:Float")),
    (re.compile(r"BOOLEAN"), ("boolean", "sc:Boolean")),
    (re.compile(r"DATE"), ("date", "sc:Date")),
    (re.compile(r"TIMESTAMP.*"), ("datetime", "sc:DateTime")),
)
_TEXT = ("string", "sc:Text")


@dataclass(frozen=True, slots=True)
class File:
    """A file of an export."""

    path: str  # from the export's folder
    bytes: int
    sha256: str


def manifest(
    request: Request, held: Extent, tables: Sequence[ExportedTable], written: Mapping[str, File]
) -> dict[str, Any]:
    """Return what an export is of and which files are its own."""
    return {
        "format": FORMAT,
        "title": request.title,
        "licence": request.licence,
        "http_profile": request.http_profile,
        "bodies": request.bodies,
        "layout": held.layout,
        "registry": list(held.registry),
        "versions": versions(),
        "rows": {f"{table.folder}/{table.name}": table.rows for table in tables},
        "files": {f.path: {"bytes": f.bytes, "sha256": f.sha256} for f in written.values()},
    }


def datapackage(
    request: Request, held: Extent, tables: Sequence[ExportedTable], written: Mapping[str, File]
) -> dict[str, Any]:
    """Return the Data Package: CSV files with a schema, Parquet files as files."""
    licence = licences()[request.licence]
    own = {label: part for part in own_terms(held, tables) for label in part.tables}
    described: dict[str, Any] = {
        "profile": "data-package",
        "name": "crawlblock-export",
        "title": request.title,
        "description": _DESCRIPTION,
        "version": held.version,
        "keywords": list(KEYWORDS),
        "licenses": [{"name": licence.spdx, "title": licence.title, "path": licence.url}],
        "contributors": [{"title": name, "role": "author"} for name in request.authors],
        "sources": [{"title": origin.title, "path": origin.url} for origin in origins(held)],
        "resources": [
            _resource(table, form, file) | _terms(own.get(table.label))
            for table in tables
            for form in table.formats
            for file in files_of(table, form, written)
        ],
    }
    if request.url:
        described["homepage"] = request.url
    if request.published:
        described["created"] = f"{request.published}T00:00:00Z"
    return described


def _terms(part: OwnTerms | None) -> dict[str, Any]:
    """Return the licence of a table that the package's does not cover."""
    if part is None:
        return {}
    if not part.licence:
        return {"licenses": [{"name": "LicenseRef-terms-of-source", "title": part.terms}]}
    return {"licenses": [{"name": part.licence, "title": part.title, "path": part.url}]}


def files_of(table: ExportedTable, form: str, written: Mapping[str, File]) -> list[File]:
    """Return the files of a table in a format; none if it has no such."""
    if form not in table.formats:
        return []
    before, star, after = table.path(form).partition("*")
    if not star:
        return [written[before]]
    return [f for p, f in sorted(written.items()) if p.startswith(before) and p.endswith(after)]


def _resource(table: ExportedTable, form: str, file: File) -> dict[str, Any]:
    """Return a file's description; only tables have a schema, and Parquet brings its own."""
    stem = file.path.removesuffix(f".{form}").replace("/", "-")
    common = {
        "name": stem if form == "csv" else f"{stem}-{form}",
        "path": file.path,
        "format": form,
        "mediatype": _MEDIA[form],
        "description": table.about,
        "bytes": file.bytes,
        "hash": f"sha256:{file.sha256}",
    }
    if form != "csv":
        return common | {"type": "file"}
    schema: dict[str, Any] = {"fields": [_field(table, field) for field in table.fields]}
    if table.key:
        schema["primaryKey"] = list(table.key)
    plain = {"type": "table", "profile": "tabular-data-resource", "encoding": "utf-8"}
    return common | plain | {"schema": schema}


def _type(field: Field) -> tuple[str, str]:
    return next((words for kind, words in _TYPES if kind.fullmatch(field.type)), _TEXT)


def _field(table: ExportedTable, field: Field) -> dict[str, Any]:
    described: dict[str, Any] = {"name": field.name, "type": _type(field)[0]}
    if field.about:
        described["description"] = field.about
    if field.name in table.key:
        described["constraints"] = {"required": True}
    return described


def croissant(
    request: Request, held: Extent, tables: Sequence[ExportedTable], written: Mapping[str, File]
) -> dict[str, Any]:
    """Return Croissant metadata; record sets read CSV where there is one, which all readers can."""
    context = json.loads((files(__package__) / "context.json").read_text("utf-8"))
    about: dict[str, Any] = {
        "@context": context,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "crawlblock-export",
        "alternateName": request.title,
        "description": _DESCRIPTION,
        "license": [licences()[request.licence].url, *_further_licences(held, tables)],
        "keywords": list(KEYWORDS),
        "version": held.version,
        "citeAs": cited(request, held),
        "distribution": [part for table in tables for part in _distribution(table, written)],
        "recordSet": [_record_set(table) for table in tables],
    }
    if request.authors:
        about["creator"] = [{"@type": "sc:Organization", "name": name} for name in request.authors]
    if held.span:
        about["temporalCoverage"] = held.span
    if request.url:
        about["url"] = request.url
    if request.published:
        about["datePublished"] = str(request.published)
    return about


def _further_licences(held: Extent, tables: Sequence[ExportedTable]) -> list[str]:
    return sorted({part.url for part in own_terms(held, tables) if part.licence})


def _distribution(table: ExportedTable, written: Mapping[str, File]) -> list[dict[str, Any]]:
    objects = [
        {
            "@type": "cr:FileObject",
            "@id": file.path,
            "name": file.path,
            "contentUrl": file.path,
            "contentSize": f"{file.bytes} B",
            "encodingFormat": "application/x-parquet" if form == "parquet" else _MEDIA[form],
            "sha256": file.sha256,
        }
        for form in table.formats
        for file in files_of(table, form, written)
    ]
    path = table.path(table.formats[0])
    if "*" in path:
        part = {
            "@type": "cr:FileSet", "@id": path, "name": path, "includes": path,
            "encodingFormat": "application/x-parquet",
            "containedIn": [{"@id": one["@id"]} for one in objects],
        }  # fmt: skip
        return [*objects, part]
    return objects


def _record_set(table: ExportedTable) -> dict[str, Any]:
    name = table.label
    path = table.path(table.formats[-1])
    source = {"fileSet" if "*" in path else "fileObject": {"@id": path}}
    described: dict[str, Any] = {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": table.about,
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/{field.name}",
                "name": field.name,
                "description": field.about,
                "dataType": _type(field)[1],
                "source": source | {"extract": {"column": field.name}},
            }
            for field in table.fields
        ],
    }
    if table.key:
        described["key"] = [{"@id": f"{name}/{column}"} for column in table.key]
    return described
