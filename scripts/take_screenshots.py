"""Takes the pictures of the page that README and documents show, and copies the main figure.

Usage: python scripts/take_screenshots.py RESULTS FOLDER
RESULTS is the folder of the demo's results (`make analyze`); Chromium must be installed.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

PICTURES = {"page.png": (1280, 800), "page-phone.png": (390, 780)}  # width and height in pixels
MOST = 200_000  # bytes of a picture


def main(results: Path, folder: Path) -> None:
    """Write the pictures; raises ValueError for one that is too large to commit."""
    shutil.copyfile(results / "blocked.svg", folder / "blocked.svg")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for name, (width, height) in PICTURES.items():
            page = browser.new_page(viewport={"width": width, "height": height})
            page.goto((results / "index.html").resolve().as_uri())
            page.wait_for_timeout(1000)  # ms, until it is drawn
            page.screenshot(path=folder / name)
            page.close()
            if (folder / name).stat().st_size > MOST:
                raise ValueError(f"{folder / name}: larger than {MOST:,} bytes")
        browser.close()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
