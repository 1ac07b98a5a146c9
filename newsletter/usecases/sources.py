"""What letters are written from, asked of the store once for a whole batch."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from newsletter.domain.cadence import WEEKLY, Cadence
from newsletter.domain.campaign import Campaign
from newsletter.domain.course import Lesson, Role
from newsletter.domain.delivery import Claim, Kind
from newsletter.domain.enrollment import Enrollment
from newsletter.domain.etiquette import ONE_MAIL, brought_by
from newsletter.domain.message import Notice
from newsletter.domain.subscriber import Correspondent, Membership
from newsletter.store import after_courses, campaigns, courses, enrollments, lists, notices, subscribers, timetables
from newsletter.store.engine import Transaction
from newsletter.store.lists import MailingList
from newsletter.usecases import signup
from newsletter.usecases.house import House
from newsletter.usecases.signup import ASKING

Found = TypeVar("Found")


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
    @property
    def reason(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Course:
    """A course as its letters speak of it: `weekly` are the keys of its weekly lessons, in order.

    Its calendar is asked for where the welcome speaks of it.
    """

    title: str
    weekly: tuple[str, ...]
    cadence: Cadence = WEEKLY


@dataclass(frozen=True, slots=True)
class Sources:
    """What the store knows of a batch, each by its number there; wordings by that of their list."""

    people: dict[int, Correspondent]
    memberships: dict[int, Membership]
    lists: dict[int, MailingList]
    wordings: dict[int, str]
    campaigns: dict[int, Campaign]
    enrollments: dict[int, Enrollment]
    lessons: dict[int, Lesson]
    courses: dict[int, Course]
    trials: dict[int, Course]
    """By lesson revision, the course of a lesson on trial."""
    notices: dict[str, Notice]
    """By a delivery's public id, what the owner is told."""
    brought: dict[str, list[int]] = field(default_factory=dict)
    """By the public id of a letter that brings others with it, the campaigns of these."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What does not change from batch to batch: lists, queued campaigns, and revisions of lessons."""

    lists: dict[int, MailingList] = field(default_factory=dict)
    campaigns: dict[int, Campaign] = field(default_factory=dict)
    lessons: dict[int, Lesson] = field(default_factory=dict)


def gather(house: House, tx: Transaction, batch: Sequence[Owed], kept: Kept | None = None) -> Sources:
    """Ask for all that a batch of letters needs: one question a table, however many letters, and two a course.

    A claim brings its person and her subscription with it. What `kept` holds is not asked again; what is asked and
    does not change is added to it.
    """
    kept = kept or Kept()
    claims = [owed for owed in batch if isinstance(owed, Claim)]
    people = {one.person.id: one.person for one in claims if one.person}
    memberships = {one.membership.id: one.membership for one in claims if one.membership}
    memberships = _some(subscribers.memberships, tx, (owed.subscription_id for owed in batch), memberships)
    to = _some(lists.by_ids, tx, (one.list_id for one in memberships.values()), kept.lists)
    for draft in [owed.campaign_id for owed in batch if owed.kind == Kind.TEST]:
        kept.campaigns.pop(draft or 0, None)  # its text may have changed since
    runs = _some(enrollments.by_ids, tx, (owed.enrollment_id for owed in batch))
    asking = [memberships.get(owed.subscription_id or 0) for owed in batch if owed.kind in ASKING]
    trials = {owed.lesson_revision_id or 0 for owed in batch if owed.kind == Kind.TEST} - {0}
    lessons = _some(courses.texts_by_revision, tx, (owed.lesson_revision_id for owed in batch), kept.lessons)
    bringing = _brought(tx, [owed for owed in batch if owed.reason == ONE_MAIL])
    wanted = [owed.campaign_id for owed in batch] + [number for numbers in bringing.values() for number in numbers]
    said = (lessons.get(one.lesson_revision_id or 0) for one in batch)
    welcomes = any(lesson is not None and lesson.role is Role.OPENING for lesson in said)
    return Sources(
        people=_some(subscribers.correspondents, tx, (owed.subscriber_id for owed in batch), people),
        memberships=memberships,
        lists=to,
        wordings={one: signup.wording(house, tx, to[one].slug).words for one in {one.list_id for one in asking if one}},
        campaigns=_some(campaigns.by_ids, tx, wanted, kept.campaigns),
        enrollments=runs,
        lessons=lessons,
        courses=_courses(tx, {run.course_id for run in runs.values()}, welcomes=welcomes),
        notices=_notices(tx, [owed.public_id for owed in batch if owed.kind == Kind.NOTICE]),
        trials={revision: found for revision in trials if (found := _draft(tx, revision))},
        brought=bringing,
    )


def _brought(tx: Transaction, bringing: Sequence[Owed]) -> dict[str, list[int]]:
    """By the public ids of letters that bring others with them, the campaigns of these."""
    named = {brought_by(owed.public_id): owed.public_id for owed in bringing}
    found: dict[str, list[int]] = {}
    readers = {owed.subscriber_id or 0 for owed in bringing}
    for reason, campaign in after_courses.brought(tx, readers, list(named)) if named else ():
        found.setdefault(named[reason], []).append(campaign)
    return found


def _some(
    ask: Callable[[Transaction, Iterable[int]], dict[int, Found]],
    tx: Transaction,
    numbers: Iterable[int | None],
    kept: dict[int, Found] | None = None,
) -> dict[int, Found]:
    known = {} if kept is None else kept
    if wanted := {number for number in numbers if number is not None} - known.keys():
        known |= ask(tx, wanted)
    return known


def _notices(tx: Transaction, public_ids: Sequence[str]) -> dict[str, Notice]:
    return notices.by_deliveries(tx, public_ids) if public_ids else {}


def _courses(tx: Transaction, numbers: Iterable[int], *, welcomes: bool) -> dict[int, Course]:
    found = {}
    for number, row in _some(courses.by_ids, tx, numbers).items():
        weekly = tuple(one.key for one in courses.order(tx, number) if one.role is Role.WEEKLY)
        found[number] = Course(row.title, weekly, timetables.cadence_of(tx, number) if welcomes else WEEKLY)
    return found


def _draft(tx: Transaction, revision: int) -> Course | None:
    """The course of a lesson on trial, which may be a draft that nobody has published, in its newest order."""
    row = courses.of_revision(tx, revision)
    if row is None:
        return None
    newest = courses.texts(tx, courses.newest_revision(tx, row.id, published=False))
    return Course(row.title, tuple(one.text.key for one in newest if one.text.role is Role.WEEKLY))
