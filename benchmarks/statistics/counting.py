"""Shares of a crawl from some of its files, where hosts that are fetched often block more."""

from collections.abc import Iterator

import numpy as np
from oracles.estimate import Estimate, clustered
from tally import Tally

TRIES = 400
FILES, HOSTS = 1_000, 100_000
MEAN = 2.6  # files in which a host has a capture
BLOCKS = ((1, 0.06), (4, 0.10), (10**9, 0.25))  # up to so many files, so many of the hosts block


def counting(seed: int = 11, tries: int = TRIES) -> Iterator[Tally]:
    """Yield how a census of some files fares, with each host in all its files or in one of them."""
    rng = np.random.default_rng(seed)
    copies = np.minimum(1 + rng.geometric(1 / MEAN, HOSTS) - 1, FILES)
    limits = [most for most, _ in BLOCKS]
    chance = np.array([share for _, share in BLOCKS])[np.searchsorted(limits, copies)]
    blocks = rng.random(HOSTS) < chance
    truth = float(blocks.mean())
    host = np.repeat(np.arange(HOSTS), copies)
    file = rng.integers(FILES, size=host.size)
    home = np.empty(HOSTS, int)
    order = rng.permutation(host.size)
    home[host[order]] = file[order]  # one of the host's files, by chance
    name = f"{MEAN} files a host; 6, 10 and 25 % block"
    for sampled in (10, 50, 200):
        what = f"{sampled} of {FILES:,} files"
        ways = ("in every file", "in one file")
        every, once = (Tally("share of a crawl", way, name, what) for way in ways)
        for _ in range(tries):
            sample = rng.choice(FILES, sampled, replace=False)
            first = _first(host, file, sample)
            for tally, counted in ((every, first), (once, home)):
                found = _estimate(counted, blocks, sample)
                assert (
                    found.low is not None and found.high is not None and found.estimate is not None
                )
                tally.add(found.low, found.high, truth)
                tally.add_error(found.estimate - truth)
        yield from (every, once)


def _first(host: np.ndarray, file: np.ndarray, sample: np.ndarray) -> np.ndarray:
    """Return a file of the sample for each host that has one there, else -1."""
    found = np.full(HOSTS, -1)
    inside = np.isin(file, sample)
    found[host[inside]] = file[inside]
    return found


def _estimate(counted: np.ndarray, blocks: np.ndarray, sample: np.ndarray) -> Estimate:
    inside = np.isin(counted, sample)
    n = np.bincount(counted[inside], minlength=FILES)[sample]
    yes = np.bincount(counted[inside & blocks], minlength=FILES)[sample]
    pairs = zip(yes.astype(float).tolist(), n.astype(float).tolist(), strict=True)
    return clustered(list(pairs), FILES)
