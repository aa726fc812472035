"""The gate of a host: how fast it may be asked, and what happens when it does not answer well."""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from crawlblock.errors import InputError, UpstreamError
from crawlblock.outcome import Outcome
from crawlblock.transport.shared_pace import SharedPace

MOST_IN_MEMORY = 64 * 1024 * 1024  # bytes of one answer whose length was not asked for
_LONGEST_OBEYED = 3600.0  # s; a host that asks for more patience than this ends the run
_LONGEST_RETRY = 60.0  # s between two attempts
_IN_A_ROW = 5  # answers of a server under load, after each such number the host pauses
_BUSY_PAUSE = 5.0  # s; the first of these pauses, doubled each time up to the longest retry
_SHORT = 10.0  # s; a longer wait for other processes is announced
_ALONE = 8  # attempts of one request that found the host busy while others got through

_log = logging.getLogger(__name__)
T = TypeVar("T")
Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one host is asked to bear, by all tasks of a client together."""

    per_second: float = 1.0  # request starts; they keep 1 / per_second s apart
    in_flight: int = 1
    pause: float = 60.0  # s; the first pause after 403 or 429, doubled each time
    longest_pause: float = 900.0  # s
    pauses: int = 3  # without a success in between; the next refusal ends the run
    attempts: int = 5  # of one request, where it fails in another way
    timeout: float = 120.0  # s; of one read, and of silence while saving
    retry: float = 1.0  # s before the second attempt, doubled each time
    patience: float = 1800.0  # s without a success but 5xx, after which the run ends
    together: float | None = None  # request starts a second of all processes; None: not counted

    def __post_init__(self) -> None:
        """Refuse limits under which nothing would ever be sent."""
        for name in ("per_second", "in_flight", "attempts", "timeout"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} is {getattr(self, name)}; it must be above 0")

    def shared(self) -> "Limits":
        """Return the limits whose rate all processes of a user on this machine keep together."""
        return self if self.together else replace(self, together=self.per_second)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer by which a host says that it is asked too much."""

    status: int
    outcome: Outcome  # of the request, should the host go on refusing just this one
    retry_after: float = 0.0  # s


@dataclass(frozen=True, slots=True)
class Busy:
    """An answer by which a host says that it is under load, whoever asks."""

    status: int
    retry_after: float = 0.0  # s


@dataclass(frozen=True, slots=True)
class FailedAttempt:
    """An attempt that did not succeed and may the next time."""

    outcome: Outcome


