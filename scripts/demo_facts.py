"""Verdicts and statements of real files as facts, each rendered and read back before it counts."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

import polars as pl

from crawlblock import registry
from crawlblock.demo.bodies import Wording, Writer
from crawlblock.demo.statements import FactStatement, statements_of
from crawlblock.model import Verdict
from crawlblock.robots.judge import STAR
from crawlblock.robots.meaning import Meaning, Reader

Row = tuple[str, Verdict, str | None, int | None]  # token, verdict, author, number of the rule set
Key = tuple[tuple[Row, ...], tuple[FactStatement, ...]]


class Policies:
    """The distinct meanings met, numbered from 1."""

    def __init__(self, tokens: Sequence[str]) -> None:
        """Judge for these tokens, in their order."""
        self._reader = Reader(
            tokens, registry.obeyed(), registry.templates(), registry.training_tokens()
        )
        self._writer = Writer(tokens, registry.obeyed(), registry.templates())
        self._known: dict[Key, int] = {}  # the number of each meaning as it was met
        self._numbers: dict[Key, int] = {}  # and as it can be stated
        self._of_body: dict[bytes, int] = {}
        self._rulesets: dict[str, int] = {}
        self.lost: Counter[str] = Counter()  # statements that no text of ours states
        self.kept: Counter[str] = Counter()

    def number(self, body: bytes) -> int:
        """Return the number of what a body means and states."""
        if body not in self._of_body:
            self._of_body[body] = self._judged(body)
        return self._of_body[body]

    def _judged(self, body: bytes) -> int:
        found = self._reader.read(body)
        vector = tuple(self._row(token, found) for token in found.rulings)
        stated = statements_of(found)
        key = vector, stated
        if key not in self._known:
            policy = {token: verdict for token, verdict, _, _ in vector}
            texts = {t: Wording(author, n) for t, _, author, n in vector if n is not None}
            kept = self._writer.statable(policy, texts, stated)
            self._known[key] = self._numbers.setdefault((vector, kept), len(self._numbers) + 1)
            said = {replace(s, form=0) for s in kept}
            self.kept.update(f"{s.what} {s.name}" for s in said)
            self.lost.update(f"{s.what} {s.name}" for s in stated if s not in said)
        return self._known[key]

    def _row(self, token: str, found: Meaning) -> Row:
        """Return a verdict, and where it blocks / who wrote that and which rule set it is."""
        verdict, text = found.rulings[token]
        if text.ruleset is None:
            return token, verdict, None, None
        ruleset = self._rulesets.setdefault(text.ruleset, len(self._rulesets) + 1)
        return token, verdict, text.author, ruleset

    def frame(self) -> pl.DataFrame:
        """Return one row per policy and token."""
        rows = [
            (
                number, token, v.restriction.value, v.basis.value, v.root_allowed, v.fallback,
                author, ruleset,
            )
            for (vector, _), number in self._numbers.items()
            for token, v, author, ruleset in vector
        ]  # fmt: skip
        columns = pl.Schema(
            {
                "policy": pl.UInt16(),
                "token": pl.String(),
                "restriction": pl.String(),
                "basis": pl.String(),
                "root_allowed": pl.Boolean(),
                "fallback": pl.String(),
                "authored_by": pl.String(),
                "ruleset": pl.UInt16(),
            }
        )
        return pl.DataFrame(rows, schema=columns, orient="row")

    def statements_frame(self) -> pl.DataFrame:
        """Return one row per policy and statement, in their order."""
        rows = [
            (number, s.what, s.name, list(s.tokens), s.use, s.preference, s.path, s.form)
            for (_, stated), number in self._numbers.items()
            for s in stated
        ]
        columns = pl.Schema(
            {
                "policy": pl.UInt16(),
                "what": pl.String(),
                "name": pl.String(),
                "tokens": pl.List(pl.String()),
                "use": pl.String(),
                "preference": pl.String(),
                "path": pl.String(),
                "form": pl.Int8(),
            }
        )
        return pl.DataFrame(rows, schema=columns, orient="row")


def tokens_of(tokens: Iterable[str] | None) -> list[str]:
    """Return `*` and the registered crawlers, or those among them that earlier facts judge for."""
    registered = [STAR, *(crawler.token for crawler in registry.crawlers())]
    if tokens is None:
        return registered
    earlier = set(tokens)
    return [token for token in registered if token in earlier]
