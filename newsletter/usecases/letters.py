"""From a row of the ledger to a letter: who reads, what is said, which headers it owes.

The same function writes what is sent, what a test shows and what the browser view shows.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from newsletter.content.compose import as_test
from newsletter.content.sheet import Composed
from newsletter.domain.cadence import Rhythm, first_slot
from newsletter.domain.course import Lesson, Role
from newsletter.domain.delivery import Kind
from newsletter.domain.message import Headers, Links, Mailbox, Reader
from newsletter.domain.subscriber import DEFAULT_HOUR, Subscriber, Subscription
from newsletter.domain.subscription import CONFIRM_WITHIN
from newsletter.domain.tokens import Purpose
from newsletter.store import campaigns, courses, enrollments, lists, subscribers
from newsletter.store.engine import Transaction
from newsletter.usecases import signup
from newsletter.usecases.house import House


class LetterError(Exception):
    """A letter that cannot be written; the message says why, without naming the reader."""


class Owed(Protocol):
    """What a letter is written from: a claim, or a row of the ledger."""

    @property
    def public_id(self) -> str: ...
    @property
    def kind(self) -> Any: ...
    @property
    def subscriber_id(self) -> int | None: ...
    @property
    def subscription_id(self) -> int | None: ...
    @property
    def campaign_id(self) -> int | None: ...
    @property
    def enrollment_id(self) -> int | None: ...
    @property
    def lesson_revision_id(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as written, and the headers' share that depends on the reader and her list."""

    written: Composed
    to_name: str
    links: Links
    list_public_id: str
    feedback: str


@dataclass(frozen=True, slots=True)
class BeingWritten:
    """A lesson as its writer has it before her, and the keys of the weekly lessons it stands among, in order."""

    lesson: Lesson
    weekly: tuple[str, ...]


def write(
    house: House,
    tx: Transaction,
    owed: Owed,
    *,
    readers_name: str | None = None,
    instead: BeingWritten | None = None,
) -> Letter:
    """Write the letter that a delivery owes, or would owe if it said `instead` what is being written.

    Raises LetterError when its text or its reader is gone.
    """
    person = subscribers.by_id(tx, owed.subscriber_id) if owed.subscriber_id is not None else None
    standing = subscribers.subscription_by_id(tx, owed.subscription_id) if owed.subscription_id is not None else None
    kind = Kind(owed.kind)
    links = _links(house, owed, kind, person, standing)
    name = readers_name if readers_name is not None else person.name if person else ""
    zone = person.zone(house.letterhead.timezone) if person else house.letterhead.timezone
    reader = Reader(name=name, timezone=zone, links=links)
    list_id = lists.by_slug(tx, standing.list_slug) if standing else None
    return Letter(
        written=_say(house, tx, owed, kind, reader, standing, instead),
        to_name=name,
        links=links,
        list_public_id=list_id.public_id if list_id and kind in (Kind.LESSON, Kind.CAMPAIGN) else "",
        feedback=kind.value,
    )


def headers(house: House, letter: Letter, *, address: str, message_id: str, date: datetime) -> Headers:
    """Every header a letter owes (see PROMISES, "What a bulk mail owes")."""
    domain = house.letterhead.sender.address.rpartition("@")[2]
    is_bulk = bool(letter.list_public_id)
    return Headers(
        sender=house.letterhead.sender,
        to=Mailbox(address, letter.to_name),
        reply_to=house.letterhead.reply_to,
        date=date,
        message_id=message_id,
        list_id=f"{_list_name(letter.list_public_id)}.{domain}" if is_bulk else "",
        list_unsubscribe=(letter.links.unsubscribe,) if is_bulk else (),
        one_click=is_bulk,
        auto_submitted=not is_bulk and letter.feedback != Kind.TEST,
        feedback_id=f"{letter.feedback}:{_list_name(letter.list_public_id)}:letters" if is_bulk else "",
        extra=house.headers,
    )


def _list_name(public_id: str) -> str:
    # Stable and neutral; hex, since a label that begins with a hyphen would be none (RFC 2919 section 2).
    return hashlib.sha256(public_id.encode()).hexdigest()[:16]


def _links(house: House, owed: Owed, kind: Kind, person: Subscriber | None, standing: Subscription | None) -> Links:
    if person is None:
        return Links()
    preferences = house.link("preferences", Purpose.PREFERENCES, person.public_id)
    if kind in (Kind.CONFIRMATION, Kind.REMINDER):
        return Links(confirm=house.link("confirm", Purpose.CONFIRM, owed.public_id))
    if kind is Kind.PREFERENCES or standing is None:
        return Links(preferences=preferences)
    return Links(
        unsubscribe=house.link("unsubscribe", Purpose.UNSUBSCRIBE, standing.public_id),
        preferences=preferences,
        view=house.link("letters", Purpose.VIEW, owed.public_id),
    )


