"""Where an archive in Common Crawl's layout is read from: a server, a directory or a bucket."""

import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, unquote, urlsplit

from crawlblock import transport
from crawlblock.durable import put_in_place
from crawlblock.errors import ArchiveError, InputError, StoreError
from crawlblock.outcome import Outcome
from crawlblock.sources.commoncrawl.keys import index_url, is_common_crawl, is_key
from crawlblock.transport import (
    MOST_IN_MEMORY,
    Limits,
    ServerTraffic,
    is_loopback,
    user_agent,
)

# The index server has a copy of what is asked of it, so that nobody need wait for it long.
_BRIEF = Limits(pauses=0, attempts=2, timeout=15.0, patience=10.0).shared()


class Mirror(Protocol):
    """An archive in Common Crawl's layout; keys are the lines of its paths files."""

    location: str
    traffic: ServerTraffic

    async def read(
        self, key: str, start: int | None = None, length: int | None = None, *, anew: bool = False
    ) -> bytes | Outcome:
        """Return an object, or `length` bytes of it from `start`.

        Without a length a `start` below 0 means the last bytes, at most all there are.
        `absent`: no such key; `damaged`: what came does not fit, also beyond the object's end.
        `anew`: what came before was of no use, so nothing that is kept of it is either.
        """

    async def save(self, key: str, path: Path) -> Outcome | None:
        """Save an object as a file; None: it is saved."""

    async def read_index(self, name: str) -> bytes | Outcome:
        """Return collinfo.json or graphinfo.json."""

    async def size(self, key: str) -> int | Outcome:
        """Return how many bytes an object has, which is not read for that."""

    def local_path(self, key: str) -> Path | None:
        """Return the file itself where the archive is a directory."""


def limits_for(mirror: str, rate: float | None, in_flight: int | None) -> Limits:
    """Return how hard an archive is asked: by default gently where it is public."""
    usual = 1 if is_public(mirror) else 2
    return Limits(per_second=rate or float(usual), in_flight=in_flight or usual)


def is_public(mirror: str) -> bool:
    """Tell whether an archive is a web server of others."""
    parts = urlsplit(mirror)
    return parts.scheme.lower() in ("http", "https") and not is_loopback(parts.hostname or "")


@asynccontextmanager
async def open_mirror(
    location: str,
    contact: str | None,
    limits: Limits = Limits(),  # noqa: B008 - it is frozen
) -> AsyncIterator[Mirror]:
    """Open an archive: an http(s) URL, a directory (a path or file: URL) or `s3://bucket/prefix`.

    All processes of a user on this machine keep the rate of a server together.  Raises InputError
    if there is none, or if it is public and no contact is given.
    """
    limits = limits.shared()
    location = re.sub(r"(?<![:/])/+$", "", location) or location
    scheme = re.match(r"([a-z0-9+.-]+)://", location, re.IGNORECASE)
    kind = scheme[1].lower() if scheme else ""
    async with AsyncExitStack() as stack:
        if kind in ("", "file"):
            yield DirectoryMirror(location)
        elif kind in ("http", "https"):
            base = _checked(location)
            public = not is_loopback(urlsplit(base).hostname or "")
            agent = _agent(contact, public)
            client = await stack.enter_async_context(
                transport.PoliteClient(agent, limits, pages=False)
            )
            lists = client
            if is_common_crawl(base) and limits.patience > _BRIEF.patience:
                brief = transport.PoliteClient(agent, _BRIEF, traffic=client.traffic, pages=False)
                lists = await stack.enter_async_context(brief)
            yield HttpMirror(base, client, lists)
        elif kind == "s3":
            from crawlblock.sources.commoncrawl.bucket import S3Mirror

            endpoint = urlsplit(os.environ.get("AWS_ENDPOINT_URL", "")).hostname
            agent = _agent(contact, not is_loopback(endpoint or ""))
            client = await stack.enter_async_context(
                transport.PoliteClient(agent, _BRIEF, pages=False)
            )
            yield S3Mirror(location, agent, limits, client)
        else:
            raise InputError(
                f"{location} is not a mirror; name an http(s) URL, a directory or s3://bucket"
            )


