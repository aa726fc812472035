-- key: snapshot, host, token
-- of: access, meanings, verdicts, crawlers, captures, population, panel
-- files: parquet
FROM access_read_as(getvariable('http_profile')) ORDER BY snapshot_date, snapshot, host, token
