"""A database as files that others read: facts, conclusions and claims, described."""

from crawlblock.export.write import export

__all__ = ["export"]
