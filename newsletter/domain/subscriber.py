"""A person who reads, and what she has asked of us: her hour, her day, her zone, her silence."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from newsletter.domain.cadence import Rhythm, known_zones, local_day
from newsletter.domain.subscription import Status

INDEFINITELY = datetime(9999, 12, 1, tzinfo=UTC)
"""The end of a pause "until I return", and the due time of what waits for it."""

PAUSE_WEEKS = (2, 4, 8)
PACES = (1, 2, 3)
"""Every so many weeks a lesson may come."""

DEFAULT_HOUR = 9


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A person, by her address. `timezone` None means the owner's; `weekday` None means no wish.

    A lesson comes to her every `pace_weeks` weeks; `discreet` asks for letters that say nothing in the inbox.
    """

    id: int
    public_id: str
    address: str
    address_key: str
    name: str
    timezone: str | None
    hour: int
    weekday: int | None
    paused_until: datetime | None
    held_reason: str | None
    pace_weeks: int = 1
    discreet: bool = False

    def is_paused(self, now: datetime) -> bool:
        """Whether she asked for silence that still lasts."""
        return self.paused_until is not None and self.paused_until > now

    def zone(self, owner_zone: str) -> str:
        """Her zone, or the owner's: also for one that this machine's time zone database does not have (any more)."""
        return _known_zone(self.timezone, owner_zone)

    def rhythm(self, owner_zone: str, last_slot: datetime | None = None) -> Rhythm:
        """Her wall-clock; without a wish of her own, the weekday is that of her last letter."""
        return _rhythm(self.hour, self.zone(owner_zone), self.weekday, self.pace_weeks, last_slot)


class Correspondent(NamedTuple):
    """As much of a person as her letters need."""

    id: int
    public_id: str
    name: str
    timezone: str | None
    discreet: bool
    """No default: whoever makes one must know, for a letter that is not discreet cannot be taken back."""
    pace_weeks: int

    def zone(self, owner_zone: str) -> str:
        """Her zone, or the owner's; see `Subscriber.zone`."""
        return _known_zone(self.timezone, owner_zone)


class Membership(NamedTuple):
    """As much of a subscription as its letters need. `expires_at` is the end of a request to confirm."""

    id: int
    public_id: str
    list_id: int
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where a person stands with one list."""

    id: int
    public_id: str
    subscriber_id: int
    list_id: int
    list_slug: str
    list_title: str
    status: Status
    requested_at: datetime
    expires_at: datetime | None
    confirmed_at: datetime | None
    left_at: datetime | None


@lru_cache(maxsize=8192)  # as in cadence.next_slot
def _rhythm(hour: int, zone: str, weekday: int | None, pace: int, last_slot: datetime | None) -> Rhythm:
    plain = Rhythm(hour, zone, weekday, pace)
    if weekday is None and last_slot is not None:
        return Rhythm(hour, zone, local_day(last_slot, plain).weekday(), pace)
    return plain


def _known_zone(timezone: str | None, owner_zone: str) -> str:
    return timezone if timezone is not None and timezone in known_zones() else owner_zone


def pause_end(now: datetime, weeks: int | None) -> datetime:
    """When a pause of so many weeks ends; None is until she returns."""
    return INDEFINITELY if weeks is None else now + timedelta(weeks=weeks)
