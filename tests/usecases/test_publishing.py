"""Publishing while people are inside: what was shown before is what then happens, and nobody gets a letter twice."""

import random
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from newsletter.domain.cadence import Blackout, Cadence
from newsletter.domain.course import CourseText, Lesson
from newsletter.domain.delivery import Kind
from newsletter.domain.enrollment import Progress
from newsletter.domain.forecast import Forecast
from newsletter.domain.path import Late
from newsletter.store import courses as shelf
from newsletter.store import tables
from newsletter.usecases import awaiting, calendars, courses, leaving, lessons, preferences, publishing
from newsletter.usecases.courses import CourseError
from newsletter.usecases.house import House
from tests.usecases.household import (
    Post,
    TwoClocks,
    a_course,
    a_lesson,
    enrollment,
    join,
    leave_token,
    preferences_token,
    rows,
    tick,
)

SLUG = "belonging"
ZONES = ("Europe/Berlin", "Pacific/Auckland", "America/St_Johns", "Asia/Kathmandu")


def next_due(house: House) -> datetime | None:
    due = tables.enrollments.c.next_due_at
    with house.store.reading() as tx:
        return tx.scalar(select(func.min(due)).where(tables.enrollments.c.state == Progress.ACTIVE))


def go_on_until(house: House, clock: TwoClocks, post: Post, end: datetime | None = None) -> None:
    """Let everything happen that is due, slot by slot, until an instant or until nobody waits for anything."""
    for _ in range(500):
        due = next_due(house)
        if due is None or (end is not None and due > end) or due.year == 9999:
            break
        clock.pass_by(max(due - clock.business, timedelta(0)))
        tick(house, post)
    if end is not None and end > clock.business:
        clock.pass_by(end - clock.business)


def readers_at_every_place(house: House, clock: TwoClocks, post: Post, many: int, chance: random.Random) -> None:
    for number in range(many):
        join(house, f"r{number}@example.org", timezone=chance.choice(ZONES))
        tick(house, post)
        go_on_until(house, clock, post, clock.business + timedelta(days=chance.choice([1, 3, 7])))


def draft(house: House, texts: list[Lesson]) -> None:
    courses.load(house, CourseText(SLUG, "Room at the Table", tuple(texts)))


def edited(texts: list[Lesson], chance: random.Random, fresh: int) -> list[Lesson]:
    """The course after one edit of the kinds that the studio knows; the ends stay the ends."""
    texts, at = list(texts), chance.randrange(1, max(len(texts) - 1, 2))
    match chance.choice(["insert", "insert", "delete", "swap", "rename"]):
        case "insert":
            texts.insert(at, a_lesson(fresh))
        case "delete" if len(texts) > 3:
            del texts[at]
        case "swap" if at + 1 < len(texts) - 1:
            texts[at], texts[at + 1] = texts[at + 1], texts[at]
        case _:
            texts[at] = replace(texts[at], title=f"Another name {fresh}")
    return texts


def planned_since(house: House, known: set[int]) -> list[dict]:
    return [one for one in rows(house, kind=Kind.LESSON) if one["id"] not in known]


@pytest.mark.parametrize("seed", range(4))
def test_what_publishing_shows_is_what_then_happens(house: House, clock: TwoClocks, post: Post, seed: int) -> None:
    chance = random.Random(seed)
    readers_at_every_place(house, clock, post, 14, chance)
    texts = list(a_course(3).lessons)
    for number in range(chance.randint(1, 4)):
        texts = edited(texts, chance, 50 + number)
    draft(house, texts)
    if seed % 2:
        calendars.set_cadence(
            house, SLUG, chance.choice([Cadence(every=10, gap=3), Cadence(weekdays=frozenset([2, 5]))])
        )
    choice = {key: chance.choice(list(Late)) for key in publishing.new_lessons(house, SLUG)}
    known = {one["id"] for one in rows(house)}

    told = publishing.look_ahead(house, SLUG, choice)
    if told is None:
        return  # the edits took each other back
    assert publishing.publish(house, SLUG, choice=choice) == 2
    assert publishing.reopen_finished(house) == told.reopened
    calendars.replan_changed(house)
    go_on_until(house, clock, post)
    _fulfils(house, told, planned_since(house, known))


