"""Published figures beside ours, by the same definition."""
