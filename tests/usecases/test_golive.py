"""From the development inbox to the world."""

from dataclasses import replace

from newsletter.domain.delivery import Kind, State
from newsletter.usecases import golive, holding, signup
from newsletter.usecases.house import House
from tests.usecases.household import (
    Post,
    TwoClocks,
    ask,
    confirm_token,
    enrollment,
    join,
    person,
    row,
    rows,
    send,
    tick,
)

MARIA = "maria@example.org"


def indoors(house: House) -> House:
    """The same house while its mail is captured."""
    return replace(house, mail_leaves=False)


def test_who_joined_while_mail_was_captured_waits_for_the_owner(house: House, clock: TwoClocks, post: Post) -> None:
    golive.note_mail_mode(indoors(house))
    join(house)
    join(house, "zoe@example.org")
    assert golive.note_mail_mode(house) == 2
    assert golive.note_mail_mode(house) == 0

    clock.pass_by(days=1)
    tick(house, post)
    assert post.tried == []
    assert {one.reason for one in holding.held(house)} == {golive.HELD_REASON}

    assert holding.release(house) == 2
    send(house, post)
    assert sorted(message.envelope_to for message in post.accepted)[0] == MARIA


def test_what_was_captured_stays_captured(house: House, post: Post) -> None:
    golive.note_mail_mode(indoors(house))
    ask(house)
    golive.note_mail_mode(house)

    assert send(house, post).tried == []
    assert (row(house)["state"], row(house)["reason"]) == (State.SKIPPED, "captured before mail could leave")


def test_a_house_that_begins_live_holds_nobody(house: House, post: Post) -> None:
    join(house)
    assert golive.note_mail_mode(house) == 0
    send(house, post)

    assert post.subjects() == ["Lesson 0"]


def test_going_back_indoors_holds_nobody_and_going_live_again_holds_everybody(house: House) -> None:
    golive.note_mail_mode(house)
    join(house)
    assert golive.note_mail_mode(indoors(house)) == 0
    assert golive.note_mail_mode(house) == 1


def test_who_signs_up_again_and_confirms_is_held_no_longer(house: House, clock: TwoClocks, post: Post) -> None:
    golive.note_mail_mode(indoors(house))
    ask(house)
    golive.note_mail_mode(house)
    assert person(house).held_reason == golive.HELD_REASON
    clock.pass_by(minutes=11)
    ask(house)
    send(house, post)
    assert signup.confirm(house, confirm_token(house)) is not None

    assert person(house).held_reason is None
    send(house, post)
    assert post.subjects()[1:] == ["Lesson 0"]
    assert enrollment(house)["next_due_at"] is not None
    assert len(rows(house, kind=Kind.CONFIRMATION)) == 2
