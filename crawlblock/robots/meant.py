"""Lines of a robots.txt that no parser reads as their author meant them, and what was meant.

A line is compared with what Google's parser takes from it: one that it reads well is no fault.
"""

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from string import ascii_lowercase
from typing import NamedTuple

from crawlblock.robots.judge import STAR, Bindings, in_grammar
from crawlblock.robots.line import Kind, Line, read_line


class LineFault(StrEnum):
    """Why a line does not do what its author meant."""

    ONE_LINE = "one_line"  # several lines in one: `User-agent: GPTBot Disallow: /`
    MARKUP = "markup"  # HTML tags within
    INVISIBLE = "invisible"  # characters that nobody sees before or within a key, name or path
    LOOKALIKE = "lookalike"  # a dash, colon or quote of another alphabet
    MISSPELT_KEY = "misspelt_key"  # `User_agent:`, `- Disallow:`
    NO_COLON = "no_colon"  # `User-agent = GPTBot`
    SEVERAL_NAMES = "several_names"  # `GPTBot, CCBot` binds the first, `GPTBotCCBot` nobody
    FULL_USER_AGENT = "full_user_agent"  # the header of requests in place of the product token
    ODD_NAME = "odd_name"  # `"GPTBot"`, `*GPTBot`
    MISSPELT_NAME = "misspelt_name"  # one letter off: `GTPBot`
    NO_GROUP = "no_group"  # a rule before the first agent line
    NOT_A_PATH = "not_a_path"  # `Disallow: all`, `Disallow: https://example.com/`
    SPACE_IN_PATH = "space_in_path"  # `Disallow: / everything`


class Meant(NamedTuple):
    """What the author of a line meant."""

    fault: LineFault
    lines: tuple[bytes, ...]  # the same in lines that parsers read


_UNSEEN = "\x00\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff\u00ad"
_UNSEEN += "\u034f\u061c" + "".join(
    map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x180E))
)
_SPACES = "\u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_HIDDEN = str.maketrans(dict.fromkeys(_UNSEEN, "") | dict.fromkeys(_SPACES, " "))
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63"
# Letters of the Cyrillic and Greek alphabets that look like Latin ones.
_LETTERS = dict(
    zip(
        "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0430\u0435\u043e\u0440"
        "\u0441\u0443\u0445\u0456\u0391\u0392\u0395\u0399\u039a\u039c\u039f\u03a1\u03a4\u03bf",
        "ABEKMHOPCTXaeopcyxiABEIKMOPTo",
        strict=True,
    )
)
_ALIKE = str.maketrans(
    dict.fromkeys(_DASHES, "-") | dict.fromkeys("\u2018\u2019\u201c\u201d", '"') | _LETTERS
)
_TAG = re.compile(r"</?(?:a|b|br|code|div|i|li|p|pre|span|strong|td|tr|ul)\b[^>]{0,300}>", re.I)
_NEW_LINE = re.compile(r"(?:\\r)?\\n|[\u2028\u2029\u0085]")
_NEXT_KEY = re.compile(
    rf"(?<=[^\s:{_UNSEEN}{_SPACES}])\s*(?=(?<![\w-])(?:user-?agent|disallow|allow)\s*:)", re.I
)
_KEY = re.compile(r"[^\w#/;!%<(\[{=]*([a-z][a-z _-]{2,14}?)[\s\"'*`]*:(.*)", re.I | re.S)
_NO_COLON = re.compile(r"\W{0,3}(user[-_ ]?agents?|disallow|allow)\s*[=;.,>-]?>?\s+(\S.*)", re.I)
_WORDS = re.compile(r"[A-Za-z0-9_.-]+|(?<!\S)\*(?!\S)")
# Parts of a name that are about another crawler.
_OTHERS = re.compile(r"\+*https?://\S+|www\.\S+|\S+@\S+|\b(?:like|with|not|than)\s+\S+", re.I)
_EVERYTHING = {"all", "any", "everything", "yes", "true", "\\", ".", "./"}
_ADDRESS = re.compile(r"(?:https?:)?//[^/\s]+(/\S*)?\s*$", re.I)
_KEYS = {"useragent": "User-agent", "disallow": "Disallow"}  # that are looked for by their spelling
_SHORTEST = 6  # letters of a name or key that is compared letter by letter
_LONGEST = 2_000  # bytes of a line that is looked at; longer ones are no rules of people
_PLAIN = re.compile(rb"[ -~\t]*\Z")
# By far the most lines: rules with a path, comments, sitemaps and delays.
_FINE = re.compile(
    rb"[ \t]*(?:(?:dis)?allow[ \t]*:[ \t]*(?:[/*][!-9;=-\[\]-~]*)?[ \t]*"
    rb"|(?:sitemap|crawl-delay|host)[ \t]*:[!-\[\]-~ \t]*)?(?:#.*)?",
    re.I | re.S,
)
_PROSE = re.compile(rb"[A-Za-z()!., ]+|\*")
_MEMO = 50_000  # lines


