# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Who is refused, and since when
# Reads the copy that every run publishes, so that it never blocks one. Open it in Jupyter with
# jupytext, or run it as a script. `CRAWLBLOCK_DB` names another database.

# %%
import os

import duckdb
import polars as pl

DB = os.environ.get("CRAWLBLOCK_DB", "data/crawlblock.snapshot.duckdb")
con = duckdb.connect(DB, read_only=True)

# %% [markdown]
# Hosts by outcome: what could be told, and what could not.

# %%
outcomes = pl.DataFrame(
    con.sql("SELECT snapshot, outcome, count(*) AS hosts FROM captures GROUP BY ALL ORDER BY ALL")
)
print(outcomes.pivot("outcome", index="snapshot", values="hosts"))

# %% [markdown]
# Share of hosts that refuse `/`, with a 95 % interval; a crawler counts since it is documented.

# %%
series = pl.DataFrame(
    con.sql("""
        WITH counts AS (
            SELECT token, snapshot, snapshot_date, count(*) FILTER (NOT root_allowed) AS refused,
                   count(root_allowed) AS n, count(*) - count(root_allowed) AS n_unknown
            FROM access WHERE coalesce(documented, true) GROUP BY ALL
        )
        SELECT *, refused / n AS share, wilson_low(refused / n, n) AS low,
               wilson_high(refused / n, n) AS high
        FROM counts WHERE n > 0 ORDER BY snapshot_date DESC, share DESC, token
    """)
)
print(series.head(12))
