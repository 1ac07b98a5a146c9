"""A reader says yes or no to a lesson's question, says it otherwise, or takes it back."""

from dataclasses import dataclass
from typing import Any

from newsletter.content.reflection import in_her_words
from newsletter.domain.delivery import Kind
from newsletter.domain.subscriber import Subscriber
from newsletter.domain.tokens import Purpose
from newsletter.store import answers, courses, subscribers
from newsletter.store.answers import NO, YES
from newsletter.store.engine import Transaction
from newsletter.usecases import preferences, reading
from newsletter.usecases.house import House

BACK = "back"
SAYS = (YES, NO, BACK)
"""What she may say; the last one takes back what she said before."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A lesson's question to one reader, and what she has answered so far: `yes`, `no`, or "" for nothing."""

    question: str
    said: str
    zone: str


def look(house: House, tx: Transaction, purpose: Purpose, token: str) -> Asked | None:
    """The question behind the link of a letter; None when the link is not ours, or opens nothing (any more)."""
    found = _behind(house, tx, purpose, token)
    if found is None:
        return None
    row, person, question = found
    said = answers.to(tx, person.id, row.lesson_id)
    return Asked(question, said, person.zone(house.letterhead.timezone))


def answer(house: House, purpose: Purpose, token: str, said: str) -> bool:
    """Keep her answer, one of `SAYS`, in place of the one before. False when there is no such question to her.

    It counts from the next letter on that is planned; none that is on its way changes.
    """
    with house.store.transaction() as tx:
        found = _behind(house, tx, purpose, token)
        if found is None or said not in SAYS:
            return False
        row, person, question = found
        if said == BACK:
            answers.take_back(tx, person.id, row.lesson_id)
        else:
            answers.keep(tx, person.id, row.lesson_id, said=said, question=question, now=house.clock.now())
    return True


def take_all_back(house: House, token: str) -> bool:
    """Forget all her answers, by the link of her preferences. False when the link is not ours."""
    with house.store.transaction() as tx:
        person = preferences.whose(house, tx, token)
        if person is None:
            return False
        answers.take_back(tx, person.id)
    return True


def _behind(house: House, tx: Transaction, purpose: Purpose, token: str) -> tuple[Any, Subscriber, str] | None:
    """The row of the ledger, its reader, and the question in the very words of her letter."""
    row = reading.letter_behind(house, tx, purpose, token)
    person = subscribers.by_id(tx, row.subscriber_id or 0) if row is not None else None
    if row is None or row.kind != Kind.LESSON or person is None:
        return None
    lesson = courses.texts_by_revision(tx, [row.lesson_revision_id])[row.lesson_revision_id]
    return (row, person, in_her_words(lesson.ask, person.name)) if lesson.ask else None