def _fulfils(house: House, told: Forecast, since: list[dict]) -> None:
    happened: dict[str, list[dict]] = {}
    for one in since:
        happened.setdefault(one["lesson"], []).append(one)
    everything = Counter((one["enrollment_id"], one["lesson"]) for one in rows(house, kind=Kind.LESSON))

    assert told.twice == 0 and max(everything.values()) == 1, "nobody gets a letter twice"
    assert next_due(house) is None, "nobody is stuck"
    for lesson in told.lessons:
        went = happened.pop(lesson.key, [])
        assert lesson.people == len(went), lesson.key
        assert lesson.first_at == min((one["due_at"] for one in went), default=None), lesson.key
        assert lesson.last_at == max((one["due_at"] for one in went), default=None), lesson.key
    assert happened == {}, "a lesson that is taken out comes to nobody"
    firsts: dict[int, str] = {}
    for one in since:
        firsts.setdefault(one["enrollment_id"], one["lesson"])
    assert Counter(firsts.values()) == Counter({one.key: one.next_for for one in told.lessons if one.next_for})


@pytest.fixture
def finished(house: House, clock: TwoClocks, post: Post) -> House:
    """Maria has had all five letters."""
    join(house)
    tick(house, post)
    go_on_until(house, clock, post)
    assert enrollment(house)["state"] == Progress.FINISHED
    return house


def insert(house: House, place: int, *, who: Late) -> None:
    texts = list(a_course(3).lessons)
    texts.insert(place, a_lesson(50))
    draft(house, texts)
    assert publishing.publish(house, SLUG, choice={"lesson-50": who})


def test_who_finished_gets_a_late_lesson_at_her_usual_slot(finished: House, clock: TwoClocks, post: Post) -> None:
    last = enrollment(finished)["last_slot_at"]
    clock.pass_by(days=30, hours=5)
    insert(finished, 2, who=Late.FINISHED)
    assert publishing.reopen_finished(finished) == 1
    assert publishing.reopen_finished(finished) == 0

    due = enrollment(finished)["next_due_at"]
    assert clock.business < due <= clock.business + timedelta(days=7)
    assert (due - last).days % 7 in (0, 6), "on the weekday of her letters, across the change of clocks"
    go_on_until(finished, clock, post)
    assert post.subjects() == [f"Lesson {number}" for number in (0, 1, 2, 3, 4, 50)]
    assert enrollment(finished)["state"] == Progress.FINISHED


@pytest.mark.parametrize("who", [Late.UPCOMING, Late.NOBODY])
def test_who_finished_gets_nothing_of_what_is_for_others(
    finished: House, clock: TwoClocks, post: Post, who: Late
) -> None:
    insert(finished, 2, who=who)
    assert publishing.reopen_finished(finished) == 0

    go_on_until(finished, clock, post)
    assert enrollment(finished)["state"] == Progress.FINISHED
    assert len(post.subjects()) == 5


def test_who_finished_and_left_the_list_is_left_in_peace(finished: House) -> None:
    leaving.leave(finished, leave_token(finished), method="one click")
    insert(finished, 2, who=Late.FINISHED)

    assert publishing.reopen_finished(finished) == 0
    assert enrollment(finished)["state"] == Progress.FINISHED


def test_who_finished_and_begins_again_is_not_in_the_course_twice(finished: House, clock: TwoClocks) -> None:
    leaving.leave(finished, leave_token(finished), method="one click")
    clock.pass_by(days=60)
    join(finished, choice="begin again")
    insert(finished, 2, who=Late.FINISHED)

    assert publishing.reopen_finished(finished) == 0
    assert [enrollment(finished, run=run)["state"] for run in (1, 2)] == [Progress.FINISHED, Progress.ACTIVE]


def test_a_reader_past_the_place_of_a_new_lesson_does_not_get_it_and_the_next_one_does(
    house: House, clock: TwoClocks, post: Post
) -> None:
    join(house, "early@example.org")
    tick(house, post)
    go_on_until(house, clock, post, clock.business + timedelta(days=12))
    join(house, "later@example.org")
    tick(house, post)
    insert(house, 1, who=Late.UPCOMING)
    told_early = [one["lesson"] for one in rows(house, "early@example.org", kind=Kind.LESSON)]
    assert told_early == ["lesson-00", "lesson-01", "lesson-02"]

    go_on_until(house, clock, post)
    assert post.subjects("early@example.org") == [f"Lesson {number}" for number in (0, 1, 2, 3, 4)]
    assert post.subjects("later@example.org") == [f"Lesson {number}" for number in (0, 50, 1, 2, 3, 4)]


