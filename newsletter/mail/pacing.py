"""How fast we knock: never above the rate the owner set, and slower when the relay says it is too much.

A relay's own limit is found the way TCP finds a line's: what it took in the last second is nearly what it
allows, so after a "too fast" we go on at 95 % of that and creep up half a percent a second. That stays
within a tenth of a steady limit. Twenty seconds without a complaint and the creep becomes 5 % a second, so
that one grumpy minute does not slow a whole campaign.
"""

import threading
from collections import deque

_BACK_OFF = 0.95
_CREEP = 1.005
_STRIDE = 1.05
_CAREFUL = 20.0
_SLOWEST = 0.5
_FREE = 1e6


class Pacer:
    """Hands out moments to start a message, over all connections. Rates are per second, times monotonic seconds."""

    def __init__(self, rate: float | None = None) -> None:
        """`rate` is the owner's limit. Raises ValueError unless it is above zero."""
        if rate is not None and not rate > 0:
            raise ValueError("The sending rate must be above zero.")
        self._ceiling = rate
        self._learned: tuple[float, float] | None = None
        self._next = 0.0
        self._accepted: deque[float] = deque()
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
            self._accepted.append(now)
            self._forget(now)

    def slow_down(self, now: float, pause: float) -> None:
        """The relay called us too fast: nobody starts for `pause` seconds, then slower than before."""
        with self._lock:
            self._forget(now)
            before = self._rate(now) or _FREE
            self._learned = (max(min(before, len(self._accepted)) * _BACK_OFF, _SLOWEST), now + pause)
            self._next = now + pause

    def rate(self, now: float) -> float | None:
        """Messages a second allowed now; None when there is no limit."""
        with self._lock:
            return self._rate(now)

    def _rate(self, now: float) -> float | None:
        if self._learned is None:
            return self._ceiling
        found, since = self._learned
        age = max(now - since, 0.0)
        grown: float = found * _CREEP ** min(age, _CAREFUL) * _STRIDE ** min(max(age - _CAREFUL, 0.0), 600.0)
        if grown >= (self._ceiling or _FREE):
            self._learned = None
            return self._ceiling
        return grown

    def _forget(self, now: float) -> None:
        while self._accepted and self._accepted[0] <= now - 1.0:
            self._accepted.popleft()
