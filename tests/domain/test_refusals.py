"""A campaign that stops itself: how many refusals are too many, and when to look."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.refusals import are_too_many, look_again_at


@pytest.mark.parametrize(
    ("refused", "answered", "stops"),
    [
        (9, 9, False),
        (10, 10, True),
        (10, 99, True),
        (10, 100, False),
        (19, 200, False),
        (20, 399, True),
        (20, 400, False),
        (50_001, 1_000_000, True),
        (50_000, 1_000_000, False),
    ],
)
def test_it_stops_above_a_tenth_and_with_twenty_refusals_above_a_twentieth(
    refused: int, answered: int, stops: bool
) -> None:
    assert are_too_many(refused, answered) is stops


@given(st.floats(0, 0.3), st.integers(1, 3000), st.randoms(use_true_random=False))
def test_who_looks_only_when_told_stops_at_the_same_refusal(share: float, emails: int, chance) -> None:
    refused = look_at = 0
    for answered in range(1, emails + 1):
        if chance.random() >= share:
            continue
        refused += 1
        at_once = are_too_many(refused, answered)
        if refused < look_at:
            assert not at_once
            continue
        look_at = look_again_at(refused, answered)
        assert look_at > refused
        if at_once:
            return


def test_a_million_emails_with_two_in_a_hundred_refused_are_counted_a_dozen_times() -> None:
    looks = look_at = 0
    for refused in range(1, 20_001):
        if refused >= look_at:
            looks, look_at = looks + 1, look_again_at(refused, 50 * refused)

    assert looks <= 12
