"""F16 and F17 through the planner: clocks that jump, ticks that are missed or come twice, hours that are missing."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from newsletter.domain.delivery import Kind
from newsletter.usecases import holding, planning, preferences
from newsletter.usecases.house import House
from tests.usecases.household import Post, TwoClocks, enrollment, join, preferences_token, rows, send, teach, tick

MARIA = "maria@example.org"


def weekly(house: House) -> list[dict[str, object]]:
    return rows(house, MARIA, kind=Kind.LESSON, occasion=0)[1:]


@pytest.mark.parametrize(
    ("zone", "hour", "changes", "shown"),
    [
        ("Europe/Berlin", 2, datetime(2026, 3, 29, tzinfo=UTC), "03:00"),
        ("Europe/Berlin", 2, datetime(2026, 10, 25, tzinfo=UTC), "02:00"),
        ("America/New_York", 2, datetime(2026, 3, 8, tzinfo=UTC), "03:00"),
        ("America/New_York", 1, datetime(2026, 11, 1, tzinfo=UTC), "01:00"),
        ("Australia/Lord_Howe", 2, datetime(2026, 10, 4, tzinfo=UTC), "02:30"),
        ("Australia/Lord_Howe", 1, datetime(2026, 4, 5, tzinfo=UTC), "01:00"),
        ("Pacific/Kiritimati", 9, datetime(2026, 3, 29, tzinfo=UTC), "09:00"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_day_on_which_the_clocks_change_has_exactly_one_mail_at_her_hour(
    house: House, clock: TwoClocks, post: Post, zone: str, hour: int, changes: datetime, shown: str
) -> None:
    """F17. She reads on Sundays; every quarter of an hour of the days around is a tick."""
    clock.business = changes - timedelta(days=9)
    join(house, timezone=zone)
    wish = {"hour": str(hour), "weekday": "6", "timezone": zone}
    preferences.set_rhythm(house, preferences_token(house), **wish)
    send(house, post)
    if (first := enrollment(house)["next_due_at"]) < changes - timedelta(days=2):
        clock.pass_by(first - clock.now())
        tick(house, post)
    clock.pass_by(changes - timedelta(days=1) - clock.now())
    before = len(post.accepted)
    for _ in range(4 * 24 * 3):
        if planning.plan_due(house):
            send(house, post)
        clock.pass_by(minutes=15)

    assert len(post.accepted) == before + 1
    due = weekly(house)[-1]["due_at"].astimezone(ZoneInfo(zone))
    assert (f"{due:%H:%M}", due.date()) == (shown, changes.date())
    assert due.fold == 0


def test_a_clock_that_jumps_ahead_and_ticks_that_come_twice_double_nothing(
    house: House, clock: TwoClocks, post: Post
) -> None:
    """F16. An hour late, two days late, a month late; and each tick twice."""
    teach(house)
    join(house)
    send(house, post)
    for late in (timedelta(hours=1), timedelta(days=2), timedelta(days=30)):
        clock.pass_by(enrollment(house)["next_due_at"] - clock.now() + late)
        for _ in range(4):
            tick(house, post)
            tick(house, post)
            clock.pass_by(hours=12)
    assert holding.held(house)
    holding.release(house)
    for _ in range(60):
        clock.pass_by(days=1)
        for _ in range(2):
            tick(house, post)

    assert post.subjects(MARIA)[0] == "Lesson 0"
    assert post.subjects(MARIA) == [f"Lesson {number}" for number in range(5)]
    came = [one["sent_at"] for one in weekly(house)]
    assert all(later - sooner >= timedelta(days=6) for sooner, later in pairwise(came))


def test_a_clock_that_goes_back_plans_nothing_again(house: House, clock: TwoClocks, post: Post) -> None:
    """F16. The business clock of another machine is a day behind."""
    join(house)
    send(house, post)
    clock.pass_by(days=1)
    tick(house, post)
    clock.business -= timedelta(days=1)
    for _ in range(3):
        tick(house, post)
        clock.pass_by(hours=8)

    assert post.subjects(MARIA) == ["Lesson 0", "Lesson 1"]
