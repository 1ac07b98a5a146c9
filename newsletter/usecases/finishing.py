"""The end of a course as an event: once for each run, in the transaction that saw it come."""

from collections.abc import Sequence

from newsletter.domain.enrollment import Enrollment
from newsletter.domain.events import EventKind
from newsletter.store import events
from newsletter.store.engine import Transaction
from newsletter.usecases.house import House


def record(house: House, tx: Transaction, over: Sequence[Enrollment]) -> None:
    """Record the end of these runs: the server has just taken the last letter of each, or none was left to come.

    Whose end was recorded before, and goes on for a late lesson, ends without a second event. It is the last thing
    that a transaction does (see `events.record`).
    """
    if over:
        events.record(tx, EventKind.COURSE_FINISHED, over, house.clock.now())
