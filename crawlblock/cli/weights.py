"""`crawlblock weights`: how much of a corpus comes from each domain."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from crawlblock import loops
from crawlblock.cli.costs import costs
from crawlblock.cli.existing import existing, filling
from crawlblock.cli.listed import say_rejects
from crawlblock.cli.options import (
    budget_options,
    cache_option,
    column_option,
    contact_option,
    db_option,
    mirror_option,
    politeness_options,
    rejects_option,
)
from crawlblock.cli.output import PARTIAL, Output, output_options, print_rows, progress_bar, say
from crawlblock.pipeline.run import Budget, recorded
from crawlblock.pipeline.weights import (
    Weighed,
    Weighing,
    panel_domains,
    plan_weighing,
    weigh_crawl,
    weigh_list,
)
from crawlblock.sources.commoncrawl.cost import Estimate
from crawlblock.sources.commoncrawl.mirror import limits_for
from crawlblock.sources.files.host_lists.rejects import Rejects
from crawlblock.sources.files.weight_lists import read_weights
from crawlblock.store.store import Store


@click.command()
@db_option
@click.option(
    "--list", "list_file", type=click.Path(path_type=Path),
    help="A list with domain or host, and pages, bytes or tokens (or CORPUS_tokens).",
)  # fmt: skip
@column_option
@rejects_option
@click.option("--corpus", default=None, help="Name of the corpus, if the list does not say.")
@click.option("--crawl", default=None, help="Pages and bytes from the index of this crawl.")
@click.option(
    "--parts",
    type=click.IntRange(1),
    default=None,
    help="Read only this many of the 300 parts of the index, sampled; domains in others "
    "stay unknown.",
)
@click.option(
    "--seed", default="crawlblock", show_default=True, help="The seed that chooses the parts."
)
@mirror_option
@contact_option
@politeness_options
@click.option("--dry-run", is_flag=True, help="Estimate requests, data and time, then exit.")
@cache_option
@budget_options
@output_options()
def weights(
    db: Path, list_file: Path | None, column: str | None, rejects: Path | None,
    corpus: str | None, crawl: str | None, parts: int | None,
    seed: str, mirror: str, contact: str | None, rate: float | None, in_flight: int | None,
    dry_run: bool, cache: Path | None, max_runtime: float | None, max_requests: int | None,
    output: Output,
) -> None:  # fmt: skip
    r"""Measure how much of a corpus each domain has.

    New weights of a corpus replace the stored ones. What was read from a crawl is not requested
    again.

    \b
    Examples:
      crawlblock weights --list tokens.csv --corpus C4
      crawlblock weights --crawl latest --parts 30 --contact you@example.org --dry-run
    """
    if (list_file is None) == (crawl is None):
        raise click.UsageError("name one of --list, --crawl")
    if list_file:
        if dry_run or parts is not None:
            raise click.UsageError("--dry-run and --parts go with --crawl")
        _weigh_list(filling(db), list_file, corpus, column, rejects)
        return
    if column or rejects:
        raise click.UsageError("--column and --rejects go with --list")
    if corpus:
        raise click.UsageError("--corpus goes with --list; the corpus of a crawl is the crawl")
    store = None if dry_run else existing(db)  # its panel is weighed
    limits = limits_for(mirror, rate, in_flight)
    wanted = Weighing(
        mirror, contact, crawl or "", parts, seed, limits, cache or db.with_suffix(".cache")
    )
    plan = loops.run(plan_weighing(wanted, say))
    if store is None:
        _print_plan(plan, limits.per_second, output)
    else:
        _weigh_crawl(store, wanted, plan, Budget.of(max_runtime, max_requests))


def _weigh_list(
    store: Store, path: Path, corpus: str | None, column: str | None, to: Path | None
) -> None:
    configuration = {"list": path, "column": column, "corpus": corpus}
    with recorded(store, "weights", configuration), Rejects(to) as rejects:
        found = read_weights(path, rejects.add, corpus, column)
        weighed = weigh_list(store, found)
        panel = len(panel_domains(store.facts.members()))
    for note in found.notes:
        say(note)
    say_rejects(rejects, to)
    if found.repeated:
        say(f"{found.repeated:,} lines repeat an earlier one")
    _say_weighed(weighed, panel)


def _weigh_crawl(store: Store, wanted: Weighing, plan: Estimate, budget: Budget) -> None:
    rate = wanted.limits.per_second
    say(
        f"{plan.crawl}: about {plan.requests:,} requests, {plan.bytes / 1e6:,.0f} MB, "
        f"{plan.minutes(rate):,.0f} minutes"
    )
    configuration = {
        "mirror": wanted.mirror, "crawl": wanted.crawl, "parts": wanted.parts, "seed": wanted.seed,
    }  # fmt: skip
    with recorded(store, "weights", configuration) as tally, progress_bar() as progress:
        weighed = loops.run(weigh_crawl(store, wanted, tally, progress, budget))
    say(f"{tally.requests} requests, {tally.bytes / 1e6:.1f} MB")
    if tally.unfinished:
        say("the budget is used up; run the same command to continue")
        sys.exit(PARTIAL)
    _say_weighed(weighed, len(panel_domains(store.facts.members())))


def _say_weighed(weighed: Sequence[Weighed], panel: int) -> None:
    """Say of each corpus how many of the panel's domains, so many, have a weight."""
    for corpus in weighed:
        say(
            f"{corpus.corpus}: {corpus.of_panel:,} of the panel's {panel:,} domains have a weight, "
            f"{corpus.domains:,} in all"
        )
    if not weighed:
        say("no domain has a weight")


def _print_plan(plan: Estimate, rate: float, output: Output) -> None:
    row = {"crawl": plan.crawl, **costs([plan], rate)}
    print_rows([row], output, list(row))
