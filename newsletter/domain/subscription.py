"""The life of a subscription, as a table: pending, confirmed, unsubscribed, suppressed."""

from datetime import timedelta
from enum import StrEnum


class Status(StrEnum):
    """Where a person stands with one list."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"


class Event(StrEnum):
    """What can happen to a subscription."""

    REQUEST = "request"
    CONFIRM = "confirm"
    LEAVE = "leave"
    RETURN = "return"
    SUPPRESS = "suppress"


LIFE: dict[tuple[Status | None, Event], Status] = {
    (None, Event.REQUEST): Status.PENDING,
    (
        Status.PENDING,
        Event.REQUEST,
    ): Status.PENDING,  # asked again before confirming: one more mail, within limits
    (Status.CONFIRMED, Event.REQUEST): Status.CONFIRMED,  # she gets her preferences link, nothing changes
    (Status.UNSUBSCRIBED, Event.REQUEST): Status.PENDING,  # coming back asks for fresh consent
    (Status.SUPPRESSED, Event.REQUEST): Status.SUPPRESSED,
    (Status.PENDING, Event.CONFIRM): Status.CONFIRMED,
    (Status.CONFIRMED, Event.CONFIRM): Status.CONFIRMED,  # a second click: be kind
    (Status.PENDING, Event.LEAVE): Status.UNSUBSCRIBED,
    (Status.CONFIRMED, Event.LEAVE): Status.UNSUBSCRIBED,
    (Status.UNSUBSCRIBED, Event.LEAVE): Status.UNSUBSCRIBED,
    (Status.SUPPRESSED, Event.LEAVE): Status.SUPPRESSED,
    (
        Status.UNSUBSCRIBED,
        Event.RETURN,
    ): Status.CONFIRMED,  # "undo" on the goodbye page: the link proves it is she
    (Status.CONFIRMED, Event.RETURN): Status.CONFIRMED,
    (Status.PENDING, Event.SUPPRESS): Status.SUPPRESSED,
    (Status.CONFIRMED, Event.SUPPRESS): Status.SUPPRESSED,
    (Status.UNSUBSCRIBED, Event.SUPPRESS): Status.SUPPRESSED,
    (Status.SUPPRESSED, Event.SUPPRESS): Status.SUPPRESSED,
}

CONFIRM_WITHIN = timedelta(days=14)
REMIND_AFTER = timedelta(days=2)
"""Business time between the accepted confirmation mail and the only reminder."""

UNDO_WITHIN = timedelta(days=7)
"""How long the goodbye page offers an undo; later, coming back goes through the sign-up page."""

CONFIRMATIONS_PER_DAY = 2
CONFIRMATIONS_EVER = 4
CONFIRMATION_GAP = timedelta(minutes=10)


def after(status: Status | None, event: Event) -> Status | None:
    """The status after an event, or None when the event does not apply."""
    return LIFE.get((status, event))
