"""Mutated inputs for every reader: whatever comes, an error is one of ours, or there is none."""
