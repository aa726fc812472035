"""Changes as machines take them: rows, an Atom feed, a signed message to a webhook."""

import asyncio
import hashlib
import hmac
import json
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import aiohttp

from crawlblock import __version__
from crawlblock.errors import InputError, UpstreamError
from crawlblock.evidence.transitions import Change
from crawlblock.names import safe
from crawlblock.report.labels import author

SIGNATURE = "X-Crawlblock-Signature"
_ATOM = "http://www.w3.org/2005/Atom"
_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:crawlblock:changes")
_PATIENCE = aiohttp.ClientTimeout(total=30)  # s
_VERBS = {"started": "started to block", "stopped": "stopped blocking"}


def utc(moment: datetime | None) -> str | None:
    """Return a time as RFC 3339 has it, with its Z."""
    return None if moment is None else f"{moment.isoformat()}Z"


def row_of(change: Change) -> dict[str, object]:
    """Return a change as a row of plain values, with the name it keeps."""
    row = asdict(change) | {"after": utc(change.after), "before": utc(change.before)}
    return {"id": name_of(change), **row}


def as_json(changes: Sequence[Change]) -> str:
    """Return changes as a JSON array."""
    return json.dumps([row_of(change) for change in changes], indent=1)


def atom(changes: Sequence[Change], tokens: Sequence[str], since: datetime) -> str:
    """Return changes as an Atom 1.0 feed (RFC 4287).

    The feed's name depends on the crawlers asked for, an entry's on the change, so that readers
    recognise both; an empty feed is as old as `since`.
    """
    feed = ET.Element("feed", xmlns=_ATOM)
    whom = ", ".join(tokens) or "crawlers"
    _add(feed, "id", uuid.uuid5(_SPACE, "\n".join(sorted(tokens))).urn)
    _add(feed, "title", f"Hosts that started or stopped blocking {whom}")
    newest = max((change.before for change in changes), default=since)
    _add(feed, "updated", str(utc(newest)))
    _add(_add(feed, "author"), "name", "crawlblock")
    _add(feed, "generator", "crawlblock", version=__version__)
    for change in changes:
        _add_entry(feed, change)
    ET.indent(feed)
    return f"<?xml version='1.0' encoding='utf-8'?>\n{ET.tostring(feed, encoding='unicode')}"


def _add_entry(feed: ET.Element, change: Change) -> None:
    entry = _add(feed, "entry")
    _add(entry, "id", name_of(change))
    _add(entry, "title", f"{change.host} {_VERBS[change.transition]} {change.token}")
    _add(entry, "updated", str(utc(change.before)))
    _add(entry, "category", term=change.transition)
    _add(entry, "category", term=change.token)
    _add(entry, "content", sentence(change), type="text")


def sentence(change: Change) -> str:
    """Return a change in words."""
    by = change.authored_by
    return (
        f"{change.host} {_VERBS[change.transition]} {change.token} between {change.after} UTC "
        f"({change.from_snapshot or 'unnamed'}) and {change.before} UTC ({change.snapshot}): "
        f"{change.from_restriction} ({change.from_basis}) became "
        f"{change.to_restriction} ({change.to_basis})" + (f"; by {author(by)}." if by else ".")
    )


def _add(parent: ET.Element, tag: str, text: str | None = None, **attributes: str) -> ET.Element:
    """Add an element; XML has no control characters, not even escaped ones."""
    child = ET.SubElement(parent, tag, {name: safe(value) for name, value in attributes.items()})
    child.text = None if text is None else safe(text)
    return child


def name_of(change: Change) -> str:
    """Return the name of a change: the same in every run that sees it."""
    parts = (change.host, change.token, change.transition, utc(change.before))
    return uuid.uuid5(_SPACE, "\n".join(map(str, parts))).urn


def signature(body: bytes, secret: str) -> str:
    """Return the HMAC-SHA256 of a message as the signature header has it.

    A key from the environment may be any bytes, which Python reads as surrogates.
    """
    key = secret.encode("utf-8", "surrogateescape")
    return f"sha256={hmac.new(key, body, hashlib.sha256).hexdigest()}"


def checked_webhook(url: str) -> str:
    """Return the address of a webhook; raises InputError unless it is http(s) with a host."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        parts.port  # noqa: B018  # raises for a port that is none
    except ValueError:
        usable = False
    if not usable:
        raise InputError("--webhook: not an http or https address with a host")
    return url


async def deliver(url: str, body: bytes, secret: str, pause: float = 2.0) -> None:
    """Post a signed JSON message, after `pause` seconds once more if the server may recover.

    Raises UpstreamError if it was not accepted; it names the host alone, for a webhook's path is
    often a secret.
    """
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"crawlblock/{__version__}",
        SIGNATURE: signature(body, secret),
    }
    async with aiohttp.ClientSession(timeout=_PATIENCE, headers=headers) as session:
        trouble, passing = await _post(session, url, body)
        if trouble and passing:
            await asyncio.sleep(pause)
            trouble, _ = await _post(session, url, body)
    if trouble:
        raise UpstreamError(
            f"webhook at {urlsplit(url).hostname}: {trouble}; nothing was delivered, run again"
        )


async def _post(session: aiohttp.ClientSession, url: str, body: bytes) -> tuple[str | None, bool]:
    """Return what went wrong, if anything, and whether it may pass."""
    try:
        async with session.post(url, data=body, allow_redirects=False) as answer:
            if 200 <= answer.status < 300:
                return None, False
            return f"HTTP {answer.status}", answer.status >= 500 or answer.status == 429
    except TimeoutError:
        return "no answer in time", True
    except (aiohttp.ClientError, OSError) as error:
        return f"{type(error).__name__}", True
