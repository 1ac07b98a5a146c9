"""The pace that a relay's complaints led to outlives the process that found it."""

import time
from dataclasses import replace
from datetime import timedelta

from newsletter.mail.pacing import KnownPace, Pacer
from newsletter.usecases import remembered_pace
from newsletter.usecases.house import House, WayOut
from tests.usecases.household import TwoClocks, ask, send

RELAY = WayOut(relay="mail.example.org:587")


def process(house: House, rate: float | None = None, way_out: WayOut = RELAY) -> House:
    """The same house in a process that has just begun."""
    return replace(house, pace=KnownPace(Pacer(rate)), way_out=way_out)


def complained(house: House) -> float:
    """A relay takes ten in a second and then complains; returns the pace that this leads to."""
    pacer = house.pace.pacer
    pacer.accepted(time.monotonic(), 40)
    pacer.slow_down(time.monotonic(), 0.0)
    return pacer.found


def test_a_process_that_starts_goes_on_with_the_pace_that_was_found(house: House) -> None:
    first = process(house)
    ask(first)
    found = complained(first)
    send(first)

    second = process(house)
    send(second)
    assert second.pace.pacer.found == found
    assert second.pace.pacer.rate(time.monotonic()) < found * 1.1


def test_it_holds_for_this_relay_and_for_a_day(house: House, clock: TwoClocks) -> None:
    first = process(house)
    complained(first)
    remembered_pace.keep(first)

    elsewhere = process(house, way_out=WayOut(relay="other.example.org:587"))
    remembered_pace.recall(elsewhere)
    assert elsewhere.pace.pacer.found is None
    clock.pass_by(timedelta(hours=25))
    late = process(house)
    remembered_pace.recall(late)
    assert late.pace.pacer.found is None


def test_the_owner_s_limit_stays_above_it(house: House) -> None:
    first = process(house, 500.0)
    complained(first)
    remembered_pace.keep(first)

    slow = process(house, 2.0)
    remembered_pace.recall(slow)
    assert slow.pace.pacer.rate(time.monotonic()) == 2.0


def test_a_pace_that_nothing_limits_is_never_written_down(house: House) -> None:
    free = process(house)
    send(free)

    assert (free.pace.kept, free.pace.is_recalled) == (None, True)
