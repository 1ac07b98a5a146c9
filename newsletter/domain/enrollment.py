"""Where a subscriber stands in a course: no position is stored; what she had says what is to come (path.py)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from newsletter.domain.cadence import (
    AS_USUAL,
    WEEKLY,
    Cadence,
    Slot,
    Timing,
    first_slot,
    instant,
    local_day,
    next_slot,
    slot_from,
)
from newsletter.domain.course import Role
from newsletter.domain.subscriber import INDEFINITELY, Subscriber


class Progress(StrEnum):
    """The life of an enrollment."""

    ACTIVE = "active"
    FINISHED = "finished"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Enrollment:
    """One run of one person through one course."""

    id: int
    public_id: str
    subscriber_id: int
    course_id: int
    subscription_id: int | None
    run: int
    state: Progress
    began_at: datetime
    last_slot_at: datetime | None
    next_due_at: datetime | None
    held_reason: str | None
    ended_at: datetime | None = None
    """When she left, or first came to the end: a late lesson may let a finished run go on."""


@dataclass(frozen=True, slots=True)
class LessonRef:
    """A lesson in today's order: its identity, the revision to send, its key and role, and when it comes."""

    lesson_id: int
    revision_id: int
    key: str
    role: Role
    since: datetime | None = None
    """When it first stood in a published order (business time); None: in a draft only."""
    late: str = "upcoming"
    """Who gets it of those who were inside by then: a `path.Late`."""
    condition: str = ""
    """A segment of those who get it; empty: everybody."""
    timing: Timing = AS_USUAL


@dataclass(frozen=True, slots=True)
class Timetable:
    """A published course as those see it who ask when: its lessons in today's order, and its calendar."""

    order: tuple[LessonRef, ...] = ()
    cadence: Cadence = WEEKLY


def due_again(
    enrollment: Enrollment,
    subscriber: Subscriber,
    owner_zone: str,
    now: datetime,
    cadence: Cadence = WEEKLY,
    timing: Timing = AS_USUAL,
) -> datetime:
    """When the next lesson, of this timing, is due after anything changed: her day, hour or zone, a pause, the course.

    Counted from her last slot (or from confirming), never before a pause ends and never in the past, so
    that no change brings a letter sooner than the minimum gap and none brings two.
    """
    if subscriber.paused_until == INDEFINITELY:
        return INDEFINITELY
    natural = natural_slot(enrollment, subscriber, owner_zone, cadence, timing).at
    earliest = max(now, subscriber.paused_until or now)
    rhythm = subscriber.rhythm(owner_zone, enrollment.last_slot_at)
    return natural if natural >= earliest else slot_from(earliest, rhythm, cadence).at


def natural_slot(
    enrollment: Enrollment,
    subscriber: Subscriber,
    owner_zone: str,
    cadence: Cadence = WEEKLY,
    timing: Timing = AS_USUAL,
) -> Slot:
    """When the next lesson would come if she had never paused and nothing had ever been late."""
    last = enrollment.last_slot_at
    rhythm = subscriber.rhythm(owner_zone, last)
    if last is None:
        return first_slot(enrollment.began_at, rhythm, cadence, timing)
    return next_slot(last, rhythm, cadence, timing)


def keep_distance(
    sent_at: datetime, next_due: datetime, subscriber: Subscriber, owner_zone: str, cadence: Cadence = WEEKLY
) -> datetime:
    """Move the next lesson away from one that went out late, so that the minimum gap stays between them.

    Without a wish of hers the weekday is that of the letter which went out.
    """
    rhythm = subscriber.rhythm(owner_zone, sent_at)
    earliest_day = local_day(sent_at, rhythm) + timedelta(days=cadence.gap)
    earliest = instant(earliest_day, 0, rhythm.zone)
    return next_due if next_due >= earliest else slot_from(earliest, rhythm, cadence).at
