"""Names that were replaced: asking for an old one is an error that says the new one."""

# Result files.
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
    "flapping": "unstable",
    "ledger": "replication",
}
COMMANDS = {"miniature": "demo"}
OPTIONS = {"--reading": "--http-profile"}
# Tables, views, macros and columns of the database.
IN_SQL = {
    "http_readings": "http_profiles",
    "turn_counts": "transition_counts",
    "effective_decisions": "effective_rulesets",
    "silence": "no_estimate",
    "decision": "ruleset",
    "drawn": "sampled",
    "event": "transition",
    "flaps": "unstable",
    "reading": "http_profile",
    "stands": "representative",
    "told": "known",
    "wish": "preference",
}


def now_called(old: str, names: dict[str, str]) -> str:
    """Return what to say of a replaced name; nothing of another."""
    return f"{old} is now called {names[old]}" if old in names else ""