class HostGate:
    """Keeps what all tasks send to one host within its limits, and closes when it refuses."""

    def __init__(
        self, host: str, limits: Limits, clock: Clock = time.monotonic, sleep: Sleep = asyncio.sleep
    ) -> None:
        self._host, self._limits, self._clock, self._sleep = host, limits, clock, sleep
        self._slots = asyncio.Semaphore(limits.in_flight)
        self._turn = asyncio.Lock()
        self._next_start = self._resume_at = clock()
        self._epoch = 0  # pauses ever: tells answers to earlier requests from those after a pause
        self._pauses = 0  # since the last success
        self._busy = 0  # answers of a host under load since the last success
        self._busy_since = 0.0  # the first of them
        self._successes = 0  # ever
        self._closed: str | None = None  # why
        self._pace = SharedPace(host) if limits.together else None

    async def ask(
        self, once: Callable[[], Awaitable[T | Refusal | Busy | FailedAttempt]]
    ) -> T | Outcome:
        """Return what `once` gives, calling it again as often as the limits allow.

        Raises UpstreamError when the host keeps refusing, then and for every later call.
        """
        failures = refusals = busy = alone = 0
        successes = self._successes
        while True:
            async with self._slots:
                epoch = await self._start()
                answer = await once()
                self._note(epoch, answer)
            if isinstance(answer, Refusal):
                refusals += 1
                if refusals > self._limits.pauses:  # others get through meanwhile
                    return answer.outcome
            elif isinstance(answer, Busy):
                busy += 1
                alone += self._successes > successes
                successes = self._successes
                if alone >= _ALONE:
                    return Outcome.SERVER_ERROR
                await self._sleep(self._patience(busy))
            elif isinstance(answer, FailedAttempt):
                failures += 1
                if failures >= self._limits.attempts:
                    return answer.outcome
                await self._sleep(self._patience(failures))
            else:
                return answer

    def hold(self, seconds: float) -> None:
        """Send nothing for a while: what the host allows is used up.

        A host that asks for too much patience is asked nothing more.
        """
        if seconds > _LONGEST_OBEYED:
            self._closed = self._why(f"allows nothing more for {seconds:.0f} s")
        self._resume(seconds)

    async def _start(self) -> int:
        """Wait for the turn of a request and return its epoch."""
        async with self._turn:
            while True:
                if self._closed:
                    raise UpstreamError(self._closed)
                wait = max(self._next_start, self._resume_at) - self._clock()
                if wait <= 0:
                    wait = self._others()
                if wait <= 0:
                    break
                await self._sleep(wait)
            self._next_start = self._clock() + 1 / self._limits.per_second
            return self._epoch

    def _others(self) -> float:
        """Return how long, in s, other processes of this user keep the host busy, 0: not at all."""
        if self._pace is None or not self._limits.together:
            return 0.0
        apart = 1 / self._limits.together
        wait = self._pace.begin(apart)
        if wait > max(_SHORT, apart):
            _log.warning("%s asked another process for patience: waiting %.0f s", self._host, wait)
        return wait

    def _note(self, epoch: int, answer: object) -> None:
        """Draw from an answer what all later requests must bear."""
        if isinstance(answer, Refusal):
            self._pause(epoch, answer)
        elif isinstance(answer, Busy):
            self._rest(answer)
        elif not isinstance(answer, FailedAttempt):
            self._busy = 0
            self._successes += 1
            if epoch == self._epoch:  # a success from before the pause proves nothing
                self._pauses = 0

    def _pause(self, epoch: int, refusal: Refusal) -> None:
        """Hold back every request; refusals of one epoch are one event."""
        wait = refusal.retry_after
        if epoch == self._epoch:
            self._epoch += 1
            self._pauses += 1
            doubled = self._limits.pause * 2.0 ** (self._pauses - 1)
            wait = max(wait, min(doubled, self._limits.longest_pause))
        if self._pauses > self._limits.pauses:
            still = f" still, after {self._limits.pauses} pauses" if self._limits.pauses else ""
            self._close(f"answered {refusal.status}{still}")
        self._obey(refusal.status, wait)

    def _rest(self, answer: Busy) -> None:
        """Hold back every request where the host asks for it, or after several in a row."""
        now = self._clock()
        if not self._busy:
            self._busy_since = now
        self._busy += 1
        if now - self._busy_since >= self._limits.patience:
            self._close(f"answered {answer.status}{_spoken(now - self._busy_since)}")
        rounds, rest = divmod(self._busy, _IN_A_ROW)
        pause = min(_BUSY_PAUSE * 2.0 ** min(rounds - 1, 10), _LONGEST_RETRY)
        wait = answer.retry_after if rest else max(answer.retry_after, pause * self._limits.retry)
        self._obey(answer.status, wait)

    def _obey(self, status: int, wait: float) -> None:
        if wait > _LONGEST_OBEYED:
            self._close(f"answered {status} and asks for {wait:.0f} s of patience")
        if self._resume(wait):
            _log.warning("%s answered %d: waiting %.0f s", self._host, status, wait)

    def _resume(self, wait: float) -> bool:
        """Resume after so many seconds at the earliest; tell whether that is later than before."""
        later = wait > 0 and self._resume_at < self._clock() + wait
        if later:
            self._resume_at = self._clock() + wait
            if self._pace:
                self._pace.hold(wait)
        return later

    def _close(self, why: str) -> None:
        self._closed = self._why(why)
        raise UpstreamError(self._closed)

    def _why(self, why: str) -> str:
        return (
            f"{self._host} {why}; wait an hour or more, then run the same command again: it resumes"
        )

    def _patience(self, failures: int) -> float:
        jitter = random.uniform(1.0, 1.5)  # noqa: S311 - it spreads retries, it hides nothing
        return jitter * min(self._limits.retry * 2.0 ** min(failures - 1, 10), _LONGEST_RETRY)


def _spoken(seconds: float) -> str:
    if seconds < 1:
        return ""
    return f" for {seconds / 60:.0f} minutes" if seconds >= 120 else f" for {seconds:.0f} seconds"
