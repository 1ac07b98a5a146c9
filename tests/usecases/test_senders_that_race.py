"""Two senders that hold parts of one mail at the same moment: whoever is first, it is one mail, and each part once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from newsletter.domain.delivery import Claim, Kind, State
from newsletter.store import dispatch
from newsletter.store.engine import Transaction
from newsletter.usecases import campaigns, giving_way
from newsletter.usecases.house import House
from tests.usecases.household import Post, TwoClocks, join, row, rows, send, tick

MARIA = "maria@example.org"
COURSE = ["Lesson 0", "Lesson 1", "Lesson 2", "Lesson 3", "Lesson 4"]


def start(house: House, subject: str) -> str:
    made = campaigns.create(house, subject=subject, body=f"What {subject} says.")
    campaigns.queue(house, made)
    campaigns.start_due(house)
    return made


@pytest.mark.parametrize("first", [1, 2])
def test_two_senders_that_hold_parts_of_one_digest_at_one_moment_make_one_mail_of_it(
    house: House, clock: TwoClocks, post: Post, monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    join(house)
    giving_way.set_etiquette(house, "letters", "digest")
    made = [start(house, subject) for subject in ("First", "Second", "Third")]
    for _ in range(23):
        tick(house, post)
        clock.pass_by(days=1)
    assert post.subjects(MARIA) == COURSE
    both_hold, limits, take = threading.Barrier(2), iter([first, 10]), dispatch.take

    def held(tx: Transaction, **how: Any) -> list[Claim]:
        """One takes so many, the other the rest, before either goes on; with one writer at a time, one after the other."""
        limit = next(limits, None)
        found = take(tx, **how | ({"limit": limit} if limit else {}))
        if limit:
            with suppress(threading.BrokenBarrierError):
                both_hold.wait(timeout=1)
        return found

    monkeypatch.setattr(dispatch, "take", held)
    with ThreadPoolExecutor(2) as senders:
        list(senders.map(lambda name: send(house, post, holder=name), ["h/1/a", "h/2/b"]))
    for _ in range(3):
        clock.pass_by(minutes=2)
        send(house, post)
        clock.pass_by(days=1)
        send(house, post)

    assert post.subjects(MARIA)[len(COURSE) :] == ["Three letters that waited for you"]
    carrier = row(house, MARIA, kind=Kind.CAMPAIGN, state=State.SENT)
    others = rows(house, MARIA, kind=Kind.CAMPAIGN, state=State.SKIPPED)
    assert [one["reason"] for one in others] == [f"in one mail: {carrier['public_id']}"] * 2
    assert [campaigns.status(house, each).tally.sent for each in made] == [1, 1, 1]
