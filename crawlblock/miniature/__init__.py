"""Small archives in Common Crawl's own layout, for the bundled facts, for tests and for imports.

The files are rendered; what they say is what the caller puts in.  Their crawls are called MINI-...,
so that nobody takes them for Common Crawl's.
"""

from crawlblock.miniature.archive import build
from crawlblock.miniature.facts import render_sample
from crawlblock.miniature.pack import pack
from crawlblock.miniature.rendered import Rendered

__all__ = ["Rendered", "build", "pack", "render_sample"]
