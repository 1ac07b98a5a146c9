"""Letters in hand: written when their turn comes, signed ahead of the wire, in their order, and given back whole."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select

from newsletter.domain.delivery import Claim
from newsletter.domain.message import Outgoing
from newsletter.store import tables
from newsletter.usecases import campaigns, stack, taking
from newsletter.usecases.house import House
from newsletter.usecases.press import Press
from newsletter.usecases.stack import Stack
from newsletter.usecases.taking import Ready
from tests.usecases.household import OK, Post, crowd, send

READERS = 11


class Signing:
    """Signs in threads of its own, once its gate is open; what `refuses` says is no message."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(2)
        self.gate = threading.Event()
        self.gate.set()
        self.refuses: Sequence[bytes] = ()

    def later(self, messages: Sequence[bytes]) -> Future[list[bytes]]:
        return self.pool.submit(self._some, messages)

    def one(self, message: bytes) -> bytes:
        self.gate.wait(10)
        if any(words in message for words in self.refuses):
            raise ValueError("no message")
        return b"Signed: yes\r\n" + message

    def _some(self, messages: Sequence[bytes]) -> list[bytes]:
        return [self.one(message) for message in messages]


@pytest.fixture
def signing() -> Iterator[Signing]:
    made = Signing()
    yield made
    made.gate.set()
    made.pool.shutdown()


@pytest.fixture
def signing_house(bare_house: House, signing: Signing) -> House:
    """A house with a campaign to eleven readers under way, whose letters are signed."""
    crowd(bare_house, READERS)
    public_id = campaigns.create(bare_house, subject="News", body="Dear {{ name }},\n\nsome news.")
    campaigns.queue(bare_house, public_id)
    campaigns.start_due(bare_house)
    return replace(bare_house, sign_later=signing.later, seal=signing.one)


@pytest.fixture
def ready(signing_house: House) -> list[Ready]:
    return taking.take(signing_house, Press(signing_house), "h/1/a", 100).ready


@pytest.fixture
def pile(signing_house: House, ready: list[Ready]) -> Stack:
    made = Stack(signing_house, Press(signing_house))
    made.put(ready)
    return made


def everything(pile: Stack, at_once: int) -> Iterator[tuple[Claim, Outgoing | Exception]]:
    while pile:
        yield from pile.take(at_once)


@pytest.mark.parametrize("at_once", [1, 3, 100])
@pytest.mark.parametrize("ahead", [1, 5, 96])
def test_all_come_signed_and_in_their_order(
    pile: Stack, ready: list[Ready], at_once: int, ahead: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack, "SIGNED_AHEAD", ahead)
    came = list(everything(pile, at_once))

    assert [claim for claim, _ in came] == [claim for claim, _ in ready]
    for claim, out in came:
        assert isinstance(out, Outgoing)
        assert (out.delivery, out.envelope_to) == (claim.id, claim.address)
        assert out.data.startswith(b"Signed: yes\r\n")
        assert claim.address.encode() in out.data


def test_what_is_at_signing_is_given_back_like_all_others(pile: Stack, ready: list[Ready], signing: Signing) -> None:
    (first, _) = pile.take(1)[0]
    pile.put_first([ready[0]])
    signing.gate.clear()
    assert {claim.id for claim in pile.claims()} == {claim.id for claim, _ in ready}
    threading.Timer(0.05, signing.gate.set).start()
    gone = pile.send_away(lambda claim: claim.id % 2 == 0)
    assert [claim.id % 2 for claim in gone] == [0] * len(gone)
    kept = [claim for claim, _ in everything(pile, 4)]

    assert {claim.id for claim in gone + kept} == {claim.id for claim, _ in ready}
    assert len(gone) + len(kept) == READERS
    assert first in gone + kept


def test_one_that_cannot_be_signed_stops_nobody_else(pile: Stack, signing: Signing) -> None:
    signing.refuses = [b"p3@example.org"]
    came = {claim.address: out for claim, out in everything(pile, 2)}

    assert isinstance(came.pop("p3@example.org"), ValueError)
    assert len(came) == READERS - 1
    assert all(isinstance(out, Outgoing) and out.data.startswith(b"Signed") for out in came.values())


def test_a_pause_takes_back_what_is_at_signing(signing_house: House, post: Post) -> None:
    with signing_house.store.reading() as tx:
        (public_id,) = tx.scalars(select(tables.campaigns.c.public_id))
    post.answer = lambda _: (campaigns.pause(signing_house, public_id), OK)[1] if len(post.tried) == 3 else OK
    send(signing_house, post)
    assert len(post.accepted) == 3
    assert campaigns.status(signing_house, public_id).tally.queued == READERS - 3

    campaigns.resume(signing_house, public_id)
    post.answer = lambda _: OK
    send(signing_house, post)
    assert len({message.envelope_to for message in post.accepted}) == len(post.accepted) == READERS
    assert all(message.data.startswith(b"Signed") for message in post.accepted)
