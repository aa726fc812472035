"""Second implementations in plain Python; tests and benchmarks compare the package to them."""
