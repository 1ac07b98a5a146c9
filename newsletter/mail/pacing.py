"""How fast we knock: never above the rate the owner set, and slower when the relay says it is too much.

A relay's own limit is found the way TCP finds a line's. What the relay took since its last "too fast" and in
the last second is nearly what it allows; so we go on a little below that and creep up half a percent a second
until it complains again, which stays within a tenth of a steady limit (PROMISES F24; simulated in the tests
for limits counted by the second and over five seconds). After twenty seconds without a complaint the creep
becomes 5 % a second, so that one grumpy minute does not slow a whole campaign.
"""

import threading
from collections import deque

SLOWEST = 0.5
"""Messages a second below which no complaint brings us; patience with such a relay is the breaker's business."""

_BACK_OFF = 0.97
_CREEP = 1.005
_STRIDE = 1.05
_CAREFUL = 20.0
_FREE = 1e6
_FIRST_GUESS = 10.0


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
        self._taken_since = 0
        self._last_second: deque[float] = deque()
        self._next = 0.0
        self._lock = threading.Lock()

    def reserve(self, now: float) -> float:
        """Take the next free moment; returns the seconds to wait for it. A moment not used is lost."""
        with self._lock:
            moment = max(now, self._next)
            rate = self._rate(moment)
            self._next = moment + (1 / rate if rate else 0.0)
            return moment - now

    def accepted(self, now: float) -> None:
        """The relay took a message."""
        with self._lock:
            self._taken_since += 1
            self._last_second.append(now)
            self._forget(now)

    def slow_down(self, now: float, pause: float) -> None:
        """The relay called us too fast: nobody starts for `pause` seconds, and then slower than before."""
        with self._lock:
            self._forget(now)
            before = self._rate(now) or _FREE
            if self._found is None:
                # We may only just have begun, and few messages prove little.
                before = min(before, max(len(self._last_second), _FIRST_GUESS)) * _BACK_OFF
            elif self._taken_since:  # without, this is still the complaint of last time
                before = self._estimate(now, before) * _BACK_OFF
            self._found, self._found_at = max(before, SLOWEST), now + pause
            self._complained_at, self._taken_since = now, 0
            self._next = now + pause

    def rate(self, now: float) -> float | None:
        """Messages a second allowed now; None when there is no limit."""
        with self._lock:
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
        """What the relay allows: the mean since its last complaint, but never less than half of our speed, for we
        may have been idle in between."""
        speed = min(before, len(self._last_second) or before)
        mean = self._taken_since / max(now - self._complained_at, 1.0)
        return max(min(mean, speed), speed / 2)

    def _forget(self, now: float) -> None:
        while self._last_second and self._last_second[0] <= now - 1.0:
            self._last_second.popleft()
