"""The page: one HTML file that loads nothing."""
