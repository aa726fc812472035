"""The result files as somebody asks for them by name."""

from pathlib import Path

import polars as pl

from crawlblock.errors import InputError, did_you_mean
from crawlblock.metrics.result_files import DIGESTS, read_manifest, read_results
from crawlblock.renamed import RESULTS, now_called
from crawlblock.report.charts.context import Frames


def result_names(results: Path) -> tuple[str, ...]:
    """Return the names of the results in a folder; raises InputError if they are not complete."""
    known = read_manifest(results).get(DIGESTS)
    if not known:
        raise InputError(
            f"{results}: no complete results there; run `crawlblock analyze` or analyze(), or name "
            "the folder of the results"
        )
    return tuple(sorted(known))


def one_result(results: Path, name: str) -> pl.DataFrame:
    """Return a result; raises InputError, with the names that there are, for another."""
    names = result_names(results)
    spelled = {each.lower(): each for each in names}
    found = spelled.get(name.lower())
    if found is None:
        hint = now_called(name, RESULTS) or did_you_mean(name, names)
        raise InputError(
            f"{name}: there is no such result; {f'{hint} ' if hint else ''}there are "
            f"{', '.join(names)}"
        )
    frames = read_results(results, [found])
    if found not in frames:
        raise InputError(f"{results}/{found}.parquet: cannot be read; run `crawlblock analyze`")
    return frames[found]


def named_results(results: Path) -> Frames:
    """Return all results of a folder by name."""
    return read_results(results, result_names(results))
