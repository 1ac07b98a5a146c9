"""How a lesson looks to one reader, kept or still being written: made by what makes it when it is sent."""

from dataclasses import dataclass
from datetime import datetime

from newsletter.content.mime import build
from newsletter.domain import address
from newsletter.domain.course import Lesson
from newsletter.domain.delivery import Kind
from newsletter.domain.message import Links, Reader
from newsletter.domain.tokens import Purpose
from newsletter.store import courses, enrollments, lists, subscribers, whereabouts
from newsletter.store.courses import CourseRow
from newsletter.store.engine import Transaction
from newsletter.usecases import enrolling, letters
from newsletter.usecases.house import House
from newsletter.usecases.letters import BeingWritten, Letter
from newsletter.usecases.previews import NOBODY, Preview
from newsletter.usecases.signup import DEFAULT_LIST

_NOBODYS = "A" * 22
"""A public id that nobody has: links made of it look like a reader's and lead nowhere."""


class PreviewError(Exception):
    """A reader whom the letter cannot be shown for; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class _Owed:
    """The delivery of a lesson, which may not be owed yet."""

    public_id: str
    subscriber_id: int
    subscription_id: int | None
    enrollment_id: int
    kind: Kind = Kind.LESSON
    campaign_id: None = None
    lesson_revision_id: None = None
    reason: None = None


def to_nobody(house: House, slug: str, writing: BeingWritten, name: str = "") -> Preview:
    """The lesson as somebody would get it who confirms now, whom we do not know. Raises TextError, PreviewError."""
    lesson, zone = writing.lesson, house.letterhead.timezone
    with house.store.reading() as tx:
        course = _course(tx, slug)
        to = lists.by_slug(tx, next((one for one, begun in house.begins.items() if begun == slug), DEFAULT_LIST))
    links = Links(
        unsubscribe=house.link("unsubscribe", Purpose.UNSUBSCRIBE, _NOBODYS),
        preferences=house.link("preferences", Purpose.PREFERENCES, _NOBODYS),
        view=house.link("letters", Purpose.VIEW, _NOBODYS),
        reflect=house.link("reflect", Purpose.VIEW, _NOBODYS),
        answer=house.link("answer", Purpose.ANSWER, _NOBODYS) if lesson.ask else "",
    )
    written = letters.say_lesson(
        house,
        Reader(name, zone, links),
        lesson,
        course_title=course.title,
        weekly=writing.weekly,
        list_title=to.title if to else "",
        first_letter_at=letters.as_if_confirmed_now(house, lesson, zone),
    )
    letter = Letter(written, name, links, to.public_id if to else "", Kind.LESSON)
    return _as_sent(house, letter, NOBODY, _message_id(house, _NOBODYS), house.clock.now())


def to_reader(house: House, slug: str, writing: BeingWritten, email: str) -> Preview:
    """The lesson as one person in the course got it or will get it, byte for byte but for the hour of sending.

    Somebody whose inbox gets no words of a letter reads the same behind its link.

    Raises TextError where the text has a mistake, AddressError, and PreviewError when she is not in the course.
    """
    with house.store.reading() as tx:
        course = _course(tx, slug)
        person = subscribers.find(tx, house.address_keys(address.parse(email).comparable))
        run = enrollments.latest(tx, person.id, course.id) if person else None
        if person is None or run is None:
            raise PreviewError(f"Nobody with this address is in “{course.title}”. Leave it empty for somebody new.")
        lesson = courses.lesson_id(tx, course.id, writing.lesson.key)
        owed = whereabouts.letter_of(tx, run.id, lesson) if lesson is not None else None
        public_id = owed.public_id if owed else enrolling.delivery_id(house, run, lesson or 0)
        owes = _Owed(public_id, person.id, run.subscription_id, run.id)
        letter = letters.write(house, tx, owes, instead=writing, openly=True)
    message_id = (owed.message_id if owed else None) or _message_id(house, public_id)
    sent_at = (owed.sent_at if owed else None) or house.clock.now()
    return _as_sent(house, letter, person.address, message_id, sent_at)


def _course(tx: Transaction, slug: str) -> CourseRow:
    found = courses.by_slug(tx, slug)
    if found is None:
        raise PreviewError(f"There is no course “{slug}”.")
    return found


def _message_id(house: House, public_id: str) -> str:
    return f"<{public_id}@{house.letterhead.sender.address.rpartition('@')[2]}>"


def _as_sent(house: House, letter: Letter, to: str, message_id: str, date: datetime) -> Preview:
    head = letters.headers(house, letter, address=to, message_id=message_id, date=date)
    return Preview(to, letter.written, house.seal(build(letter.written, head)))


def being_written(lesson: Lesson, weekly: tuple[str, ...]) -> BeingWritten:
    """A lesson among the others of its draft; one that is new stands last among the weekly ones."""
    if lesson.role == "weekly" and lesson.key not in weekly:
        weekly = (*weekly, lesson.key)
    if lesson.role != "weekly":
        weekly = tuple(key for key in weekly if key != lesson.key)
    return BeingWritten(lesson, weekly)
