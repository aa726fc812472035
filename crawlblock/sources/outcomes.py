"""What an HTTP answer to a request for robots.txt amounts to, the same for every source."""

import re

from crawlblock.model import Outcome
from crawlblock.robots.sniff import is_robots

# Response headers worth keeping: what kind of answer it was, who gave it, and signals beside the
# rules (AIPREF's Content-Usage, TDMRep, RSL's Link, X-Robots-Tag).
KEPT_HEADERS = frozenset(
    {
        "cf-mitigated",
        "cf-ray",
        "content-signal",
        "content-type",
        "content-usage",
        "last-modified",
        "link",
        "location",
        "retry-after",
        "server",
        "tdm-policy",
        "tdm-reservation",
        "via",
        "x-amz-cf-id",
        "x-akamai-request-id",
        "x-cache",
        "x-served-by",
        "x-robots-tag",
    }
)

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
_HEAD = 65_536  # bytes looked at

_BY_STATUS = {
    **dict.fromkeys((401, 403, 451), Outcome.REFUSED),
    402: Outcome.PAYMENT_REQUIRED,
    429: Outcome.THROTTLED,
    **dict.fromkeys((*range(520, 528), 530), Outcome.ORIGIN_DOWN),
}
_BY_CLASS = {3: Outcome.REDIRECT_UNRESOLVED, 4: Outcome.ABSENT}


def outcome_of(status: int, body: bytes | None) -> Outcome:
    """Return how a capture with this HTTP status of its last answer ended.

    A 2xx without its body is DAMAGED: what was answered cannot be told.  A status beyond HTTP's
    range counts as a server error (RFC 9110 section 15).
    """
    if 200 <= status < 300:
        if body is None:
            return Outcome.DAMAGED
        return Outcome.OK if is_robots(body) and not _challenges(body) else Outcome.NOT_ROBOTS
    if status >= 500:
        return _BY_STATUS.get(status, Outcome.SERVER_ERROR)
    return _BY_STATUS.get(status) or _BY_CLASS.get(status // 100, Outcome.DAMAGED)


def page_outcome(status: int, body: bytes, mitigated: bool) -> Outcome:
    """Return how the asking for a page ended; NOT_ROBOTS is a challenge in place of the page.

    `mitigated`: the server says itself that it challenges (Cloudflare's cf-mitigated).
    """
    if 200 <= status < 300:
        challenged = mitigated or _INTERSTITIAL.search(body[:_HEAD])
        return Outcome.NOT_ROBOTS if challenged else Outcome.OK
    return outcome_of(status, None)


def _challenges(body: bytes) -> bool:
    """Tell whether a body is a page that wants to see whether a person asks."""
    head = body[:_HEAD]
    return not _AGENT_LINE.search(head) and _CHALLENGE.search(head) is not None
