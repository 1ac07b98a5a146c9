"""Importing an article again: what it proposes becomes the draft of its course; readers get it when it is published."""

from dataclasses import dataclass

from newsletter.domain import differences, reimport
from newsletter.domain.course import MOST_LESSONS, CourseText, Lesson
from newsletter.domain.differences import Difference
from newsletter.domain.reimport import Known
from newsletter.store import courses, drafts
from newsletter.store.engine import Transaction
from newsletter.usecases import courses as course_texts
from newsletter.usecases import lessons, proofreading
from newsletter.usecases.courses import CourseError
from newsletter.usecases.house import House


@dataclass(frozen=True, slots=True)
class Proposal:
    """The course as an article would have it, and what differs from what its writers have now."""

    course: CourseText
    differences: list[Difference]

    @property
    def is_empty(self) -> bool:
        """Whether the article says what the course says already."""
        return all(one.state == "same" for one in self.differences)


def look(house: House, imported: CourseText) -> Proposal | None:
    """What an article proposes for the course of its slug; None when there is no such course yet."""
    with house.store.reading() as tx:
        found = lessons.read(tx, imported.slug)
        return _proposal(tx, found, imported) if found and found.lessons else None


def propose(house: House, imported: CourseText) -> Proposal:
    """Make what an article proposes the draft of its course; lessons that did not change stay as they are.

    Raises CourseError when there is no such course, or a letter could not be composed.
    """
    proposal = look(house, imported)
    if proposal is not None and len(proposal.course.lessons) > MOST_LESSONS:
        raise CourseError(f"This makes more than {MOST_LESSONS} letters; a course has that many at most.")
    if proposal is not None:
        course_texts.check(house, proposal.course.lessons)  # takes a moment, in which nobody should have to wait
    with house.store.transaction() as tx:
        before = lessons.take(tx, imported.slug)
        proposal = _proposal(tx, before, imported)
        if not proposal.is_empty:
            lessons.rewrite(tx, before, proposal.course.lessons, house.clock.now())
    return proposal


def _proposal(tx: Transaction, before: lessons.Manuscript, imported: CourseText) -> Proposal:
    texts = [one.text for one in before.lessons]
    known = _known(courses.ever_said(tx, before.course.id))
    cleaned = [proofreading.cleaned(lesson) for lesson in imported.lessons]
    after = reimport.merged(texts, cleaned, known, drafts.keys_taken(tx, before.course.id))
    course = CourseText(before.course.slug, before.course.title, after)
    return Proposal(course, differences.between(texts, after))


def _known(revisions: list[Lesson]) -> dict[str, Known]:
    bodies: dict[str, set[str]] = {}
    titles: dict[str, set[str]] = {}
    for one in revisions:
        bodies.setdefault(one.key, set()).add(one.body)
        titles.setdefault(one.key, set()).add(one.title)
    return {key: Known(frozenset(bodies[key]), frozenset(titles[key])) for key in bodies}
