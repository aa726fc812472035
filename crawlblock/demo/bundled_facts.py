"""The bundled facts, rendered: which host blocked which crawler, as captures."""

import csv
import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import polars as pl

from crawlblock import registry
from crawlblock.demo.archive import build, is_stamped
from crawlblock.demo.bodies import Wording, Writer
from crawlblock.demo.contents import Rendered
from crawlblock.demo.site import Site, page, site, stable
from crawlblock.demo.statements import FactStatement
from crawlblock.errors import InputError
from crawlblock.hosts import registered_domain
from crawlblock.model import Basis, Crawl, Restriction, Verdict
from crawlblock.outcome import Outcome

_PACKAGED = Path(__file__).parent / "facts"
_CHECKED_OUT = Path(__file__).parents[2] / "data" / "demo"
# The facts that come with crawlblock: a wheel has them beside this module, a checkout in data/.
BUNDLED = _PACKAGED if _PACKAGED.is_dir() else _CHECKED_OUT
_LONGEST = "followed throughout"  # the segment with the longest series
_FILES = ("facts.parquet", "policies.parquet", "statements.parquet", "hosts.csv", "crawls.csv")


@dataclass(frozen=True, slots=True)
class Fact:
    """How a host answered in a crawl."""

    host: str
    crawl: str
    fetch_time: datetime  # UTC
    status: int | None
    outcome: Outcome
    policy: int | None  # what its robots.txt means, where it has one


def render_demo(sample: Path, directory: Path, hosts: Sequence[str] = ()) -> None:
    """Render the facts in a folder as an archive, unless the directory has it already.

    `hosts` are the only ones to render, by default all.  The facts judge for the crawlers that
    were registered when they were made.  No robots.txt names any other crawler, so whoever was
    registered since has what `*` has.  Raises InputError for facts that cannot be read and as
    `build` does.
    """
    stamp = {"facts": _digest([sample / name for name in _FILES]), "builder": _builder()}
    stamp |= {"hosts": " ".join(hosts)} if hosts else {}
    if is_stamped(directory, stamp):
        return
    crawls = read_crawls(sample)
    build(directory, crawls, _captures(sample, crawls, frozenset(hosts)), _ranks(sample), stamp)


def some_sites(sample: Path, count: int) -> list[dict[str, str]]:
    """Return rows of `hosts.csv`: of so many sites, the longest followed first.

    Raises InputError if the file cannot be read.
    """
    rows = _read_csv(sample / "hosts.csv")
    return sorted(rows, key=lambda row: _LONGEST not in row["stratum"])[:count]


def read_crawls(sample: Path) -> list[Crawl]:
    """Return the crawls that the facts speak of, oldest first."""
    return [
        Crawl(
            row["crawl"],
            datetime.fromisoformat(row["first_capture"]),
            datetime.fromisoformat(row["last_capture"]),
        )
        for row in _read_csv(sample / "crawls.csv")
    ]


def read_facts(sample: Path) -> list[Fact]:
    """Return the facts in the order of hosts and crawls."""
    frame = _read_parquet(sample / "facts.parquet")
    return [
        Fact(host, crawl, time, status, Outcome(outcome), policy)
        for host, crawl, time, status, outcome, policy in frame.iter_rows()
    ]


def read_policies(sample: Path) -> dict[int, dict[str, Verdict]]:
    """Return the verdicts of each policy by product token."""
    policies: dict[int, dict[str, Verdict]] = defaultdict(dict)
    frame = _read_parquet(sample / "policies.parquet")
    columns = ("policy", "token", "restriction", "basis", "root_allowed", "fallback")
    for policy, token, restriction, basis, *more in frame.select(columns).iter_rows():
        policies[policy][token] = _verdict(restriction, basis, *more)
    return dict(policies)


@cache
def _verdict(
    restriction: str, basis: str, root_allowed: bool | None, fallback: str | None
) -> Verdict:
    """Return the one object for a verdict; a sample has some dozens in all its rows."""
    return Verdict(Restriction(restriction), Basis(basis), root_allowed, fallback)


def read_texts(sample: Path) -> dict[int, dict[str, Wording]]:
    """Return who wrote the block of / in each policy, by product token."""
    texts: dict[int, dict[str, Wording]] = defaultdict(dict)
    frame = _read_parquet(sample / "policies.parquet").drop_nulls("ruleset")
    for policy, token, author, ruleset in frame.select(
        "policy", "token", "authored_by", "ruleset"
    ).iter_rows():
        texts[policy][token] = Wording(author, ruleset)
    return dict(texts)


