"""A course's own calendar: its rhythm, gap, window and silent days, over every zone and every wish of hers."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.domain.cadence import (
    AS_USUAL,
    WEEKLY,
    Blackout,
    Cadence,
    Rhythm,
    Timing,
    day_after,
    first_slot,
    known_zones,
    local_day,
    next_slot,
    slot_from,
)

ZONES = st.sampled_from(sorted(known_zones() - {"America/Nuuk", "America/Godthab", "America/Scoresbysund"}))
"""Without those where a missing hour moves over midnight (see test_cadence)."""
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 12, 31), timezones=st.just(UTC))
RHYTHMS = st.builds(Rhythm, st.integers(0, 23), ZONES, st.none() | st.integers(0, 6), st.integers(1, 3))
WINDOWS = st.integers(0, 23).flatmap(lambda opens: st.tuples(st.just(opens), st.integers(opens + 1, 24)))
DAYS = st.dates(date(2020, 1, 1), date(2041, 12, 31))
SILENCES = st.builds(
    lambda first, long, region: Blackout("Away", first, first + timedelta(days=long), region),
    DAYS,
    st.integers(0, 30),
    st.sampled_from(["", "Europe/", "America/", "Asia/Kolkata, Australia/"]),
)


@st.composite
def cadences(draw: st.DrawFn) -> Cadence:
    """Any calendar that an owner can set."""
    opens, closes = draw(WINDOWS)
    every = draw(st.sampled_from([0, 0, 1, 2, 3, 7, 10, 14, 30]))
    weekdays = frozenset() if every else draw(st.frozensets(st.integers(0, 6), max_size=4))
    gap = draw(st.integers(1, 13))
    silences = tuple(draw(st.lists(SILENCES, max_size=4)))
    return Cadence(every, weekdays, gap, opens, closes, silences)


TIMINGS = st.just(AS_USUAL) | st.builds(Timing, delay=st.integers(0, 40)) | st.builds(Timing, day=DAYS)


def is_silent(slot: datetime, rhythm: Rhythm, course: Cadence) -> bool:
    return any(one.covers(local_day(slot, rhythm), rhythm.zone) for one in course.blackouts)


@settings(max_examples=400)
@given(MOMENTS, cadences(), st.lists(st.tuples(RHYTHMS, TIMINGS), min_size=2, max_size=8))
def test_slots_go_forward_never_within_the_gap_and_never_on_a_silent_day(
    confirmed: datetime, course: Cadence, letters: list[tuple[Rhythm, Timing]]
) -> None:
    """Whatever she changes from letter to letter, moving house included, and whatever timing each lesson has."""
    slot = first_slot(confirmed, letters[0][0], course, letters[0][1]).at
    assert slot - confirmed >= timedelta(hours=24)
    for rhythm, timing in letters[1:]:
        following = next_slot(slot, rhythm, course, timing).at

        assert following > slot
        assert local_day(following, rhythm) - local_day(slot, rhythm) >= timedelta(days=course.gap)
        assert not is_silent(following, rhythm, course)
        slot = following


@settings(max_examples=300)
@given(MOMENTS, cadences(), RHYTHMS)
def test_a_slot_lies_in_the_window_on_a_weekday_of_the_course(
    moment: datetime, course: Cadence, rhythm: Rhythm
) -> None:
    for slot in (next_slot(moment, rhythm, course), slot_from(moment, rhythm, course)):
        shown = slot.at.astimezone(ZoneInfo(rhythm.zone))
        hours = range(course.opens, course.closes)

        assert shown.hour in hours or any("does not exist" in why for why in slot.why)
        assert not course.weekdays or course.every or shown.weekday() in course.weekdays
        if not course.every and not course.weekdays and rhythm.weekday is not None:
            assert shown.weekday() == rhythm.weekday


@settings(max_examples=300)
@given(MOMENTS, cadences(), RHYTHMS)
def test_asking_again_from_a_slot_gives_the_same_slot(moment: datetime, course: Cadence, rhythm: Rhythm) -> None:
    """Stable under re-planning."""
    slot = slot_from(moment, rhythm, course).at

    assert slot >= moment
    assert slot_from(slot, rhythm, course).at == slot
    assert slot_from(moment + (slot - moment) / 2, rhythm, course).at == slot


@settings(max_examples=300)
@given(MOMENTS, MOMENTS, cadences(), RHYTHMS)
def test_a_later_letter_never_means_an_earlier_next_one(
    one: datetime, other: datetime, course: Cadence, rhythm: Rhythm
) -> None:
    sooner, later = sorted((one, other))

    assert next_slot(sooner, rhythm, course).at <= next_slot(later, rhythm, course).at
    assert slot_from(sooner, rhythm, course).at <= slot_from(later, rhythm, course).at


@settings(max_examples=200)
@given(MOMENTS, cadences(), RHYTHMS)
def test_a_reader_in_a_slower_pace_never_gets_a_letter_sooner(
    moment: datetime, course: Cadence, rhythm: Rhythm
) -> None:
    paces = [next_slot(moment, Rhythm(rhythm.hour, rhythm.zone, rhythm.weekday, pace), course).at for pace in (1, 2, 3)]

    assert paces == sorted(paces)
    for pace in (2, 3):
        apart = local_day(paces[pace - 1], rhythm) - local_day(moment, rhythm)
        assert apart >= timedelta(days=7 * pace - 1)


BERLIN = Rhythm(9, "Europe/Berlin", weekday=0)
MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)


def berlin(slot: datetime) -> str:
    return f"{slot.astimezone(ZoneInfo('Europe/Berlin')):%a %d %b %Y %H:%M}"


@pytest.mark.parametrize(
    ("course", "rhythm", "timing", "comes"),
    [
        (WEEKLY, BERLIN, AS_USUAL, "Mon 09 Mar 2026 09:00"),
        (WEEKLY, Rhythm(9, "Europe/Berlin", 0, pace=2), AS_USUAL, "Mon 16 Mar 2026 09:00"),
        (WEEKLY, Rhythm(9, "Europe/Berlin", None, pace=3), AS_USUAL, "Mon 23 Mar 2026 09:00"),
        (Cadence(every=3, gap=2), BERLIN, AS_USUAL, "Thu 05 Mar 2026 09:00"),
        (Cadence(every=3, gap=2), Rhythm(9, "Europe/Berlin", 0, pace=2), AS_USUAL, "Mon 16 Mar 2026 09:00"),
        (Cadence(every=30, gap=6), Rhythm(9, "Europe/Berlin", 0, pace=2), AS_USUAL, "Wed 01 Apr 2026 09:00"),
        (Cadence(weekdays=frozenset({0, 3}), gap=2), BERLIN, AS_USUAL, "Thu 05 Mar 2026 09:00"),
        (Cadence(weekdays=frozenset({0, 3}), gap=4), BERLIN, AS_USUAL, "Mon 09 Mar 2026 09:00"),
        (WEEKLY, BERLIN, Timing(delay=10), "Thu 12 Mar 2026 09:00"),
        (WEEKLY, BERLIN, Timing(delay=2), "Sun 08 Mar 2026 09:00"),
        (WEEKLY, BERLIN, Timing(day=date(2026, 4, 5)), "Sun 05 Apr 2026 09:00"),
        (WEEKLY, BERLIN, Timing(day=date(2026, 3, 4)), "Sun 08 Mar 2026 09:00"),
        (WEEKLY, BERLIN, Timing(day=date(2025, 12, 31)), "Mon 09 Mar 2026 09:00"),
        (Cadence(opens=10, closes=12), BERLIN, AS_USUAL, "Mon 09 Mar 2026 10:00"),
        (Cadence(opens=6, closes=8), BERLIN, AS_USUAL, "Mon 09 Mar 2026 07:00"),
    ],
)
def test_the_letter_after_a_monday_morning(course: Cadence, rhythm: Rhythm, timing: Timing, comes: str) -> None:
    assert berlin(next_slot(MONDAY, rhythm, course, timing).at) == comes


EASTER = Blackout("Easter", date(2026, 3, 9), date(2026, 3, 16), "Europe/")


def test_a_silent_day_moves_a_letter_to_her_next_day_and_is_told_by_name() -> None:
    slot = next_slot(MONDAY, BERLIN, Cadence(blackouts=(EASTER,)))

    assert berlin(slot.at) == "Mon 23 Mar 2026 09:00"
    assert slot.why == ("No lesson goes from 9 March 2026 to 16 March 2026: Easter.",)
    by_days = next_slot(MONDAY, BERLIN, Cadence(every=7, blackouts=(EASTER,)))
    assert berlin(by_days.at) == "Tue 17 Mar 2026 09:00"


def test_a_silent_day_of_a_region_is_nobodys_elsewhere() -> None:
    auckland = Rhythm(9, "Pacific/Auckland", weekday=0)

    assert next_slot(MONDAY, auckland, Cadence(blackouts=(EASTER,))) == next_slot(MONDAY, auckland)
    assert EASTER.covers(date(2026, 3, 9), "Europe/Berlin")
    assert not EASTER.covers(date(2026, 3, 8), "Europe/Berlin")
    two = Blackout("Two", EASTER.first_day, EASTER.last_day, "America/New_York, Asia/")
    assert two.covers(EASTER.first_day, "America/New_York")
    assert two.covers(EASTER.first_day, "Asia/Kolkata")
    assert not two.covers(EASTER.first_day, "America/New_York_City")


def test_a_late_letter_does_not_go_on_a_silent_day_either() -> None:
    sunday = datetime(2026, 3, 8, 18, tzinfo=UTC)

    assert berlin(day_after(sunday, BERLIN, Cadence(blackouts=(EASTER,))).at) == "Tue 17 Mar 2026 09:00"


def test_the_reasons_of_a_shift_are_told_in_words() -> None:
    at_two = Rhythm(2, "Europe/Berlin")
    spring = slot_from(datetime(2026, 3, 28, 23, tzinfo=UTC), at_two)
    autumn = slot_from(datetime(2026, 10, 24, 22, tzinfo=UTC), at_two)
    lord_howe = slot_from(datetime(2026, 10, 3, 14, tzinfo=UTC), Rhythm(2, "Australia/Lord_Howe"))

    assert spring.why == ("The clocks go forward: 02:00 does not exist on 29 March 2026, 03:00 comes instead.",)
    assert autumn.why == ("The clocks go back: 02:00 comes twice on 25 October 2026, and the first one is meant.",)
    assert lord_howe.why == ("The clocks go forward: 02:00 does not exist on 4 October 2026, 02:30 comes instead.",)
    (window,) = next_slot(MONDAY, BERLIN, Cadence(opens=10, closes=12)).why
    assert window == "The course sends from 10:00 to 12:00 and her hour is 09:00: 10:00 is the nearest."
    own, gap = next_slot(MONDAY, BERLIN, timing=Timing(delay=2)).why
    assert own == "This lesson has a time of its own: 2 days after the letter before."
    assert gap == "That would be less than 6 days after the letter before: it waits until then."
    assert next_slot(MONDAY, BERLIN).why == ()
