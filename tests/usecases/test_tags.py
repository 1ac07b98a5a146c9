"""Tags: a course begins or ends by one, and never without a confirmed subscription; a letter may be for those with one."""

from collections.abc import Callable

import pytest
from sqlalchemy import event

from newsletter.domain.enrollment import Progress
from newsletter.domain.ways import WayKind
from newsletter.store import enrollments, lists, subscribers, tags
from newsletter.store.engine import Transaction
from newsletter.usecases import conditions, entries, leaving, people, planning, publishing, rights, tagging
from newsletter.usecases.courses import CourseError
from newsletter.usecases.house import House
from newsletter.usecases.people import PersonError
from tests.usecases.household import Post, TwoClocks, ask, enrollment, join, leave_token, person, tick
from tests.usecases.test_conditions import conditional, through
from tests.usecases.test_ways import MARIA, run, two

__all__ = ["two"]


def tag(house: House, text: str, email: str = MARIA) -> bool:
    return tagging.give(house, person(house, email), text)


def test_a_tag_is_given_once_and_taken_back(house: House) -> None:
    join(house)

    assert tag(house, "Book Club")
    assert not tag(house, "book-club")
    assert people.portrait(house, MARIA).tags == ["book-club"]
    assert tagging.take(house, person(house), "book-club")
    assert not tagging.take(house, person(house), "book-club")
    assert people.portrait(house, MARIA).tags == []


def test_what_is_no_tag_too_many_and_nobody_are_refused(house: House) -> None:
    join(house)
    with pytest.raises(PersonError, match="small letters"):
        tag(house, "a/b")
    for number in range(30):
        tag(house, f"tag-{number}")
    with pytest.raises(PersonError, match="30 tags"):
        tag(house, "one-more")
    assert not tag(house, "tag-7"), "she has it"
    gone = person(house)
    with house.store.transaction() as tx:
        subscribers.forget(tx, gone.id)
    with pytest.raises(PersonError, match="not known"):
        tagging.give(house, gone, "returning")


def test_a_tag_begins_a_course_and_another_one_ends_it(two: House, clock: TwoClocks, post: Post) -> None:
    assert entries.add(two, "second", WayKind.TAG, "Returning")
    assert not entries.add(two, "second", WayKind.TAG, "returning")
    entries.add(two, "second", WayKind.UNTIL_TAG, "enough")
    join(two)
    assert run(two) is None
    tag(two, "returning")
    tick(two, post)
    assert "Second hello" in post.subjects()
    tag(two, "enough")

    assert run(two)["state"] == Progress.LEFT
    assert run(two, "belonging")["state"] == Progress.ACTIVE


def test_who_has_confirmed_nothing_begins_when_she_does(two: House, clock: TwoClocks, post: Post) -> None:
    entries.add(two, "second", WayKind.TAG, "returning")
    ask(two)
    tag(two, "returning")
    tick(two, post)
    assert run(two) is None
    assert "Second hello" not in post.subjects()
    join(two)

    assert run(two)["state"] == Progress.ACTIVE


def test_a_tag_given_again_begins_nothing_anew_for_who_had_the_course_or_left_it(two: House, clock: TwoClocks) -> None:
    entries.add(two, "second", WayKind.TAG, "returning")
    entries.add(two, "second", WayKind.UNTIL_LIST, "circle")
    join(two)
    tag(two, "returning")
    clock.pass_by(days=1)
    join(two, list_slug="circle")
    assert run(two)["state"] == Progress.LEFT
    tagging.take(two, person(two), "returning")
    tag(two, "returning")
    assert run(two)["state"] == Progress.LEFT
    leaving.leave(two, leave_token(two, list_slug="circle"), method="one click")
    clock.pass_by(days=1)
    join(two, list_slug="circle")

    assert run(two)["state"] == Progress.LEFT, "she confirmed what ends it"
    assert run(two)["run"] == 1


