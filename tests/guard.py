"""Finds who would leave this machine.  It is also the text of a `sitecustomize` (shells.py)."""

import sys


def beyond(event: str, values: tuple[object, ...]) -> object:
    """Return the host beyond this machine that an audit event is about, None if there is none."""
    if event == "socket.connect":
        name = values[1]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        name = values
    else:
        return None
    host = name[0] if isinstance(name, tuple) else None
    if isinstance(host, bytes):
        host = host.decode()
    here = not host or str(host).startswith("127.") or host in ("::1", "localhost")
    return None if here else host


def watch(event: str, values: tuple[object, ...]) -> None:
    """Say who would be reached, and prevent it with an OSError."""
    if host := beyond(event, values):
        sys.stderr.write(f"REACHED {event} {host}\n")
        raise OSError("beyond loopback")
