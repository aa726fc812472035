"""The main results recomputed from the facts, by code that shares nothing with the package.

`python -m verify --db DATABASE --results FOLDER`, with `tests` on the path, compares them value by
value with the result files.  Two things are taken from the database as they stand: which capture
counts for a host, and how that capture ended (`conclusions.captures`).
"""