class MeantLines(dict[bytes, Meant | None]):
    """What was meant by each line met so far, None where it is read so; it empties when full."""

    def __init__(self, tokens: Iterable[str]) -> None:
        """Take the product tokens that names are compared with."""
        super().__init__()
        self.bound = Bindings(tokens)
        known = [token for token in dict.fromkeys(tokens) if in_grammar(token)]
        self._tokens = {token.lower(): token for token in known} | {STAR: STAR}
        self._names = {_bare(token): token for token in known if len(_bare(token)) >= _SHORTEST}

    def __missing__(self, raw: bytes) -> Meant | None:
        """Look at a line for the first time."""
        found = None
        if not _FINE.fullmatch(raw) and len(raw) <= _LONGEST:
            found = self._meant(raw)
        if len(self) >= _MEMO:
            self.clear()
        self[raw] = found
        return found

    def _meant(self, raw: bytes) -> Meant | None:
        text = raw.partition(b"#")[0]
        if not text.strip(b"\x00 \t"):
            return None
        fault, lines = _apart(text)
        mended: list[bytes] = []
        for line in lines:
            own, better = self._mended(line)
            fault = fault or own
            mended += better
        if fault is None or [self._read(line) for line in mended] == [self._read(raw)]:
            return None
        return Meant(fault, tuple(mended))

    def _read(self, raw: bytes) -> tuple[object, ...]:
        """Return what a parser takes from a line: whom it binds or which rules it has."""
        line = read_line(raw)
        return line.kind, line.rules, self.bound[line.value] if line.kind is Kind.AGENT else ()

    def _mended(self, text: str) -> tuple[LineFault | None, list[bytes]]:
        raw = text.encode("utf-8", "surrogateescape")
        line, fault = read_line(raw), None
        if line.kind is Kind.OTHER or (line.kind is Kind.NOTHING and ":" not in text):
            fault, spelled = _with_key(text)
            raw = spelled.encode("utf-8", "surrogateescape")
            line = read_line(raw)
        if line.kind is Kind.AGENT:
            own, names = self._names_in(line.value)
            if own:
                return fault or own, [b"User-agent: " + name.encode() for name in names]
        elif line.kind in (Kind.ALLOW, Kind.DISALLOW):
            own, value = _path_in(line)
            if own:
                key = b"Allow: " if line.kind is Kind.ALLOW else b"Disallow: "
                return fault or own, [key + value]
        return fault, [raw]

    def _names_in(self, value: bytes) -> tuple[LineFault | None, list[str]]:
        """Return whom an agent line was meant for, where it does not bind them all."""
        text = value.decode("utf-8", "replace")
        bound = list(self.bound[value])
        words = _WORDS.findall(_OTHERS.sub(" ", text))
        named = [self._tokens[word.lower()] for word in words if word.lower() in self._tokens]
        missed = [name for name in dict.fromkeys(named) if name not in bound]
        if missed and text.lower().startswith("mozilla"):
            return LineFault.FULL_USER_AGENT, missed
        if missed:
            several = len({*named, *bound}) > 1
            return (LineFault.SEVERAL_NAMES if several else LineFault.ODD_NAME), [*bound, *missed]
        if not bound and len(words) == 1 and (joined := self._joined(words[0].lower())):
            return LineFault.SEVERAL_NAMES, joined
        if len(words) <= 3 and (name := self._near("".join(words), words)) and name not in bound:
            return LineFault.MISSPELT_NAME, [*bound, name]
        return None, []

    def _joined(self, word: str) -> list[str]:
        """Return the names that were written without a space between them."""
        for end in range(len(word) - 3, 3, -1):
            first, rest = word[:end].rstrip("-_"), word[end:]
            if first in self._tokens and len(first) > 3:
                others = [rest] if rest in self._tokens else [n.lower() for n in self._joined(rest)]
                if others:
                    return [self._tokens[name] for name in (first, *others)]
        return []

    def _near(self, joined: str, words: list[str]) -> str | None:
        """Return the one name that a name is a letter or its separators off."""
        bare = _bare(joined)
        if words and words[0].lower() in self._tokens and len(words) == 1:
            return None
        if bare in self._names:
            return self._names[bare]
        if len(words) != 1 or len(bare) < _SHORTEST:
            return None
        near = {self._names[each] for each in _slips(bare) if each in self._names}
        parts = re.split("[-_]", joined)
        if len(parts) > 1 and len(parts[-1]) < 4:  # an ending of its own, as in SemrushBot-SA
            near &= {self._names[each] for each in _exchanged(bare) if each in self._names}
        return near.pop() if len(near) == 1 else None


