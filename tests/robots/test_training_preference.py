"""What a robots.txt states about training, all its statements taken together."""

import pytest

from crawlblock.robots.judge import STAR, Judge
from crawlblock.robots.signals import signals
from crawlblock.robots.training_preference import training_preference

pytestmark = pytest.mark.own_code

TRAINING = ("GPTBot", "ClaudeBot")
JUDGE = Judge([STAR, *TRAINING, "Googlebot"])
ALL = "User-agent: *\n"


@pytest.mark.parametrize(
    ("body", "preference", "evidence", "line"),
    [
        ("", "not_stated", None, None),
        (f"{ALL}Disallow: /private\nAllow: /\n", "not_stated", None, None),
        ("User-agent: Googlebot\nDisallow: /\n", "not_stated", None, None),
        (f"{ALL}Content-Signal: search=no\n", "not_stated", None, None),
        (f"{ALL}Content-Signal: use=reference\n", "not_stated", None, None),
        ("License: https://h.example/l.xml\n", "not_stated", None, None),
        ("<!doctype html><html></html>", "unknown", None, None),
        # rules
        (f"{ALL}Disallow: /\n", "disallowed", "robots-rules", None),
        (f"{ALL}Disallow: /\nUser-agent: GPTBot\nAllow: /\n", "partly", "robots-rules", None),
        ("User-agent: GPTBot\nDisallow: /\n", "partly", "robots-rules", None),
        (
            "User-agent: GPTBot\nUser-agent: ClaudeBot\nDisallow: /\n",
            "partly", "robots-rules", None,
        ),
        # signals
        (f"{ALL}Content-Signal: ai-train=no\n", "disallowed", "content-signal", 2),
        (f"{ALL}Content-Signal: ai-train=yes\n", "allowed", "content-signal", 2),
        ("Content-Signal: ai-train=no\n", "not_stated", None, None),
        ("User-agent: GPTBot\nContent-Signal: ai-train=no\n", "partly", "content-signal", 2),
        ("User-agent: GPTBot\nContent-Signal: ai-train=yes\n", "not_stated", None, None),
        (f"{ALL}Content-Usage: /a train-ai=n\n", "partly", "content-usage", 2),
        (f"{ALL}Content-Usage: /a train-ai=y\n", "not_stated", None, None),
        (
            f"{ALL}Content-Usage: / train-ai=n\nContent-Usage: /ok/ train-ai=y\n",
            "partly", "content-usage", 2,
        ),
        (
            f"{ALL}Content-Usage: / train-ai=y\nContent-Usage: /no/ train-ai=n\n",
            "partly", "content-usage", 3,
        ),
        # two statements about one path: AIPREF takes the one that disallows, a group the Allow
        (
            f"{ALL}Content-Usage: / train-ai=y\nContent-Usage: / train-ai=n\n",
            "disallowed", "content-usage", 3,
        ),
        (
            "User-agent: __usage_ai-training\nDisallow: /\nAllow: /\n",
            "allowed", "usage-token", 3,
        ),
        ("User-agent: __usage_ai-training\nDisallow: /\n", "disallowed", "usage-token", 2),
        ("User-agent: __usage_ai-training\nDisallow:\n", "allowed", "usage-token", 2),
        (
            "User-agent: __usage_ai-training\nDisallow: /\nAllow: /open\n",
            "partly", "usage-token", 2,
        ),
        ("# Reserved, Directive (EU) 2019/790\n", "disallowed", "eu-2019-790", 1),
        (f"{ALL}DisallowAITraining: /\n", "disallowed", "disallow-ai-training", 2),
        # several kinds: the most restrictive one counts
        (
            f"{ALL}Content-Signal: ai-train=yes\nUser-agent: __usage_ai-training\nDisallow: /\n",
            "disallowed", "usage-token", 4,
        ),
        (
            f"{ALL}Content-Signal: ai-train=no\nAllow: /\nUser-agent: GPTBot\nDisallow: /\n",
            "disallowed", "content-signal", 2,
        ),
        (
            f"{ALL}Content-Signal: ai-train=yes\nAllow: /\nUser-agent: GPTBot\nDisallow: /\n",
            "partly", "robots-rules", None,
        ),
        (f"{ALL}Disallow: /\nContent-Signal: ai-train=yes\n", "disallowed", "robots-rules", None),
    ],
)  # fmt: skip
def test_preference(body: str, preference: str, evidence: str | None, line: int | None) -> None:
    """The most restrictive statement counts, with what states it."""
    raw = body.encode()
    found = training_preference(signals(raw), JUDGE.policy(raw).verdicts, TRAINING)
    assert (str(found.preference), found.evidence, found.line) == (preference, evidence, line)
