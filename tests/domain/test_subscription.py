"""The life of a subscription: the whole table, and nothing beside it."""

from datetime import timedelta
from itertools import product

import pytest

from newsletter.domain import subscription
from newsletter.domain.subscription import LIFE, Event, Status, after

EVERYTHING = list(product([None, *Status], Event))


@pytest.mark.parametrize("status", [None, *Status])
def test_a_request_is_answered_wherever_somebody_stands(status: Status | None) -> None:
    assert after(status, Event.REQUEST) is not None


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("event", [Event.LEAVE, Event.SUPPRESS])
def test_leaving_and_suppression_apply_to_everybody(status: Status, event: Event) -> None:
    assert after(status, event) in (Status.UNSUBSCRIBED, Status.SUPPRESSED)


@pytest.mark.parametrize(("status", "event"), [pair for pair in EVERYTHING if pair not in LIFE])
def test_what_the_table_does_not_list_does_not_happen(status: Status | None, event: Event) -> None:
    assert after(status, event) is None


def test_just_these_pairs_are_not_listed() -> None:
    assert {pair for pair in EVERYTHING if pair not in LIFE} == {
        (None, Event.CONFIRM),
        (None, Event.LEAVE),
        (None, Event.RETURN),
        (None, Event.SUPPRESS),
        (Status.UNSUBSCRIBED, Event.CONFIRM),
        (Status.SUPPRESSED, Event.CONFIRM),
        (Status.PENDING, Event.RETURN),
        (Status.SUPPRESSED, Event.RETURN),
    }


def test_only_her_own_yes_makes_a_subscription_confirmed() -> None:
    ways_in = {pair for pair, status in LIFE.items() if status is Status.CONFIRMED and pair[0] is not Status.CONFIRMED}

    assert ways_in == {(Status.PENDING, Event.CONFIRM), (Status.UNSUBSCRIBED, Event.RETURN)}


@pytest.mark.parametrize("event", Event)
def test_nothing_leads_out_of_suppression(event: Event) -> None:
    assert after(Status.SUPPRESSED, event) in (None, Status.SUPPRESSED)


@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize("status", [None, *Status])
def test_a_second_click_is_kind(status: Status | None, event: Event) -> None:
    once = after(status, event)

    if once is not None:
        assert after(once, event) == once


def test_the_limits_are_those_we_promise() -> None:
    assert subscription.CONFIRMATIONS_PER_DAY == 2
    assert subscription.CONFIRMATIONS_EVER == 4
    assert timedelta(minutes=10) == subscription.CONFIRMATION_GAP
    assert timedelta(days=14) == subscription.CONFIRM_WITHIN
