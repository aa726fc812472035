"""From payloads to verdicts."""

import hashlib
from collections.abc import Mapping, Sequence

from crawlblock import registry
from crawlblock.model import Payload, Verdict
from crawlblock.pipeline.runs import Progress, Tally, registry_stamp
from crawlblock.robots.evaluate import STAR, Judge
from crawlblock.store.store import Store

_BATCH = 2_000  # payloads judged before they are stored


def evaluate(store: Store, tally: Tally, progress: Progress) -> None:
    """Judge every payload that is not judged with today's registry and rules."""
    stamp = registry_stamp()
    judge = Judge([STAR, *(crawler.token for crawler in registry.crawlers())])
    store.set_registry(registry.crawlers(), registry.breaks())
    while payloads := store.pending_payloads(stamp, _BATCH):
        policies, judged = _judge_all(judge, stamp, payloads)
        store.add_policies(stamp, policies, judged)
        tally.payloads += len(payloads)
        progress("judging", tally.payloads, tally.payloads)
    store.drop_other_policies(stamp)


def _judge_all(
    judge: Judge, stamp: str, payloads: Sequence[Payload]
) -> tuple[dict[str, Mapping[str, Verdict]], list[tuple[str, str, bool]]]:
    """Return the distinct policies of some payloads by name, and which payload has which."""
    names: dict[tuple[int, ...], str] = {}
    policies: dict[str, Mapping[str, Verdict]] = {}
    judged = []
    for payload in payloads:
        policy = judge.policy(payload.body)
        vector = tuple(map(id, policy.verdicts.values()))  # equal verdicts are one object
        if vector not in names:
            names[vector] = _policy_name(stamp, policy.verdicts)
            policies[names[vector]] = policy.verdicts
        judged.append((payload.digest, names[vector], policy.ambiguous_group))
    return policies, judged


def _policy_name(stamp: str, verdicts: Mapping[str, Verdict]) -> str:
    text = [f"{t}={v.restriction}/{v.basis}/{v.root_allowed}" for t, v in sorted(verdicts.items())]
    return hashlib.blake2b("\n".join([stamp, *text]).encode(), digest_size=8).hexdigest()
