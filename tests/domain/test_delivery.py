"""One owed email: who may still get it, how long we wait, when we give up."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.campaign import CampaignState
from newsletter.domain.delivery import (
    CLOSED,
    OPEN,
    PRIORITY,
    TO_NO_SUBSCRIBER,
    Kind,
    Priority,
    Standing,
    State,
    Verdict,
    judge,
    patience_ends,
    wait_after,
)
from newsletter.domain.enrollment import Progress
from newsletter.domain.subscription import Status

EVERY_STANDING = [
    Standing(*one)
    for one in product(Kind, (False, True), [None, *Status], [None, *CampaignState], [None, *Progress], (False, True))
]
TO_CONFIRM = (Kind.CONFIRMATION, Kind.REMINDER)
LETTERS = (Kind.LESSON, Kind.CAMPAIGN)


def those(*kinds: Kind) -> list[Standing]:
    return [one for one in EVERY_STANDING if one.kind in kinds]


def test_every_standing_has_a_verdict() -> None:
    assert {judge(one) for one in EVERY_STANDING} == set(Verdict)


def test_a_test_and_a_notice_to_the_owner_always_go() -> None:
    assert {judge(one) for one in those(*TO_NO_SUBSCRIBER)} == {Verdict.GO}


def test_of_what_goes_to_subscribers_nothing_goes_to_a_suppressed_address() -> None:
    assert {judge(one) for one in EVERY_STANDING if one.suppressed and one.kind not in TO_NO_SUBSCRIBER} == {
        Verdict.SUPPRESSED
    }


def test_a_confirmation_goes_exactly_while_it_is_awaited() -> None:
    for one in those(*TO_CONFIRM):
        if not one.suppressed:
            assert judge(one) is (Verdict.GO if one.subscription == Status.PENDING else Verdict.CONFIRMED)


def test_a_preferences_link_goes_whatever_she_is_subscribed_to() -> None:
    assert {judge(one) for one in those(Kind.PREFERENCES) if not one.suppressed} == {Verdict.GO}


def test_no_letter_goes_to_somebody_who_is_not_confirmed_or_has_left_the_course() -> None:
    for one in those(*LETTERS):
        if not one.suppressed and (one.subscription != Status.CONFIRMED or one.enrollment == Progress.LEFT):
            assert judge(one) is Verdict.LEFT


def test_a_cancelled_campaign_goes_to_nobody() -> None:
    cancelled = [one for one in those(*LETTERS) if one.campaign == CampaignState.CANCELLED]

    assert Verdict.GO not in {judge(one) for one in cancelled}


def test_a_pause_keeps_a_lesson_and_drops_a_campaign() -> None:
    for one in those(*LETTERS):
        wanted = not one.suppressed and one.subscription == Status.CONFIRMED and one.enrollment != Progress.LEFT
        if wanted and one.paused and one.campaign != CampaignState.CANCELLED:
            assert judge(one) is (Verdict.PUT_BACK if one.kind is Kind.LESSON else Verdict.PAUSED)


def test_a_pause_keeps_back_nothing_that_she_asked_for() -> None:
    for one in those(*TO_CONFIRM, Kind.PREFERENCES, Kind.TEST):
        assert judge(one) is not Verdict.PUT_BACK
        assert judge(one) is not Verdict.PAUSED


def test_a_confirmed_reader_who_is_not_silent_gets_her_letter() -> None:
    for kind in LETTERS:
        assert (
            judge(Standing(kind, False, Status.CONFIRMED, CampaignState.SENDING, Progress.ACTIVE, False)) is Verdict.GO
        )


def test_every_state_is_open_or_closed_and_every_kind_has_its_place_in_the_queue() -> None:
    assert sorted(OPEN + CLOSED) == sorted(State)
    assert set(PRIORITY) == set(Kind)
    assert [kind for kind in Kind if PRIORITY[kind] is not Priority.URGENT] == list(LETTERS)


@given(st.integers(1, 400), st.floats(0, 1))
def test_the_wait_doubles_from_a_minute_with_a_fifth_of_jitter_and_is_never_more_than_an_hour(
    tries: int, jitter: float
) -> None:
    wait, plain = wait_after(tries, jitter), timedelta(minutes=2 ** min(tries - 1, 20))

    assert timedelta(seconds=48) <= wait <= timedelta(hours=1)
    if plain < timedelta(minutes=50):
        assert plain * 0.8 <= wait <= plain * 1.2
    else:
        assert wait >= timedelta(minutes=40)


@given(st.integers(1, 30), st.floats(0, 1))
def test_the_wait_never_shrinks_with_the_tries(tries: int, jitter: float) -> None:
    assert wait_after(tries + 1, jitter) >= wait_after(tries, jitter)


@pytest.mark.parametrize("tries", [1, 6, 20, 1000])
def test_jitter_spreads_the_tries_even_after_days(tries: int) -> None:
    """After an outage nobody wants every letter at the same second."""
    assert wait_after(tries, 1.0) / wait_after(tries, 0.0) == pytest.approx(1.5)


def test_patience_ends_seventy_two_hours_after_the_first_try() -> None:
    first = datetime(2026, 3, 28, 12, tzinfo=UTC)

    assert patience_ends(first) == first + timedelta(hours=72)
