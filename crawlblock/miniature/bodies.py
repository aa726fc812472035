"""robots.txt texts that mean a given thing for every crawler."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from crawlblock.errors import InputError
from crawlblock.model import Basis, Restriction, Verdict
from crawlblock.robots.evaluate import STAR, Judge

Policy = Mapping[str, Verdict]  # by product token, and of *

_PAD = "*" * 16  # makes a rule longer, so that it beats others, and matches the same


class Writer:
    """Writes the groups of a robots.txt from what they have to mean."""

    def __init__(self, tokens: Iterable[str]) -> None:
        """Take the product tokens that policies speak of."""
        self._judge = Judge(tokens)
        self._named_too = {
            token: others for token in self._judge.tokens if (others := self._others(token))
        }

    def groups(self, policy: Policy) -> str:
        """Return groups that give every token its verdict.

        Raises InputError for verdicts that no robots.txt can have together.
        """
        text = "\n".join(self._parts(policy))
        verdicts = self._judge.policy(text.encode()).verdicts
        wrong = [token for token, verdict in policy.items() if verdicts[token] != verdict]
        if wrong:
            raise InputError(
                f"no robots.txt gives {wrong[0]} the verdict {policy[wrong[0]]} beside the others; "
                "derive the facts anew"
            )
        return text

    def _parts(self, policy: Policy) -> Iterable[str]:
        if policy[STAR].basis is Basis.WILDCARD:
            yield _group([STAR], policy[STAR], 0)
        members: dict[tuple[Verdict, int], list[str]] = defaultdict(list)
        overruled = self._overruled(policy)
        for token, verdict in policy.items():
            if verdict.basis is Basis.NAMED:
                members[verdict, int(token in overruled)].append(token)
        for (verdict, level), tokens in members.items():
            yield _group(tokens, verdict, level)

    def _overruled(self, policy: Policy) -> set[str]:
        """Return the tokens that another token's agent line binds to rules which are not theirs."""
        return {
            other
            for token, others in self._named_too.items()
            for other in others
            if policy[token].basis is Basis.NAMED and policy[other] != policy[token]
        }

    def _others(self, token: str) -> set[str]:
        """Return the tokens that a token's agent line binds besides: AI2Bot's also binds AI."""
        if token == STAR:
            return set()
        verdicts = self._judge.policy(f"User-agent: {token}\nDisallow: /\n".encode()).verdicts
        return {name for name, v in verdicts.items() if v.basis is Basis.NAMED} - {token}


def _group(tokens: Iterable[str], verdict: Verdict, level: int) -> str:
    agents = [f"User-agent: {token}" for token in tokens]
    return "\n".join([*agents, *_rules(verdict, level), ""])


def _rules(verdict: Verdict, level: int) -> list[str]:
    """Return rules for a verdict; on level 1 they beat whatever level 0 says."""
    pad = _PAD * level
    reset = [f"Allow: /{pad}"] if level else []
    root = f"{pad}/$"
    match verdict.restriction, verdict.root_allowed:
        case Restriction.FULL, _:
            return [f"Disallow: /{pad}"]
        case Restriction.ALL_BUT, True:
            return [f"Disallow: /{pad}", f"Allow: {root}"]
        case Restriction.ALL_BUT, _:
            return [f"Disallow: /{pad}", f"Allow: /about{pad}"]
        case Restriction.PARTIAL, False:
            return [*reset, f"Disallow: {root}"]
        case Restriction.PARTIAL, _:
            return [*reset, f"Disallow: /private{pad}"]
        case _:
            return reset or ["Disallow:"]
