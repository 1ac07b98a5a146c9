"""What the campaigns of a list do beside a course: go anyway, wait until it is over, or come together in one mail."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from newsletter.domain.cadence import ON_TIME, instant


class Etiquette(StrEnum):
    """What a campaign of a list does for a reader who is in a course."""

    ANYWAY = "anyway"
    HOLD = "hold"
    DIGEST = "digest"


AWAITS = {Etiquette.HOLD: "her course is not over", Etiquette.DIGEST: "her course is not over; then in one mail"}
"""What stands in the ledger beside a campaign's letter that waits for the end of its reader's course."""

AWAITING = frozenset(AWAITS.values())
ONE_MAIL = "several campaigns in one mail"
"""Beside the letter that brings the others with it."""
TOO_OLD = "her course lasted too long"
LET_GO = "not wanted after her course"
"""Beside one that the owner let go."""

WAIT_DAYS = 120
LONGEST_WAIT_DAYS = 730
"""Days after a campaign began in which it still goes to whoever ends her course: as usual, and at most."""

WEEK = timedelta(days=7)


CAME_WITH = "in one mail: "


def brought_by(public_id: str) -> str:
    """What stands beside a letter that came with another one, by that one's public id."""
    return f"{CAME_WITH}{public_id}"


def ends(began: datetime, days: int) -> datetime:
    """Until when a campaign waits for anybody's course to end."""
    return began + timedelta(days=days)


def ask_again(now: datetime, next_lesson: datetime | None, hour: int, zone: str, last: datetime) -> datetime:
    """When to ask again whether her course is over: at her hour, the day after its next letter.

    Within a week, for her course may end by another way, and by `last`, when it is let go.
    """
    coming = min(max(next_lesson or now + WEEK, now), now + WEEK)
    return min(her_turn(coming, hour, zone), last)


def her_turn(over: datetime, hour: int, zone: str) -> datetime:
    """Her own hour on the day after something was over."""
    return instant(_day(over, zone) + timedelta(days=1), hour, zone)


def her_hour(now: datetime, hour: int, zone: str) -> datetime:
    """This moment, if it is her own hour or at most three hours later; else the next one that is."""
    today = instant(_day(now, zone), hour, zone)
    if today <= now <= today + ON_TIME:
        return now
    return today if now < today else her_turn(now, hour, zone)


def _day(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()
