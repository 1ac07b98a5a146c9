"""Letters on trial: one lesson to one address, written and sent as any other, marked as a test in its subject."""

from newsletter.domain import address
from newsletter.domain.course import Role
from newsletter.domain.delivery import Kind
from newsletter.domain.tokens import new_public_id
from newsletter.store import courses, deliveries
from newsletter.usecases.house import House
from newsletter.usecases.signup import DEFAULT_LIST


class TrialError(Exception):
    """A letter that cannot be tried; the message says why and what to do."""


def send_test_lesson(house: House, lesson_revision_id: int, to: str) -> str:
    """Owe a test of one lesson revision, published or not, to any address. Returns the delivery's public id.

    Raises AddressError when the address is none, TrialError when there is no such revision.
    """
    recipient = address.parse(to)
    public_id, now = new_public_id(), house.clock.now()
    with house.store.transaction() as tx:
        if courses.of_revision(tx, lesson_revision_id) is None:
            raise TrialError("This version of the lesson is gone. Please open the lesson again.")
        deliveries.plan(
            tx,
            Kind.TEST,
            subscriber=None,
            due=now,
            planned=now,
            created=house.clock.machine(),
            public_id=public_id,
            lesson_revision_id=lesson_revision_id,
            test_address=recipient.typed,
        )
    return public_id


def send_test_welcome(house: House, to: str) -> str:
    """Owe a test of the letter that a new reader gets first. Returns the delivery's public id.

    Raises AddressError when the address is none, TrialError when no course begins with a welcome.
    """
    with house.store.reading() as tx:
        course = courses.by_slug(tx, house.begins.get(DEFAULT_LIST, ""))
        lessons = courses.order(tx, course.id) if course else []
    opening = next((one for one in lessons if one.role is Role.OPENING), None)
    if opening is None:
        raise TrialError("No course begins when somebody joins, so there is no welcome to try. Publish a course first.")
    return send_test_lesson(house, opening.revision_id, to)
