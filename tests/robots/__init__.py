"""Tests of crawlblock.robots."""
