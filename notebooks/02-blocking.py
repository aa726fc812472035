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
# # Who is refused, and since when
# Reads the copy of the database that every run publishes and the results of `crawlblock analyze`,
# and writes nothing. `CRAWLBLOCK_DB` names another database.

# %%
import polars as pl

from crawlblock import notebook

data = notebook.load()
tokens = data.leaders()  # or name your own: ("GPTBot", "CCBot")
tokens

# %% [markdown]
# ## The series
# Share of hosts that refuse `/`, by name, by the wildcard or by the server's status, with its 95 %
# interval. A crawler's line begins when it is documented. Broken lines: the archive changed.

# %%
blocked = data.headline("blocked").filter(pl.col("token").is_in(tokens))
root = blocked.filter(pl.col("definition") == "root")
notebook.lines(root, "token", "Share of hosts that refuse a crawler", data.axis())

# %% [markdown]
# The last snapshot: n hosts could be told, n_unknown could not; the bounds take all unknown hosts
# as open and as refusing.

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
# ## How far, and resting on what
# full: nothing may be fetched; all_but: everything but what an Allow rule opens; partial: some
# paths. named, wildcard and http add up to root.

# %%
last = data.newest("blocked").filter(pl.col("token").is_in(tokens))
last.pivot("definition", index="token", values="estimate").sort("token")

# %%
basis = data.newest("blocked_by_basis").filter(
    pl.col("token").is_in(tokens), pl.col("definition") == "root"
)
basis.pivot("basis", index="token", values="estimate").sort("token")

# %% [markdown]
# ## How much hangs on the definition
# The same hosts, counted by what is a refusal and by whom it is divided.

# %%
sensitivity = data.newest("sensitivity").filter(pl.col("token") == (tokens or ("",))[0])
ways = sensitivity.with_columns(
    pl.format("{}, {}, of {}", "bases", "restrictions", "denominator").alias("definition")
).sort("estimate")
notebook.bars(ways, "definition", f"{(tokens or ('no crawler',))[0]} by definition")

# %% [markdown]
# ## The same hosts throughout
# balanced: hosts told in every snapshot since the crawler is documented; carried: a host that could
# not be told counts as it was last told.

# %%
same_hosts = data.headline("same_hosts").filter(pl.col("token").is_in(tokens[:1]))
notebook.lines(same_hosts, "series", "The same hosts, and the last word of each", data.axis())

# %% [markdown]
# ## Events
# Of the hosts told in a snapshot and before: how many closed and opened in between. A change lies
# between two captures, not on a date.

# %%
turns = data.headline("transition_counts").filter(pl.col("token").is_in(tokens[:1]))
notebook.lines(
    turns, "transition", "Hosts that closed or opened since they were last told", data.axis()
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
