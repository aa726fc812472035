"""Text that any terminal shows: no stranger's control characters, bars, and ASCII at need."""

import codecs
import unicodedata
from collections.abc import Iterator, Sequence
from typing import TextIO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from crawlblock.names import safe

_BARS = "▁▂▃▄▅▆▇█"
_GAP = "·"  # where nothing is known
_SIGNS = dict(zip(_BARS, "_.-:=+*#", strict=True)) | {
    _GAP: " ",
    "\N{HORIZONTAL ELLIPSIS}": "~",
    "\N{MINUS SIGN}": "-",
    "\N{MULTIPLICATION SIGN}": "x",
}
_ERRORS = "crawlblock.ascii"


class SafeConsole(Console):
    """A console that spells out control characters in whatever is printed to it."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterator[Segment]:
        """Yield the pieces that are printed."""
        for each in super().render(renderable, options):
            plain = each.control or each.text.isprintable() or each.text == "\n"
            yield each if plain else each._replace(text=safe_lines(each.text))


def safe_lines(text: str) -> str:
    """Spell out control characters in lines of text."""
    return "\n".join(map(safe, text.split("\n")))


def spark(values: Sequence[float | None], width: int | None = None, top: float = 0.0) -> str:
    """Return values as bars from 0 to the largest of them or `top`; a dot where one is unknown.

    Of more values than `width` columns the last of each stretch is shown, so the newest always is.
    """
    count = min(len(values), width or len(values))
    shown = [values[(place + 1) * len(values) // count - 1] for place in range(count)]
    highest = max((value for value in shown if value is not None), default=0.0)
    highest = max(highest, top)
    return "".join(_GAP if value is None else _bar(value, highest) for value in shown)


def _bar(value: float, highest: float) -> str:
    share = value / highest if highest > 0 else 0.0
    return _BARS[min(int(share * len(_BARS)), len(_BARS) - 1)]


def spell_for(stream: TextIO) -> None:
    """Let a stream that cannot write Unicode spell it in ASCII, as wide as it was."""
    encoding = codecs.lookup(stream.encoding or "ascii").name
    if not encoding.startswith("utf") and hasattr(stream, "reconfigure"):
        codecs.register_error(_ERRORS, _in_ascii)
        stream.reconfigure(errors=_ERRORS)


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    """Return ASCII for what an encoding lacks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_sign, error.object[error.start : error.end])), error.end


def _sign(character: str) -> str:
    if unicodedata.category(character) == "Pd":  # dashes
        return "-"
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return _SIGNS.get(character) or plain or character.encode("ascii", "backslashreplace").decode()
