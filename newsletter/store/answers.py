"""What readers answered to the questions of lessons: a yes or a no each, until they take it back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, delete, select

from newsletter.store.batches import ByNumber
from newsletter.store.engine import insert_new
from newsletter.store.tables import answers, courses, lessons

YES, NO = "yes", "no"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: to which lesson of which course, in which words it was asked, what she said and when."""

    course: str
    lesson: str
    question: str
    said: str
    answered_at: datetime


def keep(tx: Connection, subscriber: int, lesson: int, *, said: str, question: str, now: datetime) -> None:
    """Keep what somebody answered, in place of what she said before."""
    new = {"said": said, "question": question, "answered_at": now}
    row = insert_new(tx, answers).values(subscriber_id=subscriber, lesson_id=lesson, **new)
    tx.execute(row.on_conflict_do_update(index_elements=["subscriber_id", "lesson_id"], set_=new))


def take_back(tx: Connection, subscriber: int, lesson: int | None = None) -> int:
    """Forget what somebody answered, to one lesson or to all. Returns how many answers are gone."""
    hers = delete(answers).where(answers.c.subscriber_id == subscriber)
    return tx.execute(hers if lesson is None else hers.where(answers.c.lesson_id == lesson)).rowcount


def to(tx: Connection, subscriber: int, lesson: int) -> str:
    """What somebody answered to a lesson: `yes`, `no`, or "" when nothing is kept."""
    hers = answers.c.subscriber_id == subscriber, answers.c.lesson_id == lesson
    return tx.scalar(select(answers.c.said).where(*hers)) or ""


def of(tx: Connection, subscriber: int) -> list[Answer]:
    """Everything that somebody answered, the oldest first."""
    columns = courses.c.slug, lessons.c.key, answers.c.question, answers.c.said, answers.c.answered_at
    question = (
        select(*columns)
        .join(lessons, lessons.c.id == answers.c.lesson_id)
        .join(courses, courses.c.id == lessons.c.course_id)
        .where(answers.c.subscriber_id == subscriber)
        .order_by(answers.c.answered_at, answers.c.id)
    )
    return [Answer(*row) for row in tx.execute(question)]


def agreed(tx: Connection, subscribers: Iterable[int]) -> dict[int, set[int]]:
    """By subscriber, the lessons to whose question these people said yes."""
    found: dict[int, set[int]] = {}
    for row in _agreed().ask(tx, subscribers):
        found.setdefault(row.subscriber_id, set()).add(row.lesson_id)
    return found


@cache
def _agreed() -> ByNumber:
    said_yes = select(answers.c.subscriber_id, answers.c.lesson_id).where(answers.c.said == YES)
    return ByNumber(said_yes, answers.c.subscriber_id)
