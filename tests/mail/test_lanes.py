"""The lanes of receiving domains, in simulated time: never above the rate, nearly at it, and nobody forgotten."""

from heapq import heappop, heappush
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.mail.lanes import AHEAD, LONGEST, Lanes, read_rates
from newsletter.mail.pacing import LATE


class Time:
    """Stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def begun(rate: float, messages: int, urgent_at: frozenset[int] = frozenset(), every: float = 0.2) -> list[float]:
    """When messages to one domain begin, all of them due at once, with a ledger that is asked every so often."""
    clock = Time()
    lanes = Lanes({"gmail.com": rate}, clock)
    due = [(0, clock.now, number) for number in range(messages)]
    began: list[float] = []
    while due:
        ready = []
        while due and due[0][1] <= clock.now:
            ready.append(heappop(due))
        for _, _, number in ready:
            turn = lanes.turn(f"p{number}@GMail.com", urgent=number in urgent_at)
            if turn.wait:
                heappush(due, (0, clock.now + turn.wait, number))
            else:
                began.append(turn.moment)
        clock.now += every
    return began


def test_a_domain_without_a_rate_has_no_lane() -> None:
    lanes = Lanes({"gmail.com": 5.0})

    assert lanes.turn("p@mail.gmail.com") is None
    assert lanes.turn("p@example.org") is None
    assert not lanes.has_put_off


@given(st.floats(0.05, 500), st.integers(1, 300))
def test_moments_of_a_domain_never_lie_closer_than_its_rate_says(rate: float, messages: int) -> None:
    moments = begun(rate, messages)

    assert len(moments) == messages
    assert all(later - earlier >= 1 / rate - 1e-6 for earlier, later in pairwise(moments))


@pytest.mark.parametrize("rate", [1.0, 5.0, 20.0, 100.0])
def test_a_domain_gets_nearly_all_that_its_rate_allows(rate: float) -> None:
    moments = begun(rate, int(rate * 60))

    assert (len(moments) - 1) / (moments[-1] - moments[0]) >= 0.8 * rate


@given(st.floats(0.5, 200), st.lists(st.floats(0, 0.4), min_size=1, max_size=200))
def test_a_wire_that_comes_late_begins_no_more_in_a_second_than_the_rate(rate: float, steps: list[float]) -> None:
    clock = Time()
    lanes = Lanes({"gmail.com": rate}, clock)
    began: list[float] = []
    for step in steps:
        clock.now += step
        while lanes.begin("p@gmail.com"):
            began.append(clock.now)
        in_a_second = sum(moment > clock.now - 1.0 for moment in began)
        assert in_a_second <= rate * (1.0 + LATE) + 1.001


def test_what_is_urgent_waits_for_the_next_free_moment_and_not_behind_all_that_waits() -> None:
    clock = Time()
    lanes = Lanes({"gmx.net": 2.0}, clock)
    for number in range(1000):
        lanes.turn(f"p{number}@gmx.net")
    clock.now += 0.4

    turn = lanes.turn("she@gmx.net", urgent=True)
    assert turn.moment - clock.now <= 2 * AHEAD


def test_nobody_is_put_off_for_longer_than_a_new_rate_may_take_to_hold() -> None:
    clock = Time()
    lanes = Lanes({"gmx.net": 0.5}, clock)
    waits = [lanes.turn(f"p{number}@gmx.net").wait for number in range(2000)]

    assert max(waits) <= LONGEST
    assert lanes.has_put_off
    clock.now += LONGEST + 1
    assert not lanes.has_put_off


def test_rates_are_read_as_they_are_written() -> None:
    assert read_rates("gmail.com=20 GMX.net=0.5, web.de=3") == ({"gmail.com": 20.0, "gmx.net": 0.5, "web.de": 3.0}, [])
    assert read_rates("") == ({}, [])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("gmail.com", "gmail.com needs a number of messages a second above 0, such as gmail.com=20."),
        ("gmail.com=fast", "gmail.com needs a number"),
        ("gmail.com=0", "gmail.com needs a number"),
        ("gmail.com=inf", "gmail.com needs a number"),
        ("gmail.com=nan", "gmail.com needs a number"),
        ("gmail=20", "“gmail=20” names no domain; write gmail.com=20."),
        ("gmail.com=20 gmail.com=5", "gmail.com has two rates; keep one."),
    ],
)
def test_each_mistake_is_one_sentence(text: str, says: str) -> None:
    (mistake,) = read_rates(text)[1]

    assert mistake.startswith(says)
