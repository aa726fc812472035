"""The database: the only place that opens it."""
