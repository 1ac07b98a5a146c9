"""A skip can be taken back until its slot has passed: all is as it was, and the letter comes on its day."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from newsletter.store import tables
from newsletter.usecases import campaigns, planning, preferences, skipping
from newsletter.usecases.house import House
from newsletter.usecases.preferences import PreferenceError
from newsletter.usecases.skipping import Step
from tests.usecases.household import Post, TwoClocks, enrollment, preferences_token, send, tick


def step(house: House) -> Step:
    with house.store.reading() as tx:
        (one,) = skipping.steps(house, tx, preferences_token(house))
    return one


def skip(house: House) -> Step:
    one = step(house)
    assert skipping.skip(house, preferences_token(house), course=one.course, slot=one.slot.isoformat())
    return one


def take_back(house: House, slot: datetime) -> None:
    mine = {"course": step(house).course, "slot": slot.isoformat()}
    assert skipping.take_back(house, preferences_token(house), **mine)


def standing(house: House) -> dict[str, Any]:
    kept = enrollment(house)
    return {name: kept[name] for name in ("state", "last_slot_at", "next_due_at", "held_reason")}


def test_taking_a_skip_back_leaves_all_as_it_was(maria: House, clock: TwoClocks, post: Post) -> None:
    before = standing(maria)
    skipped = skip(maria)
    assert step(maria).skipped == skipped.slot
    take_back(maria, skipped.slot)

    assert standing(maria) == before
    assert step(maria).skipped is None
    clock.pass_by(skipped.slot - clock.business)
    tick(maria, post)
    assert post.subjects()[-1] == "Lesson 2"


def test_several_skips_are_taken_back_the_last_one_first(maria: House) -> None:
    stood = [(standing(maria), skip(maria).slot) for _ in range(3)]
    for before, slot in reversed(stood):
        take_back(maria, slot)
        assert standing(maria) == before


def test_a_second_click_takes_back_nothing_more(maria: House) -> None:
    first, second = skip(maria), skip(maria)
    take_back(maria, second.slot)
    take_back(maria, second.slot)

    assert step(maria).skipped == first.slot


def test_a_slot_that_has_passed_is_not_taken_back(maria: House, clock: TwoClocks) -> None:
    skipped = skip(maria)
    clock.pass_by(skipped.slot - clock.business + timedelta(minutes=1))

    assert step(maria).skipped is None
    with pytest.raises(PreferenceError, match="passed"):
        take_back(maria, skipped.slot)


@pytest.mark.parametrize("slot", ["", "tomorrow", "2026-03-10", "2026-03-10T08:00:00"])
def test_what_names_no_skip_of_hers_changes_nothing(maria: House, slot: str) -> None:
    skip(maria)
    before = standing(maria)
    with pytest.raises(PreferenceError):
        skipping.take_back(maria, preferences_token(maria), course=step(maria).course, slot=slot)
    assert standing(maria) == before


def test_what_she_changed_since_holds_when_a_skip_is_taken_back(maria: House, clock: TwoClocks) -> None:
    skipped = skip(maria)
    preferences.set_rhythm(maria, preferences_token(maria), hour="18", weekday="1", timezone="Europe/Berlin")
    take_back(maria, skipped.slot)

    assert step(maria).slot == skipped.slot + timedelta(hours=9)


def test_a_campaign_does_not_wait_for_a_letter_that_was_skipped(maria: House, clock: TwoClocks, post: Post) -> None:
    """The one letter of that day is the campaign."""
    skipped = skip(maria)
    clock.pass_by(skipped.slot - clock.business - timedelta(hours=1))
    campaigns.queue(maria, campaigns.create(maria, subject="News", body="Some."))
    campaigns.start_due(maria)
    planning.plan_due(maria)
    send(maria, post)

    assert post.subjects()[-1] == "News"


def test_skips_that_are_long_over_are_forgotten(maria: House, clock: TwoClocks, post: Post) -> None:
    skip(maria)
    for _ in range(22):
        clock.pass_by(days=1)
        tick(maria, post)
    skip(maria)
    with maria.store.reading() as tx:
        assert len(list(tx.execute(select(tables.skips)))) == 1
