"""Conditions on lessons: what is known of readers, which lessons they do not get now, and to set a condition."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from newsletter.domain import segment
from newsletter.domain.enrollment import Enrollment, LessonRef
from newsletter.domain.segment import Facts, SegmentError
from newsletter.domain.subscriber import Subscriber
from newsletter.domain.ways import WayKind
from newsletter.store import answers, courses, drafts, places, subscribers, tags, ways
from newsletter.store.engine import Transaction
from newsletter.usecases import lessons
from newsletter.usecases.courses import CourseError
from newsletter.usecases.house import House

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def unmet(
    house: House,
    tx: Transaction,
    runs: Sequence[Enrollment],
    people: Mapping[int, Subscriber],
    orders: Mapping[int, Sequence[LessonRef]],
    had: Mapping[int, Collection[int]],
) -> dict[int, set[int]]:
    """By enrollment, the lessons whose condition its reader does not meet now; who has none is not among them.

    `orders` are by course, `had` by enrollment. Where no lesson of these courses has a condition, nothing is asked;
    and nothing that no condition speaks of.
    """
    conditional = {number for number, order in orders.items() if any(lesson.condition for lesson in order)}
    asked = [one for one in runs if one.course_id in conditional]
    if not asked:
        return {}
    words = segment.words(lesson.condition for number in conditional for lesson in orders[number])
    who = {one.subscriber_id for one in asked}
    lists = subscribers.confirmed_lists(tx, who) if "list" in words else {}
    carried = tags.of_many(tx, who) if "tag" in words else {}
    agreed = answers.agreed(tx, who) if "answered" in words else {}
    keys = {number: courses.keys(tx, number) for number in conditional} if words & {"lesson", "answered"} else {}
    found = {}
    for one in asked:
        key_of = keys.get(one.course_id, {})
        facts = Facts(
            lists=lists.get(one.subscriber_id, ()),
            lessons=_keys(had.get(one.id, ()), key_of),
            attributes=_attributes(house, people[one.subscriber_id]),
            tags=carried.get(one.subscriber_id, ()),
            answered=_keys(agreed.get(one.subscriber_id, ()), key_of),
        )
        if lacking := segment.unmet(orders[one.course_id], facts):
            found[one.id] = lacking
    return found


def unmet_by_newcomers(
    house: House, tx: Transaction, course: int, order: Sequence[LessonRef], person: Subscriber
) -> set[int]:
    """The lessons whose condition somebody does not meet who begins now.

    She is on the lists that begin the course, has no tags, answers nothing, and has had by then what comes before.
    """
    if not any(lesson.condition for lesson in order):
        return set()
    row = courses.by_id(tx, course)
    lists = {slug for slug, begun in house.begins.items() if row and begun == row.slug}
    lists |= {way.what for way in ways.of_course(tx, course) if way.kind in (WayKind.LIST, WayKind.DATE)}
    had: list[str] = []
    for lesson in order:
        if segment.meets(lesson.condition, Facts(lists, tuple(had), _attributes(house, person))):
            had.append(lesson.key)
    return {lesson.lesson_id for lesson in order if lesson.key not in had}


def set_condition(house: House, slug: str, key: str, text: str) -> None:
    """Say in the draft of a course who gets a lesson; an empty text means everybody.

    Raises CourseError with a sentence when there is no such lesson, or the text cannot be read.
    """
    text = " ".join(text.split())
    try:
        if text:
            segment.read(text)
    except SegmentError as error:
        raise CourseError(str(error)) from None
    with house.store.transaction() as tx:
        before = lessons.take(tx, slug)
        lesson = before.find(key)
        if lesson is None:
            raise CourseError(f"There is no lesson “{key}” in this course.")
        revision = lessons.open_draft(tx, before, house.clock.now())
        places.change(tx, revision, lesson.lesson_id, condition=text)
        if drafts.is_as_published(tx, before.course.id):
            drafts.discard(tx, before.course.id)


def doubts(house: House, slug: str) -> list[str]:
    """What cannot work in the newest state of a course: conditions that nobody meets, questions that change nothing."""
    with house.store.reading() as tx:
        found = lessons.read(tx, slug)
        newest = drafts.newest(tx, found.course.id) if found else None
        order = courses.order_of(tx, newest.id) if newest else []
    asks = {one.text.key for one in found.lessons if one.text.ask} if found else set()
    before: list[str] = []
    waited_for: set[str] = set()
    told = []
    for lesson in order:
        for wanted in [term.value for term in segment.terms(lesson.condition) if term.word == "answered"]:
            waited_for |= {key for key in asks if segment.meets(f'answered:"{wanted}"', Facts(answered={key}))}
            if not wanted.endswith("*") and (why := _never_answered(wanted.casefold(), order, asks, before)):
                told.append(f"The condition of “{lesson.key}” speaks of a yes to “{wanted}”, {why}.")
        before.append(lesson.key)
    told += [
        f"“{key}” asks for a yes or no, and no letter depends on it." for key in before if key in asks - waited_for
    ]
    return told


def _never_answered(wanted: str, order: Sequence[LessonRef], asks: Collection[str], before: Sequence[str]) -> str:
    """Why nobody can have said yes to a lesson by then, as the end of a sentence; empty when somebody can."""
    if wanted not in {lesson.key for lesson in order}:
        return "and this course has no such letter"
    if wanted not in asks:
        return "a letter that asks no such question"
    return "" if wanted in before else "which comes no sooner"


def _keys(numbers: Iterable[int], keys: Mapping[int, str]) -> set[str]:
    return {keys[number] for number in numbers if number in keys}


def _attributes(house: House, person: Subscriber) -> dict[str, str]:
    return {
        "timezone": person.zone(house.letterhead.timezone),
        "hour": str(person.hour),
        "weekday": "any" if person.weekday is None else _DAYS[person.weekday],
        "pace": str(person.pace_weeks),
    }
