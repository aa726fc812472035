"""Keys of an archive's objects, and where the lists that have none are."""

from contextlib import suppress
from urllib.parse import urlsplit

from crawlblock.names import key_fault_of

_INDEX_HOST = "https://index.commoncrawl.org"
_INDEX_HOST_OF = {  # Common Crawl's own stores hold the data alone
    "https://data.commoncrawl.org": _INDEX_HOST,
    "https://huggingface.co/buckets/commoncrawl/commoncrawl/resolve": _INDEX_HOST,
    "s3://commoncrawl": _INDEX_HOST,
}


def index_url(location: str, name: str) -> str:
    """Return where a mirror's collinfo.json or graphinfo.json is read."""
    return f"{_INDEX_HOST_OF.get(location.lower(), location)}/{name}"


def is_common_crawl(location: str) -> bool:
    """Tell whether a mirror is one of Common Crawl's own stores, whose crawls are known."""
    return location.lower() in _INDEX_HOST_OF


def cdx_url(crawl: str) -> str:
    """Return the address of the CDX server of one of Common Crawl's crawls."""
    return f"{_INDEX_HOST}/{crawl}-index"


def is_address(url: str) -> bool:
    """Tell whether a URL that a list names can be asked."""
    with suppress(ValueError):
        parts = urlsplit(url)
        return url.isprintable() and parts.scheme in ("http", "https") and bool(parts.hostname)
    return False


def is_key(key: str) -> bool:
    """Tell whether a key stays within its archive and names one object."""
    return not key_fault_of(key)
