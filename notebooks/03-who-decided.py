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
# # Who wrote the rules, and whom they hit
# This notebook shows where blocking rules come from, whether open data is blocked more than closed
# training, and how much training data is affected. It only reads. Run `crawlblock demo` or
# `make analyze` first. The variable `CRAWLBLOCK_DB` names another database.

# %%
import polars as pl

from crawlblock import notebook

data = notebook.load()
tokens = data.leaders()  # or name your own: ("GPTBot", "CCBot")
tokens

# %% [markdown]
# ## Who wrote the rules
# Among the sites that block a crawler: a platform's default, a switch that somebody flipped, a list
# that was copied, a company with many sites, or rules that we trace to nobody. Rules are shared if
# at least five sites of two registered domains have them.

# %%
authors = data.newest("authors").filter(pl.col("token").is_in(tokens))
shares = authors.group_by("token", blocking="n", origin="origin").agg(pl.col("estimate").sum())
wide = shares.sort("token", "origin").pivot(
    "origin", index=["token", "blocking"], values="estimate"
)
notebook.table(wide)

# %%
data.chart("authors") if authors.height else "No robots.txt blocks a crawler."

# %% [markdown]
# The templates that we found at the most sites. Default: nobody there did anything. Switch:
# somebody switched it on. Group: a company writes it for all of its sites.

# %%
templates = data.query("""
    SELECT t.title, t.vendor, t.act, count(DISTINCT c.host) AS sites
    FROM templates t
    JOIN payloads y ON list_contains(string_split(y.template, ','), t.template)
    JOIN captures c ON c.digest = y.digest AND c.resource = '/robots.txt'
    GROUP BY ALL ORDER BY sites DESC, t.title
""")
notebook.table(templates, rows=10)

# %% [markdown]
# ## How many different rule sets
# Sites with the same deciding groups share a rule set. The effective number is lower if a few rule
# sets are very common: `low` treats all equal rule sets as copies, `high` treats each site as
# independent.

# %%
rulesets = data.newest("rulesets").filter(pl.col("token").is_in(tokens))
notebook.table(
    rulesets.sort("n_yes", "token", descending=[True, False]).select(
        "token",
        blocking="n_yes",
        rule_sets="n_rulesets",
        effective_low="effective_rulesets_low",
        effective_high="effective_rulesets_high",
    ),
    numbers=["effective_low", "effective_high"],
)

# %% [markdown]
# ## Is open data blocked more than closed training?
# The share that blocks the first minus the share that blocks the second, among the same sites.
# Above zero, the first is blocked more.

# %%
chosen = ["CCBot - GPTBot", "CCBot - ClaudeBot", "CCBot - Google-Extended"]
gap = data.headline("gap").filter(pl.col("comparison").is_in(chosen))
names = pl.col("comparison").str.replace(" - ", " minus ", literal=True)
notebook.lines(gap.with_columns(names), "comparison", "How much more CCBot is blocked", data.axis())

# %%
notebook.table(
    data.newest("gap").select(
        "comparison",
        sites="n",
        only_first="first_only",
        only_second="second_only",
        first="first_share",
        second="second_share",
        difference="estimate",
    ),
    points=["difference"],
)

# %% [markdown]
# Sites that block some crawlers while they let others in.

# %%
selective = data.newest("selective").select(
    "selection", sites="n", of_them="n_yes", share="estimate"
)
notebook.table(selective)

# %% [markdown]
# ## How much training data is affected
# The share of tokens or pages that come from sites which block the crawler, of what all sites here
# have of the corpus. `covered` is the sites' share of the whole corpus. A new crawl could not
# collect these pages; existing copies are unaffected.

# %%
lost = data.newest("lost").filter(pl.col("token").is_in(tokens), pl.col("estimate").is_not_null())
notebook.table(
    lost.sort("token", "corpus", "unit").select(
        "token",
        "corpus",
        "unit",
        sites="n",
        affected="estimate",
        covered="covered",
        largest_domain="largest_domain",
        its_part="largest",
    )
)

# %%
data.chart("lost") if lost.height else "No domain here has a weight; see crawlblock weights."
