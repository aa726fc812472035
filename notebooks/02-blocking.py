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
# This notebook shows which crawlers the sites block, how that changed, and how much it depends on
# the definition. It only reads. Run `crawlblock demo` or `make analyze` first. The variable
# `CRAWLBLOCK_DB` names another database.

# %%
import polars as pl

from crawlblock import notebook

data = notebook.load()
segments = data.segments()
tokens = data.leaders()  # or name your own: ("GPTBot", "CCBot")
segments, tokens

# %% [markdown]
# ## In one sentence each
# These are the sentences of the page. You can quote them with the date and the segment.

# %%
answers = data.answers().filter(pl.col("question") == pl.col("question").first())
notebook.table(answers.select("segment", "answer"))

# %% [markdown]
# ## Over time
# This is the main chart of the page. A site blocks a crawler if its robots.txt forbids `/`, by the
# crawler's name or for all crawlers. A line starts when its crawler was announced.

# %%
data.chart("blocked")

# %% [markdown]
# The newest snapshot of the first segment. The bounds show what the share would be if all unknown
# sites were open, and if all of them blocked the crawler.

# %%
blocked = data.newest("blocked").filter(pl.col("definition") == "root", pl.col("ai"))
leading = blocked.sort("estimate", "token", descending=[True, False])
notebook.table(
    leading.select(
        "token",
        "operator",
        sites="n",
        unknown="n_unknown",
        blocking="n_yes",
        share="estimate",
        lowest="bound_low",
        highest="bound_high",
    ),
    rows=12,
)

# %% [markdown]
# ## How much of a site is blocked
# Home page: robots.txt forbids `/`, as in all headlines. Anything: it forbids at least one path.

# %%
last = data.newest("blocked").filter(pl.col("token").is_in(tokens))
wide = last.pivot("definition", index="token", values="estimate").sort("token")
notebook.table(wide.select("token", home_page="root", anything="any"))

# %% [markdown]
# ## How much the definition matters
# The share of all sites in that snapshot under several definitions of a block. Fallback means that
# the rule names another token that the crawler obeys.

# %%
first = (tokens or ("no crawler",))[0]
ways = data.newest("sensitivity").filter(
    pl.col("token") == first, pl.col("denominator") == "known", pl.col("restrictions") != "any"
)
named = pl.format("{}: {}", "bases", "restrictions").str.replace_all(r"\+", " + ")
notebook.bars(
    ways.with_columns(named.alias("definition")).sort("estimate"),
    "definition",
    f"Share of known sites that block {first}, by definition",
)

# %% [markdown]
# ## What changed among the same sites
# Only sites that are known in both snapshots count here. They started or stopped blocking between
# the two dates.

# %%
change = data.headline("change").filter(
    pl.col("span") == "since_first", pl.col("token").is_in(tokens)
)
newest = change.sort("to_date", "to_snapshot").unique("token", keep="last").sort("token")
notebook.table(
    newest.select(
        "token",
        "from_date",
        "to_date",
        same_sites="n",
        before="from_share",
        after="to_share",
        started="n_started",
        stopped="n_stopped",
        change="estimate",
    ),
    points=["change"],
)

# %% [markdown]
# ## The latest transitions
# A change happened between two captures. It has no exact date.

# %%
transitions = data.headline("transitions").filter(pl.col("token").is_in(tokens))
order = transitions.sort("before", "host", "token", descending=[True, False, False])
notebook.table(
    order.select(
        "host",
        "token",
        "transition",
        "after",
        "before",
        was="from_restriction",
        now="to_restriction",
        author="authored_by",
    ),
    rows=12,
)
