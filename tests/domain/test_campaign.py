"""The life of a campaign: the whole table, and nothing beside it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from newsletter.domain.campaign import (
    CAMPAIGN_LIFE,
    Campaign,
    CampaignEvent,
    CampaignState,
    Pace,
    after,
    digest,
    pace,
)

S, E = CampaignState, CampaignEvent
EVERYTHING = list(product(S, E))


@pytest.mark.parametrize(("state", "event"), [pair for pair in EVERYTHING if pair not in CAMPAIGN_LIFE])
@pytest.mark.parametrize("started", [True, False])
def test_what_the_table_does_not_list_does_not_happen(state: S, event: E, started: bool) -> None:
    assert after(state, event, started=started) is None


@pytest.mark.parametrize(("pair", "following"), CAMPAIGN_LIFE.items())
def test_what_the_table_lists_happens(pair: tuple[S, E], following: S) -> None:
    assert after(*pair, started=True) is following


@pytest.mark.parametrize("event", E)
@pytest.mark.parametrize("state", [S.SENT, S.CANCELLED])
def test_what_is_over_is_over(state: S, event: E) -> None:
    assert after(state, event, started=True) is None


@pytest.mark.parametrize("state", [S.DRAFT, S.SCHEDULED, S.SENDING, S.PAUSED])
def test_whatever_is_not_over_can_be_cancelled(state: S) -> None:
    assert after(state, E.CANCEL, started=state is not S.DRAFT) is S.CANCELLED


@pytest.mark.parametrize(("started", "following"), [(True, S.SENDING), (False, S.SCHEDULED)])
def test_resuming_goes_back_to_where_the_pause_began(started: bool, following: S) -> None:
    before = S.SENDING if started else S.SCHEDULED

    assert after(before, E.PAUSE, started=started) is S.PAUSED
    assert after(S.PAUSED, E.RESUME, started=started) is following


def test_a_text_is_frozen_once_for_all() -> None:
    assert [pair for pair, following in CAMPAIGN_LIFE.items() if following is S.DRAFT] == []
    assert [state for state, event in CAMPAIGN_LIFE if event is E.QUEUE] == [S.DRAFT]


def test_a_speed_says_when_what_waits_is_done() -> None:
    machine = datetime(2026, 11, 24, 9, tzinfo=UTC)

    assert pace(600, machine - timedelta(minutes=3), machine, 1000) == Pace(200.0, machine + timedelta(minutes=5))
    assert pace(600, machine - timedelta(minutes=3), machine, 0) == Pace(200.0, None)
    assert pace(0, None, machine, 1000) == Pace()


def test_a_speed_of_the_first_instant_is_no_wonder() -> None:
    machine = datetime(2026, 11, 24, 9, tzinfo=UTC)

    assert pace(10, machine, machine, 600) == Pace(600.0, machine + timedelta(minutes=1))


def test_a_digest_tells_every_change_that_a_writer_can_make() -> None:
    now = datetime(2026, 11, 24, 9, tzinfo=UTC)
    one = Campaign(1, "a", 1, "letters", "Letters", "News", "Some.", S.DRAFT, None, None, now, None, None, None)
    changes = [{"subject": "New"}, {"body": "Some"}, {"list_slug": "other"}, {"subject": "NewsSome.", "body": ""}]

    assert len({digest(one), *(digest(replace(one, **change)) for change in changes)}) == 5
    assert digest(replace(one, list_title="Post", recipients=3)) == digest(one)
