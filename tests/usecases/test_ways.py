"""More than one course: each begins as its owner said, ends as she said, and stands a week apart from the one before."""

import itertools
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from newsletter.domain.cadence import Cadence
from newsletter.domain.course import CourseText, Lesson, Role
from newsletter.domain.delivery import Kind
from newsletter.domain.enrollment import Progress
from newsletter.domain.ways import WayKind
from newsletter.store import agenda, lists, tables
from newsletter.usecases import calendars, courses, entries, following, leaving, publishing, signup
from newsletter.usecases.courses import CourseError
from newsletter.usecases.house import House
from newsletter.usecases.people import PersonError
from tests.usecases.household import Post, TwoClocks, crowd, enrollment, join, leave_token, person, rows, tick

MARIA = "maria@example.org"


def a_letter(key: str, role: Role = Role.WEEKLY) -> Lesson:
    return Lesson(key, role, key, f"Second {key}", "What it is.", "Some words.")


@pytest.fixture
def two(house: House, clock: TwoClocks) -> House:
    """Two courses and two lists; `belonging` begins with the list `letters`."""
    text = CourseText("second", "Second", (a_letter("hello", Role.OPENING), a_letter("one"), a_letter("two")))
    courses.load(house, text)
    publishing.publish(house, "second")
    with house.store.transaction() as tx:
        lists.add(tx, slug="circle", title="Circle", now=clock.now())
    return house


def run(house: House, course: str = "second", email: str = MARIA) -> dict | None:
    """Somebody's newest run of a course."""
    table = tables.enrollments
    question = select(table).join(tables.courses, tables.courses.c.id == table.c.course_id)
    mine = question.where(tables.courses.c.slug == course, table.c.subscriber_id == person(house, email).id)
    with house.store.reading() as tx:
        row = tx.execute(mine.order_by(table.c.run.desc())).first()
    return dict(row._mapping) if row else None


def pass_days(house: House, clock: TwoClocks, post: Post, days: int) -> list[tuple[datetime, str]]:
    """Let days go by, hour by hour but for those in which nothing is due; what went out, and when."""
    went, ends = [], clock.business + timedelta(days=days)
    while clock.business < ends:
        following.begin_on_day(house)
        before = len(post.accepted)
        tick(house, post)
        went += [(clock.business, subject) for subject in post.subjects()[before:]]
        clock.pass_by(hours=1)
        with house.store.reading() as tx:
            due = agenda.next_due(tx) or ends
        while clock.business < min(due, ends):
            clock.pass_by(hours=1)
    return went


def test_confirming_a_list_begins_all_courses_that_hang_on_it(two: House, clock: TwoClocks, post: Post) -> None:
    assert entries.add(two, "second", WayKind.LIST, "letters")
    assert not entries.add(two, "second", WayKind.LIST, "letters")
    join(two)
    tick(two, post)

    assert sorted(post.subjects()) == ["Lesson 0", "Second hello"]


def test_another_list_begins_another_course_and_leaving_it_ends_that_one_alone(
    two: House, clock: TwoClocks, post: Post
) -> None:
    entries.add(two, "second", WayKind.LIST, "circle")
    join(two)
    assert run(two) is None
    clock.pass_by(days=1)
    join(two, list_slug="circle")
    leaving.leave(two, leave_token(two, list_slug="circle"), method="one click")

    assert run(two)["state"] == Progress.LEFT
    assert run(two, "belonging")["state"] == Progress.ACTIVE


def test_a_course_follows_on_another_one_at_her_next_slot_in_step_with_it(
    two: House, clock: TwoClocks, post: Post
) -> None:
    entries.add(two, "second", WayKind.AFTER_COURSE, "belonging")
    join(two)
    went = [one for one in pass_days(two, clock, post, 60) if "Lesson" in one[1] or "Second" in one[1]]

    assert [subject for _, subject in went] == [
        *(f"Lesson {number}" for number in range(5)),
        *("Second hello", "Second one", "Second two"),
    ]
    days = [moment.date() for moment, _ in went[1:]]
    assert {later - sooner for sooner, later in itertools.pairwise(days)} == {timedelta(days=7)}
    assert enrollment(two)["state"] == run(two)["state"] == Progress.FINISHED
    assert post.doubles() == {}


def test_who_had_the_following_course_already_does_not_begin_it_again(two: House, clock: TwoClocks, post: Post) -> None:
    entries.add(two, "second", WayKind.AFTER_COURSE, "belonging")
    join(two)
    entries.take_in(two, "second", MARIA)
    pass_days(two, clock, post, 45)

    assert run(two)["run"] == 1
    assert post.subjects().count("Second hello") == 1


def test_on_its_day_a_course_begins_for_everybody_on_its_list_once(two: House, clock: TwoClocks, post: Post) -> None:
    crowd(two, 5)
    entries.add(two, "second", WayKind.DATE, "letters", (clock.now() + timedelta(days=3)).date().isoformat())
    went = pass_days(two, clock, post, 3)
    assert went == []
    went = pass_days(two, clock, post, 1)
    join(two)

    assert [subject for _, subject in went] == ["Second hello"] * 5
    assert {moment.astimezone(ZoneInfo("Europe/Berlin")).hour for moment, _ in went} == {9}
    pass_days(two, clock, post, 2)
    assert run(two) is None, "who comes later does not begin by the day"


