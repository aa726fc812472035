"""Prints the `versions` of a published list of agents for crawlblock/registry/templates.toml.

Usage: python scripts/derive_lists.py [HISTORY]
HISTORY (default: ../shared/registries/ai_robots_txt_history beside the repository) holds
versions.csv and blobs.zip.  Only what a version added and removed is kept; of several versions of
one day, the last.
"""

import csv
import re
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HISTORY = ROOT.parent / "shared" / "registries" / "ai_robots_txt_history"
AGENT = re.compile(r"(?im)^user-agent:[ \t]*(\S.*?)[ \t\r]*$")


def versions(history: Path) -> dict[str, frozenset[str]]:
    """Return the agents of each day's last version, oldest first."""
    with (history / "versions.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["site"] == "robots.txt"]
    with zipfile.ZipFile(history / "blobs.zip") as blobs:
        texts = {row["blob"]: blobs.read(row["blob"]).decode() for row in rows}
    rows.sort(key=lambda row: row["valid_from"])
    return {
        row["valid_from"][:10]: frozenset(
            name.lower() for name in AGENT.findall(texts[row["blob"]])
        )
        for row in rows
    }


def main(history: Path) -> None:
    """Print one line of TOML for each version that changed the agents."""
    before: frozenset[str] = frozenset()
    print("versions = [")
    for day, agents in sorted(versions(history).items()):
        changes = [("added", sorted(agents - before)), ("removed", sorted(before - agents))]
        stated = [f"{name} = {names}".replace("'", '"') for name, names in changes if names]
        if stated:
            print(f"    {{ date = {day}, {', '.join(stated)} }},")
        before = agents
    print("]")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HISTORY)
