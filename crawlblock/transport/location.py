"""Where a redirect leads: the one reading of Location headers."""

import re

import idna
from yarl import URL

_TO_ESCAPE = re.compile(rb"[^!-~]")  # all but what ASCII prints
_AUTHORITY = re.compile(rb"([A-Za-z][A-Za-z0-9+.-]*:)?//([^/?#]*)")
_AROUND = b" \t\r\n\f\0"
_MORE_SLASHES = re.compile(rb"^(https?:)/{3,}", re.IGNORECASE)  # browsers take them for two


def redirect_url(asked: URL, location: str | bytes) -> URL | None:
    """Return the http(s) URL that a Location header leads to, None where it leads nowhere.

    Escapes stay as they were sent, for some servers take another spelling for another URL.  Other
    bytes (Latin-1, UTF-8, spaces) are escaped once.  A header that was decoded is taken back to its
    bytes.  Names in other scripts become ASCII.  The fragment is dropped.
    """
    raw = location if isinstance(location, bytes) else location.encode("utf-8", "surrogateescape")
    try:
        text = _with_ascii_host(_MORE_SLASHES.sub(rb"\1//", raw.strip(_AROUND)))
        escaped = _TO_ESCAPE.sub(lambda byte: b"%%%02X" % byte[0][0], text).decode("ascii")
        # encoded: yarl must not spell it anew
        url = asked.join(URL(escaped, encoded=True)).with_fragment(None)
        if url.scheme not in ("http", "https") or not url.host or "%" in (url.raw_host or ""):
            return None
        return url.with_host(url.host.lower()) if url.raw_host != url.host.lower() else url
    except (ValueError, IndexError):  # idna's errors are of the first kind; yarl trips over ][@
        return None


def _with_ascii_host(raw: bytes) -> bytes:
    """Return a URL with a host in ASCII; raises ValueError for one that is no name."""
    found = _AUTHORITY.match(raw)
    if found is None or found[2].isascii():
        return raw
    scheme, authority = found[1] or b"", found[2]
    user, at, place = authority.rpartition(b"@")
    name, colon, port = place.partition(b":")
    try:
        text = name.decode()
    except UnicodeDecodeError:
        text = name.decode("latin-1")
    host = idna.encode(text, uts46=True)
    return b"%s//%s%s%s%s%s%s" % (scheme, user, at, host, colon, port, raw[found.end() :])
