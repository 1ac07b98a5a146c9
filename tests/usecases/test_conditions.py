"""A lesson with a condition comes to those who meet it when its turn is there, and to nobody else; nobody is stuck."""

from datetime import timedelta

import pytest

from newsletter.domain.enrollment import Progress
from newsletter.store import lists
from newsletter.usecases import conditions, lessons, publishing, time_machine
from newsletter.usecases.courses import CourseError
from newsletter.usecases.house import House
from tests.usecases.household import Post, TwoClocks, enrollment, join, tick

SLUG = "belonging"


def through(house: House, clock: TwoClocks, post: Post, *emails: str) -> None:
    """Let the course go on until it is over for these people."""
    while any(enrollment(house, one)["state"] == Progress.ACTIVE for one in emails):
        dues = [enrollment(house, one)["next_due_at"] for one in emails]
        clock.pass_by(max(min(due for due in dues if due) - clock.business, timedelta(0)))
        tick(house, post)


def conditional(house: House, key: str, who: str) -> None:
    conditions.set_condition(house, SLUG, key, who)
    assert publishing.publish(house, SLUG)


def test_who_does_not_meet_it_gets_the_next_one_in_its_slot(house: House, clock: TwoClocks, post: Post) -> None:
    conditional(house, "lesson-02", "timezone:Pacific/*")
    for email, zone in (("b@example.org", "Europe/Berlin"), ("a@example.org", "Pacific/Auckland")):
        join(house, email, timezone=zone)
    tick(house, post)
    told = publishing.look_ahead(house, SLUG)
    assert told is None, "there is no draft"
    through(house, clock, post, "a@example.org", "b@example.org")

    assert post.subjects("a@example.org") == [f"Lesson {number}" for number in range(5)]
    assert post.subjects("b@example.org") == ["Lesson 0", "Lesson 1", "Lesson 3", "Lesson 4"]


def test_it_is_asked_when_the_turn_is_there_not_before(house: House, clock: TwoClocks, post: Post) -> None:
    with house.store.transaction() as tx:
        lists.add(tx, slug="circle", title="Circle", now=clock.now())
    conditional(house, "lesson-01", "list:circle")
    conditional(house, "lesson-03", "list:circle and lesson:lesson-02")
    join(house)
    tick(house, post)
    clock.pass_by(enrollment(house)["next_due_at"] - clock.business)
    tick(house, post)
    join(house, list_slug="circle")
    through(house, clock, post, "maria@example.org")

    assert [one for one in post.subjects() if one.startswith("Lesson")] == [
        f"Lesson {number}" for number in (0, 2, 3, 4)
    ]


def test_the_forecast_knows_conditions(house: House, clock: TwoClocks, post: Post) -> None:
    join(house)
    tick(house, post)
    conditions.set_condition(house, SLUG, "lesson-02", "hour:23")
    told = publishing.look_ahead(house, SLUG)

    assert told is not None
    assert {one.key: one.people for one in told.lessons} == {
        "lesson-00": 0,
        "lesson-01": 1,
        "lesson-02": 0,
        "lesson-03": 1,
        "lesson-04": 1,
    }


def test_a_condition_taken_back_leaves_no_draft_and_holds_from_revision_to_revision(house: House) -> None:
    conditions.set_condition(house, SLUG, "lesson-02", " hour:9 ")
    conditions.set_condition(house, SLUG, "lesson-02", "")
    assert publishing.publish(house, SLUG) is None
    conditional(house, "lesson-02", "hour:9")
    lessons.move(house, SLUG, "lesson-03", up=True)
    publishing.publish(house, SLUG)
    conditions.set_condition(house, SLUG, "lesson-02", "hour:9")

    assert publishing.publish(house, SLUG) is None, "it stands already"


@pytest.mark.parametrize(
    ("key", "who", "sentence"), [("lesson-02", "color:red", "none of the words"), ("nothing", "hour:9", "no lesson")]
)
def test_what_cannot_be_is_refused(house: House, key: str, who: str, sentence: str) -> None:
    with pytest.raises(CourseError, match=sentence):
        conditions.set_condition(house, SLUG, key, who)


def test_the_calendar_of_a_newcomer_is_what_somebody_gets_who_confirms_now(
    house: House, clock: TwoClocks, post: Post
) -> None:
    conditions.set_condition(house, SLUG, "lesson-01", "answered:lesson-00 or tag:returning")
    conditions.set_condition(house, SLUG, "lesson-02", "lesson:lesson-00 and list:letters and hour:9")
    conditions.set_condition(house, SLUG, "lesson-03", "lesson:lesson-01")
    publishing.publish(house, SLUG)
    shown = time_machine.newcomer(house, SLUG, start=clock.now(), zone="Europe/Berlin").letters
    join(house)
    tick(house, post)
    through(house, clock, post, "maria@example.org")

    assert [one.lesson for one in shown] == ["lesson-00", "lesson-02", "lesson-04"]
    assert [one for one in post.subjects() if "Lesson" in one] == ["Lesson 0", "Lesson 2", "Lesson 4"]
