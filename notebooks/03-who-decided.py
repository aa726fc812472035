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
# Whose text refuses, how many decisions stand behind it, whether open data is refused more than
# closed, and what is lost of a corpus. Reads the copy of the database that every run publishes and
# the results of `crawlblock analyze`, and writes nothing. `CRAWLBLOCK_DB` names another database.

# %%
import polars as pl

from crawlblock import notebook

data = notebook.load()
tokens = data.leaders()  # or name your own: ("GPTBot", "CCBot")
tokens

# %% [markdown]
# ## Whose text it is
# Of the hosts whose robots.txt refuses `/`: a template's text, a group for all crawlers (wildcard),
# or the site's own.

# %%
authors = data.newest("authors").filter(pl.col("token").is_in(tokens))
authors.pivot("authored_by", index=["token", "n"], values="estimate").sort("token")

# %% [markdown]
# The templates that were met, and how each gets onto a site: default (nobody there did anything),
# switch (somebody flipped one), copied.

# %%
data.query("""
    SELECT t.template, t.title, t.vendor, t.kind, t.act, count(DISTINCT c.host) AS hosts
    FROM templates t
    JOIN payloads y ON list_contains(string_split(y.template, ','), t.template)
    JOIN captures c ON c.digest = y.digest AND c.resource = '/robots.txt'
    GROUP BY ALL ORDER BY hosts DESC, t.template
""")

# %% [markdown]
# ## How many decisions
# Hosts whose deciding groups are the same copied one ruleset. effective_rulesets is Kish's
# number, which a text on thousands of hosts raises by little; low and high count shared texts once.

# %%
rulesets = data.newest("rulesets").filter(pl.col("token").is_in(tokens))
rulesets.select(
    "token",
    "n",
    "n_unknown",
    "n_yes",
    "n_rulesets",
    "effective_rulesets",
    "estimate",
    "low",
    "high",
    "naive_low",
    "naive_high",
).sort("estimate", "token", descending=[True, False])

# %%
notebook.bars(
    rulesets.sort("estimate", descending=True), "token", "Refusals, shared texts counted once"
)

# %% [markdown]
# ## Open against closed
# The share that refuses the first less the share that refuses the second, among the same hosts:
# above 0 the first is refused more.

# %%
gap = data.headline("gap")
notebook.lines(gap, "comparison", "How much more the first is refused", data.axis())

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
# Hosts that pick whom to refuse, or refuse by a list.

# %%
notebook.lines(data.headline("selective"), "selection", "Who is refused while another is let in")

# %% [markdown]
# ## What is lost
# Of each corpus, the share of tokens, pages or bytes on domains whose `/` may not be fetched.
# covered: how much of the corpus the hosts hold at all; largest: the largest domain's part of it.

# %%
lost = data.headline("lost").filter(pl.col("token").is_in(tokens[:1]))
notebook.lines(lost, "corpus", f"Lost to {(tokens or ('no crawler',))[0]}, by corpus")

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
