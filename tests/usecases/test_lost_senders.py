"""Senders that die with mail in hand: a healthy letter goes out whatever happens, a deadly one is found and ended."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from newsletter.content.compose import Composer
from newsletter.domain.delivery import MOST_LOSSES, SUSPECT_AFTER, Deferred, Kind, Outcome, State
from newsletter.domain.message import Outgoing
from newsletter.domain.subscription import REMIND_AFTER
from newsletter.mail.transport import Supply
from newsletter.store.leases import GIVEN_UP
from newsletter.usecases import campaigns, planning, sending
from newsletter.usecases.house import House
from tests.usecases.household import (
    OK,
    Post,
    TwoClocks,
    ask,
    crowd,
    enrollment,
    force,
    join,
    rows,
    send,
    subscription,
    tables,
)

POISON = "p3@example.org"


class Killed(BaseException):
    """The process ends here."""


class Mortal(Post):
    """A post with several connections, whose process dies when `deadly` says so of a message on the wire."""

    connections = 3
    deadly: Any = staticmethod(lambda _: False)

    def send(self, supply: Supply) -> Iterator[list[tuple[Outgoing, Outcome]]]:
        """Take messages up to the number of connections, then answer them in order."""
        while wire := supply(self.connections):
            self.tried += wire
            for message in wire:
                if self.deadly(message):
                    raise Killed
            for message in wire:
                self.accepted.append(message)
                yield [(message, OK)]


def owed(house: House, readers: int) -> str:
    crowd(house, readers)
    made = campaigns.create(house, subject="News", body="Some news.")
    campaigns.queue(house, made)
    campaigns.start_due(house)
    return made


def live_on(house: House, clock: TwoClocks, post: Post, lives: int) -> int:
    """Start a sender again and again, each after the longest rest, until nothing is left. Returns how many died."""
    for number in range(lives):
        sending.recover(house, lambda _: True)
        clock.pass_by(minutes=20)
        try:
            send(house, post, holder=f"here/{number}/x")
        except Killed:
            continue
        return number
    raise AssertionError("it never ended")


def states(house: House) -> dict[str, str]:
    return {one["address"]: one["state"] for one in rows(house, kind=Kind.CAMPAIGN)}


def test_a_mail_that_ends_every_sender_is_given_up_and_named_and_all_others_go_out(
    bare_house: House, clock: TwoClocks, caplog: pytest.LogCaptureFixture
) -> None:
    """F21."""
    owed(bare_house, 9)
    post = Mortal()
    post.deadly = lambda message: message.envelope_to == POISON
    with caplog.at_level(logging.ERROR):
        assert live_on(bare_house, clock, post, 20) == MOST_LOSSES

    ended = states(bare_house)
    assert ended.pop(POISON) == State.FAILED
    assert set(ended.values()) == {State.SENT}
    (poison,) = rows(bare_house, POISON)
    assert poison["reason"] == GIVEN_UP
    assert poison["public_id"] in caplog.text and POISON not in caplog.text
    assert campaigns.finish_done(bare_house) == 1
    others = [message.envelope_to for message in post.tried if message.envelope_to != POISON]
    together = SUSPECT_AFTER * (post.connections - 1)
    assert len(others) - len(set(others)) <= together, "alone from the third time on, it takes nobody with it"


def test_a_mail_that_ends_its_sender_while_it_is_written_is_found_too(
    bare_house: House, clock: TwoClocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    owed(bare_house, 9)
    force(bare_house, tables.subscribers, 3, name="Mallory")
    write = Composer.campaign

    def deadly(self: Composer, reader: Any, **words: str) -> Any:
        if reader.name == "Mallory":
            raise Killed
        return write(self, reader, **words)

    monkeypatch.setattr(Composer, "campaign", deadly)
    post = Mortal()
    assert live_on(bare_house, clock, post, 20) == MOST_LOSSES

    ended = states(bare_house)
    assert ended.pop(POISON) == State.FAILED
    assert set(ended.values()) == {State.SENT}


@pytest.mark.parametrize("kills", [1, 4, 12])
def test_a_sender_that_is_killed_again_and_again_fails_no_healthy_mail(
    bare_house: House, clock: TwoClocks, kills: int
) -> None:
    """F1: L = 0; each blow falls at once after the start, when the same mails are first in line."""
    owed(bare_house, 9)
    post, blows = Mortal(), iter(range(kills))
    post.deadly = lambda _: next(blows, None) is not None
    for number in range(kills + 1):
        sending.recover(bare_house, lambda _: True)
        try:
            send(bare_house, post, holder=f"here/{number}/x")
        except Killed:
            clock.pass_by(seconds=1)
    post.deadly = lambda _: False
    for number in range(9):
        clock.pass_by(minutes=5)
        sending.recover(bare_house, lambda _: True)
        send(bare_house, post, holder=f"later/{number}/x")

    assert set(states(bare_house).values()) == {State.SENT}
    assert len(post.tried) - len(post.accepted) <= kills * post.connections


def test_what_was_under_way_goes_on_at_once_after_one_blow(bare_house: House, clock: TwoClocks) -> None:
    owed(bare_house, 9)
    post, blows = Mortal(), iter([True])
    post.deadly = lambda _: next(blows, False)
    with pytest.raises(Killed):
        send(bare_house, post)
    sending.recover(bare_house, lambda _: True)
    send(bare_house, post)

    assert set(states(bare_house).values()) == {State.SENT}


def test_an_answer_of_the_server_clears_a_mail_of_suspicion(bare_house: House, clock: TwoClocks) -> None:
    owed(bare_house, 1)
    post, blows = Mortal(), iter([True])
    post.deadly = lambda _: next(blows, False)
    with pytest.raises(Killed):
        send(bare_house, post)
    sending.recover(bare_house, lambda _: True)
    assert [one["orphaned"] for one in rows(bare_house)] == [1]

    send(bare_house, Post(answer=lambda _: Deferred("450 later")))
    assert [one["orphaned"] for one in rows(bare_house)] == [0]


def test_what_was_noted_of_a_dead_sender_has_all_that_follows_from_an_answer(
    house: House, clock: TwoClocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A confirmation that was accepted is reminded of; a letter that went out late keeps the next one at a distance."""
    join(house, "late@example.org")
    send(house)
    clock.pass_by(enrollment(house, "late@example.org")["next_due_at"] - clock.business)
    planning.plan_due(house)
    ask(house, "new@example.org")
    clock.pass_by(days=3)
    before = enrollment(house, "late@example.org")["next_due_at"]

    def dying(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr("newsletter.usecases.outbox.settling.settle", dying)
        send(house, holder="here/1/x")
    sending.recover(house, lambda _: True)

    assert [one["state"] for one in rows(house, "new@example.org")] == [State.SENT]
    assert subscription(house, "new@example.org")["remind_at"] == clock.now() + REMIND_AFTER
    assert enrollment(house, "late@example.org")["next_due_at"] > before
