"""Which lessons are still to come for somebody, in today's order, however the course was changed while she was inside.

No position is stored: what she had, and when it was planned, answers everything. A lesson comes to her once or not at
all; one that entered the course at a place that she has passed comes only if its owner said so (`Late`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from newsletter.domain.enrollment import Enrollment, LessonRef, Progress


class Late(StrEnum):
    """Who gets a lesson that enters a course in which people are."""

    UPCOMING = "upcoming"
    """Readers who have not passed its place."""
    FINISHED = "finished"
    """Everybody who ever began: who has passed its place as well, and who has finished."""
    NOBODY = "nobody"
    """Only those who begin later."""


@dataclass(frozen=True, slots=True)
class History:
    """One run of a course until now, in business time."""

    had: Mapping[int, datetime]
    """The lessons that she had, or that are on their way to her, by number; and when each was planned."""
    began_at: datetime
    finished_at: datetime | None = None
    """When the run first came to its end, also if it goes on since."""


def history(run: Enrollment, had: Mapping[int, datetime] | None) -> History:
    """What an enrollment's path is found from."""
    return History(had or {}, run.began_at, None if run.state is Progress.LEFT else run.ended_at)


def to_come(order: Sequence[LessonRef], past: History, unmet: Collection[int] = ()) -> list[LessonRef]:
    """The lessons that somebody gets from now on, in today's order.

    `unmet` are the lessons, by number, whose condition she does not meet now: they are passed over, and their turn is
    over as soon as she had one that stands behind.
    """
    coming: list[LessonRef] = []
    behind: datetime | None = None
    is_ahead = past.finished_at is None  # then nothing behind which she had no lesson is passed, as with most readers
    for lesson in reversed(order):
        if planned := past.had.get(lesson.lesson_id):
            behind = planned if behind is None else min(behind, planned)
        elif lesson.lesson_id not in unmet and (
            (is_ahead and behind is None and lesson.late != Late.NOBODY) or not _is_passed(lesson, behind, past)
        ):
            coming.append(lesson)
    return coming[::-1]


def next_lesson(order: Sequence[LessonRef], past: History, unmet: Collection[int] = ()) -> LessonRef | None:
    """The first of the lessons still to come; None at the end."""
    return next(iter(to_come(order, past, unmet)), None)


def reopens(order: Sequence[LessonRef], past: History, unmet: Collection[int] = ()) -> bool:
    """Whether a run that came to its end goes on, for a late lesson that is for finished readers too."""
    return any(_is_for_finished(lesson, past) for lesson in to_come(order, past, unmet))


def _is_passed(lesson: LessonRef, behind: datetime | None, past: History) -> bool:
    """Whether a lesson she has not had is none of hers. `behind`: when she first had one that stands behind it today.

    A lesson that stood in the course before she came to its place is never late, wherever it is moved to.
    """
    if lesson.condition and behind:
        return True
    if lesson.since is None:
        return False
    match lesson.late:
        case Late.UPCOMING:
            finished = past.finished_at is not None and past.finished_at < lesson.since
            return finished or (behind is not None and behind < lesson.since)
        case Late.NOBODY:
            return past.began_at < lesson.since
    return False


def _is_for_finished(lesson: LessonRef, past: History) -> bool:
    if lesson.late != Late.FINISHED or lesson.since is None or past.finished_at is None:
        return False
    return past.finished_at < lesson.since
