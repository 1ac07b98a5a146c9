"""When a campaign that waits for the end of a course is asked about again, for any zone, hour and calendar."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.etiquette import WEEK, ask_again, ends, her_turn

ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland", "Pacific/Kiritimati", "America/Denver"]
)
HOURS = st.integers(0, 23)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))


@given(MOMENTS, HOURS, ZONES)
def test_her_turn_is_at_her_hour_on_the_next_day_of_her_wall(over: datetime, hour: int, zone: str) -> None:
    turn = her_turn(over, hour, zone)
    local = turn.astimezone(ZoneInfo(zone))
    assert local.date() == over.astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
    assert local.hour in (hour, hour + 1), "an hour that does not exist moves on by the gap of the clocks"
    assert turn > over


@given(MOMENTS, st.integers(-30, 600) | st.none(), HOURS, ZONES, st.integers(1, 5000))
def test_it_is_asked_again_after_the_next_letter_within_a_week_and_in_time(
    now: datetime, days: int | None, hour: int, zone: str, left: int
) -> None:
    last = now + timedelta(hours=left)
    coming = None if days is None else now + timedelta(days=days, hours=3)
    again = ask_again(now, coming, hour, zone, last)
    assert now < again <= min(last, now + WEEK + timedelta(days=2))
    if coming is not None and now < coming < now + WEEK:
        assert again == min(her_turn(coming, hour, zone), last), "not before the letter that may be the last"


@given(MOMENTS, st.integers(1, 730))
def test_a_campaign_waits_so_many_days_from_its_start(began: datetime, days: int) -> None:
    assert ends(began, days) - began == timedelta(days=days)
