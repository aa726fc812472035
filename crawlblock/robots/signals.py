"""Preferences that a robots.txt states beside its rules: Content-Signal, Content-Usage and more.

The next signal is one more entry in READERS at the end.  A signal is a fact about a text: what
stands there and whom it addresses; whether the rules agree is asked in conflicts.py.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import NamedTuple

from crawlblock.robots.parser import Group, Lines, countable, parse
from crawlblock.robots.sniff import is_robots

# What a signal is about.
TRAIN = "train"  # training of AI models
SEARCH = "search"  # an index that leads people to the page
INPUT = "input"  # input to a model that answers somebody, without training on it
MINE = "mine"  # text and data mining, which training is a case of
ALL = "all"  # any automated use
REUSE = "reuse"  # how much may be stored and shown again
PERSONALIZE = "personalize"  # what a model shows to one person

# What it says of that; a Crawl-delay says a number of seconds instead.
ALLOW, DISALLOW = "allow", "disallow"
TERMS = "terms"  # on the terms found at an address
OTHER = "other"  # in words that mean none of these
LEVELS = frozenset({"immediate", "reference", "full"})  # of reuse, from the narrowest

USAGE_TOKEN = "usage-token"  # noqa: S105  # the kind of signal that groups for a purpose state

MOST = 1_000  # signals of one kind that are read in a file; real files have 133 at most
_LONGEST = 200  # characters kept of what is written
_LONGEST_AGENT = 100


@dataclass(frozen=True, slots=True)
class Signal:
    """One preference, stated in a robots.txt."""

    kind: str  # the way of stating it: content-signal, rsl-license, …
    agents: tuple[str, ...]  # of its group, in lower case, `*` for all; () where it is in none
    use: str | None  # what it is about; None: a delay, or a word that is not known
    preference: str  # allow, disallow, terms, other, a level of reuse; of a delay the seconds
    value: str  # as written, up to 200 characters
    path: str | None  # the paths it is about, as written; None: all
    line: int | None  # from 1; None: a header of the answer states it

    @property
    def place(self) -> str:
        """Return where it stands, in words."""
        return f"the {self.kind}" if self.line is None else f"line {self.line}"


class Statement(NamedTuple):
    """What a value states; one value may state several things."""

    use: str | None
    preference: str
    value: str
    path: str | None = None


Read = Callable[[str], Iterable[Statement]]


@dataclass(frozen=True, slots=True)
class SignalReader:
    """Reads one kind of signal from the text of a robots.txt."""

    kind: str
    marks: tuple[bytes, ...]  # in lower case; a file with this signal has one of them
    where: re.Pattern[bytes]  # its first group is the value
    read: Read
    grouped: bool = True  # it concerns the agents of its group; else every crawler
    token: str | None = None  # it is read only in groups of this product token


def signals(body: bytes, lines: Lines | None = None) -> tuple[Signal, ...]:
    """Return the signals of a robots.txt in the order of their lines; never raises.

    The first 500 KiB are read (RFC 9309 section 2.5), in time linear in their size.  `lines` may be
    shared between calls, as in `syntax.parse`.
    """
    low = body.lower()
    readers = [reader for reader in READERS if any(mark in low for mark in reader.marks)]
    if not readers or not is_robots(body):
        return ()
    text = b"\n".join(countable(body))
    agents = _Agents(parse(body, lines))
    found = chain.from_iterable(islice(_found(reader, text, agents), MOST) for reader in readers)
    return tuple(sorted(found, key=lambda signal: signal.line or 0))


class _Agents:
    """The agents of the group that a line stands in."""

    def __init__(self, groups: list[Group]) -> None:
        self._groups = groups
        self._starts = [group.agents[0][1] for group in groups]
        self._names: dict[int, tuple[str, ...]] = {}

    def at(self, line: int) -> tuple[str, ...]:
        """Return them as written, in lower case; none before the first group."""
        number = bisect_right(self._starts, line) - 1
        if number < 0:
            return ()
        if number not in self._names:
            values = (value for value, _ in self._groups[number].agents)
            self._names[number] = tuple(dict.fromkeys(map(_agent, values)))
        return self._names[number]


def _agent(value: bytes) -> str:
    """Return an agent line's value in lower case; `* x` is `*`, as for Google's parser."""
    return "*" if value.split()[:1] == [b"*"] else _text(value.lower())[:_LONGEST_AGENT]


def _found(reader: SignalReader, text: bytes, agents: _Agents) -> Iterator[Signal]:
    line, at = 1, 0
    for match in reader.where.finditer(text):
        line += text.count(b"\n", at, match.start(1))
        at = match.start(1)
        bound = agents.at(line) if reader.grouped else ()
        if reader.token is not None:
            bound = tuple(agent for agent in bound if _product_token(agent) == reader.token)
            if not bound:
                continue
        for stated in reader.read(_text(match[1])):
            yield _signal(reader.kind, bound, stated, line)


def _signal(kind: str, agents: tuple[str, ...], stated: Statement, line: int) -> Signal:
    path = stated.path[:_LONGEST] if stated.path else None
    return Signal(kind, agents, stated.use, stated.preference, stated.value[:_LONGEST], path, line)


def _product_token(agent: str) -> str:
    """Return the name in an agent line without a version (RFC 9309 section 2.2.1)."""
    return _NAME.match(agent)[0]  # type: ignore[index]  # it matches the empty text as well


_NAME = re.compile("[a-z_-]*")


def _text(raw: bytes) -> str:
    try:
        return raw.decode().strip()
    except UnicodeDecodeError:
        return raw.decode("latin-1").strip()


_USES = {
    "ai-train": TRAIN,
    "train-ai": TRAIN,
    "train-genai": TRAIN,
    "genai": TRAIN,
    "ai": TRAIN,  # this and the two before: earlier drafts of AIPREF's vocabulary
    "search": SEARCH,
    "ai-input": INPUT,
    "ai-use": INPUT,
    "ai-retrieval": INPUT,
    "ai-personalization": PERSONALIZE,
    "tdm": MINE,
    "bots": ALL,
    "use": REUSE,
}
_PREFERENCES = {"yes": ALLOW, "y": ALLOW, "no": DISALLOW, "n": DISALLOW}


def preferences(value: str) -> Iterator[Statement]:
    """Read `search=yes, ai-train=no` (contentsignals.org) and `/path train-ai=n` (IETF AIPREF).

    Either spelling is taken in either place, as people mix them.
    """
    path = None
    if value.startswith("/"):
        path, _, value = value.replace("\t", " ").partition(" ")
    evened = " ".join(value.split()).replace(" =", "=").replace("= ", "=")
    for stated in evened.replace(",", " ").replace(";", " ").split():
        word, _, preference = stated.lower().partition("=")
        use, preference = _USES.get(word), preference.strip('"')
        level = preference if use == REUSE and preference in LEVELS else OTHER
        yield Statement(use, _PREFERENCES.get(preference, level), stated, path)


def _licence(value: str) -> Iterator[Statement]:
    """Read the address of a licence (RSL 1.0)."""
    if value.lower().startswith(("https://", "http://", "/")):
        yield Statement(ALL, TERMS, value)


def _delay(value: str) -> Iterator[Statement]:
    """Read seconds."""
    if seconds := _SECONDS.match(value):
        yield Statement(None, seconds[0], value)


_SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?|\.[0-9]{1,9}")


def _no_training(value: str) -> Iterator[Statement]:
    """Read the paths not to be trained on; none are where none is written."""
    if value:
        yield Statement(TRAIN, DISALLOW, value, value if value[0] in "/*" else None)


def _training(value: str) -> Iterator[Statement]:
    """Read the paths that may be trained on."""
    for stated in _no_training(value):
        yield stated._replace(preference=ALLOW)


def _training_rule(value: str) -> Iterator[Statement]:
    """Read an Allow or Disallow line of a group for training; an empty Disallow allows it all."""
    key, _, path = (part.strip() for part in value.partition(":"))
    disallow = key.lower() == "disallow"
    if path:
        yield Statement(TRAIN, DISALLOW if disallow else ALLOW, value, path)
    elif disallow:
        yield Statement(TRAIN, ALLOW, value)


def _reservation(value: str) -> Iterator[Statement]:
    """Take a comment as it stands, its lines joined."""
    yield Statement(MINE, DISALLOW, " ".join(value.replace("#", " ").split()))


def _directive(kind: str, key: bytes, read: Read, grouped: bool = True) -> SignalReader:
    where = rb"^[ \t\v\f]*" + key + rb"[ \t\v\f]*:([^\n#\x00]*)"
    return SignalReader(
        kind, (key,), re.compile(where, re.IGNORECASE | re.MULTILINE), read, grouped
    )


_RULE = re.compile(
    rb"^[ \t\v\f]*((?:dis)?allow[ \t\v\f]*:[^\n#\x00]*)", re.IGNORECASE | re.MULTILINE
)
TRAINING_TOKEN = "__usage_ai-training"  # noqa: S105  # stands for a purpose, binds no crawler

# A comment that cites the directive by number or title, or the German act that carries it out; its
# further lines belong to the same reservation.
_LAW = re.compile(
    rb"^[^#\n]*#([^\n]*(?:2019/790|digital[\s#]+single[\s#]+market"
    rb"|article[\s#]+4[\s#]+of[\s#]+the[\s#]+(?:eu[\s#]+)?copyright[\s#]+directive"
    rb"|44[ ]?b[^\n]{0,20}(?:urhg|urheberrecht|german copyright))[^\n]*)(?:\n[ \t]*#[^\n]*)*",
    re.IGNORECASE | re.MULTILINE,
)
_LAW_MARKS = (b"2019/790", b"directive", b"urhg", b"urheberrecht", b"german copyright")

READERS: tuple[SignalReader, ...] = (
    _directive("content-signal", b"content-signal", preferences),  # contentsignals.org
    _directive("content-usage", b"content-usage", preferences),  # draft-ietf-aipref-attach
    _directive("rsl-license", b"license", _licence, grouped=False),  # rslstandard.org
    _directive("disallow-ai-training", b"disallowaitraining", _no_training),  # draft-canel-robots-
    _directive("disallow-ai-training", b"allowaitraining", _training),  # ai-control
    SignalReader(  # draft-kelley-aipref-training-preference-signal
        USAGE_TOKEN, (TRAINING_TOKEN.encode(),), _RULE, _training_rule, token=TRAINING_TOKEN
    ),
    _directive("crawl-delay", b"crawl-delay", _delay),
    SignalReader("eu-2019-790", _LAW_MARKS, _LAW, _reservation, grouped=False),
)
ADDRESSED_TO_ALL = frozenset(reader.kind for reader in READERS if not reader.grouped)
