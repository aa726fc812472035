"""What a robots.txt states beside its verdicts, in lines of our own that read the same.

Signals, lines that bind nobody, and the marks of templates.  The lines are added to groups that
give the verdicts, and change none of them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from crawlblock.robots.authorship import Template
from crawlblock.robots.meaning import Meaning
from crawlblock.robots.meant import LineFault
from crawlblock.robots.signals import TRAIN, TRAINING_TOKEN, USAGE_TOKEN, Signal

SIGNAL, INEFFECTIVE, TEMPLATE = "signal", "ineffective", "template"
STRANGER = "an-agent-of-nobody"
_PART = "/part"  # stands for any path but the whole site
_WORDS = {"train": "ai-train", "search": "search", "input": "ai-input", "mine": "tdm",
          "all": "bots", "personalize": "ai-personalization", "reuse": "use"}  # fmt: skip
# Letters of another alphabet, and a dash, that look like ours.
_ALIKE = (("-", "\u2013"), ("o", "\u043e"), ("e", "\u0435"), ("a", "\u0430"), ("c", "\u0441"))
_ANSWERS = {"allow": "yes", "disallow": "no"}
_LAW = "# Rights are reserved (article 4 of Directive (EU) 2019/790)."


@dataclass(frozen=True, slots=True)
class FactStatement:
    """One thing that a robots.txt states or shows."""

    what: str  # signal, ineffective or template
    name: str  # kind of the signal, fault of the line, template
    tokens: tuple[str, ...] = ()  # whom it addresses, or who is not bound; lower case for signals
    use: str | None = None
    preference: str | None = None
    path: str | None = None  # `/part`: some paths; None: all
    form: int = 0  # which of the lines that could state it


def statements_of(found: Meaning) -> tuple[FactStatement, ...]:
    """Return what a text states, each once, in the order of its lines."""
    known = {token.lower() for token in found.rulings}
    stated = [_of_signal(signal, known) for signal in found.signals]
    stated += [
        FactStatement(what=INEFFECTIVE, name=line.fault, tokens=tuple(sorted(line.blocks)))
        for line in found.ineffective
        if line.blocks
    ]
    stated += [FactStatement(what=TEMPLATE, name=template) for template in sorted(found.templates)]
    return tuple(dict.fromkeys(stated))


def _of_signal(signal: Signal, known: set[str]) -> FactStatement:
    """Return a signal without its words: addressed to known crawlers, `*` or a stranger."""
    agents = sorted(known.intersection(signal.agents))
    if signal.agents and not agents:
        agents = [TRAINING_TOKEN if signal.kind == USAGE_TOKEN else STRANGER]
    whole = signal.path in (None, "/", "*", "/*")
    return FactStatement(
        what=SIGNAL,
        name=signal.kind,
        tokens=tuple(agents),
        use=signal.use,
        preference=signal.preference,
        path=None if whole else _PART,
    )


def lines_of_statement(stated: FactStatement, templates: Mapping[str, Template]) -> Iterator[str]:
    """Yield texts that could state it, the most ordinary first."""
    if stated.what == SIGNAL:
        yield _signal(stated)
    elif stated.what == TEMPLATE:
        yield from _marks(templates.get(stated.name))
    else:
        yield from _faults(stated)


def _signal(stated: FactStatement) -> str:
    line = _signal_line(stated)
    if not stated.tokens:
        return line
    agents = "\n".join(f"User-agent: {agent}" for agent in stated.tokens)
    if stated.name == USAGE_TOKEN:
        return f"{agents}\n{line}"
    return f"{agents}\n{line}\nDisallow:"


def _signal_line(stated: FactStatement) -> str:
    path = stated.path or "/"
    allowed = stated.preference == "allow"
    match stated.name:
        case "crawl-delay":
            return f"Crawl-delay: {stated.preference}"
        case "rsl-license":
            return "License: https://example.org/license.xml"
        case "eu-2019-790":
            return _LAW
        case "disallow-ai-training":
            return f"{'Allow' if allowed else 'Disallow'}AITraining: {path}"
        case kind if kind == USAGE_TOKEN:
            return f"{'Allow' if allowed else 'Disallow'}: {path}"
        case kind:
            key = "Content-Signal" if kind == "content-signal" else "Content-Usage"
            word = _WORDS.get(stated.use or "", "other")
            if kind == "content-usage" and stated.use == TRAIN:
                word = "train-ai"
            answer = _ANSWERS.get(stated.preference or "", stated.preference)
            return f"{key}: {path + ' ' if stated.path else ''}{word}={answer}"


def _marks(template: Template | None) -> Iterator[str]:
    for mark in template.marks if template else ():
        if not mark.lines:
            rules = [line for line in (mark.start, *mark.also) if not line.startswith("#")]
            comments = [line for line in (mark.start, *mark.also) if line.startswith("#")]
            head = [f"User-agent: {STRANGER}", *rules, ""] if rules else []
            yield "\n".join([*head, *comments, *([mark.end] if mark.end else [])])


def _faults(stated: FactStatement) -> Iterator[str]:
    """Yield groups with a line of this fault that would block the first crawler it names."""
    for token in stated.tokens:
        for agent, before in _faulty(stated.name, token):
            head = f"User-agent: {STRANGER}\n" if before else ""
            rule = "Disallow:" if stated.name == LineFault.ONE_LINE else "Disallow: /"
            yield f"{head}{agent}\n{rule}"


def _faulty(fault: str, token: str) -> Iterable[tuple[str, bool]]:
    """Return agent lines with a fault, and whether a group must come before: they begin none."""
    match fault:
        case LineFault.ONE_LINE:
            return [(f"User-agent: {token} Disallow: /", False)]
        case LineFault.INVISIBLE:
            return [(f"\u200dUser-agent: {token}", True)]
        case LineFault.MISSPELT_KEY:
            return [(f"User-aget: {token}", True), (f"User_agent: {token}", True)]
        case LineFault.NO_COLON:
            return [(f"User-agent = {token}", True)]
        case LineFault.FULL_USER_AGENT:
            return [(f"User-agent: Mozilla/5.0 (compatible; {token}/1.0)", False)]
        case LineFault.ODD_NAME:
            return [(f'User-agent: "{token}"', False), (f"User-agent: *{token}", False),
                    (f"User-agent: the {token}", False)]  # fmt: skip
        case LineFault.SEVERAL_NAMES:
            return [(f"User-agent: {STRANGER}, {token}", False),
                    (f"User-agent: CCBot{token}", False), (f"User-agent: {token}CCBot", False),
                    (f"User-agent: anthropic-ai{token}", False)]  # fmt: skip
        case LineFault.LOOKALIKE:
            names = (token.replace(a, b) for a, b in _ALIKE)
            quoted = f"\u201c{token}\u201d"
            return [(f"User-agent: {name}", False) for name in (*names, quoted)]
        case LineFault.MISSPELT_NAME:
            swapped = [token[:n] + token[n + 1] + token[n] + token[n + 2:]
                       for n in range(1, len(token) - 1) if token[n] != token[n + 1]]  # fmt: skip
            cut = [token[:n] + token[n + 1 :] for n in range(1, len(token))]
            return [(f"User-agent: {name}", False) for name in (*swapped, *cut)]
        case _:
            return []
