"""What the link in a letter opens: the letter itself, and the page where its reader answers it for herself."""

from dataclasses import dataclass
from typing import Any

from newsletter.content.reflection import Question, question
from newsletter.domain.delivery import Kind
from newsletter.domain.discretion import is_readable
from newsletter.domain.tokens import Purpose
from newsletter.store import courses, deliveries, subscribers
from newsletter.store.engine import Transaction
from newsletter.usecases import campaigns, enrolling
from newsletter.usecases.house import House
from newsletter.usecases.letters import LETTERS


def letter_behind(house: House, tx: Transaction, purpose: Purpose, token: str) -> Any:
    """The row of the ledger that a letter's link names, made for viewing it or for reading it discreetly.

    None when the link is not ours, or opens its letter no longer.
    """
    public_id = house.keyring.read_token(purpose, token)
    row = _delivery_named(house, tx, public_id) if public_id else None
    if row is None or row.kind not in LETTERS:
        return None
    may_expire = purpose is Purpose.DISCREET
    return None if may_expire and not is_readable(row.sent_at, house.clock.now()) else row


def _delivery_named(house: House, tx: Transaction, public_id: str) -> Any:
    """The delivery of any kind whose public id this is. Most have names in which their reader is found."""
    found = [deliveries.by_public_id(tx, public_id)]
    found += [deliveries.of_campaign(tx, *pair) for pair in house.keyring.opened(campaigns.SEALED, public_id)]
    found += [deliveries.of_lesson(tx, *pair) for pair in house.keyring.opened(enrolling.SEALED, public_id)]
    return next((row for row in found if row is not None and row.public_id == public_id), None)


@dataclass(frozen=True, slots=True)
class Reflection:
    """A lesson's question to one reader. `hers` and `lesson` name, in her browser alone, whose answer it is to what."""

    question: Question
    hers: str
    lesson: str
    zone: str


def reflection(house: House, tx: Transaction, purpose: Purpose, token: str) -> Reflection | None:
    """The question behind the link of a lesson; None for any other link. No answer ever comes here."""
    row = letter_behind(house, tx, purpose, token)
    person = subscribers.by_id(tx, row.subscriber_id or 0) if row is not None else None
    if row is None or row.kind != Kind.LESSON or person is None:
        return None
    lesson = courses.texts_by_revision(tx, [row.lesson_revision_id])[row.lesson_revision_id]
    return Reflection(
        question=question(lesson, person.name),
        hers=house.keyring.public_id("reflections", person.public_id),
        lesson=f"{row.lesson_id}-{lesson.key}",
        zone=person.zone(house.letterhead.timezone),
    )
