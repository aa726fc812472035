"""What is mutated: files that this repository's own code writes, small ones of each kind."""

import gzip
import io
import json
from datetime import datetime
from pathlib import Path

import polars as pl
from live.visits import SNAPSHOT
from scan.warcs import CRAWL, PLAIN, answer, archive, keys_of, member, planned, record
from warc.exchanges import write

from crawlblock.demo.cdx_files import write_cdx
from crawlblock.demo.columnar_index import write_columnar
from crawlblock.demo.contents import IndexEntry, Rendered
from crawlblock.demo.format_history import Era
from crawlblock.model import Asked, Fetch
from crawlblock.scan.shard import run_shard
from crawlblock.sources.live import Answer, Archive, Journal, Visit
from crawlblock.warc.http import digest
