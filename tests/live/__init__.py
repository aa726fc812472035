"""Tests of asking live hosts, against servers of this machine that misbehave on command."""
