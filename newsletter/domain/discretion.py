"""Letters of which an inbox shows nothing: how long their words can be read, and who they come from."""

from datetime import datetime, timedelta

READABLE_FOR = timedelta(days=14)
"""A letter's link opens it for so long after the letter went out; then she can ask for a lesson again."""

NEUTRAL_SENDER = "Letters"
"""The display name of From in place of the practice's; the address is the one that the domain signs for."""


def is_readable(sent_at: datetime | None, now: datetime) -> bool:
    """Whether the link of a discreet letter still opens it; one that has not gone out yet cannot be too old."""
    return sent_at is None or now < sent_at + READABLE_FOR
