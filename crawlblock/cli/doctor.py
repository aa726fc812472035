"""`crawlblock doctor`: is all there that a run needs."""

import sys
from dataclasses import asdict, replace
from pathlib import Path

import click

from crawlblock.cli.options import contact_option, db_option, mirror_option, politeness_options
from crawlblock.cli.output import Output, output_options, print_rows, print_text
from crawlblock.pipeline.doctor import QUICK, Check, archive, examine
from crawlblock.pipeline.run import now
from crawlblock.pipeline.survey import survey
from crawlblock.report.checklist import checklist
from crawlblock.report.formats import TABLE
from crawlblock.report.terminal.doctor_page import doctor_page
from crawlblock.sources.commoncrawl.mirror import limits_for


@click.command()
@db_option
@mirror_option
@contact_option
@politeness_options
@click.option(
    "--report",
    is_flag=True,
    help="Print a checklist in Markdown that you can send to us. It has no names, "
    "addresses or paths.",
)
@output_options()
def doctor(
    db: Path, mirror: str, contact: str | None, rate: float | None, in_flight: int | None,
    report: bool, output: Output,
) -> None:  # fmt: skip
    r"""Check what a run needs, and say how to fix what is missing.

    It looks at versions, the database and its disk, the contact, the archive and this terminal. The
    exit code is 1 if something fails. It sends requests to a public archive only with --contact:
    one, or about six with --report. The list of crawls is kept beside the database.

    \b
    Examples:
      crawlblock doctor
      crawlblock doctor --contact you@example.org -o json
      crawlblock doctor --mirror build/demo
      crawlblock doctor --contact you@example.org --report --to checklist.md
    """
    asked = limits_for(mirror, rate, in_flight)
    limits = replace(QUICK, per_second=asked.per_second, in_flight=asked.in_flight)
    kept = db.with_suffix(".cache")
    findings = [*examine(db, contact, now()), _encoding()]
    if report:
        seen = survey(mirror, contact, kept, now(), limits)
        print_text(checklist(findings, seen, mirror, now().date()), output)
        failed = not seen[-1].ok
    else:
        findings += archive(mirror, contact, kept, now(), limits)
        if output.kind == TABLE:
            print_text(doctor_page(findings), output)
        else:
            print_rows([asdict(finding) for finding in findings], output, [*Check.__slots__])
        failed = False
    failed |= any(finding.state == "fail" for finding in findings)
    if failed:
        sys.exit(1)


def _encoding() -> Check:
    encoding = sys.stdout.encoding or "ascii"
    if encoding.lower().startswith("utf"):
        return Check("terminal", "ok", encoding)
    advice = "bars are printed in ASCII; set PYTHONIOENCODING=utf-8 if it can show more"
    return Check("terminal", "warn", encoding, advice)
