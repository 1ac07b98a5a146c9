"""Enrollments on their way, with all that their coming letters depend on: what is asked ahead is asked of these."""

from collections.abc import Mapping, Sequence

from newsletter.domain import path
from newsletter.domain.enrollment import Enrollment
from newsletter.domain.itinerary import NOTHING, Walk
from newsletter.domain.subscriber import Subscriber
from newsletter.store import enrollments, planned, timetables
from newsletter.store.engine import Transaction
from newsletter.usecases import conditions, side_by_side
from newsletter.usecases.house import House


def of_readers(
    house: House, tx: Transaction, runs: Sequence[Enrollment], people: Mapping[int, Subscriber]
) -> dict[int, list[Walk]]:
    """By reader, these enrollments on their way, and beside them all others of hers that they must not meet."""
    if not runs:
        return {}
    where = side_by_side.standings(house, tx, people)
    others = {number for hers in where.values() for number in hers} - {one.id for one in runs}
    everything = [*runs, *(enrollments.by_ids(tx, others).values() if others else ())]
    known = planned.of_enrollments(tx, [one.id for one in everything])
    courses = timetables.of_courses(tx, {one.course_id for one in everything})
    had = {one.id: known[one.id].had if one.id in known else {} for one in everything}
    orders = {number: one.order for number, one in courses.items()}
    lacking = conditions.unmet(house, tx, everything, people, orders, had)
    found: dict[int, list[Walk]] = {}
    for one in everything:
        past, seen = path.history(one, had[one.id]), where.get(one.subscriber_id, {}).get(one.id, NOTHING)
        walk = Walk(one, courses[one.course_id], past, lacking.get(one.id, ()), seen)
        found.setdefault(one.subscriber_id, []).append(walk)
    return found


def others(
    house: House, tx: Transaction, runs: Sequence[Enrollment], people: Mapping[int, Subscriber]
) -> dict[int, list[Walk]]:
    """By enrollment, the other courses of its reader that it must not meet; who is in one alone is not among them."""
    where = side_by_side.standings(house, tx, people)
    several = [one for one in runs if one.subscriber_id in where]
    hers = of_readers(house, tx, several, {one.subscriber_id: people[one.subscriber_id] for one in several})
    return {one.id: [walk for walk in hers[one.subscriber_id] if walk.run.id != one.id] for one in several}
