"""Warming up: a new sender's mail grows day by day, so that receivers know him before he writes to many."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

GROWTH = 1.5
"""Times as many each day. Schedules of large providers lie between a third more a day and twice as many."""

ENOUGH = 1_000_000
"""Emails a day from which on nothing is limited any more; from 500 that is the twentieth day."""

_FORM = re.compile(r"(\d{4}-\d{2}-\d{2}):(\d{1,7})")


@dataclass(frozen=True, slots=True)
class Warmup:
    """At most `first` letters to many on the first day. Days are the owner's."""

    first_day: date
    first: int

    def allowance(self, day: date) -> int | None:
        """How many lessons and campaign emails may go on a day; None before the first one, and when it is over."""
        days = (day - self.first_day).days
        if days < 0 or days > 200:  # 1.5 ** 200 is beyond any list, and 1.5 ** 2000 beyond a float
            return None
        allowed = int(self.first * GROWTH**days)
        return allowed if allowed < ENOUGH else None

    @property
    def ends_on(self) -> date:
        """The first day on which nothing is limited any more."""
        day = self.first_day
        while self.allowance(day) is not None:
            day += timedelta(days=1)
        return day


def parse(text: str) -> Warmup:
    """Read "2026-12-01:500". Raises ValueError when it is none."""
    found = _FORM.fullmatch(text.strip())
    if not found or not 0 < int(found[2]) < ENOUGH:
        raise ValueError("no warm-up")
    return Warmup(date.fromisoformat(found[1]), int(found[2]))


@dataclass(frozen=True, slots=True)
class Room:
    """How many letters may still go today: of any kind, and of these how many emails of campaigns."""

    letters: int
    campaigns: int


def room(allowance: int, used: int, lessons_to_come: int) -> Room:
    """What is left of a day's allowance; lessons that fall due later today keep their places."""
    letters = max(allowance - used, 0)
    return Room(letters, max(letters - lessons_to_come, 0))
