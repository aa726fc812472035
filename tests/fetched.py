"""Fetches made by hand, and stored as a source stores what it saw."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from crawlblock.captures.frames import batch_of
from crawlblock.model import Asked, Fetch, Payload, SnapshotKind
from crawlblock.pipeline.evaluate import evaluate
from crawlblock.pipeline.run import Run
from crawlblock.store.store import Store
from crawlblock.warc.http import digest

Answer = bytes | int | None  # a body, a status without one, no HTTP answer


def fetched(host: str, snapshot: str, at: datetime, answer: Answer, **more: Any) -> Fetch:
    """Return a fetch of a host's robots.txt by https; `more` are other fields of it."""
    body = answer if isinstance(answer, bytes) else None
    status = 200 if body is not None else answer
    fields: dict[str, Any] = {
        "resource": "/robots.txt",
        "secure": True,
        "status": status,
        "digest": None if body is None else digest(body),
    }
    return Fetch(snapshot=snapshot, host=host, fetch_time=at, **fields | more)


def stored(
    store: Store,
    fetches: Iterable[Fetch],
    bodies: Iterable[bytes] = (),
    kind: SnapshotKind = SnapshotKind.IMPORT,
) -> int:
    """Store fetches, whose hosts all count as asked, with payloads; return how many are new."""
    held = list(fetches)
    asked = {(each.snapshot, each.host, each.resource): None for each in held}
    wanted = [Asked(snapshot=name, host=host, resource=path) for name, host, path in asked]
    payloads = [Payload(digest(body), body) for body in bodies]
    return store.facts.add(batch_of(held, wanted, payloads), kind)


def judged(store: Store) -> None:
    """Judge what is stored; as in a command the file is opened once."""
    with store.held():
        evaluate(Run(store))
