"""Editing a course: whatever is changed goes into its draft; readers get it when the draft is published."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from newsletter.content.wording import slug_of
from newsletter.domain import course as rules
from newsletter.domain.course import MOST_LESSONS, Changes, CourseText, Lesson, Role
from newsletter.store import courses, drafts
from newsletter.store.courses import CourseRow, RevisedLesson
from newsletter.store.engine import Transaction
from newsletter.usecases import proofreading
from newsletter.usecases.courses import CourseError
from newsletter.usecases.house import House

NEW = "+"
"""What stands for the key of a lesson that is not kept yet; no slug looks like it."""


@dataclass(frozen=True, slots=True)
class Manuscript:
    """A course as its writers have it: its newest lessons, those that readers get, and what differs."""

    course: CourseRow
    lessons: tuple[RevisedLesson, ...]
    published: tuple[RevisedLesson, ...]
    published_at: datetime | None
    is_draft: bool

    @property
    def changes(self) -> Changes:
        """What publishing would change."""
        return rules.changes(_digests(self.published), _digests(self.lessons))

    @property
    def digest(self) -> str:
        """A name for exactly these lessons in this order."""
        return ".".join(str(one.revision_id) for one in self.lessons)

    def find(self, key: str) -> RevisedLesson | None:
        """The newest text of a lesson."""
        return next((one for one in self.lessons if one.text.key == key), None)

    @property
    def weekly(self) -> tuple[str, ...]:
        """The keys of the weekly lessons, in order."""
        return tuple(one.text.key for one in self.lessons if one.text.role is Role.WEEKLY)


@dataclass(frozen=True, slots=True)
class Kept:
    """The text is in the draft; under this key, as this lesson revision."""

    key: str
    revision_id: int


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Somebody else changed the lesson since it was opened (None: removed it); nothing was written."""

    theirs: Lesson | None
    seen: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The text cannot be sent as it is; nothing was written. Sentences by the name of the field."""

    problems: dict[str, str]


def read(tx: Transaction, slug: str) -> Manuscript | None:
    """A course as its writers have it; None when there is none."""
    course = courses.by_slug(tx, slug)
    return _manuscript(tx, course) if course else None


def save(house: House, slug: str, lesson: Lesson, *, seen: str) -> Kept | Overtaken | Refused:
    """Put a lesson's text into the draft. `seen` is the digest of the text that its writer began with.

    The key `NEW` makes a lesson, before the farewell. Raises CourseError when there is no such course.
    """
    lesson = proofreading.cleaned(lesson)
    problems = proofreading.problems(house, lesson)
    with house.store.transaction() as tx:
        before = take(tx, slug)
        stands = before.find(lesson.key)
        if lesson.key != NEW and _digest(stands) not in (seen, courses.text_digest(lesson)):
            return Overtaken(stands.text if stands else None, _digest(stands))
        if problems := problems | _against_the_rest(before, lesson):
            return Refused(problems)
        taken = drafts.keys_taken(tx, before.course.id)
        if lesson.key == NEW:
            lesson = replace(lesson, key=free_key(lesson.title, taken))
        elif lesson.key not in taken:
            raise CourseError("There is no such lesson in this course.")
        elif stands is not None:
            lesson = replace(lesson, sources=stands.text.sources)
        chosen = _revision(tx, before, lesson, house.clock.now())
        if stands is None:
            _arrange(tx, before, [*before.lessons, chosen], house.clock.now())
        else:
            others = [chosen if one is stands else one for one in before.lessons]
            _arrange(tx, before, others, house.clock.now())
    return Kept(lesson.key, chosen.revision_id)


def move(house: House, slug: str, key: str, *, up: bool) -> None:
    """Move a lesson one place up or down in the draft; the opening stays first and the closing last."""

    def moved(lessons: list[RevisedLesson]) -> list[RevisedLesson]:
        at = _place(lessons, key)
        to = at - 1 if up else at + 1
        if 0 <= to < len(lessons):
            lessons[at], lessons[to] = lessons[to], lessons[at]
        return lessons

    _rearrange(house, slug, moved)


def remove(house: House, slug: str, key: str) -> None:
    """Take a lesson out of the draft; its text is kept, and readers have it until the draft is published."""

    def without(lessons: list[RevisedLesson]) -> list[RevisedLesson]:
        del lessons[_place(lessons, key)]
        return lessons

    _rearrange(house, slug, without)


def put_back(house: House, slug: str, key: str) -> None:
    """Take a lesson that readers have back into the draft, at the place it had."""
    with house.store.transaction() as tx:
        before = take(tx, slug)
        lost = next((one for one in before.published if one.text.key == key), None)
        if lost is None:
            raise CourseError("Readers do not have this lesson either. Write it anew, please.")
        if before.find(key) is None:
            lessons = list(before.lessons)
            lessons.insert(min(before.published.index(lost), len(lessons)), lost)
            _arrange(tx, before, lessons, house.clock.now())


def discard(house: House, slug: str) -> bool:
    """Throw the draft away, so that the course is what readers have. False when there was none to throw away."""
    with house.store.transaction() as tx:
        before = take(tx, slug)
        if not before.published:
            raise CourseError("This course was never published, so there is nothing to go back to.")
        return drafts.discard(tx, before.course.id)


def begin(house: House, text: CourseText) -> None:
    """Keep a new course, whose texts were proofread, as a draft. Raises CourseError when its slug is taken."""
    order = rules.in_its_place([lesson.role for lesson in text.lessons])
    lessons = [proofreading.cleaned(text.lessons[index]) for index in order]
    with house.store.transaction() as tx:
        course = courses.add(tx, text.slug, text.title, house.clock.now())
        drafts.lock(tx, text.slug)
        if drafts.newest(tx, course.id) is not None:
            raise CourseError(f"There is a course “{text.slug}” already. Please choose another short name.")
        places = [drafts.write(tx, course.id, lesson, house.clock.now()) for lesson in lessons]
        drafts.arrange(tx, course.id, places, house.clock.now())


def open_draft(tx: Transaction, before: Manuscript, now: datetime) -> int:
    """The number of ours that a course's draft has; one that is as what readers have is begun when none is open."""
    draft = drafts.newest(tx, before.course.id)
    if draft is not None and before.is_draft:
        return draft.id
    return drafts.arrange(tx, before.course.id, [(one.lesson_id, one.revision_id) for one in before.lessons], now)


