"""What the owner may see and do of one person, and the lists there are."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from newsletter.domain import address
from newsletter.domain.cadence import instant
from newsletter.domain.enrollment import Progress, next_lesson
from newsletter.domain.subscriber import Subscriber
from newsletter.store import consents, courses, deliveries, enrollments, lists, subscribers
from newsletter.store.engine import Transaction
from newsletter.usecases import enrolling, preferences
from newsletter.usecases.house import House

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class PersonError(Exception):
    """Something that cannot be done with a person or a list; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Portrait:
    """All that is known of one person."""

    email: str
    name: str
    timezone: str
    lists: list[dict[str, Any]]
    enrollments: list[dict[str, Any]]
    consents: list[dict[str, Any]]
    paused_until: datetime | None
    held: str | None


def portrait(house: House, email: str) -> Portrait:
    """Everything the house knows of one address."""
    with house.store.reading() as tx:
        person = find(house, tx, email)
        return Portrait(
            email=person.address,
            name=person.name,
            timezone=person.timezone or house.letterhead.timezone,
            lists=[
                {"list": one.list_slug, "state": one.status, "confirmed_at": one.confirmed_at, "left_at": one.left_at}
                for one in subscribers.subscriptions_of(tx, person.id)
            ],
            enrollments=_courses_of(tx, person),
            consents=consents.of_subscriber(tx, person.id),
            paused_until=person.paused_until if person.is_paused(house.clock.now()) else None,
            held=person.held_reason,
        )


def _courses_of(tx: Transaction, person: Subscriber) -> list[dict[str, Any]]:
    found = []
    for one in enrollments.of_subscriber(tx, person.id):
        course = courses.by_id(tx, one.course_id)
        had = deliveries.lessons_had(tx, [one.id]).get(one.id, set())
        coming = next_lesson(courses.order(tx, one.course_id), had) if one.state is Progress.ACTIVE else None
        found.append(
            {
                "course": course.slug if course else "",
                "run": one.run,
                "state": one.state,
                "next_lesson": coming.key if coming else None,
                "next_due_at": enrolling.next_letter_at(one),
                "held": one.held_reason,
            }
        )
    return found


def pause(house: House, email: str, until: date) -> None:
    """Silence one person until the beginning of a day in her zone."""
    with house.store.transaction() as tx:
        person = find(house, tx, email)
        end = instant(until, 0, person.timezone or house.letterhead.timezone)
        if end <= house.clock.now():
            raise PersonError("This day has begun already. Please name a later one.")
        preferences.pause_person(house, tx, person.id, end)


def make_list(house: House, slug: str, title: str) -> None:
    """Make a list that people can subscribe to."""
    if not _SLUG.fullmatch(slug) or len(slug) > 60:
        raise PersonError("A list's slug has small letters, digits and hyphens only, such as “evening-letters”.")
    if not title.strip() or len(title) > 200 or not title.isprintable():
        raise PersonError("A list needs a title of one line, at most 200 characters.")
    with house.store.transaction() as tx:
        if not lists.add(tx, slug=slug, title=title.strip(), now=house.clock.now()):
            raise PersonError(f"There is a list “{slug}” already.")


def find(house: House, tx: Transaction, email: str) -> Subscriber:
    """The person with an address. Raises PersonError, or AddressError when it is none."""
    person = subscribers.find(tx, house.address_keys(address.parse(email).comparable))
    if person is None:
        raise PersonError("Nobody with this address is known here.")
    return person
