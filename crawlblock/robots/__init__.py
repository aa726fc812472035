"""Bytes of a robots.txt to what they mean for a crawler; no I/O."""
