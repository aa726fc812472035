"""Sample, collect, evaluate, analyze: each asks what is pending, works on it and stores it.

You can stop any of them at any moment and run it again: nothing stored is done twice.
"""
