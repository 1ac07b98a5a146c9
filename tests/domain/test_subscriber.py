"""A person's wall-clock and silence."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from newsletter.domain.cadence import Rhythm
from newsletter.domain.subscriber import INDEFINITELY, PAUSE_WEEKS, Subscriber, pause_end

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
MARIA = Subscriber(1, "p", "maria@example.org", "k", "Maria", "Europe/Berlin", 9, None, None, None)


def test_a_pause_lasts_until_its_end_and_not_a_moment_longer() -> None:
    paused = replace(MARIA, paused_until=NOW)

    assert paused.is_paused(NOW - timedelta(microseconds=1))
    assert not paused.is_paused(NOW)
    assert not MARIA.is_paused(NOW)


@pytest.mark.parametrize("weeks", PAUSE_WEEKS)
def test_a_pause_of_weeks_ends_after_so_many(weeks: int) -> None:
    assert pause_end(NOW, weeks) == NOW + timedelta(days=7 * weeks)


def test_until_she_returns_has_no_end_in_sight() -> None:
    silent = replace(MARIA, paused_until=pause_end(NOW, None))

    assert silent.paused_until == INDEFINITELY
    assert silent.is_paused(NOW + timedelta(days=36500))


def test_her_zone_is_hers_and_otherwise_the_owners() -> None:
    assert MARIA.rhythm("America/New_York").zone == "Europe/Berlin"
    assert replace(MARIA, timezone=None).rhythm("America/New_York").zone == "America/New_York"


def test_without_a_wish_her_weekday_is_that_of_her_last_letter_on_her_own_wall() -> None:
    late_on_sunday_in_london = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)

    assert MARIA.rhythm("UTC", late_on_sunday_in_london) == Rhythm(9, "Europe/Berlin", 0)
    assert MARIA.rhythm("UTC") == Rhythm(9, "Europe/Berlin", None)


def test_a_wish_stands_whatever_the_day_of_the_last_letter() -> None:
    assert replace(MARIA, weekday=4).rhythm("UTC", NOW).weekday == 4
