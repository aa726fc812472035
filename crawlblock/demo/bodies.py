"""robots.txt texts that mean a given thing for every crawler."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from crawlblock.demo.statements import STRANGER, FactStatement, lines_of_statement, statements_of
from crawlblock.errors import InputError
from crawlblock.model import Basis, Obeyed, Restriction, Verdict
from crawlblock.robots.authorship import WILDCARD, Template
from crawlblock.robots.judge import STAR, Judge
from crawlblock.robots.meaning import Meaning, Reader
from crawlblock.robots.published_lists import ENOUGH_NAMES


class Wording(NamedTuple):
    """Who wrote the block of /, and which rule set it is."""

    author: str | None  # a template, own or wildcard; None: / is not blocked
    ruleset: int | None  # equal where hosts share the groups that decide


Policy = Mapping[str, Verdict]  # by product token, and of *
Texts = Mapping[str, Wording]  # likewise; a token that is not in it is not blocked
_NOBODY = Wording(None, None)
_PAD = "*" * 16  # makes a rule longer, so that it beats others, and matches the same


class Writer:
    """Writes the groups of a robots.txt from what they have to mean."""

    def __init__(
        self,
        tokens: Iterable[str],
        obeyed: Mapping[str, Obeyed] | None = None,
        templates: Iterable[Template] = (),
    ) -> None:
        """Take the product tokens of policies, what they obey, and the templates that write."""
        known, templates = tuple(tokens), tuple(templates)
        self._judge = Judge(known, obeyed)
        self._reader = Reader(known, obeyed or {}, templates, ())
        self._templates = {template.id: template for template in templates}
        self._named_too = {
            token: others for token in self._judge.tokens if (others := self._others(token))
        }

    def groups(self, policy: Policy, texts: Texts | None = None) -> str:
        """Return groups that give every token its verdict, and each ruleset rules of its own.

        Raises InputError for verdicts that no robots.txt can have together.
        """
        text = "\n".join(self._parts(policy, texts or {}))
        verdicts = self._judge.policy(text.encode()).verdicts
        wrong = [token for token, verdict in policy.items() if verdicts[token] != verdict]
        if wrong:
            raise InputError(
                f"no robots.txt gives {wrong[0]} the verdict {policy[wrong[0]]} beside the others; "
                "derive the facts anew"
            )
        return text

    def whole(self, policy: Policy, texts: Texts, stated: Iterable[FactStatement]) -> str:
        """Return groups for the verdicts, and lines that state what else the file stated.

        Raises InputError as `groups` does.  Facts have forms that were read back: see `statable`.
        """
        text = self.groups(policy, texts)
        for one in stated:
            if one.form >= 0:
                text = self._forms(text, one)[one.form]
        return text

    def statable(
        self, policy: Policy, texts: Texts, stated: Iterable[FactStatement]
    ) -> tuple[FactStatement, ...]:
        """Return those of some statements that a text with these verdicts can state, with the form.

        The form is -1 where the groups state it already.
        """
        text = self.groups(policy, texts)
        before = self._reader.read(text.encode())
        has = set(statements_of(before))
        kept: list[FactStatement] = []
        for wanted in stated:
            if wanted in has:
                kept.append(replace(wanted, form=-1))
                continue
            for form, longer in enumerate(self._forms(text, wanted)):
                found = self._reader.read(longer.encode())
                if set(statements_of(found)) == has | {wanted} and _same(before, found):
                    text, has = longer, has | {wanted}
                    kept.append(replace(wanted, form=form))
                    break
        return tuple(kept)

    def _forms(self, text: str, stated: FactStatement) -> list[str]:
        """Return a text with a statement in each form: at its end or at its beginning."""
        found = []
        for lines in lines_of_statement(stated, self._templates):
            found.append(f"{text.rstrip()}\n\n{lines}\n".lstrip("\n"))
            found.append(f"{lines}\n\n{text}")
        return found

    def _parts(self, policy: Policy, texts: Texts) -> Iterable[str]:
        stacked = [token for token, text in texts.items() if _is_stacked(policy[token], text)]
        if policy[STAR].basis is Basis.WILDCARD:
            yield self._group([STAR, *stacked], policy[STAR], texts.get(STAR, _NOBODY), 0)
        members: dict[tuple[Verdict, Wording], list[str]] = defaultdict(list)
        overruled = self._overruled(policy)
        for token, verdict, text in _named(policy, texts):
            if token in stacked:
                continue
            members[verdict, text].append(token)
        for verdict, text in [*members]:
            if whole := _group_shared(verdict, text, members):
                # The same rule set as others have, and an exception of its own.
                alone = members.pop((verdict, text))
                members[whole] += alone
                exception = _rules(verdict, int(not overruled.isdisjoint(alone)))[1]
                yield "\n".join([*(f"User-agent: {token}" for token in alone), exception, ""])
        for (verdict, text), tokens in members.items():
            # One rule set has the same rules in all of its groups, so all of them overrule.
            level = int(not overruled.isdisjoint(tokens))
            yield self._group(tokens, verdict, text, level)

    def _group(self, tokens: Sequence[str], verdict: Verdict, text: Wording, level: int) -> str:
        """Return a group with a rule that only its ruleset has, within its template's marks."""
        rules = _rules(verdict, level)
        if text.ruleset is not None:
            rules.append(f"Disallow: /ruleset-{text.ruleset}")
        before, after = self._marks(text.author)
        names = [*tokens, *self._other_names(text.author, tokens)]
        agents = [f"User-agent: {name}" for name in names]
        return "\n".join([*before, *agents, *rules, *after, ""])

    def _other_names(self, author: str | None, tokens: Sequence[str]) -> list[str]:
        """Return names of a copied list that no crawler has, where its crawlers are too few."""
        template = self._templates.get(author or "")
        if template is None or not template.versions:
            return []
        listed = template.versions[-1].agents
        if len(listed & {token.lower() for token in tokens}) >= ENOUGH_NAMES:
            return []
        return sorted(listed - {token.lower() for token in self._judge.tokens})

    def _marks(self, author: str | None) -> tuple[list[str], list[str]]:
        """Return the lines before and after a group that show who wrote it."""
        template = self._templates.get(author or "")
        marks = [mark for mark in template.marks if not mark.lines] if template else []
        if not marks:
            return [], []
        mark = marks[0]
        lines = [mark.start, *mark.also]  # a * may stay: it stands for any text
        rules = [line for line in lines if not line.startswith("#")]
        if rules:  # they mark the file, and must change no verdict
            rules = [f"User-agent: {STRANGER}", *rules, ""]
        comments = [line for line in lines if line.startswith("#")]
        return [*rules, *comments], [mark.end] if mark.end else []

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


