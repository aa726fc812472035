"""A sample by the simplest means: all domains are in memory at once."""

from collections.abc import Iterable, Sequence

from crawlblock.hosts import registered_domain
from crawlblock.sampling import sampling_key


def apex(domain: str) -> str:
    """Return the name that a domain has in a frame."""
    name = domain.strip().lower().rstrip(".")
    rest = name.removeprefix("www.")
    return rest if rest != name and registered_domain(rest) else name


def expected_sample(
    domains: Iterable[str | None], size: int, seed: str
) -> Sequence[tuple[str, float]]:
    """Return the domains of a sample in their order, each with its weight."""
    frame = {apex(domain) for domain in domains if domain is not None} - {""}
    members = sorted(frame, key=lambda domain: sampling_key(seed, domain))[:size]
    return [(domain, len(frame) / len(members)) for domain in members]
