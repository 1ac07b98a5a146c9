"""From a row of the ledger to a letter: who reads, what is said, which headers it owes.

The same function writes what is sent, what a test shows and what the browser view shows.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from newsletter.content.compose import as_test
from newsletter.content.moments import EACH_WEEK, rhythm_in_words
from newsletter.content.one_mail import Part, announced
from newsletter.content.sheet import Composed
from newsletter.domain.cadence import Rhythm, first_slot
from newsletter.domain.course import Lesson, Role
from newsletter.domain.delivery import Kind
from newsletter.domain.discretion import NEUTRAL_SENDER
from newsletter.domain.message import Headers, Links, Mailbox, Reader
from newsletter.domain.subscriber import DEFAULT_HOUR, Correspondent, Membership
from newsletter.domain.subscription import CONFIRM_WITHIN
from newsletter.domain.tokens import Purpose
from newsletter.store.engine import Transaction
from newsletter.usecases.house import House
from newsletter.usecases.signup import ASKING
from newsletter.usecases.sources import Owed, Sources, gather

LETTERS = (Kind.LESSON, Kind.CAMPAIGN)
"""What goes to a list; the rest answers a person's own doing, and is owed to nobody's reading."""


class LetterError(Exception):
    """A letter that cannot be written; the message says why, without naming the reader."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as written, and the headers' share that depends on the reader and her list."""

    written: Composed
    to_name: str
    links: Links
    list_public_id: str
    feedback: str
    is_discreet: bool = False


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
    instead: BeingWritten | None = None,
    openly: bool = False,
    for_anybody: bool = False,
) -> Letter:
    """Write the letter that a delivery owes, or would owe if it said `instead` what is being written.

    `openly`: with all its words, also for somebody whose inbox gets none of them. `for_anybody`: without links of
    its reader's own, by which whoever looks at it could change her settings. Raises LetterError when its text or its
    reader is gone.
    """
    sources = gather(house, tx, [owed])
    return compose(house, sources, owed, instead=instead, openly=openly, for_anybody=for_anybody)


def compose(
    house: House,
    sources: Sources,
    owed: Owed,
    *,
    instead: BeingWritten | None = None,
    openly: bool = False,
    for_anybody: bool = False,
) -> Letter:
    """The same from what was gathered for a batch, with no question to the store."""
    person = sources.people.get(owed.subscriber_id or 0)
    membership = sources.memberships.get(owed.subscription_id or 0)
    to = sources.lists.get(membership.list_id) if membership else None
    kind = Kind(owed.kind)
    is_discreet = person is not None and person.discreet and not openly
    lesson = instead.lesson if instead else sources.lessons.get(owed.lesson_revision_id or 0)
    links = _links(house, owed, kind, person, membership, asks=lesson is not None and bool(lesson.ask))
    links = Links() if for_anybody else links
    name = person.name if person else ""
    zone = person.zone(house.letterhead.timezone) if person else house.letterhead.timezone
    reader = Reader(name=name, timezone=zone, links=links)
    if is_discreet:
        written = _say_nothing(house, kind, reader, membership)
    else:
        written = _say(house, sources, owed, kind, reader, membership, instead)
    return Letter(
        written=written,
        to_name=written.name,  # what the letter does not call her, its envelope must not (content.compose)
        links=links,
        list_public_id=to.public_id if to and kind in LETTERS else "",
        feedback=kind.value,
        is_discreet=is_discreet,
    )


def headers(house: House, letter: Letter, *, address: str, message_id: str, date: datetime) -> Headers:
    """Every header a letter owes (see PROMISES, "What a bulk mail owes")."""
    sender, reply_to = house.letterhead.sender, house.letterhead.reply_to
    domain = sender.address.rpartition("@")[2]
    is_bulk = bool(letter.list_public_id)
    if letter.is_discreet:
        sender, reply_to = replace(sender, name=NEUTRAL_SENDER), replace(reply_to, name="") if reply_to else None
    return Headers(
        sender=sender,
        to=Mailbox(address, letter.to_name),
        reply_to=reply_to,
        date=date,
        message_id=message_id,
        list_id=f"{_list_name(letter.list_public_id)}.{domain}" if is_bulk else "",
        list_unsubscribe=(letter.links.unsubscribe,) if is_bulk else (),
        one_click=is_bulk,
        auto_submitted=not is_bulk and letter.feedback != Kind.TEST,
        feedback_id=f"{letter.feedback}:{_list_name(letter.list_public_id)}:letters" if is_bulk else "",
        extra=house.headers,
    )


