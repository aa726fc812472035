"""Tests of whole crawls."""
