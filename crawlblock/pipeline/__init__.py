"""Sample, collect, evaluate, analyze: each asks what is pending, works on it and stores it.

Any of them may be stopped at any moment and run again: what is stored is not done twice.
"""