class HttpMirror:
    """An archive on a web server; where it redirects, it is followed."""

    def __init__(
        self, base: str, client: "transport.PoliteClient", lists: "transport.PoliteClient"
    ) -> None:
        """Take the client for the archive, and the one for collinfo.json and graphinfo.json."""
        self.location = base
        self.traffic = client.traffic
        self._client, self._lists = client, lists

    async def read(
        self, key: str, start: int | None = None, length: int | None = None, *, anew: bool = False
    ) -> bytes | Outcome:
        """Return an object, or `length` bytes of it from `start`."""
        if not is_key(key):
            return Outcome.ABSENT
        return await self._client.read(self._url(key), start, length)

    async def save(self, key: str, path: Path) -> Outcome | None:
        """Save an object as a file; a transfer that was cut is continued."""
        if not is_key(key):
            return Outcome.ABSENT
        return await self._client.save(self._url(key), path)

    async def read_index(self, name: str) -> bytes | Outcome:
        """Return collinfo.json or graphinfo.json."""
        return await self._lists.read(index_url(self.location, name))

    async def size(self, key: str) -> int | Outcome:
        """Return how many bytes an object has; a range of it that was read has shown it."""
        if not is_key(key):
            return Outcome.ABSENT
        url = self._url(key)
        return self.traffic.sizes.get(url) or await self._client.size(url)

    def local_path(self, key: str) -> None:
        """Return None: nothing is local."""

    def _url(self, key: str) -> str:
        return f"{self.location}/{quote(key, safe='/=')}"


class DirectoryMirror:
    """A downloaded archive; its traffic counts what is read from the disk."""

    def __init__(self, location: str) -> None:
        """Raise InputError if there is no such directory."""
        self.location = location
        self.traffic = ServerTraffic()
        self._root = _directory(location)

    async def read(
        self, key: str, start: int | None = None, length: int | None = None, *, anew: bool = False
    ) -> bytes | Outcome:
        """Return a file, or `length` bytes of it from `start`."""
        path = self.local_path(key)
        if path is None:
            return Outcome.ABSENT
        if length is not None and ((start or 0) < 0 or length < 1):
            return Outcome.DAMAGED  # so is an index that says this
        try:
            with path.open("rb") as file:
                size = path.stat().st_size
                file.seek(max(0, size + start) if start and start < 0 else start or 0)
                data = file.read(MOST_IN_MEMORY + 1 if length is None else length)
        except OSError as error:
            raise ArchiveError(f"{path} cannot be read: {error.strerror}") from None
        self._count(len(data))
        if length is None and len(data) > MOST_IN_MEMORY:
            return Outcome.TOO_LARGE
        short = len(data) < length if length is not None else bool(start and not data)
        return Outcome.DAMAGED if short else data

    async def save(self, key: str, path: Path) -> Outcome | None:
        """Copy a file; `local_path` spares that."""
        source = self.local_path(key)
        if source is None:
            return Outcome.ABSENT
        part = path.with_name(f"{path.name}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, part)
            put_in_place(part, path)
        except OSError as error:
            raise StoreError(f"{source} cannot be copied to {path}: {error.strerror}") from None
        self._count(path.stat().st_size)
        return None

    async def read_index(self, name: str) -> bytes | Outcome:
        """Return collinfo.json or graphinfo.json."""
        return await self.read(name)

    async def size(self, key: str) -> int | Outcome:
        """Return how many bytes a file has."""
        path = self.local_path(key)
        return path.stat().st_size if path else Outcome.ABSENT

    def local_path(self, key: str) -> Path | None:
        """Return the file of a key, None if there is none."""
        path = self._root / key
        return path if is_key(key) and path.is_file() else None

    def _count(self, size: int) -> None:
        self.traffic.count()
        self.traffic.bytes += size


def _agent(contact: str | None, public: bool) -> str:
    return user_agent(contact, needed=public)


def _checked(location: str) -> str:
    try:
        parts = urlsplit(location)
        usable = parts.hostname and parts.port != 0
    except ValueError:  # no port, no address
        usable = False
    if not usable or parts.query or parts.fragment or parts.username:
        raise InputError(f"{location} is not a mirror: a URL of host and path alone is needed")
    return location


def _directory(location: str) -> Path:
    parts = urlsplit(location)
    url = location.lower().startswith("file://")
    path = Path(unquote(parts.path)) if url else Path(location)
    with suppress(RuntimeError):  # nobody knows where that home is: then it is no directory
        path = path.expanduser() if not url else path
    if not path.is_dir() or (url and parts.netloc not in ("", "localhost")):
        raise InputError(f"{location} is not a directory; name one that holds an archive, or a URL")
    return path
