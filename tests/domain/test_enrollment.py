"""Where she stands in a course: what comes next, when, and never too close to what went before."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.domain.cadence import MINIMUM_GAP, SETTLING_IN, known_zones, local_day
from newsletter.domain.enrollment import Enrollment, Progress, due_again, keep_distance
from newsletter.domain.subscriber import INDEFINITELY, Subscriber

ZONES = st.sampled_from(sorted(known_zones()))
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 12, 31), timezones=st.just(UTC))
SPANS = st.timedeltas(timedelta(0), timedelta(days=120))
GAP = timedelta(days=MINIMUM_GAP)


def a_person(zone: str | None = None, hour: int = 9, weekday: int | None = None, until: datetime | None = None):
    return Subscriber(1, "p", "m@example.org", "k", "Maria", zone, hour, weekday, until, None)


PEOPLE = st.builds(a_person, st.none() | ZONES, st.integers(0, 23), st.none() | st.integers(0, 6))


def an_enrollment(began: datetime, last: datetime | None = None) -> Enrollment:
    return Enrollment(1, "e", 1, 1, 1, 1, Progress.ACTIVE, began, last, None, None)


@settings(max_examples=300)
@given(MOMENTS, SPANS, SPANS, PEOPLE, ZONES)
def test_due_again_is_never_in_the_past_and_never_closer_than_the_gap(
    began: datetime, ran: timedelta, later: timedelta, person: Subscriber, owner_zone: str
) -> None:
    last = began + ran
    now = last + later
    due = due_again(an_enrollment(began, last), person, owner_zone, now)

    rhythm = person.rhythm(owner_zone, last)
    assert due >= now
    assert local_day(due, rhythm) - local_day(last, rhythm) >= GAP
    assert due - max(now, last + timedelta(days=7)) <= timedelta(days=15)


@settings(max_examples=300)
@given(MOMENTS, SPANS, PEOPLE, ZONES)
def test_before_the_first_letter_due_again_counts_from_confirming(
    began: datetime, later: timedelta, person: Subscriber, owner_zone: str
) -> None:
    due = due_again(an_enrollment(began), person, owner_zone, began + later)

    assert due >= began + later
    assert due >= began + SETTLING_IN


@settings(max_examples=300)
@given(MOMENTS, SPANS, SPANS, PEOPLE, ZONES, st.booleans())
def test_due_again_is_never_inside_a_pause(
    began: datetime, later: timedelta, silence: timedelta, person: Subscriber, owner_zone: str, begun: bool
) -> None:
    now = began + later
    until = now + silence
    paused = a_person(person.timezone, person.hour, person.weekday, until)
    due = due_again(an_enrollment(began, now if begun else None), paused, owner_zone, now)

    assert due >= until
    assert not paused.is_paused(due)


@given(MOMENTS, PEOPLE, ZONES)
def test_until_she_returns_nothing_is_due(now: datetime, person: Subscriber, owner_zone: str) -> None:
    silent = a_person(person.timezone, person.hour, person.weekday, INDEFINITELY)

    assert due_again(an_enrollment(now, now), silent, owner_zone, now) == INDEFINITELY


@given(MOMENTS, PEOPLE, ZONES)
def test_asking_twice_in_one_moment_changes_nothing(now: datetime, person: Subscriber, owner_zone: str) -> None:
    course = an_enrollment(now - timedelta(days=3), now - timedelta(days=1))

    due = due_again(course, person, owner_zone, now)
    assert due_again(course, person, owner_zone, now) == due
    assert due_again(course, person, owner_zone, min(due, now + timedelta(hours=1))) == due


@settings(max_examples=300)
@given(MOMENTS, st.timedeltas(timedelta(days=-20), timedelta(days=20)), PEOPLE, ZONES)
def test_keep_distance_only_moves_away_and_far_enough(
    sent: datetime, ahead: timedelta, person: Subscriber, owner_zone: str
) -> None:
    due = sent + ahead
    moved = keep_distance(sent, due, person, owner_zone)

    zone = ZoneInfo(person.timezone or owner_zone)
    apart = moved.astimezone(zone).date() - sent.astimezone(zone).date()
    assert moved >= due
    assert apart >= GAP
    assert moved == due or apart <= timedelta(days=14)


@given(MOMENTS, PEOPLE, ZONES)
def test_keep_distance_leaves_alone_what_is_far_enough(sent: datetime, person: Subscriber, owner_zone: str) -> None:
    due = sent + timedelta(days=7)

    assert keep_distance(sent, due, person, owner_zone) == due


def test_without_a_wish_her_day_stays_the_day_of_her_last_letter() -> None:
    monday = datetime(2026, 3, 2, 8, tzinfo=UTC)
    course = an_enrollment(monday - timedelta(days=7), monday)

    due = due_again(course, a_person("Europe/Berlin"), "UTC", monday + timedelta(days=10))
    assert due.astimezone(ZoneInfo("Europe/Berlin")).date() == date(2026, 3, 16)
