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
# # From your own list of sites to a chart
# This notebook collects the robots.txt files of a few sites from an archive and draws a chart of
# who is blocked. It uses only the Python API. It reads the demo archive that `make analyze`
# renders. `CRAWLBLOCK_MIRROR` names another one. For Common Crawl leave out `mirror` and pass
# `contact`, your e-mail address or web page. The notebook writes a database into a temporary
# folder.

# %%
import os
import tempfile
from pathlib import Path

import polars as pl

import crawlblock

sites = ["nytimes.com", "bbc.co.uk", "wikipedia.org", "github.com", "reddit.com", "amazon.com"]
archive = os.environ.get("CRAWLBLOCK_MIRROR", "../build/demo")
folder = tempfile.TemporaryDirectory()
db = crawlblock.open(Path(folder.name) / "own.duckdb", create=True)

# %% [markdown]
# ## Collect
# The list becomes a panel. `history` reads the archived robots.txt files of its sites and judges
# them. After an interruption run the cell again: it does not request again what is stored.

# %%
db.sample(sites, name="my-sites")

# %%
db.history("all", mirror=archive)

# %%
db.analyze()

# %% [markdown]
# ## Draw
# This is the chart of the page: the share of these sites that block each crawler. A list is not a
# sample, so the shares are about these sites alone.

# %%
db.chart()

# %% [markdown]
# ## Look closer
# Who blocks GPTBot now. `access` gives a row per snapshot, site and crawler; a site that could not
# be read is unknown, never open.

# %%
newest = db.sql("SELECT arg_max(snapshot, snapshot_date) AS name FROM access")["name"].item()
now = db.access("GPTBot", snapshot=newest).pl().select("host", "restriction", "basis").sort("host")
now

# %% [markdown]
# When each of them started or stopped blocking, and the line that blocks.

# %%
changes = db.changes("2023-01-01", tokens="GPTBot")
changes.select("host", "transition", "after", "before")

# %%
blocking = now.filter(pl.col("restriction") == "full")["host"].to_list()
reason = db.explain(blocking[0], "GPTBot")
f"{blocking[0]}, line {reason.line}: {reason.rule}"

# %% [markdown]
# You can also read one file without a database.

# %%
robots = crawlblock.parse("User-agent: GPTBot\nDisallow: /\n")
print(robots.explain("GPTBot"))

# %%
db.close()
folder.cleanup()
