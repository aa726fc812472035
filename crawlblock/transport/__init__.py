"""The polite way to ask servers: what they answer is a value, raised is only what ends the run."""

from typing import TYPE_CHECKING, Any

from crawlblock.transport.identity import is_loopback, user_agent
from crawlblock.transport.partial import PartialFile
from crawlblock.transport.throttle import (
    MOST_IN_MEMORY,
    Busy,
    FailedAttempt,
    HostGate,
    Limits,
    Refusal,
)
from crawlblock.transport.traffic import Heard, QuotaSpentError, ServerTraffic

if TYPE_CHECKING:
    from crawlblock.transport.client import PoliteClient

__all__ = [
    "MOST_IN_MEMORY",
    "Busy",
    "FailedAttempt",
    "Heard",
    "HostGate",
    "Limits",
    "PartialFile",
    "PoliteClient",
    "QuotaSpentError",
    "Refusal",
    "ServerTraffic",
    "is_loopback",
    "user_agent",
]


def __getattr__(name: str) -> Any:
    """Load the client when somebody asks servers: aiohttp takes a sixth of a second."""
    if name != "PoliteClient":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from crawlblock.transport.client import PoliteClient

    return PoliteClient
