"""What the owner may see and do of one person, and the lists there are."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from newsletter.domain import address, path
from newsletter.domain.cadence import instant
from newsletter.domain.enrollment import Progress
from newsletter.domain.subscriber import PAUSE_WEEKS, Subscriber, pause_end
from newsletter.domain.subscription import Status
from newsletter.store import (
    answers,
    consents,
    courses,
    deliveries,
    directory,
    enrollments,
    lists,
    subscribers,
    tags,
)
from newsletter.store.engine import Transaction
from newsletter.usecases import enrolling, leaving, preferences
from newsletter.usecases.house import House

FARTHEST_PAUSE = 10
"""Years from now in which a pause by the owner may end; whoever wants no mail at all leaves."""

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class PersonError(Exception):
    """Something that cannot be done with a person or a list; the message says what to do.

    `field` names the field of a form that it is about.
    """

    def __init__(self, sentence: str, field: str = "email") -> None:
        """Keep the sentence and the field."""
        super().__init__(sentence)
        self.field = field


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
    pace_weeks: int
    discreet: bool
    tags: list[str]
    answers: list[dict[str, Any]]


def portrait(house: House, email: str) -> Portrait:
    """Everything the house knows of one address."""
    with house.store.reading() as tx:
        person = find(house, tx, email)
        return Portrait(
            email=person.address,
            name=person.name,
            timezone=person.zone(house.letterhead.timezone),
            lists=[
                {"list": one.list_slug, "state": one.status, "confirmed_at": one.confirmed_at, "left_at": one.left_at}
                for one in subscribers.subscriptions_of(tx, person.id)
            ],
            enrollments=_courses_of(tx, person),
            consents=consents.of_subscriber(tx, person.id),
            paused_until=person.paused_until if person.is_paused(house.clock.now()) else None,
            held=person.held_reason,
            pace_weeks=person.pace_weeks,
            discreet=person.discreet,
            tags=list(tags.of(tx, person.id)),
            answers=answered(tx, person),
        )


def answered(tx: Transaction, person: Subscriber) -> list[dict[str, Any]]:
    """What a person answered to the questions of lessons, the oldest first."""
    return [
        {"course": one.course, "lesson": one.lesson, "question": one.question, "said": one.said, "at": one.answered_at}
        for one in answers.of(tx, person.id)
    ]


def _courses_of(tx: Transaction, person: Subscriber) -> list[dict[str, Any]]:
    found = []
    for one in enrollments.of_subscriber(tx, person.id):
        course = courses.by_id(tx, one.course_id)
        past = path.history(one, deliveries.lessons_had(tx, [one.id]).get(one.id))
        coming = path.next_lesson(courses.order(tx, one.course_id), past) if one.state is Progress.ACTIVE else None
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
        if until.year > house.clock.now().year + FARTHEST_PAUSE:
            raise PersonError(f"Please name a day within the next {FARTHEST_PAUSE} years.")
        end = instant(until, 0, person.zone(house.letterhead.timezone))
        if end <= house.clock.now():
            raise PersonError("This day has begun already. Please name a later one.")
        preferences.pause_person(house, tx, person.id, end)


def known(tx: Transaction, public_id: str) -> Subscriber:
    """The person that a page of the studio names. Raises PersonError when she is gone."""
    person = subscribers.by_public_id(tx, public_id)
    if person is None:
        raise PersonError("This person is not known here any more.")
    return person


def rest(house: House, public_id: str, weeks: str) -> None:
    """Silence one person for two, four or eight weeks, or ("return") until somebody ends it."""
    if weeks != "return" and weeks not in {str(choice) for choice in PAUSE_WEEKS}:
        raise PersonError("Please choose how long: two, four or eight weeks, or until further notice.")
    with house.store.transaction() as tx:
        until = pause_end(house.clock.now(), None if weeks == "return" else int(weeks))
        preferences.pause_person(house, tx, known(tx, public_id).id, until)


def resume(house: House, public_id: str) -> None:
    """End a person's pause now. The next letter comes at her first slot; nothing is caught up."""
    with house.store.transaction() as tx:
        preferences.resume_person(house, tx, known(tx, public_id).id)


def leave(house: House, public_id: str, list_slug: str) -> None:
    """End one of a person's subscriptions, at her wish. Raises PersonError when there is nothing to end."""
    with house.store.transaction() as tx:
        mine = subscribers.subscriptions_of(tx, known(tx, public_id).id)
        found = [one for one in mine if one.list_slug == list_slug and one.status in (Status.PENDING, Status.CONFIRMED)]
        if not found:
            raise PersonError("This person is not on this list any more.")
        leaving.leave_one(house, tx, found[0], "by hand in the studio, on request")


COLUMNS = ("email", "name", "timezone", "list", "state", "requested_at", "confirmed_at", "left_at")
"""What a line of an exported table holds; instants are UTC."""


def subscriptions(tx: Transaction, list_slug: str | None) -> list[tuple[Any, ...]]:
    """Every subscription, or those of one list, as rows of COLUMNS. Raises PersonError when there is no such list."""
    to = lists.by_slug(tx, list_slug) if list_slug else None
    if list_slug and to is None:
        raise PersonError(f"There is no list “{list_slug}”. `newsletter list show` names those there are.")
    return directory.table(tx, to.id if to else None)


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
