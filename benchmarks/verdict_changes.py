"""Counts the hosts of the corpora whose verdicts or authors differ from before, and why.

Usage:
    git worktree add ../earlier COMMIT
    python benchmarks/verdict_changes.py --earlier ../earlier [--corpora ../shared/corpus]

Both versions read the newest file of each host.  Each runs in a process of its own.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl
from measured import CORPUS

HERE = Path(__file__).parent
SCHEMA = {
    "digest": pl.String, "token": pl.String, "restriction": pl.String, "basis": pl.String,
    "root_allowed": pl.Boolean, "author": pl.String,
}  # fmt: skip
COMPARED = ("restriction", "basis", "root_allowed", "author")
Row = Mapping[str, Any]
Changes = dict[str, dict[str, set[str]]]  # hosts and crawlers by the reason of a change


def main() -> None:
    """Read the corpora with both versions, and print counts by reason."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--corpora", type=Path, default=CORPUS)
    arguments.add_argument("--earlier", type=Path, help="A checkout of the earlier version.")
    arguments.add_argument("--read", type=Path, help="Used by the script itself.")
    asked = arguments.parse_args()
    if asked.read:
        read(asked.read)
        return
    from origins import files  # imports the package; the process of the earlier version must not

    with tempfile.TemporaryDirectory() as folder:
        newest = files(asked.corpora).select("host", "body").unique(["host", "body"])
        digests = [hashlib.sha1(body).hexdigest() for body in newest["body"]]
        newest = newest.with_columns(pl.Series("digest", digests))
        texts = Path(folder) / "texts.parquet"
        newest.unique("digest").select("digest", "body").write_parquet(texts)
        before = verdicts(asked.earlier, texts)
        after = verdicts(HERE.parent, texts)
    hosts = defaultdict(set)
    for host, digest in newest.select("host", "digest").iter_rows():
        hosts[digest].add(host)
    print_counts(*compared(before, after), hosts)


def verdicts(tree: Path, texts: Path) -> pl.DataFrame:
    """Return what the version in a folder makes of the texts."""
    environment = os.environ | {"PYTHONPATH": str(tree.resolve())}
    command = [sys.executable, str(Path(__file__).resolve()), "--read", str(texts)]
    subprocess.run(command, env=environment, cwd=tree, check=True)
    return pl.read_parquet(texts.with_suffix(".read"))


def read(texts: Path) -> None:
    """Read texts with the version that is imported, and write what they mean."""
    from crawlblock import registry
    from crawlblock.robots.authorship import Authors
    from crawlblock.robots.judge import Judge

    tokens = ["*", *(crawler.token for crawler in registry.crawlers())]
    obeyed = getattr(registry, "obeyed", None)
    judge = Judge(tokens, obeyed()) if obeyed else Judge(tokens)
    authors = Authors(registry.templates())
    frames = []
    for part in pl.read_parquet(texts).iter_slices(500):
        rows = [
            (digest, token, str(v.restriction), str(v.basis), v.root_allowed, written[token].author)
            for digest, body in part.iter_rows()
            for findings in (judge.findings(body),)
            for written in (authors.of(body, findings),)
            for token, found in findings.items()
            for v in (found.verdict,)
        ]
        frames.append(pl.DataFrame(rows, schema=SCHEMA, orient="row"))
    pl.concat(frames).write_parquet(texts.with_suffix(".read"))


def compared(before: pl.DataFrame, after: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the verdicts that changed, and those of crawlers that are new."""
    both = after.join(before, on=["digest", "token"], suffix="_before")
    changed = both.filter(
        pl.any_horizontal(pl.col(c).ne_missing(pl.col(f"{c}_before")) for c in COMPARED)
    )
    return changed, after.join(before.select("token").unique(), on="token", how="anti")


def reasons(row: Row) -> Iterator[str]:
    """Yield why a verdict or its author changed."""
    now, then = row["root_allowed"], row["root_allowed_before"]
    same = (row["restriction"], now) == (row["restriction_before"], then)
    kind = "block of /" if now != then else "basis alone" if same else "other paths"
    if (now is None) != (then is None):
        yield f"{kind}: {'no longer' if now is None else 'now'} taken for a robots.txt"
    elif row["basis"] == "fallback":
        yield f"{kind}: the group of another token that the crawler obeys (fallback)"
    elif row["basis"] == "default" and row["basis_before"] == "wildcard":
        yield f"{kind}: the crawler ignores the group of *"
    elif not same or row["basis"] != row["basis_before"]:
        yield f"{kind}: another reading of the file"
    elif now is False:
        yield f"author: {_kind(row['author_before'])} to {_kind(row['author'])}"


def _kind(author: str | None) -> str:
    return author if author in ("own", "wildcard") else "a template" if author else "none"


def print_counts(changed: pl.DataFrame, new: pl.DataFrame, hosts: Mapping[str, set[str]]) -> None:
    """Print hosts and verdicts by reason."""
    where: dict[str, set[str]] = defaultdict(set)
    rows: Counter[str] = Counter()
    tokens: dict[str, Counter[str]] = defaultdict(Counter)
    named = new.filter(pl.col("root_allowed").not_(), basis="named")
    for row in named.iter_rows(named=True):
        _add("new crawlers: blocked by name", row, hosts, where, rows, tokens)
    for row in changed.iter_rows(named=True):
        for reason in reasons(row):
            _add(reason, row, hosts, where, rows, tokens)
    print(f"{len({h for found in hosts.values() for h in found}):,} hosts, {len(hosts):,} files\n")
    print("| what changed | hosts | verdicts | most of them for |\n|---|---|---|---|")
    for reason in sorted(where, key=lambda name: (name.split(":")[0], -len(where[name]))):
        most = ", ".join(token for token, _ in tokens[reason].most_common(4))
        print(f"| {reason} | {len(where[reason]):,} | {rows[reason]:,} | {most} |")


def _add(
    reason: str, row: Row, hosts: Mapping[str, set[str]], where: dict[str, set[str]],
    rows: Counter[str], tokens: dict[str, Counter[str]],
) -> None:  # fmt: skip
    here = hosts[row["digest"]]
    where[reason] |= here
    rows[reason] += len(here)
    tokens[reason][row["token"]] += len(here)


if __name__ == "__main__":
    main()
