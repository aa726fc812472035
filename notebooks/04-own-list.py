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
# # Your own list in ten minutes
# This notebook goes from a list of sites to a chart with the Python API alone. Replace `sites` with
# your own list, and run all cells. It reads the demo archive that `crawlblock demo` and
# `make analyze` make, so it needs no network. For Common Crawl, leave out `mirror` and pass
# `contact`, your e-mail address or web page.

# %%
import os
import tempfile
from pathlib import Path

import polars as pl

import crawlblock
from crawlblock import notebook

sites = ["nytimes.com", "bbc.com", "cnn.com", "theguardian.com", "lemonde.fr", "spiegel.de"]
archive = os.environ.get("CRAWLBLOCK_MIRROR", "../build/demo")
folder = tempfile.TemporaryDirectory()  # use a folder of your own to keep the database
db = crawlblock.open(Path(folder.name) / "own.duckdb", create=True)

# %% [markdown]
# ## 1. Store the list
# `sites` may also be a file: text, CSV, JSON, Parquet or Excel.

# %%
panel = db.sample(sites, name="my-sites")
panel.panel, panel.hosts, panel.left_out

# %% [markdown]
# ## 2. Collect
# `history` reads the archived robots.txt files of these sites. If you stop it, run the cell again:
# it does not request again what is stored.

# %%
collected = db.history("all", mirror=archive)
f"{collected.captures} captures, {collected.requests} requests, finished: {collected.finished}"

# %% [markdown]
# ## 3. Compute the results
# `analyze` writes the page, the figures and the result files into a folder beside the database.

# %%
page = db.analyze()
page.name

# %% [markdown]
# ## 4. Look at them
# The main chart of the page. A list is not a sample, so the shares are about these sites alone.

# %%
db.chart()

# %% [markdown]
# How GPTBot is treated in the newest crawl that has a readable robots.txt of each site.

# %%
rows = db.access("GPTBot").pl().filter(pl.col("restriction") != "unknown")
newest = rows.sort("snapshot_date").unique("host", keep="last").sort("host")
notebook.table(newest.select("host", "snapshot_date", "restriction", "basis"))

# %% [markdown]
# Which sites started or stopped blocking it. The change happened between the two dates.

# %%
changes = db.changes("2023-01-01", tokens="GPTBot")
notebook.table(changes.select("host", "transition", "after", "before"))

# %% [markdown]
# ## 5. See the evidence
# Every verdict has a line of an archived file. In the demo these files are reconstructions.

# %%
full = newest.filter(pl.col("restriction") == "full")
if full.height:
    host, day = full.select("host", "snapshot_date").row(0)
    reason = db.explain(host, "GPTBot", at=str(day))
    print(f"{host}, {day}, line {reason.line}: {reason.rule}")

# %% [markdown]
# You can also read one file without a database.

# %%
robots = crawlblock.parse("User-agent: GPTBot\nDisallow: /\n")
print(robots.explain("GPTBot"))

# %%
db.close()
folder.cleanup()