def test_the_forecast_says_who_is_past_and_whom_a_deletion_strands(house: House, clock: TwoClocks, post: Post) -> None:
    join(house, "early@example.org")
    tick(house, post)
    go_on_until(house, clock, post, clock.business + timedelta(days=26))
    join(house, "later@example.org")
    tick(house, post)
    texts = [one for one in a_course(3).lessons if one.key not in ("lesson-01", "lesson-04")]
    texts.insert(1, a_lesson(50))
    draft(house, texts)
    told = publishing.look_ahead(house, SLUG)

    assert told is not None
    assert (told.inside, told.finished, told.stranded, told.twice) == (1, 1, 0, 0)
    new = told.lessons[1]
    assert (new.key, new.is_new, new.people, new.next_for, new.passed) == ("lesson-50", True, 1, 1, 0)
    assert {one.key: dict(one.instead) for one in told.gone} == {"lesson-01": {"lesson-50": 1}, "lesson-04": {}}


def test_a_deletion_that_leaves_nothing_to_come_is_told_as_stranding(
    house: House, clock: TwoClocks, post: Post
) -> None:
    join(house)
    tick(house, post)
    go_on_until(house, clock, post, clock.business + timedelta(days=20))
    draft(house, list(a_course(3).lessons[:3]))
    told = publishing.look_ahead(house, SLUG)
    assert told is not None and told.stranded == 1

    publishing.publish(house, SLUG)
    had = len(post.subjects())
    go_on_until(house, clock, post)
    assert (enrollment(house)["state"], len(post.subjects())) == (Progress.FINISHED, had)


def test_who_rests_until_she_returns_has_no_date(house: House, clock: TwoClocks, post: Post) -> None:
    join(house)
    tick(house, post)
    preferences.pause(house, preferences_token(house), "return")
    draft(house, [*a_course(3).lessons[:1], a_lesson(50), *a_course(3).lessons[1:]])

    told = publishing.look_ahead(house, SLUG)
    assert told is not None
    assert (told.undated, [one.people for one in told.lessons]) == (1, [0, 1, 1, 1, 1, 1])


def test_only_a_new_lesson_can_be_late(house: House) -> None:
    draft(house, [*a_course(3).lessons[:1], a_lesson(50), *a_course(3).lessons[1:]])

    with pytest.raises(CourseError, match=r"lesson-01.*not new in this draft.*lesson-50"):
        publishing.publish(house, SLUG, choice={"lesson-01": Late.FINISHED})
    with pytest.raises(CourseError, match="There is no course"):
        publishing.look_ahead(house, "nowhere")


def test_looking_ahead_changes_nothing(house: House) -> None:
    join(house)
    draft(house, [*a_course(3).lessons[:1], a_lesson(50), *a_course(3).lessons[1:]])
    publishing.look_ahead(house, SLUG, {"lesson-50": Late.FINISHED})

    with house.store.reading() as tx:
        found = lessons.read(tx, SLUG)
    assert found is not None and found.is_draft
    assert publishing.look_ahead(house, SLUG) is not None


def test_what_was_said_of_a_late_lesson_holds_in_the_revisions_after(
    finished: House, clock: TwoClocks, post: Post
) -> None:
    """A word mended later must not bring it to those for whom it was not, nor take it from the others."""
    insert(finished, 2, who=Late.NOBODY)
    texts = list(a_course(3).lessons)
    texts.insert(2, a_lesson(50, words="Mended."))
    draft(finished, texts)
    publishing.publish(finished, SLUG)

    go_on_until(finished, clock, post)
    assert len(post.subjects()) == 5
    assert publishing.look_ahead(finished, SLUG) is None


def test_the_course_page_counts_nobody_as_awaiting_a_letter_that_is_not_for_them(
    house: House, clock: TwoClocks, post: Post
) -> None:
    join(house, "early@example.org")
    tick(house, post)
    go_on_until(house, clock, post, clock.business + timedelta(days=12))
    join(house, "later@example.org")
    tick(house, post)
    insert(house, 1, who=Late.UPCOMING)
    with house.store.reading() as tx:
        course = shelf.by_slug(tx, SLUG)
        assert course is not None
        keys = shelf.keys(tx, course.id)
        counted = awaiting.count(house, tx, course.id)

    assert {keys[lesson]: many for lesson, many in counted.items()} == {"lesson-03": 1, "lesson-50": 1}


def test_a_lesson_that_is_long_overdue_is_held_also_when_the_calendar_changed_meanwhile(
    house: House, clock: TwoClocks, post: Post
) -> None:
    join(house)
    tick(house, post)
    clock.pass_by(days=20)
    calendars.add_blackout(house, Blackout("Summer", date(2026, 8, 1), date(2026, 8, 9)))
    calendars.replan_changed(house)
    tick(house, post)

    assert enrollment(house)["held_reason"] == "more than seven days late"