def test_a_course_that_is_a_draft_on_its_day_begins_when_it_is_published(two: House, clock: TwoClocks) -> None:
    crowd(two, 1)
    courses.load(two, replace(CourseText("third", "Third", (a_letter("x"),))))
    entries.add(two, "third", WayKind.DATE, "letters", clock.now().date().isoformat())
    clock.pass_by(days=9)
    assert following.begin_on_day(two) == 0
    publishing.publish(two, "third")

    assert following.begin_on_day(two) == 1
    assert following.begin_on_day(two) == 0


@pytest.mark.parametrize("by", [WayKind.UNTIL_LIST, WayKind.UNTIL_COURSE])
def test_a_course_ends_by_another_list_or_course(two: House, clock: TwoClocks, post: Post, by: WayKind) -> None:
    entries.add(two, "belonging", by, "circle" if by is WayKind.UNTIL_LIST else "second")
    entries.add(two, "second", WayKind.LIST, "circle")
    join(two)
    tick(two, post)
    join(two, list_slug="circle")
    pass_days(two, clock, post, 30)

    assert run(two, "belonging")["state"] == Progress.LEFT
    lessons = [subject for subject in post.subjects() if "Lesson" in subject or "Second" in subject]
    assert lessons == ["Lesson 0", "Second hello", "Second one", "Second two"]


def test_by_hand_somebody_begins_goes_on_and_begins_again(two: House, clock: TwoClocks, post: Post) -> None:
    join(two)
    entries.take_in(two, "second", MARIA)
    with pytest.raises(CourseError, match="already"):
        entries.take_in(two, "second", MARIA)
    pass_days(two, clock, post, 25)
    assert run(two)["state"] == Progress.FINISHED
    entries.take_in(two, "second", MARIA)

    assert (run(two)["run"], run(two)["state"]) == (2, Progress.ACTIVE)
    with pytest.raises(PersonError):
        entries.take_in(two, "second", "nobody@example.org")
    leaving.leave(two, leave_token(two), method="one click")
    with pytest.raises(CourseError, match="confirmed no list"):
        entries.take_in(two, "belonging", MARIA)


@pytest.mark.parametrize(
    ("kind", "what", "day", "sentence"),
    [
        (WayKind.LIST, "nowhere", "", "no list"),
        (WayKind.AFTER_COURSE, "nowhere", "", "no course"),
        (WayKind.AFTER_COURSE, "second", "", "itself"),
        (WayKind.DATE, "letters", "soon", "year, month and day"),
        (WayKind.DATE, "letters", "2026-03-01", "past"),
    ],
)
def test_a_way_that_cannot_be_is_refused(two: House, kind: WayKind, what: str, day: str, sentence: str) -> None:
    with pytest.raises(CourseError, match=sentence):
        entries.add(two, "second", kind, what, day)
    with two.store.reading() as tx:
        assert entries.known(tx, "second") == []


@pytest.mark.parametrize(
    ("first", "second", "what"),
    [
        (WayKind.TAG, WayKind.UNTIL_TAG, "calm"),
        (WayKind.UNTIL_TAG, WayKind.TAG, "Calm"),
        (WayKind.LIST, WayKind.UNTIL_LIST, "circle"),
    ],
)
def test_nothing_both_begins_and_ends_a_course(two: House, first: WayKind, second: WayKind, what: str) -> None:
    entries.add(two, "second", first, what)
    with pytest.raises(CourseError, match="cannot do both"):
        entries.add(two, "second", second, what)


def test_a_way_is_taken_back_and_who_came_by_it_stays(two: House) -> None:
    entries.add(two, "second", WayKind.LIST, "letters")
    join(two)
    with two.store.reading() as tx:
        (way,) = entries.known(tx, "second")
    assert not entries.remove(two, "belonging", way.id) and entries.remove(two, "second", way.id)
    join(two, "other@example.org")

    assert run(two)["state"] == Progress.ACTIVE
    assert run(two, email="other@example.org") is None
    assert len(rows(two, "other@example.org", kind=Kind.LESSON)) == 1


def test_the_words_beside_the_button_promise_every_course_that_begins_with_the_list(
    two: House, clock: TwoClocks
) -> None:
    def promised() -> str:
        with two.store.reading() as tx:
            return signup.wording(two, tx, "letters").words

    before = promised()
    assert "“Second”" not in before
    entries.add(two, "second", WayKind.DATE, "letters", (clock.now() + timedelta(days=3)).date().isoformat())
    assert (
        "the course “Room at the Table”, one letter a week, the course “Second”, one letter a week, and" in promised()
    )
    clock.pass_by(days=4)
    following.begin_on_day(two)
    assert promised() == before, "its day is over: whoever confirms now does not begin it"

    calendars.set_cadence(two, "second", Cadence(every=3, gap=2))
    publishing.publish(two, "second")
    entries.add(two, "second", WayKind.LIST, "letters")
    assert "the course “Second”, one letter every 3 days, and" in promised()
