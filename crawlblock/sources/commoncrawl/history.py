"""One crawl's captures of a panel: look up, follow redirects, fetch what is not stored yet."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urljoin

from crawlblock.hosts import registered_domain
from crawlblock.model import Capture, Member, Outcome, Payload
from crawlblock.robots.syntax import SIZE_LIMIT
from crawlblock.sampling import candidates
from crawlblock.sources.commoncrawl import records
from crawlblock.sources.commoncrawl.index import Index, IndexRow, normalised
from crawlblock.sources.commoncrawl.mirror import Mirror
from crawlblock.sources.outcomes import KEPT_HEADERS, outcome_of
from crawlblock.warc import Response, digest

MAX_HOPS = 5  # RFC 9309 section 2.3.1.2
RESOURCE = "/robots.txt"

KnownOutcomes = Callable[[Collection[str]], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Chain:
    """Where a capture led: the row that answered last, or the one whose redirect leads nowhere."""

    asked: str
    first_time: datetime
    row: IndexRow
    hops: int

    @property
    def unresolved(self) -> bool:
        """Tell whether the chain ends in a redirect."""
        return _is_redirect(self.row)

    def merit(self) -> tuple[int, datetime, bool]:
        """Order chains: the newest good one first, then the newest answer; https in a tie."""
        return self._goodness(), self.first_time, self.asked.startswith("https:")

    def _goodness(self) -> int:
        """Return 3 for a robots.txt, 2 for another answer, 1 for a page, 0 for a dead end."""
        if self.unresolved:
            return 0
        if self.row.status != 200:
            return 2
        return 1 if "html" in (self.row.mime or "") else 3


async def collect(
    crawl: str,
    members: Sequence[Member],
    index: Index,
    mirror: Mirror,
    known_outcomes: KnownOutcomes,
) -> tuple[list[Capture], list[Payload]]:
    """Return one capture for each member, and the payloads whose digest is not stored yet."""
    urls = set(filter(None, (normalised(u) for member in members for u in candidates(member))))
    rows = await _with_targets(urls, index, mirror)
    chains = {member.host: _best(member, rows) for member in members}
    answered = [c.row for c in chains.values() if c and c.row.status and 200 <= c.row.status < 300]
    known = known_outcomes({row.digest for row in answered if row.digest})
    fetched = await records.fetch(mirror, _once_per_digest(answered, known))
    payloads: dict[str, Payload] = {}
    by_digest: dict[str, Response] = {}
    for record in fetched.values():
        if isinstance(record, Response) and not _is_cut(record):
            name = digest(record.payload)
            payloads[name] = Payload(name, record.payload)
            by_digest[name] = record
    captures = [
        _capture(crawl, member, chains[member.host], known, fetched, by_digest)
        for member in members
    ]
    return captures, list(payloads.values())


async def _with_targets(
    urls: Iterable[str], index: Index, mirror: Mirror
) -> dict[str, list[IndexRow]]:
    """Return the rows of the URLs and of all that their redirects lead to."""
    rows: dict[str, list[IndexRow]] = {}
    pending = set(urls)
    for _ in range(MAX_HOPS + 1):
        pending -= rows.keys()
        if not pending:
            break
        found = await index.look_up(pending)
        found = await _with_locations(found, mirror)
        rows.update(found)
        targets = (row.redirect for part in found.values() for row in part if row.redirect)
        pending = set(filter(None, map(normalised, targets)))
    return rows


async def _with_locations(
    found: dict[str, list[IndexRow]], mirror: Mirror
) -> dict[str, list[IndexRow]]:
    """Read where redirects lead from their records, which indexes before 2019-47 do not tell."""
    silent = [r for part in found.values() for r in part if _is_redirect(r) and not r.redirect]
    if not silent:
        return found
    fetched = await records.fetch(mirror, silent)

    def told(row: IndexRow) -> IndexRow:
        record = fetched.get((row.warc_file, row.warc_offset))
        if row.redirect or not isinstance(record, Response):
            return row
        try:
            return replace(row, redirect=urljoin(row.url, record.header("Location") or ""))
        except ValueError:  # a Location that is no URL leads nowhere
            return row

    return {url: [told(row) for row in part] for url, part in found.items()}


def _best(member: Member, rows: Mapping[str, list[IndexRow]]) -> Chain | None:
    """Return a member's best chain: its own host's, and the fallback's only where that has none."""
    own: list[Chain] = []
    fallback: list[Chain] = []
    for url in filter(None, map(normalised, candidates(member))):
        target = own if f"//{member.host}/" in url else fallback
        target.extend(
            _follow(Chain(url, row.fetch_time, row, 0), rows) for row in rows.get(url, ())
        )
    return max(own or fallback, key=Chain.merit, default=None)


def _follow(chain: Chain, rows: Mapping[str, list[IndexRow]]) -> Chain:
    """Follow redirects, each to the newest good capture of its target, else to the newest.

    A loop, the fifth hop or a target without a capture ends the way.
    """
    seen = {chain.asked}
    while chain.unresolved and chain.hops < MAX_HOPS:
        target = normalised(chain.row.redirect) if chain.row.redirect else None
        if target is None or target in seen or not rows.get(target):
            break
        seen.add(target)
        row = max(rows[target], key=lambda row: (row.status == 200, row.fetch_time))
        chain = replace(chain, row=row, hops=chain.hops + 1)
    return chain


def _is_redirect(row: IndexRow) -> bool:
    return row.status is not None and 300 <= row.status < 400


def _is_cut(record: Response) -> bool:
    """Tell whether the archive kept less of a payload than counts."""
    return record.truncated and len(record.payload) < SIZE_LIMIT


def _once_per_digest(rows: Iterable[IndexRow], known: Mapping[str, str]) -> list[IndexRow]:
    """Return the rows whose records are needed: one for each digest that is not stored."""
    needed: dict[str, IndexRow] = {}
    for row in rows:
        if row.digest not in known:
            needed.setdefault(row.digest or f"{row.warc_file} {row.warc_offset}", row)
    return list(needed.values())


def _capture(
    crawl: str,
    member: Member,
    chain: Chain | None,
    known: Mapping[str, str],
    fetched: Mapping[records.Place, Response | Outcome],
    by_digest: Mapping[str, Response],
) -> Capture:
    """Say what became of one member in one crawl."""
    domain = registered_domain(member.host)
    if chain is None:
        return Capture(
            crawl, member.host, RESOURCE, domain, None, None, 0, None, None,
            Outcome.NOT_CAPTURED, None, None, None, None, None,
        )  # fmt: skip
    row = chain.row
    name, headers = None, None
    if row.status is None or not 200 <= row.status < 300:
        outcome = outcome_of(row.status, None) if row.status else Outcome.DAMAGED
    elif row.digest and row.digest in known:
        name, outcome = row.digest, Outcome(known[row.digest])
    else:
        record = by_digest.get(row.digest or "") or fetched.get((row.warc_file, row.warc_offset))
        if isinstance(record, Response) and not _is_cut(record):
            name = digest(record.payload)
            outcome = outcome_of(row.status, record.payload)
            kept = {k.lower(): v for k, v in record.headers if k.lower() in KEPT_HEADERS}
            headers = json.dumps(kept) if kept else None
        else:
            outcome = Outcome.DAMAGED
    return Capture(
        crawl, member.host, RESOURCE, domain, chain.asked, row.url, chain.hops, row.fetch_time,
        row.status, outcome, name, headers, row.warc_file, row.warc_offset, row.warc_length,
    )  # fmt: skip
