"""What `doctor` found, in lines for a terminal: what is well in few of them, each advice once."""

import re
from collections.abc import Iterator, Sequence

from crawlblock.pipeline.doctor import Check
from crawlblock.report.terminal.stated_lines import folded

_VERSION = re.compile(r"\d+(?:\.\w+)+")
_ABSENT = "not installed; "  # an optional package that is well without


def doctor_page(findings: Sequence[Check]) -> str:
    """Return findings in lines of the terminal's width, those that are not well last."""
    well = [each for each in findings if each.state == "ok"]
    packages = [e for e in well if _VERSION.fullmatch(e.found) and e.what != "python"]
    absent = [each for each in well if each.found.startswith(_ABSENT)]
    shown = [e for e in well if e not in packages and e not in absent]
    lines = [f"ok    {each.what}: {each.found}" for each in shown]
    if packages:
        lines.append(f"ok    packages: {', '.join(f'{e.what} {e.found}' for e in packages)}")
    lines += _absent(absent)
    lines += _problems([each for each in findings if each.state != "ok"])
    return "".join(f"{part}\n" for line in lines for part in folded([line], ""))


def _absent(findings: Sequence[Check]) -> Iterator[str]:
    by_advice: dict[str, list[str]] = {}
    for each in findings:
        by_advice.setdefault(each.found.removeprefix(_ABSENT), []).append(each.what)
    for advice, names in by_advice.items():
        yield f"ok    optional, not installed: {', '.join(names)}; {advice}"


def _problems(findings: Sequence[Check]) -> Iterator[str]:
    said: set[str] = set()
    for each in findings:
        advice = each.advice or ""
        shown = "as above" if advice in said else advice
        yield f"{each.state:<5} {each.what}: {each.found}{shown and '; '}{shown}"
        said |= {advice} - {""}
