"""One robots.txt: what it means for a crawler, and the line that decides."""

from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache

from crawlblock.api.reason import AMBIGUOUS, INEFFECTIVE, Quote, Reason, quote_of, reason_of
from crawlblock.model import Verdict
from crawlblock.outcome import Body
from crawlblock.registry import crawlers, obeyed, templates, training_tokens
from crawlblock.registry.extra import Extra, extra, per_extra
from crawlblock.robots.authorship import Authors
from crawlblock.robots.conflicts import Conflict, Opposed, conflicts, opposed
from crawlblock.robots.header_signals import header_signals
from crawlblock.robots.ineffective import IneffectiveFinder, IneffectiveLine
from crawlblock.robots.judge import STAR, UNKNOWN, Finding, Judge
from crawlblock.robots.parser import SIZE_LIMIT, TWICE_ENCODED_BOM
from crawlblock.robots.signals import Signal, signals
from crawlblock.robots.sniff import body_of
from crawlblock.robots.training_preference import Stated, training_preference

Content = bytes | bytearray | memoryview | str
TOO_LONG = "too_long"
TWICE_ENCODED = "twice_encoded_bom"


class RobotsTxt:
    r"""A robots.txt, read as Google's parser reads it (RFC 9309).

    Make one with `crawlblock.parse`.  Tokens are compared without regard to case, and a crawler
    need not be registered.  If the body is not a robots.txt, as with an error page, every answer
    is unknown.

    >>> from crawlblock import parse
    >>> robots = parse("User-agent: GPTBot\nDisallow: /\nAllow: /about\n")
    >>> robots.allowed("GPTBot", "/about"), robots.allowed("GPTBot", "/")
    (True, False)
    >>> print(robots.explain("GPTBot"))
    GPTBot: all_but (named), line 2: Disallow: /
    """

    def __init__(self, body: Content, headers: Mapping[str, str] | None = None) -> None:
        """Take the body of a robots.txt and the headers it came with, see `parse`."""
        self.body = _as_bytes(body)
        self._headers = dict(headers or {})
        self._quotes: dict[int, Quote] = {}  # by the finding, which `_findings` keeps alive

    def __repr__(self) -> str:
        """Return the size and the flags."""
        kind = ", ".join(("robots.txt" if self.is_robots else "not a robots.txt", *self.flags))
        return f"<RobotsTxt: {len(self.body):,} bytes, {kind}>"

    @cached_property
    def is_robots(self) -> bool:
        """Whether the body is a robots.txt, and not a page or other data in its place."""
        return body_of(self.body) is Body.ROBOTS

    @cached_property
    def signals(self) -> tuple[Signal, ...]:
        """The preferences stated beside the rules, such as Content-Signal, in order of lines.

        Those that headers state come last and have no line.
        """
        if not self.is_robots:
            return ()
        return signals(self.body) + header_signals(self._headers)

    @cached_property
    def flags(self) -> tuple[str, ...]:
        """What a reader should know of the file.

        "ambiguous_group": two agent lines form one group although another line is between them.
        "too_long": crawlers read only the first 500 KiB.
        "ineffective_rules": some lines bind nobody, see `ineffective`.
        "twice_encoded_bom": a byte order mark was encoded twice, probably by who collected the
        file; it is left out.
        """
        found = []
        if self.is_robots and judge_of(None).outline(self.body).ambiguous_group:
            found.append(AMBIGUOUS)
        if self.is_robots and len(self.body) > SIZE_LIMIT:
            found.append(TOO_LONG)
        if self.ineffective:
            found.append(INEFFECTIVE)
        if self.is_robots and self.body.startswith(TWICE_ENCODED_BOM):
            found.append(TWICE_ENCODED)
        return tuple(found)

    @cached_property
    def training(self) -> Stated:
        """What the file states about the training of AI models, and what states it.

        Rules, signals and preference tokens are combined; the most restrictive one counts.
        """
        star = {STAR: self.verdict(STAR)}
        return training_preference(self.signals, self.verdicts() | star, training_tokens())

    @cached_property
    def conflicts(self) -> tuple[Conflict, ...]:
        """The registered crawlers for which the signals say one thing and the rules another."""
        purposes = {crawler.token: crawler.purpose for crawler in crawlers()}
        return conflicts(self.signals, self.verdicts(), purposes) if self.signals else ()

    @cached_property
    def opposite_signals(self) -> tuple[Opposed, ...]:
        """The signals that say the opposite of an earlier one for the same paths and crawlers."""
        return opposed(self.signals)

    @cached_property
    def ineffective(self) -> tuple[IneffectiveLine, ...]:
        """The lines that would change a verdict if parsers read them as they were meant.

        Each has its number, its text, its `fault`, the registered crawlers it does not bind
        (`tokens`) and those that it would keep out (`blocks`).
        """
        return _finder_of(None).find(self.body)

    def verdict(self, token: str) -> Verdict:
        """Return what the file means for a crawler; "*" is a crawler that no group names."""
        known = _spelling(token)
        return self.verdicts(None if known in _registered() else (known,))[known]

    def verdicts(self, tokens: str | Iterable[str] | None = None) -> dict[str, Verdict]:
        """Return a verdict for each of the tokens, by default for every registered crawler.

        The keys are the tokens as they were given.
        """
        asked = _asked(tokens)
        if not self.is_robots:
            return dict.fromkeys(asked, UNKNOWN.default)
        judge = judge_of(None if tokens is None else tuple(asked.values()))
        found = judge.policy(self.body).verdicts
        return {given: found[token] for given, token in asked.items()}

    def allowed(self, token: str, path: str | bytes) -> bool | None:
        """Return whether a crawler may fetch a path; None if the body is not a robots.txt.

        `path` begins with a slash and may have a query.  Raises ValueError for a whole URL.
        """
        known = _spelling(token)
        raw = _utf8(path) if isinstance(path, str) else path
        if not raw.startswith(b"/"):
            raise ValueError(f"{path!r}: a path begins with /; give the path of the URL alone")
        return judge_of((known,)).allowed(self.body, known, raw) if self.is_robots else None

    def explain(self, token: str) -> Reason:
        """Return a crawler's verdict with the group, the rule and the line that decide it."""
        known = _spelling(token)
        if not self.is_robots:
            found = Finding(UNKNOWN.default, (), None, False)
        elif known in _registered():
            found = self._findings[known]
        else:
            found = judge_of((known,)).find(self.body, known)
        # most crawlers share a finding, and a hostile file is long
        quote = self._quotes.get(id(found)) or quote_of(self.body, found)
        if known in _registered() and self.is_robots:
            self._quotes[id(found)] = quote
        own = known not in _registered() and known != STAR
        lines = _finder_of((known,)).find(self.body) if own else self.ineffective
        unread = tuple(line for line in lines if known in line.tokens)
        author = self._authors[known] if known in _registered() else self._author(known, found)
        return reason_of(known, found, quote, author, unread)

    @cached_property
    def _findings(self) -> dict[str, Finding]:
        return judge_of(None).findings(self.body)

    @cached_property
    def _authors(self) -> dict[str, str | None]:
        """Return who wrote the rules that block each registered crawler."""
        if not self.is_robots:
            return dict.fromkeys(_registered())
        written = _authors_of_rules().of(self.body, self._findings)
        return {token: found.author for token, found in written.items()}

    def _author(self, token: str, found: Finding) -> str | None:
        written = _authors_of_rules().of(self.body, {token: found}) if self.is_robots else {}
        return written[token].author if written else None


