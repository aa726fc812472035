"""Names that come from outside: of panels, and of the columns of a list.

A name may become a part of a path or be shown in a terminal, so one rule holds for all of them.
"""

_LONGEST = 200  # characters
_IN_PATHS = "/\\"


def fault_of(name: str) -> str:
    """Return in words what is wrong with a name, nothing for a good one."""
    if not name.strip():
        return "it is empty"
    if len(name) > _LONGEST:
        return f"it has more than {_LONGEST} characters"
    if not name.isprintable():
        return "it has a control character"
    if any(mark in name for mark in _IN_PATHS) or name.startswith("."):
        return "it could be read as a path"
    return ""


def mended(name: str) -> str:
    """Return the good name nearest to a name."""
    good = "".join(c if c.isprintable() and c not in _IN_PATHS else "_" for c in name.strip())
    good = good[:_LONGEST].strip()
    return f"_{good[1:]}" if good.startswith(".") else good or "_"
