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
# # Which sites we follow, and what we know about them
# This notebook shows the sites of a database, how many of them could be read in each crawl, and how
# much training data comes from them. It only reads. Run `crawlblock demo` or `make analyze` first.
# The variable `CRAWLBLOCK_DB` names another database.

# %%
from crawlblock import notebook

data = notebook.load()
notebook.table(data.holds())

# %% [markdown]
# ## The sites
# A list may have several segments, which were collected for different reasons. Each segment has its
# own results, and a headline never mixes them.

# %%
sites = data.query("""
    SELECT segment, count(DISTINCT host) AS sites FROM host_segments
    WHERE dimension = 'stratum' GROUP BY segment ORDER BY sites DESC, segment
""")
notebook.table(sites)

# %% [markdown]
# If the sites are a sample, a weight says how many sites of the frame each of them represents. The
# sites of a list have weight 1.

# %%
weights = data.query("""
    SELECT stratum, count(DISTINCT host) AS sites, min(rank) AS best_rank,
           median(rank) AS median_rank, min(weight) AS least_weight, max(weight) AS most_weight
    FROM current_panel GROUP BY stratum ORDER BY sites DESC, stratum
""")
notebook.table(weights, numbers=["median_rank", "least_weight", "most_weight"])

# %% [markdown]
# ## How many sites could be read
# Captured means that the archive has a response. Known means that we know what the response says
# about crawlers. A site that we could not read is unknown. It is never counted as open.

# %%
coverage = data.headline("coverage")
known = coverage.filter(coverage["measure"].is_in(["captured", "known"]))
segment = (data.segments() or ("all sites",))[0]
notebook.lines(known, "measure", f"Share of sites captured and known: {segment}", data.axis())

# %% [markdown]
# How the requests ended, for all sites in the newest snapshot. An outage is not a block.

# %%
outcomes = data.query(
    """
    SELECT outcome, CAST(sum(hosts) AS BIGINT) AS sites,
           sum(hosts) / sum(sum(hosts)) OVER () AS share
    FROM point_counts
    WHERE population = $1 AND snapshot_date = (SELECT max(snapshot_date) FROM point_counts)
    GROUP BY ALL ORDER BY sites DESC, outcome
""",
    [data.population()],
)
notebook.table(outcomes)

# %% [markdown]
# Some snapshots are left out of all shares, for example because too few sites were asked.

# %%
left_out = data.query("""
    SELECT snapshot, 'asked ' || asked || ' of ' || members || ' sites' AS reason
    FROM incomplete_snapshots UNION ALL FROM suspect_snapshots ORDER BY ALL
""")
notebook.table(left_out)

# %% [markdown]
# ## How much training data comes from these sites
# The tokens, pages or bytes of each corpus that come from the sites, and their share of the whole
# corpus. If one domain has most of them, then a share of tokens is mainly about that domain.

# %%
held = data.query("""
    WITH held AS (
        SELECT corpus, count(*) AS domains, sum(coalesce(tokens, pages, bytes)) AS held,
               max(coalesce(tokens, pages, bytes)) AS largest
        FROM weights WHERE domain IN (SELECT domain FROM current_panel) GROUP BY corpus
    )
    SELECT h.corpus, h.domains, CAST(h.held AS BIGINT) AS held,
           h.held / coalesce(w.tokens, w.pages, w.bytes) AS share_of_corpus,
           h.largest / h.held AS share_of_largest_domain
    FROM held h LEFT JOIN weights w ON w.corpus = h.corpus AND w.domain = '*' ORDER BY h.corpus
""")
notebook.table(held)
