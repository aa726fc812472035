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

# What it says of that; a Crawl-delay says a number of seconds instead.
ALLOW, DISALLOW = "allow", "disallow"
TERMS = "terms"  # on the terms found at an address
OTHER = "other"  # in words that mean none of these

MOST = 1_000  # signals of one kind that are read in a file; real files have 133 at most
_LONGEST = 200  # characters kept of what is written
_LONGEST_AGENT = 100


@dataclass(frozen=True, slots=True)
class Signal:
    """One preference, stated in a robots.txt."""

    kind: str  # the way of stating it: content-signal, rsl-license, …
    agents: tuple[str, ...]  # of its group, in lower case, `*` for all; () where it is in none
    use: str | None  # what it is about; None: a delay, or a word that is not known
    preference: str  # allow, disallow, terms or other; of a crawl-delay the seconds
    value: str  # as written, up to 200 characters
    path: str | None  # the paths it is about, as written; None: all
    line: int  # from 1


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
    return tuple(sorted(found, key=lambda signal: signal.line))


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
        for stated in reader.read(_text(match[1])):
            yield _signal(reader.kind, bound, stated, line)


def _signal(kind: str, agents: tuple[str, ...], stated: Statement, line: int) -> Signal:
    path = stated.path[:_LONGEST] if stated.path else None
    return Signal(kind, agents, stated.use, stated.preference, stated.value[:_LONGEST], path, line)


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
    "tdm": MINE,
    "bots": ALL,
    "use": REUSE,
}
_PREFERENCES = {"yes": ALLOW, "y": ALLOW, "no": DISALLOW, "n": DISALLOW}


def _preferences(value: str) -> Iterator[Statement]:
    """Read `search=yes, ai-train=no` (contentsignals.org) and `/path train-ai=n` (IETF AIPREF).

    Either spelling is taken in either place, as people mix them.
    """
    path = None
    if value.startswith("/"):
        path, _, value = value.replace("\t", " ").partition(" ")
    evened = " ".join(value.split()).replace(" =", "=").replace("= ", "=")
    for stated in evened.replace(",", " ").replace(";", " ").split():
        use, _, preference = stated.lower().partition("=")
        yield Statement(
            _USES.get(use), _PREFERENCES.get(preference.strip('"'), OTHER), stated, path
        )


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


def _reservation(value: str) -> Iterator[Statement]:
    """Take a comment as it stands, its lines joined."""
    yield Statement(MINE, DISALLOW, " ".join(value.replace("#", " ").split()))


def _directive(kind: str, key: bytes, read: Read, grouped: bool = True) -> SignalReader:
    where = rb"^[ \t\v\f]*" + key + rb"[ \t\v\f]*:([^\n#\x00]*)"
    return SignalReader(
        kind, (key,), re.compile(where, re.IGNORECASE | re.MULTILINE), read, grouped
    )


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
    _directive("content-signal", b"content-signal", _preferences),  # contentsignals.org
    _directive("content-usage", b"content-usage", _preferences),  # draft-ietf-aipref-attach
    _directive("rsl-license", b"license", _licence, grouped=False),  # rslstandard.org
    _directive("disallow-ai-training", b"disallowaitraining", _no_training),  # draft-canel-robots-
    _directive("disallow-ai-training", b"allowaitraining", _training),  # ai-control
    _directive("crawl-delay", b"crawl-delay", _delay),
    SignalReader("eu-2019-790", _LAW_MARKS, _LAW, _reservation, grouped=False),
)
