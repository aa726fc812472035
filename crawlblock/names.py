"""Names that come from outside, held to one rule where they enter.

Names of panels, snapshots, corpora and columns are shown to people.  Names of crawls, shards and
files become a part of a path, and keys become a path within an archive.
"""

import re
from hashlib import blake2b

_LONGEST = 200  # characters of a name
_LONGEST_PART = 120  # characters of a name that becomes part of a path: endings are added to it
_LONGEST_KEY = 1_000  # characters
_IN_PATHS = "/\\"
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+=-]*")
_SPLIT = re.compile(r"[/\\]")
# Windows takes these for devices, also with an ending.
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\..*)?", re.IGNORECASE)
_AS_A_PATH = "it could be read as a path"


def fault_of(name: str) -> str:
    """Return in words what is wrong with a name that is shown, nothing for a good one."""
    if not name.strip():
        return "it is empty"
    if len(name) > _LONGEST:
        return f"it has more than {_LONGEST} characters"
    if not name.isprintable():
        return "it has a control character"
    if any(mark in name for mark in _IN_PATHS) or name.startswith("."):
        return _AS_A_PATH
    if name != name.strip() or name.endswith("."):
        return "it begins or ends with a space, or ends with a dot"
    return "it is the name of a device" if _DEVICE.fullmatch(name) else ""


def part_fault_of(name: str) -> str:
    """Return in words what is wrong with a name that becomes one part of a path."""
    if fault := fault_of(name):
        return fault
    if len(name) > _LONGEST_PART:
        return f"it has more than {_LONGEST_PART} characters"
    return "" if _PLAIN.fullmatch(name) else "it has other characters than A-Z, 0-9 and _.+=-"


def key_fault_of(key: str) -> str:
    """Return in words what is wrong with the key of an object, nothing for a good one.

    A good one stays within its archive and names one object.
    """
    if len(key) > _LONGEST_KEY:
        return f"it has more than {_LONGEST_KEY} characters"
    if not key.isprintable():
        return "it has a control character"
    parts = _SPLIT.split(key)
    if ":" in parts[0] or any(part in ("", ".", "..") for part in parts):
        return _AS_A_PATH  # C: is a drive
    return next(filter(None, map(_key_part_fault, parts)), "")


def _key_part_fault(part: str) -> str:
    if _PLAIN.fullmatch(part) and len(part) <= _LONGEST and not _DEVICE.fullmatch(part):
        return "" if part[-1] != "." else _AS_A_PATH
    return fault_of(part if part[0] != "." else f"_{part}")


def kept_as(key: str) -> str:
    """Return the name, without ending, of the file that keeps an object; no two keys share one.

    It begins as the last part of the key does, for those who look into the folder.
    """
    begin = re.sub("[^A-Za-z0-9_+=-]", "_", key.rpartition("/")[2].partition(".")[0])[:60]
    return f"{begin}-{blake2b(key.encode('utf-8', 'surrogatepass'), digest_size=8).hexdigest()}"


def safe(text: str) -> str:
    """Spell out control characters, which strangers could steer a terminal with."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\t" else repr(c)[1:-1] for c in text)


def mended(name: str) -> str:
    """Return the good name nearest to a name."""
    good = "".join(c if c.isprintable() and c not in _IN_PATHS else "_" for c in name.strip())
    good = good[:_LONGEST].rstrip(" .")
    if good.startswith("."):
        return f"_{good[1:]}"
    return f"_{good}"[:_LONGEST].rstrip(" .") if _DEVICE.fullmatch(good) else good or "_"
