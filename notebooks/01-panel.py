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
# # Who is in the panel, with what weight and coverage
# Reads the copy of the database that every run publishes and the results of `crawlblock analyze`,
# and writes nothing. `CRAWLBLOCK_DB` names another database.

# %%
from crawlblock import notebook

data = notebook.load()
data.holds()

# %% [markdown]
# ## Who is followed
# The current panel by stratum. A weight is 1 ÷ inclusion probability: the weights of a stratum add
# up to its size in the frame. Without a panel the claims are about the hosts that were captured.

# %%
data.query("""
    SELECT stratum, count(DISTINCT host) AS hosts, count(DISTINCT domain) AS domains,
           min(rank) AS first_rank, max(rank) AS last_rank,
           min(weight) AS least_weight, max(weight) AS most_weight, sum(weight) AS stands_for
    FROM current_panel GROUP BY stratum ORDER BY min(rank) NULLS LAST, stratum
""")

# %%
data.query("SELECT panel, frame, seed, drawn FROM panels ORDER BY drawn")

# %% [markdown]
# ## What the snapshots cover
# captured: anything is on record. told: what it means for crawlers is known. Broken lines are
# changes in how Common Crawl makes its archive; a step there may come from the archive.

# %%
coverage = data.headline("coverage")
told = coverage.filter(coverage["measure"].is_in(["captured", "told"]))
notebook.lines(told, "measure", "Share of hosts captured and told", data.axis())

# %% [markdown]
# How the captures ended. Down is not blocked, and unknown is not open.

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
# Snapshots that shares leave out, with the reason, and hosts that were never told.

# %%
data.query("""
    SELECT snapshot, 'asked ' || asked || ' of ' || members || ' hosts' AS reason
    FROM incomplete_snapshots UNION ALL FROM suspect_snapshots ORDER BY ALL
""")

# %%
data.query(
    """
    SELECT stratum, count(*) AS hosts, count(*) FILTER (NOT ever_told) AS never_told
    FROM (SELECT stratum, host, bool_or(told) AS ever_told FROM population
          WHERE population = $1 GROUP BY ALL)
    GROUP BY stratum ORDER BY stratum
""",
    [data.population()],
)

# %% [markdown]
# ## How much of a corpus the panel holds
# Pages or tokens of the panel's domains, and what share of the whole corpus they are, where that is
# known. If one domain holds most of it, a share of tokens is about that domain.

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
