"""The polite way to ask servers: what they answer is a value, raised is only what ends the run."""

from crawlblock.transport.client import PoliteClient
from crawlblock.transport.identity import is_loopback, user_agent
from crawlblock.transport.partial import PartialFile
from crawlblock.transport.responses import MOST_IN_MEMORY
from crawlblock.transport.throttle import Busy, Failure, HostGate, Limits, Refusal
from crawlblock.transport.traffic import Heard, Traffic

__all__ = [
    "MOST_IN_MEMORY",
    "Busy",
    "Failure",
    "Heard",
    "HostGate",
    "Limits",
    "PartialFile",
    "PoliteClient",
    "Refusal",
    "Traffic",
    "is_loopback",
    "user_agent",
]
