"""The course goes on: each lesson planned once, in time, held when it is too late; and its texts."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from newsletter.domain.course import MOST_LESSONS, CourseText, Role
from newsletter.domain.delivery import Deferred, Kind, State
from newsletter.domain.enrollment import Progress
from newsletter.store import courses as shelf
from newsletter.store import enrollments, tables
from newsletter.usecases import courses, holding, leaving, planning, preferences, publishing, time_machine
from newsletter.usecases.courses import CourseError
from newsletter.usecases.house import House
from tests.usecases.household import (
    MONDAY,
    Post,
    TwoClocks,
    a_course,
    a_lesson,
    enrollment,
    force,
    join,
    leave_token,
    person,
    preferences_token,
    rows,
    send,
    tick,
)

MARIA = "maria@example.org"
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def maria(welcomed: House, clock: TwoClocks) -> House:
    """Maria has had her welcome, and stands at the moment when her first weekly lesson is due."""
    clock.pass_by(enrollment(welcomed)["next_due_at"] - clock.business)
    return welcomed


def lessons(house: House, email: str = MARIA) -> list[str]:
    return [one["lesson"] for one in rows(house, email, kind=Kind.LESSON)]


def test_a_lesson_is_planned_when_it_is_due_and_once(maria: House, clock: TwoClocks) -> None:
    due = clock.business
    clock.business = due - timedelta(seconds=1)
    assert planning.plan_due(maria) == 0
    clock.business = due
    assert planning.plan_due(maria) == 1
    assert planning.plan_due(maria) == 0

    assert lessons(maria) == ["lesson-00", "lesson-01"]
    assert enrollment(maria)["next_due_at"] == due + timedelta(days=7)
    assert enrollment(maria)["last_slot_at"] == due


def test_a_course_is_walked_through_to_its_end(maria: House, clock: TwoClocks, post: Post) -> None:
    slots = []
    while enrollment(maria)["state"] == Progress.ACTIVE:
        slots.append(clock.business)
        tick(maria, post)
        if following := enrollment(maria)["next_due_at"]:
            clock.pass_by(following - clock.business)

    assert post.subjects() == [f"Lesson {number}" for number in range(5)]
    # Tuesdays at nine in Berlin, an hour earlier by UTC after 29 March.
    assert slots == [datetime(2026, 3, day, 8, tzinfo=UTC) for day in (3, 10, 17, 24)]
    clock.pass_by(weeks=8)
    assert planning.plan_due(maria) == 0


def test_two_planners_at_once_plan_each_lesson_once(house: House, clock: TwoClocks, post: Post) -> None:
    """F3, F16."""
    for number in range(12):
        join(house, f"p{number}@example.org")
    send(house, post)
    clock.pass_by(days=1)
    start = threading.Barrier(3)

    def plan(_: int) -> int:
        start.wait()
        return planning.plan_due(house)

    with ThreadPoolExecutor(3) as planners:
        planned = list(planners.map(plan, range(3)))
    # A planner passes by what another one holds; whatever happened, nothing is left over and nothing doubled.
    planned.append(planning.plan_due(house))

    assert sum(planned) == 12
    assert sorted(one["lesson"] for one in rows(house, kind=Kind.LESSON)) == ["lesson-00"] * 12 + ["lesson-01"] * 12


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_change_of_rhythm_while_her_lesson_is_being_planned_brings_no_second_one(
    maria: House, clock: TwoClocks, post: Post
) -> None:
    """She moves her hour to later today, just as a planner plans: two letters in a day would be the worst answer."""
    with ThreadPoolExecutor(1) as elsewhere:
        with maria.store.transaction() as tx:
            due = enrollments.due(tx, clock.now(), 10)
            planning.plan(maria, tx, due, {})
            wish = {"hour": "20", "weekday": "1", "timezone": "Europe/Berlin"}
            change = elsewhere.submit(preferences.set_rhythm, maria, preferences_token(maria), **wish)
            with pytest.raises(TimeoutError):
                change.result(timeout=0.3)
        assert change.result(timeout=10)

    for _ in range(30):
        tick(maria, post)
        clock.pass_by(hours=1)
    assert post.subjects() == ["Lesson 0", "Lesson 1"]


@pytest.mark.parametrize(
    ("late", "due_in"),
    [
        (timedelta(hours=3), timedelta(0)),
        (timedelta(hours=3, seconds=1), timedelta(days=1)),
        (timedelta(days=7), timedelta(days=8)),
    ],
)
def test_a_late_lesson_goes_at_once_or_on_the_next_day(
    maria: House, clock: TwoClocks, late: timedelta, due_in: timedelta
) -> None:
    due = clock.business
    clock.pass_by(late)
    assert planning.plan_due(maria) == 1

    planned = rows(maria, kind=Kind.LESSON)[-1]
    assert planned["due_at"] == due + due_in
    assert enrollment(maria)["next_due_at"] == due + due_in + timedelta(days=7)


def test_a_lesson_more_than_seven_days_late_waits_for_the_owner(maria: House, clock: TwoClocks, post: Post) -> None:
    due = clock.business
    clock.pass_by(timedelta(days=7, seconds=1))
    assert planning.plan_due(maria) == 0

    (held,) = holding.held(maria)
    assert (held.subscriber, held.reason, held.due_at) == (MARIA, "more than seven days late", due)
    clock.pass_by(days=3)
    tick(maria, post)
    assert post.subjects() == ["Lesson 0"]


def test_what_the_owner_releases_goes_on_one_letter_a_slot(maria: House, clock: TwoClocks, post: Post) -> None:
    clock.pass_by(days=24)
    planning.plan_due(maria)
    assert holding.release(maria) == 1
    assert holding.held(maria) == []
    assert clock.business <= enrollment(maria)["next_due_at"] <= clock.business + timedelta(days=8)

    sent = []
    for _ in range(3):
        clock.pass_by(enrollment(maria)["next_due_at"] - clock.business)
        tick(maria, post)
        sent.append(clock.business)
    assert post.subjects() == ["Lesson 0", "Lesson 1", "Lesson 2", "Lesson 3"]
    assert [slot.astimezone(BERLIN).hour for slot in sent] == [9, 9, 9]
    days = [slot.astimezone(BERLIN).date() for slot in sent]
    assert days[1] - days[0] == days[2] - days[1] == timedelta(days=7)


def test_what_the_owner_skips_ends(maria: House, clock: TwoClocks, post: Post) -> None:
    clock.pass_by(days=24)
    planning.plan_due(maria)
    assert holding.skip(maria) == 1

    assert enrollment(maria)["state"] == Progress.LEFT
    clock.pass_by(weeks=4)
    tick(maria, post)
    assert post.subjects() == ["Lesson 0"]
    assert holding.held(maria) == []


def test_who_leaves_while_her_letter_is_held_waits_no_more(maria: House, clock: TwoClocks) -> None:
    clock.pass_by(days=24)
    planning.plan_due(maria)
    leaving.leave(maria, leave_token(maria), method="one click")

    assert holding.held(maria) == []
    assert holding.release(maria) == 0
    assert (enrollment(maria)["state"], enrollment(maria)["next_due_at"]) == (Progress.LEFT, None)


def test_a_lesson_that_has_not_gone_out_postpones_the_next_one(maria: House, clock: TwoClocks, post: Post) -> None:
    """Whatever kept it back, she never gets two at once."""
    tick(maria, Post(closed="refused"))
    for _ in range(2):
        clock.pass_by(days=7)
        assert planning.plan_due(maria) == 0
    clock.machine_time += timedelta(days=1)
    send(maria, post)

    assert post.subjects() == ["Lesson 0", "Lesson 1"]
    assert enrollment(maria)["next_due_at"] - clock.business >= timedelta(days=5, hours=23)
    clock.pass_by(enrollment(maria)["next_due_at"] - clock.business)
    tick(maria, post)
    assert post.subjects()[2:] == ["Lesson 2"]


def test_one_bad_row_does_not_keep_the_others_from_their_lessons(house: House, clock: TwoClocks, post: Post) -> None:
    """F21: a zone that the time zone database has dropped, say."""
    join(house)
    join(house, "zoe@example.org")
    send(house, post)
    force(house, tables.subscribers, person(house).id, timezone="Europe/Atlantis")
    clock.pass_by(days=1)
    tick(house, post)

    assert post.subjects("zoe@example.org") == ["Lesson 0", "Lesson 1"]
    holding.release(house)
    assert holding.held(house) == []


def test_who_leaves_with_a_lesson_planned_gets_it_after_coming_back(maria: House, clock: TwoClocks, post: Post) -> None:
    planning.plan_due(maria)
    leaving.leave(maria, leave_token(maria), method="one click")
    assert rows(maria, kind=Kind.LESSON)[-1]["state"] == State.SKIPPED
    leaving.undo(maria, leave_token(maria))

    for _ in range(4):
        clock.pass_by(enrollment(maria)["next_due_at"] - clock.business)
        tick(maria, post)
    assert post.subjects() == [f"Lesson {number}" for number in range(5)]


# The texts of a course.


def shelved(house: House, published: bool = True) -> CourseText:
    with house.store.reading() as tx:
        found = shelf.whole(tx, "belonging", published=published)
    assert found is not None
    return found


def changed(course: CourseText, number: int, words: str) -> CourseText:
    """The course with other words in one lesson."""
    told = list(course.lessons)
    told[number] = replace(told[number], body=words)
    return replace(course, lessons=tuple(told))


def test_the_shipped_course_is_there_from_the_first_start_and_loaded_once(bare_house: House) -> None:
    assert courses.load_shipped(bare_house, a_course())
    assert not courses.load_shipped(bare_house, a_course())

    assert shelved(bare_house) == a_course()


def test_an_upgrade_brings_better_words(house: House) -> None:
    better = changed(a_course(), 2, "Better words.")
    assert courses.load_shipped(house, better)

    assert shelved(house) == better


def test_an_upgrade_never_overwrites_an_owners_edit(house: House) -> None:
    courses.load(house, changed(a_course(), 2, "My own words."))
    publishing.publish(house, "belonging")
    assert courses.load_shipped(house, changed(changed(a_course(), 2, "Better words."), 3, "Better words."))

    told = shelved(house).lessons
    assert (told[2].body, told[3].body) == ("My own words.", "Better words.")
    assert not courses.load_shipped(house, changed(changed(a_course(), 2, "Again better."), 3, "Better words."))


def test_an_upgrade_keeps_the_owners_order_and_what_she_took_out(house: House) -> None:
    ours = a_course()
    mine = replace(ours, lessons=(ours.lessons[0], ours.lessons[3], ours.lessons[1], ours.lessons[4]))
    courses.load(house, mine)
    publishing.publish(house, "belonging")
    assert courses.load_shipped(house, changed(ours, 1, "Better words."))

    assert [lesson.key for lesson in shelved(house).lessons] == [lesson.key for lesson in mine.lessons]
    assert shelved(house).lessons[2].body == "Better words."


def test_an_upgrade_does_not_publish_the_draft_an_owner_still_works_on(house: House) -> None:
    courses.load(house, changed(a_course(), 1, "Half a sentence, and"))
    courses.load_shipped(house, changed(a_course(), 3, "Better words."))

    assert shelved(house).lessons[1].body == a_course().lessons[1].body
    assert publishing.publish(house, "belonging")
    told = shelved(house).lessons
    assert (told[1].body, told[3].body) == ("Half a sentence, and", "Better words.")


def test_a_course_is_read_by_nobody_until_it_is_published(house: House) -> None:
    assert courses.load(house, changed(a_course(), 2, "New words.")) == 1
    assert shelved(house).lessons[2].body == "Some words."

    assert publishing.publish(house, "belonging") == 2
    assert shelved(house).lessons[2].body == "New words."
    assert publishing.publish(house, "belonging") is None


def test_loading_what_is_there_already_changes_nothing(house: House) -> None:
    assert courses.load(house, a_course()) == 0
    assert publishing.publish(house, "belonging") is None


def test_lessons_in_the_same_words_stay_two_lessons(house: House) -> None:
    """A course begun with two placeholders, say."""
    twins = CourseText("twins", "Twins", (replace(a_lesson(1), key="one"), replace(a_lesson(1), key="two")))
    courses.load(house, twins)
    courses.load(house, replace(twins, lessons=(*twins.lessons, a_lesson(3))))
    publishing.publish(house, "twins")

    with house.store.reading() as tx:
        course = shelf.by_slug(tx, "twins")
        assert course is not None
        revised = shelf.texts(tx, shelf.newest_revision(tx, course.id, published=True))
    assert [one.text.key for one in revised] == ["one", "two", "lesson-03"]


def test_a_lesson_that_cannot_be_composed_is_refused_by_name(house: House) -> None:
    broken = changed(a_course(), 1, "Dear {{ whoever }},")
    with pytest.raises(CourseError, match="lesson-01"):
        courses.load(house, broken)
    assert shelved(house, published=False) == a_course()


def test_publishing_a_course_that_is_not_there_is_said(house: House) -> None:
    with pytest.raises(CourseError, match="nowhere"):
        publishing.publish(house, "nowhere")


def test_a_new_lesson_in_the_middle_comes_to_those_who_passed_it_as_their_next(
    maria: House, clock: TwoClocks, post: Post
) -> None:
    tick(maria, post)
    ours = a_course().lessons
    courses.load(maria, CourseText("belonging", "Room at the Table", (ours[0], a_lesson(9), *ours[1:])))
    publishing.publish(maria, "belonging")
    for _ in range(4):
        clock.pass_by(enrollment(maria)["next_due_at"] - clock.business)
        tick(maria, post)

    assert post.subjects() == ["Lesson 0", "Lesson 1", "Lesson 9", "Lesson 2", "Lesson 3", "Lesson 4"]
    assert enrollment(maria)["state"] == Progress.FINISHED


def test_the_preview_tells_when_each_letter_would_come(house: House) -> None:
    coming = time_machine.newcomer(house, "belonging", start=MONDAY, zone="America/New_York").letters

    assert [one.role for one in coming] == [Role.OPENING, *[Role.WEEKLY] * 3, Role.CLOSING]
    assert coming[0].at == MONDAY
    # From Monday 3:00 in New York nine o'clock on Tuesday is the first a day away; daylight saving is on the 8th.
    assert [one.at.hour for one in coming[1:]] == [14, 13, 13, 13]
    assert [one.at.day for one in coming[1:]] == [3, 10, 17, 24]
    with pytest.raises(CourseError):
        time_machine.newcomer(house, "nowhere", start=MONDAY, zone="UTC")


def test_the_preview_is_what_happens(maria: House, clock: TwoClocks, post: Post) -> None:
    ahead = time_machine.newcomer(maria, "belonging", start=MONDAY, zone="Europe/Berlin")
    promised = [one.at for one in ahead.letters][1:]
    slots: list[Any] = []
    for _ in promised:
        slots.append(clock.business)
        tick(maria, post)
        clock.pass_by((enrollment(maria)["next_due_at"] or clock.business) - clock.business)

    assert slots == promised


def test_a_deferred_lesson_keeps_its_own_text(maria: House, clock: TwoClocks, post: Post) -> None:
    """A delivery pins the revision it sends, and what was begun is finished in the same words."""
    tick(maria, Post(answer=lambda _: Deferred("450 later")))
    courses.load(maria, changed(a_course(), 1, "Quite other words."))
    publishing.publish(maria, "belonging")
    clock.pass_by(hours=2)
    send(maria, post)

    assert b"Quite other words." not in post.accepted[-1].data


def test_a_course_has_as_many_letters_by_command_as_in_the_studio_and_no_more(bare_house: House) -> None:
    lessons = tuple(a_lesson(number) for number in range(MOST_LESSONS + 1))
    with pytest.raises(CourseError, match="201 letters; 200 are the most"):
        courses.load(bare_house, CourseText("long", "A long course", lessons))
    with bare_house.store.reading() as tx:
        assert shelf.by_slug(tx, "long") is None
