"""Several courses of one person: where they stand, for whoever sets a slot that must not meet another's letter."""

from collections.abc import Collection, Sequence
from datetime import datetime

from newsletter.domain import itinerary
from newsletter.domain.cadence import Cadence
from newsletter.domain.enrollment import Enrollment
from newsletter.domain.itinerary import NOTHING, Beside, Step, stands
from newsletter.domain.subscriber import Subscriber
from newsletter.store import side_by_side
from newsletter.store.engine import Transaction
from newsletter.usecases.house import House

Standings = dict[int, dict[int, Beside]]
"""By reader and by enrollment, where the courses of those stand who have several."""


def standings(house: House, tx: Transaction, readers: Collection[int]) -> Standings:
    """Where the courses of these readers stand; empty where the owner lets several letters come on a day."""
    found = side_by_side.of_subscribers(tx, readers) if house.one_a_day and readers else {}
    return {reader: hers for reader, hers in found.items() if len(hers) > 1}


def take(house: House, tx: Transaction, due: Sequence[Enrollment]) -> tuple[Sequence[Enrollment], Standings]:
    """Of enrollments that are due and locked those that may be planned now, and where their readers' courses stand.

    Two planners never have one reader's courses at a time: each would find her day free. Who is left out is due still.
    """
    found = standings(house, tx, {one.subscriber_id for one in due})
    if not found or not house.store.has_many_writers:
        return due, found
    mine = side_by_side.take(tx, found)
    rest = [one for one in due if one.subscriber_id not in found or one.subscriber_id in mine]
    return rest, standings(house, tx, mine)  # anew: another planner may have had them a moment ago


def beside(found: Standings, one: Enrollment) -> list[Beside]:
    """The other courses of an enrollment's reader."""
    return [other for number, other in found.get(one.subscriber_id, {}).items() if number != one.id]


def note(found: Standings, one: Enrollment, step: Step) -> None:
    """Note where an enrollment stands after a step, for the other courses of its reader."""
    if hers := found.get(one.subscriber_id):
        hers[one.id] = stands(hers.get(one.id, NOTHING), step)


def of_one(house: House, tx: Transaction, reader: int, *, but: int | None = None) -> list[Beside]:
    """The courses of one reader, but for one of her enrollments."""
    found = side_by_side.of_subscribers(tx, [reader]) if house.one_a_day else {}
    return [other for number, other in found.get(reader, {}).items() if number != but]


def apart(
    house: House, tx: Transaction, person: Subscriber, due: datetime, calendar: Cadence, *, but: int | None = None
) -> datetime:
    """A slot of hers, or the first one after it on a day that no other course has; `but`: its own enrollment."""
    rhythm = person.rhythm(house.letterhead.timezone)
    return itinerary.apart(due, rhythm, calendar, of_one(house, tx, person.id, but=but))
