"""The database, and the only code that opens it."""
