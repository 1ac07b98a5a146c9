"""Send what is due: take, record the intent, compose, put on the wire, note, settle.

Two threads share the work. The caller's own runs the wire, and notes every acceptance in the journal before it goes
on. The other speaks with the ledger, a small batch at a time: it takes what comes next and settles what was answered.
No transaction is open while the wire is busy. What a fault leaves behind is found by its lease; the journal tells
what of it was accepted, and the rest is tried again under the same Message-ID.
"""

import logging
import random
from collections.abc import Callable
from typing import Any

from newsletter.domain import delivery
from newsletter.mail.transport import RelayUnavailable, Transport
from newsletter.store import audiences, dispatch, journal, leases, relays
from newsletter.usecases import allowance, remembered_pace, settling
from newsletter.usecases.house import House
from newsletter.usecases.outbox import Outbox, Tally

log = logging.getLogger(__name__)

_NOTED = "250 (accepted; noted in the sender's journal)"


def send_due(house: House, transport: Transport, *, holder: str, stop: Callable[[], bool] = lambda: False) -> Tally:
    """Send everything that is due. Ends early when `stop()` says so or the relay is down."""
    tally = Tally()
    _settle_what_was_noted(house, lambda name: name == holder)  # of an earlier round that lost the database
    remembered_pace.recall(house)
    while not stop() and (rounds := _what_is_due(house)):
        for alone in rounds:  # many at once, then one that has to go alone
            if reason := _why_the_breaker_is_open(house):
                tally.relay_down = reason
                return tally
            _go_round(house, transport, Outbox(house, holder, stop, tally, alone=alone))
            remembered_pace.keep(house)
    return tally


def _what_is_due(house: House) -> list[bool]:
    """The rounds to go: for deliveries that go together (False), for one that goes alone (True)."""
    now, machine = house.clock.now(), house.clock.machine()
    with house.store.reading() as tx:
        when: dict[str, Any] = {"now": now, "machine": machine, "lowest": allowance.lowest(house, tx)}
        together = dispatch.is_anything_due(tx, **when) or audiences.has_part(tx)
        return [False] * together + [True] * dispatch.is_anything_due(tx, **when, alone=True)


def _go_round(house: House, transport: Transport, outbox: Outbox) -> None:
    with outbox:
        try:
            for answers in transport.send(outbox.supply):
                outbox.note(answers)
        except RelayUnavailable as trouble:
            outbox.tally.relay_down = trouble.reason
            _note_trouble(house, trouble.reason)


def recover(house: House, dead: Callable[[str], bool]) -> int:
    """Free what dead senders left: those whose lease lapsed and those of which `dead(holder)` is true."""
    _settle_what_was_noted(house, dead)
    with house.store.transaction() as tx:
        gone = [holder for holder in leases.holders(tx) if dead(holder)]
        freed, given_up = leases.recover(tx, house.clock.machine(), gone)
    for public_id in given_up:
        log.error("delivery %s is %s", public_id, leases.GIVEN_UP)
    return freed


def _settle_what_was_noted(house: House, whose: Callable[[str], bool]) -> None:
    """Tell the ledger what the journals of ended senders say was accepted, and throw them away."""
    for holder, path in journal.left_behind(house.journals).items():
        if not whose(holder):
            continue
        accepted = list(journal.read(path))
        if accepted:
            settling.settle_noted(house, accepted, _NOTED)
            log.info("%d acceptances were noted in the journal of a sender that ended", len(accepted))
        path.unlink(missing_ok=True)


def _note_trouble(house: House, reason: str) -> None:
    machine = house.clock.machine()
    with house.store.transaction() as tx:
        before = relays.trouble(tx)
        failures = before.failures + 1 if before else 1
        wait = delivery.wait_after(failures, random.random())  # noqa: S311 - jitter, not a secret
        relays.note_failure(tx, reason[:300], machine, machine + wait)
    log.warning("the relay is in trouble, next try in %d s: %s", wait.total_seconds(), reason)


def _why_the_breaker_is_open(house: House) -> str:
    """Why the relay is left alone for now; empty when it is not."""
    with house.store.reading() as tx:
        trouble = relays.trouble(tx)
    return trouble.reason if trouble is not None and trouble.open_until > house.clock.machine() else ""
