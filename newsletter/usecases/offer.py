"""What somebody is offered before she signs up: a list, its course, and one letter of it to look into."""

from dataclasses import dataclass
from math import ceil

from newsletter.content.sheet import Composed
from newsletter.domain.course import CourseText, Lesson, Role
from newsletter.domain.message import Links, Reader
from newsletter.store import courses, lists
from newsletter.store.engine import Transaction
from newsletter.usecases import signup
from newsletter.usecases.house import House

WORDS_A_MINUTE = 180
"""How fast people read something that asks a question of them; prose in general goes at 238 (Brysbaert 2019)."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A list as its form tells it. Without a course `weekly` is 0 and `example` is None."""

    list_slug: str
    list_title: str
    words: str
    """What she agrees to, in the very words that are recorded."""
    course_title: str = ""
    weekly: int = 0
    """How many weekly letters its course has."""
    minutes: int = 0
    """How long reading one of them takes, on average, rounded up."""
    has_practice: bool = False
    has_question: bool = False
    has_farewell: bool = False
    titles: tuple[str, ...] = ()
    """What its weekly letters are called, in their order."""
    example: Lesson | None = None


def offer(house: House, tx: Transaction, list_slug: str) -> Offer | None:
    """What a list offers today; None when there is no such list."""
    found = lists.by_slug(tx, list_slug)
    if found is None:
        return None
    plain = Offer(found.slug, found.title, signup.wording(house, tx, found.slug).words)
    course = courses.whole(tx, house.begins.get(found.slug, ""))
    return _with_course(plain, course) if course else plain


def _with_course(plain: Offer, course: CourseText) -> Offer:
    weekly = [one for one in course.lessons if one.role is Role.WEEKLY]
    if not weekly:
        return plain
    words = sum(len(f"{one.body} {one.practice} {one.reflection}".split()) for one in weekly)
    return Offer(
        plain.list_slug,
        plain.list_title,
        plain.words,
        course_title=course.title,
        weekly=len(weekly),
        minutes=ceil(words / len(weekly) / WORDS_A_MINUTE),
        has_practice=all(one.practice for one in weekly),
        has_question=all(one.reflection for one in weekly),
        has_farewell=any(one.role is Role.CLOSING for one in course.lessons),
        titles=tuple(one.title for one in weekly),
        example=weekly[0],
    )


def example_letter(house: House, seen: Offer) -> Composed | None:
    """The first weekly letter as a reader gets it, but for the links that are hers; None without a course."""
    if seen.example is None:
        return None
    came = "you asked to see an example; in a real one the links to pause and to leave stand here"
    nobody = Reader(name="", timezone=house.letterhead.timezone, links=Links(), came=came)
    return house.composer.lesson(
        nobody,
        seen.example,
        list_title=seen.list_title,
        course_title=seen.course_title,
        number=1,
        of=seen.weekly,
        first_letter_at=None,
    )
