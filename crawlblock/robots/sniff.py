"""Whether an answer is a robots.txt at all, or a page or binary data served in its place."""

import re

from crawlblock.outcome import Body

# What the pages of challenges hold; a robots.txt may name their paths, but has agent lines.
_CHALLENGE = re.compile(
    rb"/cdn-cgi/challenge-platform/|challenges\.cloudflare\.com|cf-turnstile|_cf_chl_opt"
    rb"|/\.within\.website/x/cmd/anubis|id=\"anubis_|_Incapsula_Resource|captcha-delivery\.com"
)
# Of a page that was not expected to be robots.txt: what stands only in a challenge, for ordinary
# pages behind the same services hold their scripts, too.
_INTERSTITIAL = re.compile(
    rb"_cf_chl_opt|/\.within\.website/x/cmd/anubis|id=\"anubis_|captcha-delivery\.com"
    rb"|<iframe[^>]{1,300}_Incapsula_Resource"
)
_AGENT_LINE = re.compile(rb"^[ \t\xef\xbb\xbf]*user-?agent", re.IGNORECASE | re.MULTILINE)
_SEARCHED = 65_536  # bytes searched for a challenge

# A document is no robots.txt, whatever lines it has.
_DOCUMENT = re.compile(rb"<(?:!doctype\s+html|html|head|body|title|\?xml|rss)\b", re.IGNORECASE)
# Other markup, such as a comment that a build left at the top, may stand before a robots.txt.
_MARKUP = re.compile(rb"<[a-z!?/]|\{", re.IGNORECASE)
_AGENT = re.compile(rb"^[ \t]*user[- ]?agent[ \t:]", re.IGNORECASE | re.MULTILINE)
# Keys of lines that robots.txt files have, with their common typos; what may follow the first kind
# without a colon is one word, as for Google's parser.
_RULE_KEYS = (
    rb"user[-_ ]?agents?|dis+al+ow|diasllow|disallaw|dsallow|isallow|al+ow"
    rb"|(?:sitemaps?|site[-_ ]maps?)"
)
_OTHER_KEYS = (
    rb"(?:image|video|news) sitemap|crawl[-_ ]?delay|host|clean-param|noindex|nofollow|noarchive"
    rb"|nosnippet|request-rate|visit-time|robot-version|revisit-after|cache-delay|acap-[a-z-]+"
    rb"|content-signal|content-usage|license|(?:dis)?allowaitraining"
)
_BEFORE_KEY = rb"(?<![^\r\n])[ \t\v\f\x00\x80-\xff]*"  # also a byte order mark, in any coding
_LINE = re.compile(
    _BEFORE_KEY + rb"(?:#|(?:(?:" + _RULE_KEYS + rb")\w{0,8}|" + _OTHER_KEYS + rb")"
    rb"[ \t]*[:\x80-\xff]|(?:" + _RULE_KEYS + rb")[ \t]+\S+[ \t]*(?![^\r\n#]))",
    re.IGNORECASE,
)
_NOTHING = re.compile(rb"[\s\x00]*+(?:\xef\xbb\xbf|\xc3\xaf\xc2\xbb\xc2\xbf)?[\s\x00]*")
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
# NULs as blocks of a disk leave them; UTF-16 and UTF-32 have no such run.
_PADDING = re.compile(rb"\x00{4,}|\x00+\s*\Z")
_CONTROL = bytes({*range(9), *range(14, 32)} - {27})
_HEAD = 4096  # bytes looked at
_BINARY_SHARE = 0.1  # of control bytes, whatever else is there
_STRANGE_SHARE = 0.02  # of control bytes, where no line names an agent


def body_of(body: bytes) -> Body:
    """Return what the body of a 2xx answer to a request for robots.txt is."""
    if is_robots(body):
        return Body.CHALLENGE if _challenges(body) else Body.ROBOTS
    return Body.CHALLENGE if challenges_page(body) else Body.PAGE


def challenges_page(body: bytes) -> bool:
    """Tell whether a challenge was sent in place of an ordinary page."""
    return _INTERSTITIAL.search(body[:_SEARCHED]) is not None


def _challenges(body: bytes) -> bool:
    """Tell whether a body is a page that wants to see whether a person asks."""
    head = body[:_SEARCHED]
    return not _AGENT_LINE.search(head) and _CHALLENGE.search(head) is not None


def is_robots(body: bytes) -> bool:
    """Tell whether a body can be read as robots.txt.

    An empty body is one, and so is text with a comment, a rule, a sitemap or another line that
    robots.txt files have.  NULs that only pad it do not count.  HTML, UTF-16, binary data, NULs
    alone, and text without such a line are none: most are error pages.
    """
    head = body[:_HEAD]
    if b"\x00" in head:  # seldom, and the pattern is slow
        head = _PADDING.sub(b"", head)
        if not head.strip():
            return False
    if head.startswith(_MAGIC):
        return False
    control = len(head) - len(head.translate(None, _CONTROL))
    if control > len(head) * _BINARY_SHARE:
        return False
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if _DOCUMENT.match(text):
        return False
    if _MARKUP.match(text):
        return _AGENT.search(body) is not None
    if control and not _AGENT.search(body):
        return control <= len(head) * _STRANGE_SHARE and _is_utf8(head) and _has_line(body)
    return _has_line(body)


def _has_line(body: bytes) -> bool:
    """Tell whether text is empty or has a line of a robots.txt."""
    return _LINE.search(body) is not None or _NOTHING.fullmatch(body) is not None


def _is_utf8(head: bytes) -> bool:
    """Tell whether bytes are UTF-8, a character cut at their end aside."""
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.start >= len(head) - 3
    return True
