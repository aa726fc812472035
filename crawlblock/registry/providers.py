"""Reads the providers: whose infrastructure answers, and what in the headers tells it."""

from dataclasses import dataclass
from functools import cache

from crawlblock.code_digest import digest
from crawlblock.registry.entries import entries


@dataclass(frozen=True, slots=True)
class HeaderMark:
    """A piece of the JSON of an answer's headers, in lower case, that tells a provider."""

    provider: str
    needle: str


@cache
def provider_marks() -> tuple[HeaderMark, ...]:
    """Return the marks in the order of the file, which decides where several are met."""
    return tuple(
        HeaderMark(entry["provider"], f'"{header}": "{begins}'.lower())
        for entry in entries("providers.toml")
        for header, values in entry["headers"].items()
        for begins in values
    )


def provider_in(headers: str) -> str | None:
    """Return the provider that the JSON of an answer's headers shows, None if it shows none."""
    lowered = headers.lower()
    return next((mark.provider for mark in provider_marks() if mark.needle in lowered), None)


def providers_digest() -> str:
    """Return a digest of the providers; what was concluded with others is out of date."""
    return digest(*(f"{mark.provider}={mark.needle}" for mark in provider_marks()))
