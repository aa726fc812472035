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
# # Who is in the panel: weights and coverage
# This notebook reads the copy of the database that every run publishes and the results of
# `crawlblock analyze`. It writes nothing. `CRAWLBLOCK_DB` names another database.

# %%
from crawlblock import notebook

data = notebook.load()
data.holds()

# %% [markdown]
# ## Hosts
# The current panel by stratum. A weight is 1 ÷ inclusion probability: the weights of a stratum add
# up to its size in the frame. Without a panel the results are about the hosts that were captured.

# %%
data.query("""
    SELECT stratum, count(DISTINCT host) AS hosts, count(DISTINCT domain) AS domains,
           min(rank) AS first_rank, max(rank) AS last_rank,
           min(weight) AS least_weight, max(weight) AS most_weight, sum(weight) AS frame_size
    FROM current_panel GROUP BY stratum ORDER BY min(rank) NULLS LAST, stratum
""")

# %%
data.query("SELECT panel, frame, seed, sampled FROM panels ORDER BY sampled")

# %% [markdown]
# ## What the snapshots cover
# captured: anything is on record. known: we know what the answer means for crawlers. Broken lines
# mark changes in how Common Crawl makes its archive. A step there may come from the archive.

# %%
coverage = data.headline("coverage")
known = coverage.filter(coverage["measure"].is_in(["captured", "known"]))
notebook.lines(known, "measure", "Share of hosts captured and known", data.axis())

# %% [markdown]
# How the captures ended. An outage is not a block, and unknown is not open.

# %%
outcomes = data.query(
    """
    SELECT snapshot, snapshot_date, outcome, CAST(sum(hosts) AS BIGINT) AS hosts
    FROM point_counts WHERE population = $1
    GROUP BY ALL ORDER BY snapshot_date, snapshot, outcome
""",
    [data.population()],
)
notebook.stack(outcomes, "outcome", "hosts", "Hosts by outcome", data.axis())

# %% [markdown]
# Snapshots that are left out of the shares, with the reason, and hosts that were never known.

# %%
data.query("""
    SELECT snapshot, 'asked ' || asked || ' of ' || members || ' hosts' AS reason
    FROM incomplete_snapshots UNION ALL FROM suspect_snapshots ORDER BY ALL
""")

# %%
data.query(
    """
    SELECT stratum, count(*) AS hosts, count(*) FILTER (NOT ever_known) AS never_known
    FROM (SELECT stratum, host, bool_or(known) AS ever_known FROM population
          WHERE population = $1 GROUP BY ALL)
    GROUP BY stratum ORDER BY stratum
""",
    [data.population()],
)

# %% [markdown]
# ## How much of a corpus the panel contains
# Pages or tokens of the panel's domains, and their share of the whole corpus, where it is known. If
# one domain has most of them, a share of tokens is about that domain.

# %%
data.query("""
    WITH held AS (
        SELECT corpus, count(*) AS domains, sum(coalesce(tokens, pages, bytes)) AS held,
               max(coalesce(tokens, pages, bytes)) AS largest
        FROM weights WHERE domain IN (SELECT domain FROM current_panel) GROUP BY corpus
    )
    SELECT h.corpus, h.domains, CAST(h.held AS BIGINT) AS held,
           round(h.held / coalesce(w.tokens, w.pages, w.bytes), 4) AS share_of_corpus,
           round(h.largest / h.held, 4) AS largest_share
    FROM held h LEFT JOIN weights w ON w.corpus = h.corpus AND w.domain = '*' ORDER BY h.corpus
""")