def test_who_comes_back_to_the_list_takes_the_course_of_her_tag_up_again(two: House, clock: TwoClocks) -> None:
    entries.add(two, "second", WayKind.TAG, "returning")
    join(two)
    tag(two, "returning")
    leaving.leave(two, leave_token(two), method="one click")
    assert run(two)["state"] == Progress.LEFT
    clock.pass_by(days=1)
    join(two)

    assert run(two)["state"] == Progress.ACTIVE
    assert run(two)["run"] == 1


def test_a_way_by_what_is_no_tag_is_refused(two: House) -> None:
    with pytest.raises(CourseError, match="small letters"):
        entries.add(two, "second", WayKind.TAG, "no tag!")


def test_a_letter_may_be_for_those_who_have_a_tag(house: House, clock: TwoClocks, post: Post) -> None:
    conditional(house, "lesson-02", "tag:returning")
    join(house, "a@example.org")
    join(house, "b@example.org")
    tick(house, post)
    tag(house, "returning", "a@example.org")
    through(house, clock, post, "a@example.org", "b@example.org")

    assert post.subjects("a@example.org") == [f"Lesson {number}" for number in range(5)]
    assert post.subjects("b@example.org") == ["Lesson 0", "Lesson 1", "Lesson 3", "Lesson 4"]


def asked_by(house: House, do: Callable[[Transaction], object]) -> list[str]:
    """The statements that something puts to the store."""
    said: list[str] = []

    def listen(_c: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    event.listen(house.store.engine, "before_cursor_execute", listen)
    try:
        with house.store.transaction() as tx:
            do(tx)
    finally:
        event.remove(house.store.engine, "before_cursor_execute", listen)
    return said


def test_what_no_condition_speaks_of_is_not_asked_for(house: House, clock: TwoClocks, post: Post) -> None:
    def planned() -> str:
        return " ".join(
            asked_by(house, lambda tx: planning.replan(house, tx, enrollments.of_subscriber(tx, person(house).id)))
        )

    join(house)
    tick(house, post)
    for words in ("subscriber_tags", "answers", "lists"):
        assert words not in planned()
    conditional(house, "lesson-03", "hour:9")
    assert "subscriber_tags" not in planned() and "FROM lists" not in planned() and "JOIN lists" not in planned()
    conditional(house, "lesson-02", "tag:returning")
    assert "subscriber_tags" in planned() and "answers" not in planned()
    conditional(house, "lesson-02", "answered:lesson-01")
    assert "answers" in planned() and "subscriber_tags" not in planned()


def test_the_dry_run_knows_tags(house: House, clock: TwoClocks, post: Post) -> None:
    join(house)
    tick(house, post)
    conditions.set_condition(house, "belonging", "lesson-02", "tag:returning")
    told = publishing.look_ahead(house, "belonging")
    assert told is not None
    assert {one.key: one.people for one in told.lessons}["lesson-02"] == 0
    tag(house, "returning")
    told = publishing.look_ahead(house, "belonging")

    assert told is not None
    assert {one.key: one.people for one in told.lessons}["lesson-02"] == 1


def test_her_copy_names_her_tags_and_they_are_erased_with_her(house: House) -> None:
    join(house)
    tag(house, "returning")
    with house.store.reading() as tx:
        assert '"tag": "returning"' in rights.export(house, tx, person(house))
    rights.erase(house, person(house))

    with house.store.reading() as tx:
        assert tags.known(tx) == []


def test_a_tag_ends_what_waits_of_a_course(house: House, clock: TwoClocks, post: Post) -> None:
    with house.store.transaction() as tx:
        lists.add(tx, slug="circle", title="Circle", now=clock.now())
    entries.add(house, "belonging", WayKind.UNTIL_TAG, "enough")
    join(house)
    tag(house, "enough")
    tick(house, post)

    assert enrollment(house)["state"] == Progress.LEFT
    assert "Lesson 0" not in post.subjects()
