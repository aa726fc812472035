"""What people see: a page and a table in the terminal."""