def parse(body: Content, headers: Mapping[str, str] | None = None) -> RobotsTxt:
    """Return a robots.txt to ask questions of; never raises for bytes or text.

    Text is encoded as UTF-8; surrogates, as Python makes them of bytes that are not UTF-8, become
    those bytes again.  `headers` are those of the answer, of which some state preferences.  Raises
    TypeError for anything but text and bytes-like objects.
    """
    return RobotsTxt(body, headers)


def judge(body: Content, tokens: str | Iterable[str] | None = None) -> dict[str, Verdict]:
    """Return what a robots.txt means for each crawler, by product token.

    `tokens` names the crawlers, by default all registered ones; "*" is a crawler that no group
    names.  Never raises for bytes or text; TypeError for anything else, as `parse`.
    """
    return parse(body).verdicts(tokens)


def judge_of(tokens: tuple[str, ...] | None) -> Judge:
    """Return the judge for some tokens; None: for all registered crawlers."""
    return _judge_of(tuple(_registered()) if tokens is None else tokens, extra())


@lru_cache(maxsize=64)
def _judge_of(tokens: tuple[str, ...], _: Extra) -> Judge:
    return Judge(tokens, obeyed())


def _finder_of(tokens: tuple[str, ...] | None) -> IneffectiveFinder:
    return _finder(tuple(_registered()) if tokens is None else tokens)


@lru_cache(maxsize=64)
def _finder(tokens: tuple[str, ...]) -> IneffectiveFinder:
    return IneffectiveFinder((STAR, *tokens))


@per_extra
def _authors_of_rules() -> Authors:
    return Authors(templates())


@per_extra
def _registered() -> dict[str, str]:
    """Return the registered tokens in the registry's order, each in lower case too."""
    return {crawler.token: crawler.token.lower() for crawler in crawlers()}


@per_extra
def _spellings() -> dict[str, str]:
    return {lower: token for token, lower in _registered().items()}


def _spelling(token: str) -> str:
    """Return a token as the registry spells it, another one as it is."""
    if not isinstance(token, str):
        raise TypeError(
            f"a token is text such as 'GPTBot', not {type(token).__name__}: {token!r:.60}"
        )
    if not token.strip():
        raise ValueError("the token is empty; name a crawler, such as 'GPTBot'")
    return _spellings().get(token.lower(), _utf8(token).decode("utf-8", "replace"))


def _asked(tokens: str | Iterable[str] | None) -> dict[str, str]:
    """Return the tokens asked about as given, each with its known spelling."""
    if tokens is None:
        return {token: token for token in _registered()}
    return {token: _spelling(token) for token in ((tokens,) if isinstance(tokens, str) else tokens)}


def _as_bytes(body: Content) -> bytes:
    if isinstance(body, str):
        return _utf8(body)
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body)
    hint = "; give its content: path.read_bytes()" if hasattr(body, "read_bytes") else ""
    raise TypeError(f"a robots.txt is given as bytes or text, not {type(body).__name__}{hint}")


def _utf8(text: str) -> bytes:
    """Encode text; a surrogate becomes the byte that it encodes, or is kept."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
