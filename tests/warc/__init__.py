"""Tests of reading and writing WARC files, and of the HTTP messages in them."""
