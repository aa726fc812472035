"""The polite way to ask servers: what they answer is a value, raised is only what ends the run."""

from crawlblock.transport.client import PoliteClient
from crawlblock.transport.identity import is_loopback, user_agent
from crawlblock.transport.partial import PartialFile
from crawlblock.transport.responses import MOST_IN_MEMORY
from crawlblock.transport.throttle import Busy, FailedAttempt, HostGate, Limits, Refusal
from crawlblock.transport.traffic import Heard, QuotaSpentError, ServerTraffic

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
