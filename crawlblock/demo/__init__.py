"""Small archives in Common Crawl's own layout, for the bundled facts, for tests and for imports.

The files are rendered; what they say is what the caller puts in.  Their crawls are called DEMO-...,
so that nobody takes them for Common Crawl's.
"""

from crawlblock.demo.archive import build
from crawlblock.demo.bundled_facts import BUNDLED, render_demo, some_sites
from crawlblock.demo.contents import Rendered
from crawlblock.demo.pack import pack

__all__ = ["BUNDLED", "Rendered", "build", "pack", "render_demo", "some_sites"]
