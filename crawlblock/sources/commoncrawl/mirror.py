"""Where an archive in Common Crawl's layout is read from: a server, a directory or a bucket."""

import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, unquote, urlsplit

from crawlblock import __version__
from crawlblock.errors import ArchiveError, InputError, StoreError
from crawlblock.model import Outcome
from crawlblock.transport import (
    MOST_IN_MEMORY,
    Limits,
    PoliteClient,
    Traffic,
    is_loopback,
    user_agent,
)

_INDEX_HOST = "https://index.commoncrawl.org"
_SERVED_BY_INDEX_HOST = frozenset(
    {
        "https://data.commoncrawl.org",
        "https://huggingface.co/buckets/commoncrawl/commoncrawl/resolve",
        "s3://commoncrawl",
    }
)  # these hold the data alone


class Mirror(Protocol):
    """An archive in Common Crawl's layout; keys are the lines of its paths files."""

    location: str
    traffic: Traffic

    async def read(
        self, key: str, start: int | None = None, length: int | None = None
    ) -> bytes | Outcome:
        """Return an object, or `length` bytes of it from `start`.

        `absent`: no such key; `damaged`: what came does not fit, also beyond the object's end.
        """

    async def save(self, key: str, path: Path) -> Outcome | None:
        """Save an object as a file; None: it is saved."""

    async def read_index(self, name: str) -> bytes | Outcome:
        """Return collinfo.json or graphinfo.json."""

    def local_path(self, key: str) -> Path | None:
        """Return the file itself where the archive is a directory."""


@asynccontextmanager
async def open_mirror(
    location: str,
    contact: str | None,
    limits: Limits = Limits(),  # noqa: B008 - it is frozen
) -> AsyncIterator[Mirror]:
    """Open an archive: an http(s) URL, a directory (a path or file: URL) or `s3://bucket/prefix`.

    Raises InputError if there is none, or if it is public and no contact is given.
    """
    location = location.rstrip("/") or location
    scheme = re.match(r"([a-z0-9+.-]+):", location, re.IGNORECASE)
    kind = scheme[1].lower() if scheme else ""
    async with AsyncExitStack() as stack:
        if kind in ("", "file"):
            yield DirectoryMirror(location)
        elif kind in ("http", "https"):
            base = _checked(location)
            public = not is_loopback(urlsplit(base).hostname or "")
            client = PoliteClient(_agent(contact, public), limits)
            yield HttpMirror(base, await stack.enter_async_context(client))
        elif kind == "s3":
            from crawlblock.sources.commoncrawl.bucket import S3Mirror

            endpoint = urlsplit(os.environ.get("AWS_ENDPOINT_URL", "")).hostname
            agent = _agent(contact, not is_loopback(endpoint or ""))
            client = await stack.enter_async_context(PoliteClient(agent, limits))
            yield S3Mirror(location, agent, limits, client)
        else:
            raise InputError(
                f"{location} is no mirror; name an http(s) URL, a directory or s3://bucket"
            )
