"""Whole crawls: their robots.txt files read shard by shard into Parquet."""
