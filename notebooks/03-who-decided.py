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
# # Who decided
# Who wrote the rules that block, how many rule sets there are, whether open data is blocked more
# than closed, and how much of a corpus is blocked. This notebook reads the copy of the database
# that every run publishes and the results of `crawlblock analyze`. It writes nothing.
# `CRAWLBLOCK_DB` names another database.

# %%
import polars as pl

from crawlblock import notebook

data = notebook.load()
tokens = data.leaders()  # or name your own: ("GPTBot", "CCBot")
tokens

# %% [markdown]
# ## Who wrote the rules
# Of the hosts whose robots.txt blocks `/`: where the rules come from. Rules of no known template
# are shared if at least five hosts of two registered domains have them, else alone.

# %%
authors = data.newest("authors").filter(pl.col("token").is_in(tokens))
authors.group_by("token", "n", "origin").agg(pl.col("estimate").sum()).pivot(
    "origin", index=["token", "n"], values="estimate"
).sort("token")

# %% [markdown]
# The templates that were found, and how each gets onto a site: default (nobody there did anything),
# switch (somebody switched it on), copied, group (a company writes it for all of its sites).

# %%
data.query("""
    SELECT t.template, t.title, t.vendor, t.kind, t.act, count(DISTINCT c.host) AS hosts
    FROM templates t
    JOIN payloads y ON list_contains(string_split(y.template, ','), t.template)
    JOIN captures c ON c.digest = y.digest AND c.resource = '/robots.txt'
    GROUP BY ALL ORDER BY hosts DESC, t.template
""")

# %% [markdown]
# ## How many rule sets
# Hosts with the same deciding groups share one rule set. effective_rulesets_low is Kish's
# number if all that are alike are one, effective_rulesets_high if every host decided alone. low and
# high count shared rule sets once; the demo has none, because its texts are reconstructed.

# %%
rulesets = data.newest("rulesets").filter(pl.col("token").is_in(tokens))
rulesets.select(
    "token",
    "n",
    "n_unknown",
    "n_yes",
    "n_rulesets",
    "effective_rulesets_low",
    "effective_rulesets",
    "effective_rulesets_high",
    "estimate",
    "low",
    "high",
    "naive_low",
    "naive_high",
).sort("estimate", "token", descending=[True, False])

# %%
notebook.bars(
    rulesets.sort("estimate", descending=True), "token", "Blocked, shared rule sets counted once"
)

# %% [markdown]
# ## Open data and closed training
# The share that blocks the first minus the share that blocks the second, among the same hosts.
# Above 0 the first is blocked more.

# %%
gap = data.headline("gap")
notebook.lines(gap, "comparison", "How much more the first is blocked", data.axis())

# %%
data.newest("gap").select(
    "comparison",
    "n",
    "n_unknown",
    "first_only",
    "second_only",
    "first_share",
    "second_share",
    "estimate",
    "low",
    "high",
)

# %% [markdown]
# Hosts that select whom they block, or block by a list.

# %%
notebook.lines(data.headline("selective"), "selection", "Who is blocked while another is let in")

# %% [markdown]
# ## How much of a corpus is blocked
# Of each corpus, the share of tokens, pages or bytes on domains whose `/` may not be fetched.
# covered: how much of the corpus is on these hosts. largest: the largest domain's part of that.

# %%
lost = data.headline("lost").filter(pl.col("token").is_in(tokens[:1]))
notebook.lines(lost, "corpus", f"Blocked for {(tokens or ('no crawler',))[0]}, by corpus")

# %%
data.newest("lost").filter(pl.col("token").is_in(tokens)).select(
    "token",
    "corpus",
    "unit",
    "n",
    "n_unknown",
    "estimate",
    "low",
    "high",
    "bound_low",
    "bound_high",
    "covered",
    "largest",
    "no_estimate",
).sort("token", "corpus", "unit")
