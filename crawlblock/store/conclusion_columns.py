"""The columns of the frames that store conclusions and the registry."""

import polars as pl

CRAWLERS = pl.Schema(
    {
        "token": pl.String(),
        "operator": pl.String(),
        "purpose": pl.String(),
        "openness": pl.String(),
        "ai": pl.Boolean(),
        "web_archive": pl.Boolean(),
        "national_library": pl.Boolean(),
        "documented_since": pl.Date(),
        "retired": pl.Date(),
        "url": pl.String(),
        "obeys": pl.List(pl.String()),
        "wildcard": pl.Boolean(),
        "reused": pl.Boolean(),
        "honours": pl.String(),
        "source": pl.String(),
        "second_hand": pl.Boolean(),
        "as_of": pl.Date(),
    }
)
EXTRA_FILES = pl.Schema({"file": pl.String(), "digest": pl.String()})
BREAKS = pl.Schema(
    {
        "id": pl.String(),
        "date": pl.Date(),
        "crawl": pl.String(),
        "last_crawl": pl.String(),
        "title": pl.String(),
        "effect": pl.String(),
        "affects": pl.List(pl.String()),
    }
)
TEMPLATES = pl.Schema(
    {
        "template": pl.String,
        "title": pl.String,
        "vendor": pl.String,
        "kind": pl.String,
        "act": pl.String,
        "evidence": pl.String,
        "source": pl.String,
    }
)
VERDICTS = pl.Schema(
    {
        "policy": pl.String,
        "token": pl.String,
        "restriction": pl.String,
        "basis": pl.String,
        "root_allowed": pl.Boolean,
        "authored_by": pl.String,
        "ruleset": pl.String,
        "matched_token": pl.String,
    }
)
JUDGED_TEXTS = pl.Schema(
    {
        "text": pl.UInt32,
        "policy": pl.String,
        "ambiguous_group": pl.Boolean,
        "template": pl.String,
        "training": pl.String,
        "training_evidence": pl.String,
        "training_line": pl.Int32,
        "rules": pl.String,
    }
)
SIGNALS = pl.Schema(
    {
        "text": pl.UInt32(),
        "kind": pl.String(),
        "agents": pl.List(pl.String()),
        "use": pl.String(),
        "preference": pl.String(),
        "value": pl.String(),
        "path": pl.String(),
        "line": pl.Int32(),
    }
)
# A statement in a header has a fetch instead of a text, and no line.
HEADER_SIGNALS = pl.Schema(
    {
        "of_fetch": pl.Int64(),
        **{name: kind for name, kind in SIGNALS.items() if name not in ("text", "line")},
    }
)
INEFFECTIVES = pl.Schema(
    {
        "text": pl.UInt32(),
        "fault": pl.String(),
        "line": pl.Int32(),
        "content": pl.String(),
        "tokens": pl.List(pl.String()),
        "blocks": pl.List(pl.String()),
    }
)
