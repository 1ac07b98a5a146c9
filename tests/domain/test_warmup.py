"""Warming up: half as many again each day, lessons before campaigns, until nothing binds."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.warmup import ENOUGH, Room, Warmup, parse, room

FIRST = date(2026, 12, 1)


def test_it_begins_with_its_number_and_grows_by_half_a_day() -> None:
    plan = Warmup(FIRST, 500)

    assert [plan.allowance(FIRST + timedelta(days)) for days in (-1, 0, 1, 2, 3)] == [None, 500, 750, 1125, 1687]
    assert plan.ends_on == FIRST + timedelta(days=19)


@given(st.integers(1, ENOUGH - 1), st.integers(0, 5000))
def test_it_never_shrinks_and_always_ends(first: int, days: int) -> None:
    plan = Warmup(FIRST, first)
    today, tomorrow = (plan.allowance(FIRST + timedelta(days + more)) for more in (0, 1))

    assert tomorrow is None or (today is not None and today <= tomorrow < ENOUGH)
    assert plan.ends_on <= FIRST + timedelta(days=36)


@pytest.mark.parametrize("text", ["", "500", "2026-12-01", "2026-13-01:500", "2026-12-01:0", "2026-12-01:5e3", "x:1"])
def test_what_is_no_warm_up_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"warm-up|month"):
        parse(text)


def test_it_is_read_as_it_is_written() -> None:
    assert parse(" 2026-12-01:500 ") == Warmup(FIRST, 500)


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(0, 10_000))
def test_campaigns_take_nothing_that_a_lesson_of_the_day_will_need(allowance: int, used: int, to_come: int) -> None:
    left = room(allowance, used, to_come)

    assert 0 <= left.campaigns <= left.letters <= allowance
    assert left.campaigns == 0 or used + left.campaigns + to_come <= allowance
    assert room(allowance, allowance, to_come) == Room(0, 0)
