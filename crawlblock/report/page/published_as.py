"""How a page is published: where it will be, and who corrects it, as the environment says."""

import os
import re
from dataclasses import dataclass

from crawlblock.errors import InputError

PAGE_URL, CORRECTIONS = "CRAWLBLOCK_PAGE_URL", "CRAWLBLOCK_CORRECTIONS"
_WEB = re.compile(r"https?://[^\s<>\"']+")
_MAIL = re.compile(r"[^\s@<>\"'?&]+@[^\s@<>\"'?&]+")


@dataclass(frozen=True, slots=True)
class PublishedAs:
    """What the page says of itself; empty where it is not known."""

    url: str = ""  # of the folder that the page is in, with a slash at its end
    corrections: str = ""  # an e-mail address, or the address of a page


def published_as() -> PublishedAs:
    """Return what the environment says; raises InputError for what is no address."""
    url = os.environ.get(PAGE_URL, "").strip()
    corrections = os.environ.get(CORRECTIONS, "").strip()
    if url and not _WEB.fullmatch(url):
        raise InputError(f"{PAGE_URL}: {url} is not a web address; give one such as https://...")
    if corrections and not (_WEB.fullmatch(corrections) or _MAIL.fullmatch(corrections)):
        raise InputError(
            f"{CORRECTIONS}: {corrections} is neither an e-mail address nor a web address"
        )
    return PublishedAs(url and f"{url.removesuffix('index.html').rstrip('/')}/", corrections)
