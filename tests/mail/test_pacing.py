"""The pace: the owner's limit, and the relay's own, found by asking too much now and then (F24)."""

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.mail.pacing import LATE, Pacer
from newsletter.mail.standing import PAUSES


def test_without_a_limit_nobody_waits() -> None:
    pacer = Pacer()

    assert [pacer.reserve(5.0) for _ in range(100)] == [0.0] * 100
    assert pacer.rate(5.0) is None


def test_moments_lie_apart_as_the_rate_says() -> None:
    pacer = Pacer(4.0)

    assert [pacer.reserve(100.0) for _ in range(4)] == [0.0, 0.25, 0.5, 0.75]


@given(st.floats(0.1, 1000), st.lists(st.floats(0, 1), max_size=200))
def test_no_second_ever_holds_more_than_the_rate(rate: float, steps: list[float]) -> None:
    pacer, now, begun = Pacer(rate), 0.0, deque[float]()
    for step in steps:
        now += step
        begun.append(now + pacer.reserve(now))
        while begun[0] <= begun[-1] - 1.0:
            begun.popleft()
        assert len(begun) <= rate + 1.001


def test_without_a_limit_all_that_are_ready_may_start() -> None:
    assert Pacer().grant(5.0, 7) == 7
    assert Pacer().wait(5.0) == 0.0


@given(st.integers(1, 2000), st.lists(st.floats(0.0, LATE), min_size=300, max_size=300), st.integers(1, 50))
def test_a_loop_that_is_a_little_late_each_time_keeps_the_rate(rate: int, steps: list[float], ready: int) -> None:
    """It loses no moment to its lateness, and nobody gets more than one moment before its time."""
    pacer, now, granted = Pacer(float(rate)), 100.0, 0
    for step in steps:
        now += min(step, ready / rate)  # more than are ready cannot start in one turn
        granted += pacer.grant(now, ready)

    fair = (now - 100.0) * rate
    assert fair - ready - 1 <= granted <= fair + LATE * rate + 1


def test_who_waits_as_told_may_start() -> None:
    pacer, now = Pacer(4.0), 100.0
    assert pacer.grant(now, 3) == 1
    for _ in range(10):
        wait = pacer.wait(now)
        assert 0.0 < wait <= 0.25
        assert pacer.grant(now + wait / 2, 3) == 0
        now += wait
        assert pacer.grant(now, 3) == 1


def test_a_complaint_ends_what_was_granted_but_not_begun() -> None:
    pacer = Pacer(10.0)
    pacer.grant(100.0, 2)
    pacer.slow_down(100.0, 4.0)

    assert pacer.grant(103.9, 2) == 0
    assert pacer.grant(104.1, 1) == 1


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan")])
def test_a_rate_must_be_above_zero(rate: float) -> None:
    with pytest.raises(ValueError, match="above zero"):
        Pacer(rate)


def simulate(limit: float, seconds: float, window: float) -> list[float]:
    """Moments at which a relay that takes `limit` messages a second, counted over fixed windows, took one."""
    pacer, now, taken, count, current = Pacer(), 0.0, [], 0, 0
    complaints = 0
    while now < seconds:
        now += max(pacer.reserve(now), 0.0005)  # half a millisecond a message, at best
        if int(now / window) != current:
            current, count = int(now / window), 0
        if count < limit * window:
            count += 1
            taken.append(now)
            pacer.accepted(now)
            complaints = 0
        else:
            pacer.slow_down(now, PAUSES[complaints])
            complaints += 1
    return taken


@pytest.mark.parametrize("limit", [2, 10, 50, 200, 1000])
@pytest.mark.parametrize("window", [1.0, 2.0, 5.0])
def test_f24_settles_within_a_tenth_of_the_relay_s_limit_inside_a_minute(limit: int, window: float) -> None:
    taken = simulate(limit, 180.0, window)
    after_a_minute = sum(moment >= 60.0 for moment in taken) / 120.0

    assert 0.9 * limit <= after_a_minute <= limit


def test_one_bad_moment_does_not_slow_a_whole_campaign() -> None:
    pacer = Pacer(500.0)
    pacer.slow_down(0.0, 0.5)

    assert pacer.rate(1.0) < 10.0
    assert pacer.rate(120.0) == 500.0


def test_the_relay_s_limit_never_lifts_the_owner_s() -> None:
    pacer = Pacer(5.0)
    pacer.slow_down(0.0, 0.5)

    assert max(pacer.rate(float(second)) for second in range(1000)) == 5.0
