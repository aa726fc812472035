"""Common Crawl's archive, or any in its layout."""
