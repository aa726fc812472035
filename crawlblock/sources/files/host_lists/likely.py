"""Whether a cell looks like a host: by this the column of the hosts is found."""

from functools import lru_cache

from crawlblock.hosts import is_address, parse_host, public_suffix

_LONGEST = 2_000  # characters of what may be a URL


@lru_cache(maxsize=16_384)
def is_likely(cell: str) -> bool:
    """Tell whether a cell names a host under a known public suffix."""
    host = _host(cell)
    name = (host or "").partition(":")[0]
    return bool(name) and not is_address(name) and bool(public_suffix(name))


def is_possible(cell: str) -> bool:
    """Tell whether a cell names a host, under whatever suffix."""
    return _host(cell) is not None


def bare(cell: str) -> str:
    """Return a cell without a comment behind it."""
    return cell.replace("\t#", " #").partition(" #")[0].strip() if "#" in cell else cell.strip()


def _host(cell: str) -> str | None:
    text = bare(cell)
    if not text or len(text) > _LONGEST or ("." not in text and ":" not in text):
        return None
    try:
        return parse_host(text)
    except ValueError:
        return None