def _apart(raw: bytes) -> tuple[LineFault | None, list[str]]:
    """Return the lines that stand in one, without what nobody sees, and the first fault found."""
    if _PLAIN.match(raw) and raw.count(b":") < 2 and b"<" not in raw and b"\\" not in raw:
        return None, [raw.decode("ascii")]
    text = _decoded(raw)
    fault = None
    if (tagless := _TAG.sub("\n", text)) != text and not _TAG.match(text.strip()):
        fault, text = LineFault.MARKUP, tagless
    parts = [part for line in _NEW_LINE.split(text) for part in _NEXT_KEY.split(line)]
    lines = [line.strip() for part in parts for line in part.split("\n") if line.strip()]
    if fault is None and len(lines) > 1:
        fault = LineFault.ONE_LINE
    seen = [_seen(line) for line in lines]
    return fault or next((own for own, _ in seen if own), None), [line for _, line in seen]


def _decoded(raw: bytes) -> str:
    """Return text as people saw it: UTF-8, also if a collector encoded it twice, else Latin-1."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text


def _seen(text: str) -> tuple[LineFault | None, str]:
    """Return a line whose key, and whose value at its ends, has only what people see."""
    shown = text.translate(_HIDDEN)
    plain = unicodedata.normalize("NFKC", shown.translate(_ALIKE))
    key, colon, value = plain.partition(":")
    if not colon:
        return None, text
    if _bare(key) in ("allow", "disallow"):  # a path is as it is, but for its ends
        own = re.split("[:\uff1a]", text, maxsplit=1)[-1]
        value = " " + own.strip(_UNSEEN + _SPACES + " \t")
    fault = (
        LineFault.INVISIBLE if shown != text else LineFault.LOOKALIKE if plain != shown else None
    )
    return fault, f"{key}:{value}"


def _with_key(text: str) -> tuple[LineFault | None, str]:
    """Return a line with the key that was meant, as it is where none is near."""
    if found := _KEY.fullmatch(text):
        bare = _bare(found[1])
        near = ["useragent" if bare == "agent" else bare]
        near += _neighbours(bare) if len(bare) >= _SHORTEST else []
        for key, spelling in _KEYS.items():
            if key in near:
                return LineFault.MISSPELT_KEY, f"{spelling}:{found[2]}"
    if found := _NO_COLON.fullmatch(text.strip()):
        value, agent = found[2].strip(), found[1].lower().startswith("user")
        if value[:1] in "/*" or (agent and len(value.split()) <= 2):
            return LineFault.NO_COLON, f"{'User-agent' if agent else found[1]}: {value}"
    return None, text


def _path_in(line: Line) -> tuple[LineFault | None, bytes]:
    """Return the path that was meant by the value of a rule that matches none."""
    value = line.value
    if not value or (value[:1] in b"/*" and b" " not in value and b"\t" not in value):
        return None, value
    if value[:1] in b"/*":
        first, *rest = value.split()
        whole = first in (b"/", b"*", b"/*") and _PROSE.fullmatch(b" ".join(rest)) is not None
        return LineFault.SPACE_IN_PATH, first if whole else b"%20".join((first, *rest))
    text = value.decode("utf-8", "surrogateescape").strip("\"'`<>[]() ")
    if text.lower() in _EVERYTHING:
        return LineFault.NOT_A_PATH, b"/"
    if address := _ADDRESS.match(text):
        text = address[1] or ""  # of this site or another: the whole of it need not be meant
        text = text if text.strip("*/") else ""
    if text.lower() in ("", "none"):
        return None, value
    path = text if text[0] in "/*" else f"*{text}" if text[0] in ".?&=" else f"/{text}"
    return LineFault.NOT_A_PATH, "%20".join(path.split()).encode("utf-8", "surrogateescape")


def _bare(name: str) -> str:
    return re.sub(r"[-_. ]", "", name.lower())


def _neighbours(word: str) -> set[str]:
    """Return the words that are one letter more, less, other or exchanged."""
    halves = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    others = {a + c + b[1:] for a, b in halves if b for c in ascii_lowercase}
    return _slips(word) | others | {word[1:]} | {c + word for c in ascii_lowercase}


def _slips(word: str) -> set[str]:
    """Return the words with a letter more, less or exchanged, and the first one kept.

    Another letter in its place makes a name of somebody else too often: Wotbot, XingBot.
    """
    halves = [(word[:at], word[at:]) for at in range(1, len(word) + 1)]
    found = {a + b[1:] for a, b in halves if b}
    return found | {a + c + b for a, b in halves for c in ascii_lowercase} | _exchanged(word)


def _exchanged(word: str) -> set[str]:
    return {word[:n] + word[n + 1] + word[n] + word[n + 2 :] for n in range(len(word) - 1)}
