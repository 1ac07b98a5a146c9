"""What is done now and then: one reminder, and a short memory."""

from datetime import timedelta

import pytest

from newsletter.domain.delivery import Kind, State
from newsletter.domain.subscription import Status
from newsletter.store import consents, limits
from newsletter.usecases import housekeeping, leaving, people, signup
from newsletter.usecases.house import House
from tests.usecases.household import (
    Post,
    TwoClocks,
    ask,
    confirm_token,
    join,
    leave_token,
    rows,
    send,
    subscription,
)

MARIA = "maria@example.org"


def reminders(house: House) -> int:
    return len(rows(house, kind=Kind.REMINDER))


def test_a_reminder_comes_two_days_after_the_confirmation_mail_was_accepted(
    house: House, clock: TwoClocks, post: Post
) -> None:
    ask(house)
    clock.pass_by(hours=5)
    send(house, post)
    clock.pass_by(timedelta(days=2) - timedelta(seconds=1))
    assert housekeeping.remind_due(house) == 0
    clock.pass_by(seconds=1)
    assert housekeeping.remind_due(house) == 1
    assert housekeeping.remind_due(house) == 0

    send(house, post)
    assert len(post.accepted) == 2
    assert signup.confirm(house, house.keyring.token(signup.Purpose.CONFIRM, rows(house)[-1]["public_id"]))


def test_the_reminder_is_the_only_one_however_often_she_asks_again(house: House, clock: TwoClocks, post: Post) -> None:
    ask(house)
    send(house, post)
    for _ in range(13):
        clock.pass_by(days=1)
        ask(house)
        housekeeping.remind_due(house)
        send(house, post)

    assert reminders(house) <= 1
    assert len(post.accepted) <= 4


def test_nobody_is_reminded_of_what_she_has_answered(house: House, clock: TwoClocks, post: Post) -> None:
    ask(house)
    send(house, post)
    signup.confirm(house, confirm_token(house))
    clock.pass_by(days=3)

    assert housekeeping.remind_due(house) == 0


def test_a_reminder_that_was_planned_is_not_sent_once_she_confirmed(house: House, clock: TwoClocks, post: Post) -> None:
    ask(house)
    send(house, post)
    clock.pass_by(days=2)
    housekeeping.remind_due(house)
    signup.confirm(house, confirm_token(house))
    send(house, post)

    assert rows(house, kind=Kind.REMINDER)[0]["state"] == State.SKIPPED


def test_who_comes_back_after_leaving_may_be_reminded_again(house: House, clock: TwoClocks, post: Post) -> None:
    ask(house)
    send(house, post)
    clock.pass_by(days=2)
    housekeeping.remind_due(house)
    send(house, post)
    signup.confirm(house, confirm_token(house))
    clock.pass_by(days=1)
    leaving.leave(house, leave_token(house), method="one click")
    clock.pass_by(days=1)
    ask(house)
    send(house, post)
    clock.pass_by(days=2)

    assert housekeeping.remind_due(house) == 1


def test_who_does_not_confirm_in_fourteen_days_is_forgotten(house: House, clock: TwoClocks) -> None:
    ask(house)
    clock.pass_by(timedelta(days=14) - timedelta(seconds=1))
    assert housekeeping.forget_unconfirmed(house) == 0
    clock.pass_by(seconds=1)
    assert housekeeping.forget_unconfirmed(house) == 1

    assert rows(house) == []
    with pytest.raises(people.PersonError):
        people.portrait(house, MARIA)
    with house.store.reading() as tx:
        assert consents.first_break(tx) is None, "her payload is gone, the chain is whole"


def test_asking_again_gives_fourteen_more_days(house: House, clock: TwoClocks) -> None:
    ask(house)
    clock.pass_by(days=10)
    ask(house)
    clock.pass_by(days=10)
    assert housekeeping.forget_unconfirmed(house) == 0
    clock.pass_by(days=4)
    assert housekeeping.forget_unconfirmed(house) == 1


def test_who_was_a_subscriber_before_is_not_forgotten_but_has_left_again(
    house: House, clock: TwoClocks, post: Post
) -> None:
    join(house)
    leaving.leave(house, leave_token(house), method="one click")
    clock.pass_by(days=1)
    ask(house)
    clock.pass_by(days=14)
    assert housekeeping.forget_unconfirmed(house) == 1

    assert subscription(house)["status"] == Status.UNSUBSCRIBED
    assert send(house, post).tried == []


def test_confirmed_readers_are_never_forgotten(house: House, clock: TwoClocks) -> None:
    join(house)
    clock.pass_by(days=4000)

    assert housekeeping.forget_unconfirmed(house) == 0
    assert subscription(house)["status"] == Status.CONFIRMED


def test_counters_are_kept_for_two_days(house: House, clock: TwoClocks) -> None:
    with house.store.transaction() as tx:
        limits.count(tx, "old", clock.machine() - timedelta(days=3))
        limits.count(tx, "new", clock.machine() - timedelta(days=1))
    housekeeping.clear_counters(house)

    with house.store.reading() as tx:
        assert limits.current(tx, "old", clock.machine() - timedelta(days=3)) == 0
        assert limits.current(tx, "new", clock.machine() - timedelta(days=1)) == 1
