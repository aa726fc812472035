"""How HTTP statuses are read: the profile that views and metrics follow."""

import duckdb

from crawlblock.errors import InputError


def set_http_profile(con: duckdb.DuckDBPyConnection, http_profile: str) -> None:
    """Let the metrics read HTTP statuses in this way; raises InputError if it is not known."""
    known = [
        row[0] for row in con.execute("SELECT DISTINCT http_profile FROM http_profiles").fetchall()
    ]
    if http_profile not in known:
        raise InputError(
            f"HTTP profile {http_profile!r} is not known; use one of {', '.join(sorted(known))}"
        )
    con.execute("SET VARIABLE http_profile = ?", [http_profile]).fetchall()
