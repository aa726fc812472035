"""WARC and ARC files: one reader, HTTP messages within bounds, one writer."""
