"""The owner says how people come into a course and out of it, and takes somebody in by hand."""

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from newsletter.domain import tags
from newsletter.domain.enrollment import Progress
from newsletter.domain.subscription import Status
from newsletter.domain.tags import TagError
from newsletter.domain.ways import OF_A_LIST, OF_A_TAG, Way, WayKind
from newsletter.store import courses, enrollments, lists, subscribers, ways
from newsletter.store.courses import CourseRow
from newsletter.store.engine import Transaction
from newsletter.usecases import enrolling, people
from newsletter.usecases.courses import CourseError
from newsletter.usecases.enrolling import Choice
from newsletter.usecases.house import House

_INTO_AND_OUT = {WayKind.LIST: WayKind.UNTIL_LIST, WayKind.TAG: WayKind.UNTIL_TAG}
_OPPOSITES = {**_INTO_AND_OUT, **{out: into for into, out in _INTO_AND_OUT.items()}}


def known(tx: Transaction, slug: str) -> list[Way]:
    """The ways into a course and out of it. Raises CourseError when there is no such course."""
    return ways.of_course(tx, _course(tx, slug).id)


def add(house: House, slug: str, kind: WayKind, what: str, day: str = "") -> bool:
    """Say one more way. False when it stands already. Raises CourseError with a sentence."""
    day = _day(day) if kind is WayKind.DATE else ""
    today = house.clock.now().astimezone(ZoneInfo(house.letterhead.timezone)).date().isoformat()
    if day and day < today:
        raise CourseError("This day is past: everybody on the list would begin at once. Please name one to come.")
    with house.store.transaction() as tx:
        course = _course(tx, slug)
        _contradicts_none(ways.of_course(tx, course.id), kind, what)
        return ways.add(tx, course.id, kind, _named(tx, course, kind, what), day)


def remove(house: House, slug: str, way: int) -> bool:
    """Take a way back; whoever came by it stays. False when there is none of this number."""
    with house.store.transaction() as tx:
        return ways.remove(tx, _course(tx, slug).id, way)


def take_in(house: House, slug: str, email: str) -> None:
    """Take somebody into a course by hand: it begins, goes on where she left it, or begins again after its end.

    Raises AddressError, PersonError when nobody has this address, and CourseError when she may not be taken in.
    """
    with house.store.transaction() as tx:
        course, person = _course(tx, slug), people.find(house, tx, email)
        if not courses.order(tx, course.id):
            raise CourseError(f"“{slug}” is a draft that nobody gets: `newsletter course publish {slug}`.")
        hers = [one for one in subscribers.subscriptions_of(tx, person.id) if one.status is Status.CONFIRMED]
        if not hers:
            raise CourseError("She has confirmed no list, so nothing may be sent to her yet.")
        before = enrollments.latest(tx, person.id, course.id)
        if before is not None and before.state is Progress.ACTIVE:
            raise CourseError("She is in this course already.")
        is_over = before is not None and before.state is Progress.FINISHED
        choice = Choice.BEGIN_AGAIN if is_over else Choice.GO_ON
        enrolling.take_in(house, tx, person.id, course.id, hers[0].id, choice)


def _course(tx: Transaction, slug: str) -> CourseRow:
    course = courses.by_slug(tx, slug)
    if course is None:
        raise CourseError(f"There is no course “{slug}”. `newsletter course list` shows those there are.")
    return course


def _contradicts_none(known: Sequence[Way], kind: WayKind, what: str) -> None:
    """Refuse a way whose opposite stands: one of them would never count."""
    opposite = _OPPOSITES.get(kind)
    if any(one.kind is opposite and one.what == what.strip().casefold() for one in known):
        raise CourseError(
            f"“{what}” begins or ends this course already, and cannot do both. Take the other way back first."
        )


def _named(tx: Transaction, course: CourseRow, kind: WayKind, what: str) -> str:
    """What a way names: a list or another course that there is, or a tag, which nobody need have yet."""
    if kind in OF_A_TAG:
        try:
            return tags.read(what)
        except TagError as error:
            raise CourseError(str(error)) from None
    if kind in OF_A_LIST and lists.by_slug(tx, what) is None:
        raise CourseError(f"There is no list “{what}”. `newsletter list show` shows those there are.")
    if kind not in OF_A_LIST and _course(tx, what).id == course.id:
        raise CourseError("A course cannot follow on itself, or end itself. Please name another one.")
    return what


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        raise CourseError("Please name the day as year, month and day, such as 2027-01-31.") from None
