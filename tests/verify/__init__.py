"""The main results recomputed from the facts, by code that shares nothing with the package.

`python -m verify --db DATABASE --results FOLDER`, with `tests` on the path, compares them value by
value with the result files; `--census` does so for those about whole crawls.  What is taken from
the database as it stands: which capture counts for a host and how it ended,
registered domains, and of the rules that block who wrote them and their rule set's name.
"""
