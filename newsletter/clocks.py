"""The real clocks: nothing else in the house asks the system for the time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from newsletter.store import duties
from newsletter.store.engine import Store

_ANCHOR = "clock_anchor"
_MOVED = "clock_moved"


class SystemClock:
    """Business time is machine time."""

    def now(self) -> datetime:
        """Business time."""
        return datetime.now(UTC)

    def machine(self) -> datetime:
        """Machine time."""
        return datetime.now(UTC)


@dataclass(slots=True)
class SetClock:
    """Business time stands where it was set last; `tick` and tests move it."""

    moment: datetime

    def now(self) -> datetime:
        """Business time."""
        return self.moment

    def machine(self) -> datetime:
        """Machine time."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class SharedClock:
    """Business time stands in a row that every process reads; the demo moves it on."""

    store: Store

    def now(self) -> datetime:
        """Business time."""
        with self.store.reading() as tx:
            moved = duties.fact(tx, _MOVED)
        return datetime.fromisoformat(moved) if moved else datetime.now(UTC)

    def move(self, moment: datetime) -> None:
        """Set business time for every process."""
        with self.store.transaction() as tx:
            duties.remember(tx, _MOVED, moment.isoformat())

    def machine(self) -> datetime:
        """Machine time."""
        return datetime.now(UTC)


@dataclass(slots=True)
class AnchoredClock:
    """Business time began at `start` when a process first asked this database, for all processes alike.

    Each process asks once before it opens a transaction: writing the beginning down takes one of its own, and
    on SQLite two at a time would wait for each other.
    """

    store: Store
    start: datetime
    _shift: timedelta | None = None

    def now(self) -> datetime:
        """Business time."""
        if self._shift is None:
            self._shift = self._anchor()
        return datetime.now(UTC) + self._shift

    def machine(self) -> datetime:
        """Machine time."""
        return datetime.now(UTC)

    def _anchor(self) -> timedelta:
        with self.store.transaction() as tx:
            begun, _, machine = (duties.fact(tx, _ANCHOR) or "").partition(" ")
            if begun != self.start.isoformat():
                machine = datetime.now(UTC).isoformat()
                duties.remember(tx, _ANCHOR, f"{self.start.isoformat()} {machine}")
        return self.start - datetime.fromisoformat(machine)


def choose(
    store: Store, start: datetime | None, *, is_shared: bool = False
) -> SystemClock | AnchoredClock | SharedClock:
    """The clock that the settings ask for; a start without a zone is UTC."""
    if is_shared:
        return SharedClock(store)
    if start is None:
        return SystemClock()
    return AnchoredClock(store, start if start.tzinfo else start.replace(tzinfo=UTC))
