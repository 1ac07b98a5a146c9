"""The calendar of a course, over every zone there is and every year of the next two decades."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.domain.cadence import (
    MINIMUM_GAP,
    ON_TIME,
    SETTLING_IN,
    STILL_FRESH,
    Lateness,
    Rhythm,
    day_after,
    first_slot,
    instant,
    judge_lateness,
    known_zones,
    local_day,
    next_slot,
    slot_from,
)

ZONES = st.sampled_from(sorted(known_zones()))
HOURS = st.integers(0, 23)
DAYS = st.dates(date(2020, 1, 1), date(2040, 12, 31))
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 12, 31), timezones=st.just(UTC))
RHYTHMS = st.builds(Rhythm, HOURS, ZONES, st.none() | st.integers(0, 6))


def on_the_wall(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def wall_says(day: date, hour: int, zone: str) -> datetime:
    """What the wall shows at a slot, found by looking at the clock around it and not by PEP 495."""
    wanted = datetime.combine(day, time(hour))
    around = [wanted.replace(tzinfo=UTC) + timedelta(hours=hours) for hours in range(-27, 28)]
    offsets = [ZoneInfo(zone).utcoffset(moment.astimezone(ZoneInfo(zone))) or timedelta() for moment in around]
    if any(on_the_wall((wanted - offset).replace(tzinfo=UTC), zone) == wanted for offset in offsets):
        return wanted
    return wanted + (offsets[-1] - offsets[0])  # the hour does not exist: forward by the gap


@settings(max_examples=400)
@given(DAYS, HOURS, ZONES)
def test_a_slot_is_at_her_hour_or_moved_forward_by_the_length_of_the_gap(day: date, hour: int, zone: str) -> None:
    assert on_the_wall(instant(day, hour, zone), zone) == wall_says(day, hour, zone)


@settings(max_examples=400)
@given(DAYS, HOURS, ZONES)
def test_an_hour_that_exists_twice_means_the_first(day: date, hour: int, zone: str) -> None:
    slot = instant(day, hour, zone)

    for back in (30, 60, 120):
        assert on_the_wall(slot - timedelta(minutes=back), zone) != on_the_wall(slot, zone)


@settings(max_examples=250)
@given(MOMENTS, RHYTHMS)
def test_the_slots_of_a_course_go_forward_and_keep_the_minimum_gap(confirmed: datetime, rhythm: Rhythm) -> None:
    slot = first_slot(confirmed, rhythm).at
    for _ in range(13):
        following = next_slot(slot, rhythm).at
        apart = local_day(following, rhythm) - local_day(slot, rhythm)

        assert following > slot
        # The days of an hour that does not exist at the end of a day (Nuuk, in spring) begin the next day.
        assert timedelta(days=MINIMUM_GAP) <= apart <= timedelta(days=8)
        slot = following


@settings(max_examples=250)
@given(MOMENTS, st.lists(RHYTHMS, min_size=2, max_size=8))
def test_no_change_of_day_hour_or_zone_brings_a_letter_sooner_than_the_minimum_gap(
    confirmed: datetime, wishes: list[Rhythm]
) -> None:
    slot = first_slot(confirmed, wishes[0]).at
    for wish in wishes:
        following = next_slot(slot, wish).at

        assert local_day(following, wish) - local_day(slot, wish) >= timedelta(days=MINIMUM_GAP)
        assert following - slot > timedelta(days=MINIMUM_GAP - 1)
        slot = following


@settings(max_examples=250)
@given(MOMENTS, RHYTHMS)
def test_every_slot_is_on_her_weekday_and_at_her_hour(confirmed: datetime, rhythm: Rhythm) -> None:
    slot = first_slot(confirmed, rhythm).at
    for _ in range(6):
        shown = on_the_wall(slot, rhythm.zone)
        owed = min(shown.date(), (shown - timedelta(hours=1)).date()) if shown.hour < rhythm.hour else shown.date()

        assert shown == wall_says(owed, rhythm.hour, rhythm.zone)
        assert rhythm.weekday in (None, owed.weekday())
        slot = next_slot(slot, rhythm).at


@settings(max_examples=250)
@given(MOMENTS, RHYTHMS)
def test_the_first_letter_comes_at_least_a_day_after_confirming_and_then_soon(
    confirmed: datetime, rhythm: Rhythm
) -> None:
    slot = first_slot(confirmed, rhythm).at

    assert slot - confirmed >= SETTLING_IN
    assert slot - confirmed <= timedelta(days=3 if rhythm.weekday is None else 9)


@given(MOMENTS, RHYTHMS)
def test_slot_from_finds_a_slot_that_is_not_before_the_earliest(earliest: datetime, rhythm: Rhythm) -> None:
    slot = slot_from(earliest, rhythm).at

    assert slot >= earliest
    assert slot - earliest <= timedelta(days=2 if rhythm.weekday is None else 8)


@given(MOMENTS, RHYTHMS)
def test_a_late_letter_goes_on_the_next_local_day_at_her_hour(now: datetime, rhythm: Rhythm) -> None:
    tomorrow = local_day(now, rhythm) + timedelta(days=1)

    assert day_after(now, rhythm).at == instant(tomorrow, rhythm.hour, rhythm.zone)
    assert day_after(now, rhythm).at > now


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "hour", "zone", "slot"),
    [
        # F17. Berlin: 02:00 to 03:00 is missing on 29 March 2026 and comes twice on 25 October.
        (date(2026, 3, 28), 2, "Europe/Berlin", "2026-03-28 01:00"),
        (date(2026, 3, 29), 2, "Europe/Berlin", "2026-03-29 01:00"),  # on the wall: 03:00
        (date(2026, 3, 30), 2, "Europe/Berlin", "2026-03-30 00:00"),
        (date(2026, 10, 25), 2, "Europe/Berlin", "2026-10-25 00:00"),  # the first of the two
        # New York: 02:00 is missing on 8 March 2026; 01:00 comes twice on 1 November.
        (date(2026, 3, 8), 2, "America/New_York", "2026-03-08 07:00"),
        (date(2026, 11, 1), 1, "America/New_York", "2026-11-01 05:00"),
        (date(2026, 11, 1), 2, "America/New_York", "2026-11-01 07:00"),
        # Lord Howe: half an hour is missing, 02:00 becomes 02:30 on 4 October 2026; 01:30 to 02:00 comes twice.
        (date(2026, 10, 4), 2, "Australia/Lord_Howe", "2026-10-03 15:30"),
        (date(2026, 4, 5), 1, "Australia/Lord_Howe", "2026-04-04 14:00"),
        (date(2026, 4, 5), 2, "Australia/Lord_Howe", "2026-04-04 15:30"),
        # The far ends of the day.
        (date(2026, 6, 1), 9, "Pacific/Kiritimati", "2026-05-31 19:00"),
        (date(2026, 6, 1), 9, "Pacific/Pago_Pago", "2026-06-01 20:00"),
        # Samoa crossed the date line and had no 30 December 2011 at all.
        (date(2011, 12, 30), 9, "Pacific/Apia", "2011-12-30 19:00"),
        (date(2011, 12, 31), 9, "Pacific/Apia", "2011-12-30 19:00"),
    ],
)
def test_the_hard_days_of_the_calendar(day: date, hour: int, zone: str, slot: str) -> None:
    assert instant(day, hour, zone) == utc(slot)


@pytest.mark.parametrize(
    ("zone", "hour", "begin"),
    [
        ("Europe/Berlin", 2, "2026-02-20 12:00"),
        ("Europe/Berlin", 2, "2026-09-25 12:00"),
        ("America/New_York", 2, "2026-02-01 12:00"),
        ("America/New_York", 1, "2026-10-02 12:00"),
        ("Australia/Lord_Howe", 2, "2026-09-04 12:00"),
        ("Australia/Lord_Howe", 2, "2026-03-06 12:00"),
        ("Pacific/Kiritimati", 9, "2026-03-06 12:00"),
        ("Pacific/Apia", 9, "2011-12-01 12:00"),
    ],
)
@pytest.mark.parametrize("start_in", range(8))
def test_one_letter_a_week_across_the_change_of_the_clocks(zone: str, hour: int, begin: str, start_in: int) -> None:
    """Whatever weekday she began on, each week has exactly one slot, and only the odd day moves its hour."""
    rhythm = Rhythm(hour, zone)
    slots = [first_slot(utc(begin) + timedelta(days=start_in), rhythm).at]
    for _ in range(7):
        slots.append(next_slot(slots[-1], rhythm).at)

    days = [local_day(slot, rhythm) for slot in slots]
    assert {after - before for before, after in pairwise(days)} <= {
        timedelta(days=7),
        timedelta(days=8) if zone == "Pacific/Apia" else timedelta(days=7),
    }
    assert [on_the_wall(slot, zone).hour for slot in slots].count(hour) >= len(slots) - 1


def test_nuuks_missing_hour_before_midnight_belongs_to_the_day_after() -> None:
    """The only hour that a gap moves over midnight (tzdata 2024 on): known, and worth one day once a year."""
    slot = instant(date(2026, 3, 28), 23, "America/Nuuk")

    assert on_the_wall(slot, "America/Nuuk") == datetime(2026, 3, 29, 0)
    on_saturdays = Rhythm(23, "America/Nuuk", weekday=5)
    assert on_the_wall(next_slot(slot, on_saturdays).at, "America/Nuuk") == datetime(2026, 4, 4, 23)


A_MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("late", "verdict"),
    [
        (-timedelta(days=1), Lateness.NOW),
        (timedelta(0), Lateness.NOW),
        (ON_TIME, Lateness.NOW),
        (ON_TIME + A_MOMENT, Lateness.TOMORROW),
        (STILL_FRESH, Lateness.TOMORROW),
        (STILL_FRESH + A_MOMENT, Lateness.HOLD),
        (timedelta(days=400), Lateness.HOLD),
    ],
)
def test_lateness_is_judged_at_three_hours_and_at_seven_days(late: timedelta, verdict: Lateness) -> None:
    assert (timedelta(hours=3), timedelta(days=7)) == (ON_TIME, STILL_FRESH)
    assert judge_lateness(utc("2026-03-02 09:00"), utc("2026-03-02 09:00") + late) is verdict


def test_every_zone_that_a_form_may_offer_can_be_computed_with() -> None:
    for zone in known_zones():
        assert ZoneInfo(zone)
    assert {"UTC", "Europe/Berlin", "Pacific/Apia"} <= known_zones()
    assert not [zone for zone in known_zones() if zone.startswith(("posix", "right", "localtime"))]
