"""The real clocks: nothing else in the house asks the system for the time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from newsletter.store import duties
from newsletter.store.engine import Store, Transaction

_ANCHOR = "clock_anchor"
_REACHED = "clock_reached"
_NEVER = datetime.min.replace(tzinfo=UTC)


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
    """Business time stands where it was set last; `tick --now` and `--until` move it."""

    moment: datetime

    def now(self) -> datetime:
        """Business time."""
        return self.moment

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


@dataclass(slots=True)
class WalkedClock:
    """Business time is the later of a clock of its own and the furthest instant that a tick, or the demo, came to.

    How far that is stands in a row for all processes. It is read by `look`, once a request, job and batch
    (`House.current`), so that telling the time asks nothing.
    """

    own: SystemClock | AnchoredClock
    _reached: datetime = _NEVER

    def now(self) -> datetime:
        """Business time."""
        return max(self.own.now(), self._reached)

    def look(self, tx: Transaction) -> None:
        """See how far business time was walked."""
        self._reached = max(self._reached, _reached(tx))

    def machine(self) -> datetime:
        """Machine time."""
        return datetime.now(UTC)


def reach(store: Store, moment: datetime) -> None:
    """Let no process' business time be earlier than this instant, whose work is done; it never goes back."""
    with store.transaction() as tx:
        if _reached(tx) < moment:
            duties.remember(tx, _REACHED, moment.isoformat())


def _reached(tx: Transaction) -> datetime:
    found = duties.fact(tx, _REACHED)
    return datetime.fromisoformat(found) if found else _NEVER


def choose(store: Store, start: datetime | None, *, walks: bool) -> SystemClock | AnchoredClock | WalkedClock:
    """The clock that the settings ask for; a start without a zone is UTC. `walks`: a tick may move business time."""
    own = SystemClock() if start is None else AnchoredClock(store, start if start.tzinfo else start.replace(tzinfo=UTC))
    return WalkedClock(own) if walks else own
