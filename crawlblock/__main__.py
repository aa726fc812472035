"""`crawlblock` and `python -m crawlblock`: a command in a process of its own."""

import sys

from crawlblock.cli import main


def run() -> None:
    """Run the command that the arguments name.

    DuckDB imports pandas when a query has a parameter, if pandas is installed.  That takes a
    quarter of a second, and no command needs it.
    """
    sys.modules.setdefault("pandas", None)  # type: ignore[arg-type]
    main()


if __name__ == "__main__":
    run()
