"""The end of a course is an event: once for each run, when the server has taken the last letter, whatever befalls us."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from newsletter.domain.delivery import Failed, Kind, Outcome, State
from newsletter.domain.enrollment import Progress
from newsletter.domain.events import Event, EventKind
from newsletter.domain.message import Outgoing
from newsletter.domain.path import Late
from newsletter.store import enrollments, events
from newsletter.usecases import (
    asking_again,
    campaigns,
    conditions,
    drafts,
    finishing,
    leaving,
    lessons,
    people,
    planning,
    publishing,
    rights,
    sending,
)
from newsletter.usecases.enrolling import Choice
from newsletter.usecases.house import House
from newsletter.usecases.lessons import NEW, Kept
from tests.usecases.household import (
    OK,
    Post,
    TwoClocks,
    a_lesson,
    enrollment,
    join,
    leave_token,
    person,
    preferences_token,
    rows,
    send,
    tick,
)
from tests.usecases.test_conditions import SLUG, conditional, through
from tests.usecases.test_press import statements

MARIA = "maria@example.org"
LAST = "Lesson 4"


def heard(house: House, after: int = 0, limit: int = 100) -> list[Event]:
    with house.store.reading() as tx:
        return events.after(tx, after, limit)


def to_the_last_letter(house: House, clock: TwoClocks, post: Post, *emails: str) -> None:
    """Let the course go on until its last letter is planned, and nobody sends it yet."""
    tick(house, post)
    for _ in range(4):
        clock.pass_by(max(enrollment(house, one)["next_due_at"] for one in emails or (MARIA,)) - clock.business)
        planning.plan_due(house)
        if enrollment(house, (emails or (MARIA,))[0])["state"] == Progress.ACTIVE:
            tick(house, post)


def test_it_comes_when_the_farewell_was_taken_and_not_when_it_was_planned(
    house: House, clock: TwoClocks, post: Post
) -> None:
    join(house)
    to_the_last_letter(house, clock, post)
    assert enrollment(house)["state"] == Progress.FINISHED and heard(house) == []
    clock.pass_by(minutes=5)
    tick(house, post)

    assert post.subjects()[-1] == LAST
    one = Event(1, EventKind.COURSE_FINISHED, clock.now(), SLUG, 1, person(house).public_id)
    assert heard(house) == [one]
    tick(house, post)
    clock.pass_by(days=30)
    tick(house, post)
    assert heard(house) == [one] and heard(house, after=1) == []


def test_without_a_last_letter_it_comes_when_nothing_is_left(house: House, clock: TwoClocks, post: Post) -> None:
    for key in ("lesson-03", "lesson-04"):
        conditions.set_condition(house, SLUG, key, "hour:23")
    publishing.publish(house, SLUG)
    join(house)
    through(house, clock, post, MARIA)

    assert post.subjects()[-1] == "Lesson 2"
    assert [one.happened_at for one in heard(house)] == [enrollment(house)["ended_at"]]


def test_a_late_lesson_after_the_end_makes_no_second_event(house: House, clock: TwoClocks, post: Post) -> None:
    join(house)
    through(house, clock, post, MARIA)
    assert len(heard(house)) == 1
    clock.pass_by(hours=1)
    assert isinstance(lessons.save(house, SLUG, replace(a_lesson(9), key=NEW), seen=""), Kept)
    (new,) = publishing.new_lessons(house, SLUG)
    publishing.publish(house, SLUG, choice={new: Late.FINISHED})
    assert publishing.reopen_finished(house) == 1
    through(house, clock, post, MARIA)

    assert post.subjects()[-1] == "Lesson 9"
    assert len(heard(house)) == 1


def test_a_run_that_goes_on_before_its_farewell_is_taken_ends_with_the_late_lesson(
    house: House, clock: TwoClocks, post: Post
) -> None:
    join(house)
    to_the_last_letter(house, clock, post)
    clock.pass_by(minutes=1)
    lessons.save(house, SLUG, replace(a_lesson(9), key=NEW), seen="")
    (new,) = publishing.new_lessons(house, SLUG)
    publishing.publish(house, SLUG, choice={new: Late.FINISHED})
    publishing.reopen_finished(house)
    tick(house, post)
    assert post.subjects()[-1] == LAST and heard(house) == []
    through(house, clock, post, MARIA)

    assert post.subjects()[-1] == "Lesson 9"
    assert len(heard(house)) == 1


def test_a_second_run_has_an_end_of_its_own(house: House, clock: TwoClocks, post: Post) -> None:
    join(house)
    through(house, clock, post, MARIA)
    leaving.leave(house, leave_token(house), method="one click")
    clock.pass_by(days=1)
    join(house, choice=Choice.BEGIN_AGAIN)
    through(house, clock, post, MARIA)

    assert [(one.number, one.run) for one in heard(house)] == [(1, 1), (2, 2)]


def test_who_leaves_before_the_farewell_goes_out_has_not_come_to_the_end(
    house: House, clock: TwoClocks, post: Post
) -> None:
    join(house)
    to_the_last_letter(house, clock, post)
    leaving.leave(house, leave_token(house), method="one click")
    clock.pass_by(minutes=1)
    tick(house, post)

    assert LAST not in post.subjects() and heard(house) == []


def test_a_farewell_that_waits_for_the_end_of_her_pause_brings_it_then(
    house: House, clock: TwoClocks, post: Post
) -> None:
    join(house)
    to_the_last_letter(house, clock, post)
    people.pause(house, MARIA, (clock.now() + timedelta(days=30)).date())
    tick(house, post)
    assert heard(house) == []
    clock.pass_by(days=35)
    tick(house, post)

    assert post.subjects()[-1] == LAST and len(heard(house)) == 1


def test_a_farewell_that_is_refused_for_good_brings_none(house: House, clock: TwoClocks, post: Post) -> None:
    def refuse(mail: Outgoing) -> Outcome:
        return Failed("554 5.6.0 no", bad_address=False) if LAST.encode() in mail.data else OK

    post.answer = refuse
    join(house)
    through(house, clock, post, MARIA)

    assert rows(house, MARIA, kind=Kind.LESSON)[-1]["state"] == State.FAILED
    assert heard(house) == []


def test_the_farewell_once_more_is_no_second_end(house: House, clock: TwoClocks, post: Post) -> None:
    join(house)
    through(house, clock, post, MARIA)
    with house.store.reading() as tx:
        letter = asking_again.had(house, tx, preferences_token(house))[0].public_id
    asking_again.send_again(house, preferences_token(house), letter)
    tick(house, post)

    assert post.subjects()[-2:] == [LAST, LAST]
    assert len(heard(house)) == 1


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("moment", ["before the event", "after the event", "before the answer"])
def test_a_sender_that_dies_around_it_records_it_once(
    house: House, clock: TwoClocks, post: Post, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    join(house)
    to_the_last_letter(house, clock, post)
    record = finishing.record

    def dying(*args: object) -> None:
        if moment == "after the event":
            record(*args)
        raise Killed

    def deadly(_: Outgoing) -> Outcome:
        raise Killed

    with monkeypatch.context() as patch:
        if moment == "before the answer":
            patch.setattr(post, "answer", deadly)
        else:
            patch.setattr("newsletter.usecases.settling.finishing.record", dying)
        with pytest.raises(Killed):
            send(house, post, holder="here/1/x")
    assert heard(house) == []
    for number in (2, 3):
        sending.recover(house, lambda _: True)
        clock.pass_by(minutes=20)
        send(house, post, holder=f"here/{number}/x")

    assert rows(house, MARIA, kind=Kind.LESSON)[-1]["state"] == State.SENT
    assert [one.number for one in heard(house)] == [1]


def test_a_planner_that_dies_around_it_records_it_once(
    house: House, clock: TwoClocks, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    join(house)
    tick(house, post)
    while post.subjects()[-1] != "Lesson 3":
        clock.pass_by(enrollment(house)["next_due_at"] - clock.business)
        tick(house, post)
    conditional(house, "lesson-04", "hour:23")
    clock.pass_by(enrollment(house)["next_due_at"] - clock.business)
    record = finishing.record

    def dying(*args: object) -> None:
        record(*args)
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr("newsletter.usecases.planning.finishing.record", dying)
        planning.plan_due(house)
    assert heard(house) == [] and enrollment(house)["state"] == Progress.ACTIVE
    planning.plan_due(house)
    planning.plan_due(house)

    assert [one.number for one in heard(house)] == [1]


def test_of_somebody_erased_only_that_it_happened_is_left(house: House, clock: TwoClocks, post: Post) -> None:
    for email in ("a@example.org", "b@example.org"):
        join(house, email)
    through(house, clock, post, "a@example.org", "b@example.org")
    with house.store.reading() as tx:
        assert '"event": "course.finished"' in rights.export(house, tx, person(house, "a@example.org"))
    hers = person(house, "a@example.org").public_id
    rights.erase(house, person(house, "a@example.org"))

    found = heard(house)
    assert [one.number for one in found] == [1, 2]
    assert hers not in {one.subscriber for one in found}
    assert {(one.subscriber, one.run) for one in found} == {(None, None), (person(house, "b@example.org").public_id, 1)}


def test_numbers_have_no_gap_and_a_reader_hears_of_each_once(house: House, clock: TwoClocks) -> None:
    """Eight senders at once, each of them with some ends in a transaction, and some of those for the second time."""
    everybody = [f"r{number}@example.org" for number in range(24)]
    for email in everybody:
        join(house, email)
    with house.store.reading() as tx:
        runs = [enrollments.of_subscriber(tx, person(house, email).id)[0] for email in everybody]
    seen: list[int] = []
    over = threading.Event()

    def listen() -> None:
        while True:
            was_over = over.is_set()
            seen.extend(one.number for one in heard(house, after=seen[-1] if seen else 0, limit=3))
            if was_over and not heard(house, after=seen[-1] if seen else 0):
                return

    def settle(mine: int) -> None:
        for first in range(0, 24, 4):
            place = (first + mine) % 24
            with house.store.transaction() as tx:
                finishing.record(house, tx, (runs + runs)[place : place + 4])

    listener = threading.Thread(target=listen)
    senders = [threading.Thread(target=settle, args=(number,)) for number in range(8)]
    for thread in (listener, *senders):
        thread.start()
    for thread in senders:
        thread.join()
    over.set()
    listener.join()

    assert seen == list(range(1, 25))
    assert len({one.subscriber for one in heard(house)}) == 24


def test_no_campaign_and_no_letter_before_the_last_asks_anything_for_it(
    house: House, clock: TwoClocks, post: Post
) -> None:
    def asked(do: Callable[[], object]) -> str:
        with statements(house) as said:
            do()
        return " ".join(said)

    join(house)
    assert "events" not in asked(lambda: tick(house, post))
    clock.pass_by(days=1)
    assert "events" not in asked(lambda: tick(house, post))
    clock.pass_by(days=1)
    campaigns.queue(house, drafts.begin(house, drafts.Words("News", "Some news.")))
    campaigns.start_due(house)
    assert "events" not in asked(lambda: tick(house, post))
    assert post.subjects() == ["Lesson 0", "Lesson 1", "News"]