@lru_cache(maxsize=64)
def _list_name(public_id: str) -> str:
    # Stable and neutral; hex, since a label that begins with a hyphen would be none (RFC 2919 section 2).
    return hashlib.sha256(public_id.encode()).hexdigest()[:16]


def _links(
    house: House,
    owed: Owed,
    kind: Kind,
    person: Correspondent | None,
    membership: Membership | None,
    *,
    asks: bool,
) -> Links:
    if person is None:
        return Links()
    preferences = house.link("preferences", Purpose.PREFERENCES, person.public_id)
    if kind in ASKING:
        return Links(confirm=house.link("confirm", Purpose.CONFIRM, owed.public_id))
    if kind is Kind.PREFERENCES or membership is None:
        return Links(preferences=f"{preferences}?saved=asked" if person.discreet else preferences)
    view, reflect, answer = house.link("letters", Purpose.VIEW, owed.public_id), "", ""
    if kind is Kind.LESSON:
        reflect = house.link("reflect", Purpose.VIEW, owed.public_id)
        answer = house.link("answer", Purpose.ANSWER, owed.public_id) if asks else ""
    if person.discreet and kind in LETTERS:  # no link of hers may open a letter for ever
        view = house.link("read", Purpose.DISCREET, owed.public_id)
        reflect, answer = f"{view}/reflect" if reflect else "", f"{view}/answer" if answer else ""
    leave = house.link("unsubscribe", Purpose.UNSUBSCRIBE, membership.public_id)
    return Links(unsubscribe=leave, preferences=preferences, view=view, reflect=reflect, answer=answer)


def _say_nothing(house: House, kind: Kind, reader: Reader, membership: Membership | None) -> Composed:
    """What stands in place of any mail to somebody discreet: whoever knows her address can have some of them sent."""
    if kind in LETTERS:
        return house.composer.discreet(reader, can_come_again=kind is Kind.LESSON)
    until = _last_day(house, reader, membership) if kind in ASKING else None
    return house.composer.discreet_note(reader, until=until)


def _say(
    house: House,
    sources: Sources,
    owed: Owed,
    kind: Kind,
    reader: Reader,
    membership: Membership | None,
    instead: BeingWritten | None,
) -> Composed:
    match kind:
        case Kind.CONFIRMATION | Kind.REMINDER:
            until = _last_day(house, reader, membership)
            wording = sources.wordings[membership.list_id] if membership else ""
            write_it = house.composer.confirmation if kind is Kind.CONFIRMATION else house.composer.reminder
            return write_it(reader, wording=wording, expires_on=until)
        case Kind.PREFERENCES:
            return house.composer.preferences(reader)
        case Kind.NOTICE:
            if owed.public_id not in sources.notices:
                raise LetterError("What was to be said is gone.")
            return house.composer.notice(reader, sources.notices[owed.public_id])
        case Kind.LESSON:
            return _say_lesson(house, sources, owed, reader, membership, instead)
        case Kind.TEST if owed.lesson_revision_id is not None:
            return _try_lesson(house, sources, owed.lesson_revision_id, reader)
        case Kind.CAMPAIGN | Kind.TEST:
            return _say_campaign(house, sources, owed, kind, reader)


def _last_day(house: House, reader: Reader, membership: Membership | None) -> date:
    """The last day, on her wall, on which she can confirm."""
    if membership is None:
        raise LetterError("The subscription to confirm is gone.")
    ends = membership.expires_at or house.clock.now() + CONFIRM_WITHIN
    return ends.astimezone(ZoneInfo(reader.timezone)).date()


