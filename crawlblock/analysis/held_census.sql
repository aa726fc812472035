-- What the metrics of the census share, computed once: temporary tables hide the views of the same
-- names. Every host is looked at once, for census_cells.
CREATE TEMP TABLE scan_shares AS FROM scan_shares;
CREATE TEMP TABLE census_cells AS FROM census_cells;
CREATE TEMP TABLE census_counts AS FROM census_counts;
CREATE TEMP TABLE census_meanings AS FROM census_meanings;
CREATE TEMP TABLE census_access AS FROM census_access;
