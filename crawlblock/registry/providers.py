"""Reads the providers: whose infrastructure answers, and what in the headers tells it."""

import hashlib
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_FILE = files(__package__) / "providers.toml"


@dataclass(frozen=True, slots=True)
class Mark:
    """A piece of the JSON of an answer's headers, in lower case, that tells a provider."""

    provider: str
    needle: str


@cache
def provider_marks() -> tuple[Mark, ...]:
    """Return the marks in the order of the file, which decides where several are met."""
    entries = tomllib.loads(_FILE.read_text("utf-8"))["provider"]
    return tuple(
        Mark(entry["provider"], f'"{header}": "{begins}'.lower())
        for entry in entries
        for header, values in entry["headers"].items()
        for begins in values
    )


def providers_digest() -> str:
    """Return a digest of the providers; what was told with others is out of date."""
    return hashlib.blake2b(_FILE.read_bytes(), digest_size=8).hexdigest()