def read_statements(sample: Path) -> dict[int, list[FactStatement]]:
    """Return what each policy states beside its verdicts, in order."""
    stated: dict[int, list[FactStatement]] = defaultdict(list)
    frame = _read_parquet(sample / "statements.parquet")
    for policy, what, name, tokens, use, preference, path, form in frame.iter_rows():
        stated[policy].append(
            FactStatement(
                what=what,
                name=name,
                tokens=tuple(tokens),
                use=use,
                preference=preference,
                path=path,
                form=form,
            )
        )
    return dict(stated)


def _captures(sample: Path, crawls: Sequence[Crawl], wanted: frozenset[str]) -> Iterator[Rendered]:
    """Return the captures that say what the facts say; failures of the network leave none."""
    facts = [fact for fact in read_facts(sample) if not wanted or fact.host in wanted]
    policies = read_policies(sample)
    dates = {crawl.crawl: crawl for crawl in crawls}
    texts = read_texts(sample)
    writer = Writer(next(iter(policies.values()), ()), registry.obeyed(), registry.templates())
    stated = read_statements(sample)
    used = {fact.policy for fact in facts}
    groups = {
        n: writer.whole(policy, texts.get(n, {}), stated.get(n, ()))
        for n, policy in policies.items()
        if n in used
    }
    hosts = frozenset(fact.host for fact in facts)
    sites = {host: site(host, hosts) for host in hosts}
    older: dict[str, bytes] = {}  # the robots.txt of the crawl before
    for fact in facts:
        start = dates[fact.crawl].first_capture
        yield from _visit(fact, sites[fact.host], groups)
        if fact.policy is not None:
            body = sites[fact.host].robots_txt(groups[fact.policy])
            yield from _visit_before(fact, sites[fact.host], start, older.get(fact.host, body))
            older[fact.host] = body


def _visit(fact: Fact, at: Site, groups: Mapping[int, str]) -> Iterator[Rendered]:
    if fact.outcome is Outcome.REDIRECT_UNRESOLVED:
        yield from at.lost(fact.crawl, fact.fetch_time)
    elif fact.policy is not None:
        body = at.robots_txt(groups[fact.policy])
        yield from at.answer(fact.crawl, fact.fetch_time, 200, body)
    elif fact.status is not None:
        body = page(fact.host, fact.status, tests=fact.outcome is Outcome.CHALLENGE)
        yield from at.answer(fact.crawl, fact.fetch_time, fact.status, body)


def _visit_before(fact: Fact, at: Site, start: datetime, body: bytes) -> Iterator[Rendered]:
    """Return an earlier visit in the same crawl, of some hosts: with an older text, or an error."""
    sampled = stable(fact.host, fact.crawl, "again")
    time = start + (fact.fetch_time - start) * stable(fact.host, fact.crawl, "when")
    time = time.replace(microsecond=0)
    if (fact.fetch_time - time).total_seconds() < 60:
        return
    if sampled < 0.04:
        yield at.error(fact.crawl, time, 503)
    elif sampled < 0.12:
        yield from at.answer(fact.crawl, time, 200, body)


def _ranks(sample: Path) -> dict[str, int]:
    """Return the popularity ranks of the registered domains that have one."""
    return {
        registered_domain(row["host"]) or row["host"]: int(row["rank"])
        for row in _read_csv(sample / "hosts.csv")
        if row["rank"]
    }


def _read_csv(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); restore data/demo") from None


def _read_parquet(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError):
        raise InputError(f"{path}: missing or not Parquet; restore data/demo") from None


def _digest(paths: Sequence[Path]) -> str:
    hashed = hashlib.blake2b(digest_size=8)
    for path in paths:
        try:
            hashed.update(path.read_bytes())
        except OSError as error:
            raise InputError(
                f"{path}: cannot be read ({error.strerror}); restore data/demo"
            ) from None
    return hashed.hexdigest()


def _builder() -> str:
    """Return a digest of the code that renders: another builder renders anew."""
    here = Path(__file__).parent
    return _digest([*sorted(here.glob("*.py")), here.parent / "warc" / "writer.py"])
