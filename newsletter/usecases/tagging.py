"""The owner gives a person a tag, or takes it back; a tag may begin a course, or end one."""

from newsletter.domain import tags as rules
from newsletter.domain.subscriber import Subscriber
from newsletter.domain.subscription import Status
from newsletter.domain.tags import TagError
from newsletter.domain.ways import WayKind
from newsletter.store import enrollments, subscribers, tags, ways
from newsletter.store.engine import Transaction
from newsletter.usecases import enrolling
from newsletter.usecases.enrolling import Choice
from newsletter.usecases.house import House
from newsletter.usecases.people import PersonError


def give(house: House, person: Subscriber, text: str) -> bool:
    """Give a person a tag. False when she has it already. Raises PersonError.

    A course that the tag begins needs a subscription that she confirmed, as every course does: who has none yet
    begins it when she confirms one. Who ever began it does not begin it again.
    """
    tag = _read(text)
    with house.store.transaction() as tx:
        _lock(tx, person)
        if len(hers := tags.of(tx, person.id)) >= rules.MOST and tag not in hers:
            raise PersonError(f"A person carries {rules.MOST} tags at most. Please take one back first.", "tag")
        if not tags.give(tx, person.id, tag, house.clock.now()):
            return False
        for course in ways.courses_by(tx, WayKind.UNTIL_TAG, tag):
            enrolling.end(house, tx, person.id, course)
        mine = [one for one in subscribers.subscriptions_of(tx, person.id) if one.status is Status.CONFIRMED]
        for course in ways.courses_by(tx, WayKind.TAG, tag) if mine else ():
            if enrollments.latest(tx, person.id, course) is None:
                enrolling.take_in(house, tx, person.id, course, mine[0].id, Choice.GO_ON)
    return True


def take(house: House, person: Subscriber, text: str) -> bool:
    """Take a tag back; what it began goes on. False when she has it not. Raises PersonError."""
    tag = _read(text)
    with house.store.transaction() as tx:
        _lock(tx, person)
        return tags.take(tx, person.id, tag)


def _lock(tx: Transaction, person: Subscriber) -> None:
    if subscribers.lock(tx, [person.address_key]) is None:
        raise PersonError("This person is not known here any more.")


def _read(text: str) -> str:
    try:
        return rules.read(text)
    except TagError as error:
        raise PersonError(str(error), "tag") from None