def _say(
    house: House,
    tx: Transaction,
    owed: Owed,
    kind: Kind,
    reader: Reader,
    standing: Subscription | None,
    instead: BeingWritten | None,
) -> Composed:
    match kind:
        case Kind.CONFIRMATION | Kind.REMINDER:
            if standing is None:
                raise LetterError("The subscription to confirm is gone.")
            write_it = house.composer.confirmation if kind is Kind.CONFIRMATION else house.composer.reminder
            words = signup.wording(house, tx, standing.list_slug).words
            ends = standing.expires_at or house.clock.now() + CONFIRM_WITHIN
            until = ends.astimezone(ZoneInfo(reader.timezone)).date()
            return write_it(reader, wording=words, expires_on=until)
        case Kind.PREFERENCES:
            return house.composer.preferences(reader)
        case Kind.LESSON:
            return _say_lesson(house, tx, owed, reader, standing, instead)
        case Kind.TEST if owed.lesson_revision_id is not None:
            return _try_lesson(house, tx, owed.lesson_revision_id, reader)
        case Kind.CAMPAIGN | Kind.TEST:
            return _say_campaign(house, tx, owed, kind, reader)


def _say_lesson(
    house: House,
    tx: Transaction,
    owed: Owed,
    reader: Reader,
    standing: Subscription | None,
    instead: BeingWritten | None,
) -> Composed:
    lesson = instead.lesson if instead else courses.text(tx, owed.lesson_revision_id or 0)
    enrollment = enrollments.by_id(tx, owed.enrollment_id or 0)
    course = courses.by_id(tx, enrollment.course_id) if enrollment else None
    if lesson is None or enrollment is None or course is None:
        raise LetterError("The lesson's text is gone.")
    # Later the opening, read again in a browser, would name another letter's date: then it names none.
    is_ahead = lesson.role is Role.OPENING and enrollment.last_slot_at is None
    first = enrollment.next_due_at if is_ahead else None
    published = [one.key for one in courses.order(tx, course.id) if one.role is Role.WEEKLY]
    return say_lesson(
        house,
        reader,
        lesson,
        course_title=course.title,
        weekly=instead.weekly if instead else published,
        list_title=standing.list_title if standing else "",
        first_letter_at=first,
    )


def _try_lesson(house: House, tx: Transaction, revision: int, reader: Reader) -> Composed:
    """A lesson as somebody would get it who confirmed at this moment; it may be a draft that nobody has published."""
    lesson, course = courses.text(tx, revision), courses.of_revision(tx, revision)
    if lesson is None or course is None:
        raise LetterError("The lesson's text is gone.")
    newest = courses.texts(tx, courses.newest_revision(tx, course.id, published=False))
    to_her = replace(reader, came="somebody who writes these letters sent you a test")
    said = say_lesson(
        house,
        to_her,
        lesson,
        course_title=course.title,
        weekly=[one.text.key for one in newest if one.text.role is Role.WEEKLY],
        list_title="",
        first_letter_at=as_if_confirmed_now(house, lesson, reader.timezone),
    )
    return as_test(said)


def as_if_confirmed_now(house: House, lesson: Lesson, zone: str) -> datetime | None:
    """The date that a welcome names to somebody who confirms at this moment; None for other lessons."""
    return first_slot(house.clock.now(), Rhythm(DEFAULT_HOUR, zone)) if lesson.role is Role.OPENING else None


def say_lesson(
    house: House,
    reader: Reader,
    lesson: Lesson,
    *,
    course_title: str,
    weekly: Sequence[str],
    list_title: str,
    first_letter_at: datetime | None,
) -> Composed:
    """The one way in which a lesson becomes a letter, for the sender, the test, the browser and the preview.

    `weekly` are the keys of the course's weekly lessons in order, from which a letter has its number.
    """
    return house.composer.lesson(
        reader,
        lesson,
        list_title=list_title,
        course_title=course_title,
        number=weekly.index(lesson.key) + 1 if lesson.key in weekly else 0,
        of=len(weekly),
        first_letter_at=_local(first_letter_at, reader),
    )


def _say_campaign(house: House, tx: Transaction, owed: Owed, kind: Kind, reader: Reader) -> Composed:
    campaign = campaigns.by_id(tx, owed.campaign_id or 0)
    if campaign is None:
        raise LetterError("The campaign is gone.")
    said = house.composer.campaign(reader, subject=campaign.subject, body=campaign.body, list_title=campaign.list_title)
    return as_test(said) if kind is Kind.TEST else said


def _local(moment: datetime | None, reader: Reader) -> datetime | None:
    if moment is None or moment.year == 9999:
        return None
    return moment.astimezone(ZoneInfo(reader.timezone))
