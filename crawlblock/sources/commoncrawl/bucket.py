"""An archive in an S3 bucket (extra `s3`); worth it only inside the bucket's own region."""

import importlib
import os
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from crawlblock.errors import InputError
from crawlblock.outcome import Outcome
from crawlblock.sources.commoncrawl.keys import index_url, is_key
from crawlblock.transport import (
    MOST_IN_MEMORY,
    Busy,
    FailedAttempt,
    HostGate,
    Limits,
    PartialFile,
    PoliteClient,
    Refusal,
)

_REGION = "us-east-1"  # where Common Crawl's bucket is
_STATUS = re.compile(r"status code: (\d{3})")
_METADATA_SERVICE = "169.254.169.254"  # asked last for credentials

T = TypeVar("T")


class S3Mirror:
    """A bucket, read with the credentials of the environment and through one gate."""

    def __init__(self, location: str, agent: str, limits: Limits, client: PoliteClient) -> None:
        """Raise InputError if obstore is not installed or the location names no bucket."""
        try:
            self._obstore = importlib.import_module("obstore")
            self._stores = importlib.import_module("obstore.store")
        except ImportError:
            raise InputError(
                f"{location} needs the package obstore: pip install 'crawlblock[s3]'"
            ) from None
        self.location = location
        self.traffic = client.traffic
        self._client = client
        self._gate = HostGate(location, limits)
        self._answered = False  # the credentials are good
        self._store = self._open(agent, limits)

    async def read(
        self, key: str, start: int | None = None, length: int | None = None, *, anew: bool = False
    ) -> bytes | Outcome:
        """Return an object, or `length` bytes of it from `start`."""
        if length is not None and ((start or 0) < 0 or length < 1):
            return Outcome.DAMAGED  # so is an index that says this
        options: dict[str, Any] = {}
        if length is not None:
            options["range"] = (start or 0, (start or 0) + length)
        elif start:
            options["range"] = {"suffix": -start} if start < 0 else {"offset": start}

        async def take(got: Any) -> bytes | Outcome | FailedAttempt:
            first, end = got.range
            if length is not None and end - first != length:
                return Outcome.DAMAGED  # the object ends before the range does
            if length is None and end - first > MOST_IN_MEMORY:
                return Outcome.TOO_LARGE
            body = bytes(await got.bytes_async())
            self.traffic.bytes += len(body)
            return body if len(body) == end - first else FailedAttempt(Outcome.DAMAGED)

        return await self._ask(key, lambda: options, take)

    async def save(self, key: str, path: Path) -> Outcome | None:
        """Save an object as a file; a transfer that was cut is continued."""
        part = PartialFile(path)

        def options() -> dict[str, Any]:
            more = part.size and part.etag
            return {"range": {"offset": part.size}, "if_match": part.etag} if more else {}

        async def take(got: Any) -> FailedAttempt | None:
            if got.range[0] == 0 or got.meta["e_tag"] != part.etag:
                part.begin(got.meta["e_tag"], got.meta["size"])
            if got.range[0] != part.size:
                return FailedAttempt(Outcome.DAMAGED)
            with part.appending():
                async for chunk in got.stream():
                    self.traffic.bytes += len(chunk)
                    part.write(bytes(chunk))
            return None if part.complete else FailedAttempt(Outcome.DAMAGED)

        outcome = None if part.complete else await self._ask(key, options, take, part.discard)
        if outcome is None:
            part.finish()
        return outcome

    async def read_index(self, name: str) -> bytes | Outcome:
        """Return collinfo.json or graphinfo.json."""
        url = index_url(self.location, name)
        return await (self.read(name) if url.startswith("s3:") else self._client.read(url))

    async def size(self, key: str) -> int | Outcome:
        """Return how many bytes an object has; its body is not read."""

        async def take(got: Any) -> int | Outcome:
            return int(got.meta["size"])

        return await self._ask(key, lambda: {"head": True}, take)

    def local_path(self, key: str) -> None:
        """Return None: nothing is local."""

    async def _ask(
        self,
        key: str,
        options: Callable[[], dict[str, Any]],
        take: Callable[[Any], Awaitable[T | Outcome | FailedAttempt]],
        changed: Callable[[], None] = lambda: None,
    ) -> T | Outcome:
        """Get an object; `changed` is called where it is no longer the one asked for."""

        async def once() -> T | Outcome | Refusal | Busy | FailedAttempt:
            self.traffic.count()
            try:
                got = await self._store.get_async(key, options=options())
                self._answered = True
                return await take(got)
            except FileNotFoundError:
                return Outcome.ABSENT
            except self._obstore.exceptions.PreconditionError:
                changed()
                return FailedAttempt(Outcome.DAMAGED)
            except self._obstore.exceptions.BaseError as error:
                return self._failed(error)

        return await self._gate.ask(once) if is_key(key) else Outcome.ABSENT

    def _failed(self, error: Exception) -> Outcome | Refusal | Busy | FailedAttempt:
        """Return what an error of obstore means; it tells the HTTP status only in its text."""
        found = _STATUS.search(str(error))
        status = int(found[1]) if found else None
        if status in (401, 403) or _METADATA_SERVICE in str(error):
            if self._answered:  # the bucket says so for missing keys too, if it may not be listed
                return Outcome.REFUSED
            raise InputError(
                f"{self.location} refuses these credentials, or there are none: set "
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or use another mirror"
            )
        if status == 416:
            return Outcome.DAMAGED
        if status == 429:
            return Refusal(status, Outcome.THROTTLED)
        if status and status >= 500:
            return Busy(status)
        return FailedAttempt(Outcome.SERVER_ERROR if status else Outcome.UNREACHABLE)

    def _open(self, agent: str, limits: Limits) -> Any:
        bucket, _, prefix = self.location.partition("://")[2].partition("/")
        if not bucket:
            raise InputError(f"{self.location} names no bucket; write s3://bucket/prefix")
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or _REGION
        endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
        try:
            return self._stores.S3Store(
                bucket,
                prefix=prefix or None,
                region=region,
                client_options={
                    "user_agent": agent,
                    "timeout": timedelta(seconds=limits.timeout),
                    "allow_http": endpoint.startswith("http://"),
                },
                retry_config={"max_retries": 0},  # the gate retries
            )
        except (self._obstore.exceptions.BaseError, ValueError) as error:
            reason = str(error).split("\n")[0]
            raise InputError(f"{self.location} cannot be opened as a bucket: {reason}") from None
