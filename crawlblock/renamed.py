"""What used to have another name: whoever asks for the old one is told the new one."""

# Result files, by their old names.
RESULTS = {
    "refusals": "blocked",
    "refusals_by_basis": "blocked_by_basis",
    "refusals_by_stratum": "blocked_by_segment",
    "refusals_by_group": "blocked_by_segment",
    "refusals_by_purpose": "blocked_by_purpose",
    "refusals_by_openness": "blocked_by_openness",
    "decisions": "rulesets",
    "balanced": "same_hosts",
    "openness": "survival",
    "events": "transitions",
    "events_per_snapshot": "transition_counts",
    "clashes": "signal_conflicts",
    "ledger": "replication",
}
