"""How fast we knock: never above the rate the owner set, and slower when the relay says it is too much.

A relay's own limit is found the way TCP finds a line's. What the relay took in the last ten seconds is nearly
what it allows; so we go on a little below that and creep up half a percent a second until it complains again.
That stays within a tenth of a steady limit (PROMISES F24), which the tests simulate for windows of one to five
seconds. After twenty seconds without a complaint the creep becomes 5 % a second, so that one grumpy minute does
not slow a whole campaign.
"""

import time
from collections import deque
from dataclasses import dataclass

SLOWEST = 0.5
"""Messages a second below which no complaint brings us; patience with such a relay is the breaker's business."""

LATE = 0.02
"""Seconds by which a loop that was busy may come late without losing its moments."""

_BACK_OFF = 0.97
_CREEP = 1.005
_STRIDE = 1.05
_CAREFUL = 20.0
_FREE = 1e6
_FIRST_GUESS = 10.0
_LOOK_BACK = 10.0
_SLOTS = 10  # a second


@dataclass(slots=True)
class KnownPace:
    """A pace, and what the database knows of it: whether it was asked, and the rate that was found when last told."""

    pacer: "Pacer"
    is_recalled: bool = False
    kept: float | None = None

    def go_on_with(self, found: float) -> None:
        """Begin at a rate that another process found and kept."""
        self.pacer.recall(found, time.monotonic())
        self.kept = found


class Pacer:
    """Hands out moments to start a message, over all connections. Rates are per second, times monotonic seconds."""

    def __init__(self, rate: float | None = None) -> None:
        """`rate` is the owner's limit. Raises ValueError unless it is above zero."""
        if rate is not None and not rate > 0:
            raise ValueError("The sending rate must be above zero.")
        self._ceiling = rate
        self._found: float | None = None
        self._found_at = 0.0
        self._complained_at = 0.0
        self._taken: deque[tuple[int, int]] = deque()  # (tenth of a second, messages taken in it)
        self._next = 0.0
        self._held: float | None = None  # a moment reserved that has not come yet

    def reserve(self, now: float) -> float:
        """Take the next free moment; returns the seconds to wait for it. A moment not used is lost."""
        moment = max(now, self._next)
        rate = self._rate(moment)
        self._next = moment + (1 / rate if rate else 0.0)
        return moment - now

    def grant(self, now: float, most: int) -> int:
        """How many messages may start now, at most `most`; who comes a little late may catch up."""
        if self._ceiling is None and self._found is None:
            return most
        granted = 0
        while granted < most and not self.wait(now):
            if self._held is None:
                self._held = now - LATE + self.reserve(now - LATE)
            else:
                self._held = None
                granted += 1
        return granted

    def wait(self, now: float) -> float:
        """Seconds until the next message may start, as far as that is known."""
        return max(self._held - now, 0.0) if self._held is not None else 0.0

    def accepted(self, now: float, messages: int = 1) -> None:
        """The relay took so many messages."""
        slot = int(now * _SLOTS)
        before = self._taken.pop()[1] if self._taken and self._taken[-1][0] == slot else 0
        self._taken.append((slot, before + messages))
        while self._taken[0][0] < slot - _LOOK_BACK * _SLOTS:
            self._taken.popleft()

    def slow_down(self, now: float, pause: float) -> None:
        """The relay called us too fast: nobody starts for `pause` seconds, and then slower than before."""
        before = self._rate(now) or _FREE
        if self._found is None:
            # We may only just have begun, and few messages prove little.
            before = min(before, max(self._mean(now, 1.0), _FIRST_GUESS)) * _BACK_OFF
        elif self._mean(now, now - self._found_at):  # without, it is still the complaint of last time
            before = self._estimate(now, before) * _BACK_OFF
        self._found, self._found_at = max(before, SLOWEST), now + pause
        self._complained_at, self._next, self._held = now, now + pause, None

    @property
    def found(self) -> float | None:
        """The rate that the relay's last complaint led to; None when it does not hold us back."""
        return self._found

    def recall(self, found: float, now: float) -> None:
        """Begin at a rate that was found before, by another process perhaps, as if it had just been found."""
        self._found, self._found_at, self._complained_at = max(found, SLOWEST), now, now

    def rate(self, now: float) -> float | None:
        """Messages a second allowed now; None when there is no limit."""
        return self._rate(now)

    def _rate(self, now: float) -> float | None:
        if self._found is None:
            return self._ceiling
        age = max(now - self._found_at, 0.0)
        stride = min(max(age - _CAREFUL, 0.0), 600.0)  # bounded: a float overflows after four hours
        grown: float = self._found * _CREEP ** min(age, _CAREFUL) * _STRIDE**stride
        if grown >= (self._ceiling or _FREE):
            self._found = None
            return self._ceiling
        return grown

    def _estimate(self, now: float, before: float) -> float:
        """What the relay allows: the mean since its last complaint, but at least half of what it took in the last
        second, for we may have been idle before that."""
        mean = self._mean(now, min(max(now - self._complained_at, 1.0), _LOOK_BACK))
        return min(before, max(mean, self._mean(now, 1.0) / 2))

    def _mean(self, now: float, seconds: float) -> float:
        if seconds <= 0:
            return 0.0
        since = (now - seconds) * _SLOTS
        return sum(count for slot, count in self._taken if slot > since) / seconds
