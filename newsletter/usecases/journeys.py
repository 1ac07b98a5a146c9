"""What somebody had of her courses, and what comes next."""

from dataclasses import dataclass
from datetime import datetime

from newsletter.domain import path
from newsletter.domain.enrollment import Progress
from newsletter.domain.subscriber import Subscriber
from newsletter.store import courses, deliveries, enrollments, ledger
from newsletter.store.engine import Transaction
from newsletter.usecases import enrolling


@dataclass(frozen=True, slots=True)
class Journey:
    """One run of a course as a page tells it: `had` pairs a lesson's title with when it went, in her order."""

    title: str
    run: int
    state: Progress
    had: list[tuple[str, datetime]]
    of: int
    next_title: str
    next_due_at: datetime | None
    """None with a next title: it comes when her pause ends, or with the owner's word."""
    held: str | None


def of(tx: Transaction, person: Subscriber) -> list[Journey]:
    """What somebody had of her courses, and what comes next."""
    found = []
    letters = ledger.everything(tx, subscriber=person.id)
    for one in enrollments.of_subscriber(tx, person.id):
        course = courses.by_id(tx, one.course_id)
        order = courses.texts(tx, courses.newest_revision(tx, one.course_id, published=True))
        mine = [row for row in letters if row["enrollment_id"] == one.id and row["sent_at"] and not row["occasion"]]
        past = path.history(one, deliveries.lessons_had(tx, [one.id]).get(one.id))
        to_come = path.next_lesson(courses.order(tx, one.course_id), past)
        coming = next((lesson for lesson in order if to_come and lesson.lesson_id == to_come.lesson_id), None)
        goes_on = one.state is Progress.ACTIVE and coming is not None
        found.append(
            Journey(
                title=course.title if course else "",
                run=one.run,
                state=one.state,
                had=[(row["lesson_title"] or "", row["sent_at"]) for row in mine],
                of=len(order),
                next_title=coming.text.title if goes_on and coming else "",
                next_due_at=enrolling.next_letter_at(one) if goes_on else None,
                held=one.held_reason,
            )
        )
    return found
