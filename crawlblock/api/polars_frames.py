"""Records of the database as polars frames."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, get_type_hints

import polars as pl

from crawlblock.evidence.transitions import Change, State, Transition
from crawlblock.report.feed import name_of

_CHANGE = (
    "host", "token", "transition", "from_snapshot", "snapshot", "after", "before",
    "from_restriction", "to_restriction", "from_basis", "to_basis", "authored_by", "status",
    "digest",
)  # fmt: skip
_TRANSITION = (
    "token", "from_snapshot", "snapshot", "after", "before", "from_restriction", "to_restriction",
    "from_basis", "to_basis", "unknown",
)  # fmt: skip
_STATE = (
    "snapshot", "time", "outcome", "status", "token", "restriction", "basis", "root_allowed",
)  # fmt: skip
_TYPES: dict[Any, pl.DataType] = {
    str: pl.String(), str | None: pl.String(), int: pl.Int64(), int | None: pl.Int64(),
    bool | None: pl.Boolean(), datetime: pl.Datetime("us"), datetime | None: pl.Datetime("us"),
}  # fmt: skip


def change_frame(found: Sequence[Change]) -> pl.DataFrame:
    """Return changes of hosts, each with the name that it keeps."""
    names = pl.Series("id", [name_of(change) for change in found], pl.String)
    return _frame(found, Change, _CHANGE).insert_column(0, names)


def transition_frame(found: Iterable[Transition]) -> pl.DataFrame:
    """Return the verdicts of one host that differ from the one before."""
    return _frame(found, Transition, _TRANSITION)


def state_frame(found: Iterable[State]) -> pl.DataFrame:
    """Return the verdicts of one host, a row per snapshot and crawler."""
    return _frame(found, State, _STATE)


def _frame(records: Iterable[object], kind: type, columns: Sequence[str]) -> pl.DataFrame:
    """Return some fields of records as a frame, whose columns are there without any record."""
    hints = get_type_hints(kind)
    schema = {name: _TYPES[hints[name]] for name in columns}
    rows = [tuple(getattr(record, name) for name in columns) for record in records]
    return pl.DataFrame(rows, schema=schema, orient="row")
