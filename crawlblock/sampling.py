"""Frames, strata and the seeded sample; which host represents a domain.

The host rule, declared once: an entry that is a registered domain is read at its apex, and its
`www` host stands in where the apex has no capture.  For an entry `www.` and a host it is the other
way round.  Any other entry is read exactly as given.  https and http are different captures; both
are looked up, https first.
"""

import hashlib
import heapq
import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import count

from crawlblock.hosts import other_name, registered_domain
from crawlblock.model import Member

WHOLE, BY_SIZE = "whole", "by size"  # the strata of a sample by size


def candidates(member: Member) -> tuple[str, ...]:
    """Return the URLs that may answer for a member, the most wanted first."""
    hosts = (member.host, member.fallback_host)
    return tuple(f"{scheme}://{h}/robots.txt" for h in hosts if h for scheme in ("https", "http"))


def sampling_key(seed: str, domain: str) -> bytes:
    """Return a domain's place in the sample of a seed, the same on every machine (16 bytes)."""
    text = f"{seed}\0{domain}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=16).digest()


def frame_name(domain: str) -> str:
    """Return a registered domain as a frame names it, empty where nothing is left.

    Two domains with the same name are one member of the frame.
    """
    return _apex(domain.strip().lower().rstrip("."))


def simple_sample(
    domains: Iterable[str], size: int | None, seed: str, panel: str, stratum: str
) -> list[Member]:
    """Return the `size` domains whose keys are smallest, in the order of their keys.

    The domains are distinct, as `frame_name` returns them.  They are read once, and no more than
    `size` of them are kept in memory.  A larger sample begins with the smaller one.  The weight is
    the number of domains in the frame over the number sampled; without a size, or with one beyond
    the frame, all are taken.
    """
    return _sampled(((domain, None) for domain in domains), size, seed, panel, stratum)


Strata = Sequence[tuple[str, Sequence[str]]]  # domains by stratum, the best ranks first


def ranked_strata(ranked: Iterable[tuple[int, str]], bands: Sequence[tuple[str, int]]) -> Strata:
    """Return the domains of each band of a ranking, ranks 1 to the first bound and so on.

    `bands` are names with their last rank, ascending.  Ranks are renumbered from 1 over the
    distinct domains, for files have gaps and name a domain with and without `www`.
    """
    order = _renumbered(ranked, bands[-1][1])
    starts = (0, *(bound for _, bound in bands))
    return [(name, order[start:end]) for start, (name, end) in zip(starts, bands, strict=False)]


def stratified_sample(strata: Strata, size: int | None, seed: str, panel: str) -> list[Member]:
    """Return `size` domains sampled from each stratum of a ranking; without a size all of them."""
    members: list[Member] = []
    rank = 1
    for stratum, domains in strata:
        members += _sampled(zip(domains, count(rank), strict=False), size, seed, panel, stratum)
        rank += len(domains)
    return members


def sample_by_size(
    sizes: Iterable[tuple[str, float]], size: int, seed: str, panel: str
) -> list[Member]:
    """Return `size` domains, each the more likely the more it holds, in the order of their keys.

    The domains are distinct and their sizes above 0.  A key is a uniform number over the domain's
    size, and the smallest are taken: sequential Poisson sampling (Ohlsson 1998).  A larger sample
    begins with the smaller one.  The key after the last one is the threshold, and a domain's weight
    is 1 over its chance of a key below it, which makes every estimated total unbiased (priority
    sampling: Duffield, Lund and Thorup 2007).  Domains so large that their key cannot be larger are
    the stratum WHOLE, which is complete; size times weight is the same for all others.
    """
    keyed = ((_uniform(seed, domain) / amount, domain, amount) for domain, amount in sizes)
    ordered = heapq.nsmallest(size + 1, keyed)
    threshold = ordered[size][0] if len(ordered) > size else math.inf
    members: dict[str, list[Member]] = {WHOLE: [], BY_SIZE: []}
    for _, domain, amount in ordered[:size]:
        chance = min(1.0, amount * threshold)
        stratum = WHOLE if chance == 1 else BY_SIZE
        place = len(members[stratum])
        members[stratum].append(member_of(panel, domain, stratum, None, 1 / chance, place))
    return members[WHOLE] + members[BY_SIZE]


def _uniform(seed: str, domain: str) -> float:
    """Return a domain's number above 0 and up to 1, from its place in the sample of a seed."""
    return (int.from_bytes(sampling_key(seed, domain)[:6]) + 1) / 2**48


def _sampled(
    frame: Iterable[tuple[str, int | None]],
    size: int | None,
    seed: str,
    panel: str,
    stratum: str,
) -> list[Member]:
    """Sample from distinct domains with their ranks; only the ones chosen so far are kept."""
    found = 0

    def keyed() -> Iterator[tuple[bytes, str, int | None]]:
        nonlocal found
        for domain, rank in frame:
            found += 1
            yield sampling_key(seed, domain), domain, rank

    sampled = sorted(keyed()) if size is None else heapq.nsmallest(size, keyed())
    return [
        member_of(panel, domain, stratum, rank, found / len(sampled), position)
        for position, (_, domain, rank) in enumerate(sampled)
    ]


def member_of(
    panel: str, entry: str, stratum: str, rank: int | None, weight: float, position: int
) -> Member:
    """Return the member for an entry, its hosts by the rule above."""
    return Member(panel, entry, entry, other_name(entry), stratum, rank, weight, position)


def _renumbered(ranked: Iterable[tuple[int, str]], limit: int) -> list[str]:
    """Return the distinct domains in the order of their ranks, at most `limit`.

    A file in the order of its ranks, as they are, is not read beyond them: the web graph's has
    a hundred million lines.
    """
    ranks: dict[str, int] = {}
    last = 0
    ascending = True
    for rank, name in ranked:
        domain = _apex(name)
        ranks[domain] = min(rank, ranks.get(domain, rank))
        ascending = ascending and rank >= last
        last = rank
        if ascending and len(ranks) == limit:
            break
    return sorted(ranks, key=ranks.__getitem__)[:limit]


def _apex(name: str) -> str:
    """Return a name without its `www.`, unless nothing one can register would be left."""
    rest = name.removeprefix("www.")
    return rest if rest != name and registered_domain(rest) else name