def _group_shared(
    verdict: Verdict, text: Wording, members: Mapping[tuple[Verdict, Wording], list[str]]
) -> tuple[Verdict, Wording] | None:
    """Return the group that blocks all by the rule set of a group that blocks all but something."""
    if verdict.restriction is not Restriction.ALL_BUT or text.ruleset is None:
        return None
    full = [(v, t) for v, t in members if t == text and v.restriction is Restriction.FULL]
    return next(iter(full), None)


def _same(before: Meaning, after: Meaning) -> bool:
    """Tell whether two texts give the same verdicts by the same authors."""
    return dict(before.rulings) == dict(after.rulings)


def _is_stacked(verdict: Verdict, text: Wording) -> bool:
    """Tell whether a crawler is named in the group of `*`, which counts as a rule for all."""
    return verdict.basis is Basis.NAMED and text.author == WILDCARD


def _named(policy: Policy, texts: Texts) -> Iterator[tuple[str, Verdict, Wording]]:
    """Yield the names that groups have to have, each once, with what those say."""
    for token, verdict in policy.items():
        if verdict.basis is Basis.NAMED:
            yield token, verdict, texts.get(token, _NOBODY)
    others = {v.fallback: token for token, v in policy.items() if v.fallback}
    for name, token in others.items():
        if name not in policy:  # a name that no crawler has for its own
            verdict = replace(policy[token], basis=Basis.NAMED, fallback=None)
            yield name, verdict, texts.get(token, _NOBODY)


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
