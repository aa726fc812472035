"""Keys of an archive's objects, and where the lists that have none are."""

import re

_INDEX_HOST = "https://index.commoncrawl.org"
_SERVED_BY_INDEX_HOST = frozenset(
    {
        "https://data.commoncrawl.org",
        "https://huggingface.co/buckets/commoncrawl/commoncrawl/resolve",
        "s3://commoncrawl",
    }
)  # these hold the data alone


def index_url(location: str, name: str) -> str:
    """Return where a mirror's collinfo.json or graphinfo.json is read."""
    return f"{_INDEX_HOST if location.lower() in _SERVED_BY_INDEX_HOST else location}/{name}"


def is_key(key: str) -> bool:
    """Tell whether a key stays within its archive and names one object."""
    return key.isprintable() and all(
        part not in ("", ".", "..") for part in re.split(r"[/\\]", key)
    )
