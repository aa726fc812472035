"""A system with less than Linux.  Its text is that of a `sitecustomize` (test_other_systems.py).

What other systems lack is taken away from our code and its lock; Python's own modules keep it, for
this system's asyncio needs it.  A text file without an encoding is an error, for other systems have
other defaults.
"""

import builtins
import os
import pathlib
import signal
import warnings

MODULES = ("fcntl", "resource", "pwd", "grp", "termios", "tty", "readline", "msvcrt")
FUNCTIONS = (
    "fork", "link", "symlink", "getuid", "geteuid", "getgid", "getpgid", "killpg", "sync", "chown",
    "sched_getaffinity", "posix_fadvise", "posix_fallocate", "mkfifo", "statvfs", "getloadavg",
    "fchmod", "nice", "setsid", "fdatasync", "copy_file_range", "sendfile", "splice",
)  # fmt: skip
SIGNALS = ("SIGHUP", "SIGPIPE", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGCHLD", "SIGQUIT")
DEVICES = ("CON", "PRN", "AUX", "NUL")
RESERVED = set('<>:"|?*\\')


def take_away() -> None:
    """Take it all away from this process."""
    whole_import, whole_open = builtins.__import__, os.open

    def small_import(name, given=None, *rest, **more):  # type: ignore[no-untyped-def]
        who = str((given or {}).get("__name__", ""))
        if name in MODULES and who.startswith(("crawlblock", "filelock")):
            raise ImportError(f"no module named {name!r}")
        return whole_import(name, given, *rest, **more)

    def small_open(path, flags, *rest, **more):  # type: ignore[no-untyped-def]
        at = None if isinstance(path, int) else pathlib.Path(os.fsdecode(path))
        if at and flags & os.O_CREAT and not is_portable(at.name):
            raise OSError(22, "the name is reserved", str(path))
        if at and at.is_dir():
            raise PermissionError(13, "a folder cannot be opened", str(path))
        return whole_open(path, flags, *rest, **more)

    builtins.__import__ = small_import  # type: ignore[assignment]
    os.open = small_open
    for module, names in ((os, FUNCTIONS), (signal, SIGNALS)):
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    if hasattr(os, "process_cpu_count"):  # of Python 3.13, which has another one elsewhere
        os.process_cpu_count = os.cpu_count
    warnings.filterwarnings("error", category=EncodingWarning, module="crawlblock")


def is_portable(name: str) -> bool:
    """Tell whether Windows can have a file of that name."""
    stem = name.partition(".")[0].rstrip().upper()
    device = stem in DEVICES or stem[:-1] in ("COM", "LPT")
    return not (device or RESERVED & set(name) or name != name.rstrip(". "))