def rewrite(tx: Transaction, before: Manuscript, texts: Sequence[Lesson], now: datetime) -> None:
    """Make these texts the draft of a course that was taken; those that stay as they are stay the same revision."""
    _arrange(tx, before, [_revision(tx, before, lesson, now) for lesson in texts], now)


def free_key(title: str, taken: set[str]) -> str:
    """A key for a lesson of this title that no other lesson has or had."""
    slug = slug_of(title) or "letter"
    names = [slug, *(f"{slug}-{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)


def take(tx: Transaction, slug: str) -> Manuscript:
    """A course as its writers have it, kept from other writers. Raises CourseError when there is none."""
    course = drafts.lock(tx, slug)
    if course is None:
        raise CourseError(f"There is no course “{slug}”.")
    return _manuscript(tx, course)


def _manuscript(tx: Transaction, course: CourseRow) -> Manuscript:
    newest, public = drafts.newest(tx, course.id), drafts.newest(tx, course.id, published=True)
    is_draft = newest is not None and newest.published_at is None
    published = tuple(courses.texts(tx, public.id)) if public else ()
    lessons = tuple(courses.texts(tx, newest.id)) if newest and is_draft else published
    return Manuscript(course, lessons, published, public.published_at if public else None, is_draft)


def _rearrange(house: House, slug: str, change: Callable[[list[RevisedLesson]], list[RevisedLesson]]) -> None:
    with house.store.transaction() as tx:
        before = take(tx, slug)
        _arrange(tx, before, change(list(before.lessons)), house.clock.now())


def _arrange(tx: Transaction, before: Manuscript, lessons: Sequence[RevisedLesson], now: datetime) -> None:
    """Make these lessons the draft; a draft that says what readers have anyway is none."""
    order = [lessons[index] for index in rules.in_its_place([one.text.role for one in lessons])]
    places = [(one.lesson_id, one.revision_id) for one in order]
    if places != [(one.lesson_id, one.revision_id) for one in before.lessons]:
        drafts.arrange(tx, before.course.id, places, now)
    if drafts.is_as_published(tx, before.course.id):
        drafts.discard(tx, before.course.id)


def _revision(tx: Transaction, before: Manuscript, lesson: Lesson, now: datetime) -> RevisedLesson:
    """The lesson revision that says this: one that readers or writers have already, else a new one."""
    digest = courses.text_digest(lesson)
    known = [*before.published, *before.lessons]
    same = [one for one in known if one.text.key == lesson.key and one.digest == digest]
    if same:
        return same[0]
    lesson_id, revision_id = drafts.write(tx, before.course.id, lesson, now)
    return RevisedLesson(revision_id, lesson_id, "owner", digest, lesson)


def _against_the_rest(before: Manuscript, lesson: Lesson) -> dict[str, str]:
    others = [one.text for one in before.lessons if one.text.key != lesson.key]
    if len(others) >= MOST_LESSONS:
        return {"title": f"A course has {MOST_LESSONS} letters at most. Please begin a second course."}
    same = [one for one in others if one.role is lesson.role is not Role.WEEKLY]
    if same:
        return {"role": f"“{same[0].title}” is the {lesson.role} letter already, and a course has one."}
    return {}


def _place(lessons: Sequence[RevisedLesson], key: str) -> int:
    for place, one in enumerate(lessons):
        if one.text.key == key:
            return place
    raise CourseError("This lesson is not in the draft any more. Somebody may have removed it.")


def _digest(lesson: RevisedLesson | None) -> str:
    return lesson.digest if lesson else ""


def _digests(lessons: Sequence[RevisedLesson]) -> list[tuple[str, str]]:
    return [(one.text.key, one.digest) for one in lessons]
