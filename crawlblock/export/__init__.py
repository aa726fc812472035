"""A database as files that others read: facts, conclusions and results, described."""

from crawlblock.export.write import export

__all__ = ["export"]
