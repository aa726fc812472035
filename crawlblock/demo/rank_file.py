"""A domain-ranks file as in Common Crawl's web-graph releases."""

import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path

from crawlblock.model import Crawl

_HEADER = "#harmonicc_pos\t#harmonicc_val\t#pr_pos\t#pr_val\t#host_rev\t#n_hosts\n"


def write_ranks(
    folder: Path, crawls: Sequence[Crawl], ranks: Mapping[str, int]
) -> dict[str, object]:
    """Write the ranks of registered domains; return the release's entry in graphinfo.json.

    The positions are the given ones, with gaps: a sample of a list keeps its places in the list.
    """
    release = crawls[-1].crawl.lower()
    base = f"projects/hyperlinkgraph/{release}"
    path = folder / base / "domain" / f"{release}-domain-ranks.txt.gz"
    path.parent.mkdir(parents=True)
    ordered = sorted(ranks.items(), key=lambda item: (item[1], item[0]))
    lines = [_line(domain, rank) for domain, rank in ordered]
    path.write_bytes(gzip.compress((_HEADER + "".join(lines)).encode(), mtime=0))
    return {
        "id": release,
        "crawls": [crawl.crawl for crawl in crawls],
        "index": f"{base}/",
        "location": f"{base}/",
        "stats": {"domain": {"nodes": len(lines)}},
    }


def _line(domain: str, rank: int) -> str:
    """Return a line; its values only keep the order, for the given list has none."""
    name = ".".join(reversed(domain.split(".")))
    return f"{rank}\t{1e7 / rank:.7E}\t{rank}\t{1 / rank:.7E}\t{name}\t1\n"
