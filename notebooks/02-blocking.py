# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Who is blocked, and since when
# This notebook reads the copy of the database that every run publishes and the results of
# `crawlblock analyze`. It writes nothing. `CRAWLBLOCK_DB` names another database.

# %%
import polars as pl

from crawlblock import notebook

data = notebook.load()
tokens = data.leaders()  # or name your own: ("GPTBot", "CCBot")
tokens

# %% [markdown]
# ## The series
# Share of hosts that block `/`, by name, by the wildcard or by HTTP status, with its 95 % interval.
# A crawler's line begins when it was documented. Broken lines mark changes of the archive.

# %%
blocked = data.headline("blocked").filter(pl.col("token").is_in(tokens))
root = blocked.filter(pl.col("definition") == "root")
notebook.lines(root, "token", "Share of hosts that block a crawler", data.axis())

# %% [markdown]
# The last snapshot: n hosts are known, n_unknown are not. The bounds count all unknown hosts as
# open and as blocking.

# %%
data.newest("blocked").filter(pl.col("definition") == "root").select(
    "snapshot",
    "token",
    "operator",
    "n",
    "n_unknown",
    "n_yes",
    "estimate",
    "low",
    "high",
    "bound_low",
    "bound_high",
).sort("estimate", "token", descending=[True, False])

# %% [markdown]
# ## How much is blocked, and by what
# full: nothing may be fetched. all_but: everything is blocked except what an Allow rule opens.
# partial: some paths are blocked. The bases named, wildcard and http add up to root.

# %%
last = data.newest("blocked").filter(pl.col("token").is_in(tokens))
last.pivot("definition", index="token", values="estimate").sort("token")

# %%
basis = data.newest("blocked_by_basis").filter(
    pl.col("token").is_in(tokens), pl.col("definition") == "root"
)
basis.pivot("basis", index="token", values="estimate").sort("token")

# %% [markdown]
# ## How much depends on the definition
# The same hosts, by what counts as a block and by the denominator.

# %%
sensitivity = data.newest("sensitivity").filter(pl.col("token") == (tokens or ("",))[0])
ways = sensitivity.with_columns(
    pl.format("{}, {}, of {}", "bases", "restrictions", "denominator").alias("definition")
).sort("estimate")
notebook.bars(ways, "definition", f"{(tokens or ('no crawler',))[0]} by definition")

# %% [markdown]
# ## The same hosts throughout
# balanced: hosts that are known in every snapshot since the crawler was documented. carried: an
# unknown host counts with its last known answer.

# %%
same_hosts = data.headline("same_hosts").filter(pl.col("token").is_in(tokens[:1]))
notebook.lines(
    same_hosts, "series", "The same hosts, and the last known answer of each", data.axis()
)

# %% [markdown]
# ## Transitions
# Of the hosts known in a snapshot and before: how many started and stopped blocking in between. A
# change happened between two captures. It has no exact date.

# %%
counts = data.headline("transition_counts").filter(pl.col("token").is_in(tokens[:1]))
notebook.lines(
    counts, "transition", "Hosts that started or stopped blocking since last known", data.axis()
)

# %%
transitions = data.headline("transitions").filter(pl.col("token").is_in(tokens))
transitions.sort("before", "host", "token", descending=[True, False, False]).select(
    "host",
    "token",
    "transition",
    "after",
    "before",
    "from_restriction",
    "to_restriction",
    "to_basis",
    "authored_by",
    "first_block",
).head(20)