def _say_lesson(
    house: House,
    sources: Sources,
    owed: Owed,
    reader: Reader,
    membership: Membership | None,
    instead: BeingWritten | None,
) -> Composed:
    lesson = instead.lesson if instead else sources.lessons.get(owed.lesson_revision_id or 0)
    enrollment = sources.enrollments.get(owed.enrollment_id or 0)
    course = sources.courses.get(enrollment.course_id) if enrollment else None
    person = sources.people.get(owed.subscriber_id or 0)
    if lesson is None or enrollment is None or course is None:
        raise LetterError("The lesson's text is gone.")
    # Later the opening, read again in a browser, would name another letter's date: then it names none.
    is_ahead = lesson.role is Role.OPENING and enrollment.last_slot_at is None
    return say_lesson(
        house,
        reader,
        lesson,
        course_title=course.title,
        weekly=instead.weekly if instead else course.weekly,
        list_title=sources.lists[membership.list_id].title if membership else "",
        first_letter_at=enrollment.next_due_at if is_ahead else None,
        rhythm=rhythm_in_words(course.cadence, person.pace_weeks if person else 1) if is_ahead else EACH_WEEK,
    )


def _try_lesson(house: House, sources: Sources, revision: int, reader: Reader) -> Composed:
    """A lesson as somebody would get it who confirmed at this moment."""
    lesson, course = sources.lessons.get(revision), sources.trials.get(revision)
    if lesson is None or course is None:
        raise LetterError("The lesson's text is gone.")
    to_her = replace(reader, came="somebody who writes these letters sent you a test")
    said = say_lesson(
        house,
        to_her,
        lesson,
        course_title=course.title,
        weekly=course.weekly,
        list_title="",
        first_letter_at=as_if_confirmed_now(house, lesson, reader.timezone),
    )
    return as_test(said)


def as_if_confirmed_now(house: House, lesson: Lesson, zone: str) -> datetime | None:
    """The date that a welcome names to somebody who confirms at this moment; None for other lessons."""
    return first_slot(house.clock.now(), Rhythm(DEFAULT_HOUR, zone)).at if lesson.role is Role.OPENING else None


def say_lesson(
    house: House,
    reader: Reader,
    lesson: Lesson,
    *,
    course_title: str,
    weekly: Sequence[str],
    list_title: str,
    first_letter_at: datetime | None,
    rhythm: str = EACH_WEEK,
) -> Composed:
    """The one way in which a lesson becomes a letter, for the sender, the test, the browser and the preview.

    `weekly` are the keys of the course's weekly lessons in order, from which a letter has its number; `rhythm` says
    in words how often they come.
    """
    return house.composer.lesson(
        reader,
        lesson,
        list_title=list_title,
        course_title=course_title,
        number=weekly.index(lesson.key) + 1 if lesson.key in weekly else 0,
        of=len(weekly),
        first_letter_at=_local(first_letter_at, reader),
        rhythm=rhythm,
    )


def _say_campaign(house: House, sources: Sources, owed: Owed, kind: Kind, reader: Reader) -> Composed:
    campaign = sources.campaigns.get(owed.campaign_id or 0)
    if campaign is None:
        raise LetterError("The campaign is gone.")
    subject, body = campaign.subject, campaign.body
    parts: tuple[Part, ...] = ()
    if others := sources.brought.get(owed.public_id):
        parts = tuple(Part(each.subject, each.body) for each in (campaign, *(sources.campaigns[one] for one in others)))
        subject, body = announced(len(parts))
    said = house.composer.campaign(reader, subject=subject, body=body, list_title=campaign.list_title, parts=parts)
    return as_test(said) if kind is Kind.TEST else said


def _local(moment: datetime | None, reader: Reader) -> datetime | None:
    if moment is None or moment.year == 9999:
        return None
    return moment.astimezone(ZoneInfo(reader.timezone))
