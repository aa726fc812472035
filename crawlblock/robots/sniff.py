"""Whether an answer is a robots.txt at all, or a page or binary data served in its place."""

import re

# Looked for only where the first visible byte is "<", which no robots.txt line starts with.
_MARKUP = re.compile(
    rb"<(?:!doctype\s+html|\?xml|!--|html|head|body|script|style|meta|title|link|div|center|h1|p|pre"
    rb"|table|iframe|noscript|rss|error)\b|<!--",
    re.IGNORECASE,
)
_MAGIC = (
    b"\x1f\x8b",
    b"\x89PNG",
    b"PK\x03\x04",
    b"%PDF-",
    b"GIF8",
    b"\xff\xd8\xff",
    b"\xff\xfe",
    b"\xfe\xff",
)
_CONTROL = bytes({*range(9), *range(14, 32)} - {27})
_HEAD = 4096  # bytes looked at
_BINARY_SHARE = 0.1  # of control bytes in them


def is_robots(body: bytes) -> bool:
    """Tell whether a body can be read as robots.txt; HTML, UTF-16 and binary data cannot."""
    head = body[:_HEAD]
    if head.startswith(_MAGIC):
        return False
    if len(head.translate(None, _CONTROL)) < len(head) * (1 - _BINARY_SHARE):
        return False
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return not (text.startswith(b"<") and _MARKUP.match(text))
