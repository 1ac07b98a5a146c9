"""Courses: the shipped one, an owner's own, and when their letters would come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from newsletter.domain.cadence import Cadence
from newsletter.domain.course import MOST_LESSONS, CourseText, Lesson
from newsletter.store import courses, drafts, places, timetables
from newsletter.store.courses import RevisedLesson
from newsletter.store.engine import Transaction
from newsletter.usecases import proofreading
from newsletter.usecases.house import House


class CourseError(Exception):
    """A course that cannot be used so; the message says what to do."""


def why_none_begins(house: House, tx: Transaction) -> str:
    """Why nobody who confirms would get the course that the settings name, with the next step; "" when all do."""
    for slug in house.begins.values():
        course = courses.by_slug(tx, slug)
        if course is None:
            return (
                f"NEWSLETTER_COURSE names “{slug}”, and there is no such course. `newsletter course list` shows those"
                " there are; `newsletter course load FOLDER` brings one in."
            )
        if not courses.order(tx, course.id):
            return f"NEWSLETTER_COURSE names “{slug}”, a draft that nobody gets: `newsletter course publish {slug}`."
    return ""


def load_shipped(house: House, shipped: CourseText) -> bool:
    """Bring the shipped course to this version's text and publish it; an owner's own words stay, and her draft a draft.

    Returns whether anything changed.
    """
    now = house.clock.now()
    with house.store.transaction() as tx:
        course = courses.add(tx, shipped.slug, shipped.title, now)
        public = drafts.newest(tx, course.id, published=True)
        known = courses.texts(tx, public.id) if public else []
        fresh = _outdated(known, shipped)
        if known and not fresh:
            return False
        draft = _open_draft(tx, course.id)
        drafts.discard(tx, course.id)
        texts = [fresh.get(one.text.key, one.text) for one in known] or list(shipped.lessons)
        kept = {one.text.key: one.revision_id for one in known if one.text.key not in fresh}
        revision = courses.add_revision(tx, course.id, texts, kept=kept, origin="shipped", now=now)
        courses.publish_newest(tx, course.id, now)
        if draft:
            _lay_on_top(tx, course.id, draft, courses.texts(tx, revision), now)
    return True


def _outdated(known: Sequence[RevisedLesson], shipped: CourseText) -> dict[str, Lesson]:
    """This version's text of each lesson that readers have in an earlier one, by key."""
    today = {one.text.key: one for one in known if one.origin == "shipped"}
    return {
        lesson.key: lesson
        for lesson in shipped.lessons
        if lesson.key in today and today[lesson.key].digest != courses.text_digest(lesson)
    }


@dataclass(frozen=True, slots=True)
class _Draft:
    """What a draft says: its lessons in order, what was said of their places, and its calendar."""

    lessons: Sequence[RevisedLesson]
    places: Mapping[int, Mapping[str, Any]]
    cadence: Cadence


def _open_draft(tx: Transaction, course: int) -> _Draft | None:
    newest = drafts.newest(tx, course)
    if newest is None or newest.published_at is not None:
        return None
    return _Draft(courses.texts(tx, newest.id), places.said(tx, newest.id), timetables.cadence(tx, newest.id))


def _lay_on_top(tx: Transaction, course: int, draft: _Draft, public: Sequence[RevisedLesson], now: datetime) -> None:
    """Make a draft that was begun before a new version a draft again, with what the version brought in it."""
    brought = {one.lesson_id: one.revision_id for one in public if one.origin == "shipped"}
    order = [
        (one.lesson_id, brought.get(one.lesson_id, one.revision_id) if one.origin == "shipped" else one.revision_id)
        for one in draft.lessons
    ]
    revision = drafts.arrange(tx, course, order, now)
    for lesson, said in draft.places.items():
        places.change(tx, revision, lesson, **said)
    timetables.set_cadence(tx, revision, draft.cadence)
    if drafts.is_as_published(tx, course):
        drafts.discard(tx, course)


def load(house: House, text: CourseText) -> int:
    """Load an owner's course as a draft revision. Returns how many lessons are new or changed."""
    check(house, text.lessons)
    with house.store.transaction() as tx:
        course = courses.add(tx, text.slug, text.title, house.clock.now())
        known = courses.texts(tx, courses.newest_revision(tx, course.id, published=False))
        same = {(one.text.key, one.digest): one.revision_id for one in known}
        named = [(lesson.key, courses.text_digest(lesson)) for lesson in text.lessons]
        kept = {key: same[key, digest] for key, digest in named if (key, digest) in same}
        if [one.text.key for one in known] == [one.key for one in text.lessons] and len(kept) == len(known):
            return 0
        courses.add_revision(tx, course.id, text.lessons, kept=kept, origin="owner", now=house.clock.now())
    return len(text.lessons) - len(kept)


def check(house: House, lessons: Sequence[Lesson]) -> None:
    """Raise CourseError for too many lessons, one whose text could not be composed, or that owes its reader a line."""
    if len(lessons) > MOST_LESSONS:
        raise CourseError(
            f"This course has {len(lessons)} letters; {MOST_LESSONS} are the most. Please make two of it."
        )
    for lesson in lessons:
        for field, problem in proofreading.problems(house, lesson).items():
            raise CourseError(f"Lesson “{lesson.key}”, {field}: {problem}")
        if lacks := proofreading.missing(house, lesson):
            raise CourseError(
                f"The letter of lesson “{lesson.key}” misses {'; '.join(lacks)}. Every letter of a course must have"
                " them: mend the templates of the letters."
            )


def warnings(house: House, lessons: Sequence[Lesson]) -> list[str]:
    """What the owner may want to think over before these letters go: subjects that tell, links, pictures, size."""
    found = []
    for lesson in lessons:
        remarks = proofreading.remarks(house, lesson)
        if size := proofreading.size_remark(house, lesson):
            remarks.setdefault("body", []).append(size)
        found += [f"{lesson.key}, {field}: {words}" for field, said in remarks.items() for words in said]
    if (line := house.letterhead.care_line) and not _names_help(line):
        found.append(f"Your care line names no number and no address: “{line}”.")
    return found


def _names_help(line: str) -> bool:
    return any(sign.isdigit() for sign in line) or "." in line.rstrip(". ")
