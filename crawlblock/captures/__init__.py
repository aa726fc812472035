"""From fetches to captures: what was seen, and which of it counts for a host in a snapshot."""
