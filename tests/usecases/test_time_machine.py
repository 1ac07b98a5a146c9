"""What the time machine shows is what happens: every coming letter of one person, and the letters of a day."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from newsletter.domain.address import AddressError
from newsletter.domain.cadence import AS_USUAL, Blackout, Cadence, Timing
from newsletter.domain.delivery import Kind, State
from newsletter.store import tables, timetables
from newsletter.usecases import calendars, preferences, publishing, time_machine
from newsletter.usecases.courses import CourseError
from newsletter.usecases.house import House
from tests.usecases.household import (
    Post,
    TwoClocks,
    enrollment,
    join,
    person,
    preferences_token,
    rows,
    send,
    teach,
    tick,
)

MARIA = "maria@example.org"


@pytest.fixture
def maria(bare_house: House, clock: TwoClocks, post: Post) -> House:
    """Maria begins a course of ten letters on Monday, 2 March 2026, at nine in Berlin."""
    teach(bare_house, weekly=8)
    join(bare_house)
    send(bare_house, post)
    return bare_house


def walk(house: House, clock: TwoClocks, post: Post, *, days: int) -> None:
    """Let time pass, from one moment at which something is due to the next."""
    end = clock.now() + timedelta(days=days)
    while clock.now() < end:
        calendars.replan_changed(house)
        tick(house, post)
        with house.store.reading() as tx:
            due = tx.scalars(select(tables.enrollments.c.next_due_at)).all()
            due += tx.scalars(select(tables.deliveries.c.due_at).where(tables.deliveries.c.state == State.QUEUED)).all()
        clock.pass_by(min([end, *(one for one in due if one and one > clock.now())]) - clock.now())


def promised(house: House, email: str = MARIA) -> list[tuple[str, datetime]]:
    return [(one.lesson, one.at) for one in time_machine.reader(house, "belonging", email).letters]


def ledger(house: House, email: str = MARIA, since: datetime | None = None) -> list[tuple[str, datetime]]:
    found = rows(house, email, kind=Kind.LESSON, state=State.SENT, occasion=0)
    return [(one["lesson"], one["sent_at"]) for one in found if since is None or one["sent_at"] >= since]


def rework(house: House, cadence: Cadence, **timings: Timing) -> None:
    """Publish the course with another calendar."""
    calendars.set_cadence(house, "belonging", cadence)
    for key, timing in timings.items():
        calendars.set_timing(house, "belonging", key.replace("_", "-"), timing)
    publishing.publish(house, "belonging")
    calendars.replan_changed(house)


CALENDARS: dict[str, Any] = {
    "weekly": (Cadence(), {}),
    "every three days": (Cadence(every=3, gap=3), {}),
    "Mondays and Thursdays, in the evening": (Cadence(weekdays=frozenset({0, 3}), gap=3, opens=17, closes=20), {}),
    "with timings": (
        Cadence(),
        {"lesson_02": Timing(delay=12), "lesson_04": Timing(day=date(2026, 5, 1)), "lesson_05": Timing(delay=2)},
    ),
}


@pytest.mark.parametrize("calendar", CALENDARS)
def test_the_ledger_is_what_the_time_machine_showed(maria: House, clock: TwoClocks, post: Post, calendar: str) -> None:
    """Across daylight saving, days of silence and a pause, to the end of the course."""
    cadence, timings = CALENDARS[calendar]
    calendars.add_blackout(maria, Blackout("Easter", date(2026, 4, 3), date(2026, 4, 7), "Europe/"))
    rework(maria, cadence, **timings)
    walk(maria, clock, post, days=9)
    preferences.pause(maria, preferences_token(maria), "2")
    shown, since = promised(maria), clock.now()
    assert shown
    assert all(at >= since + timedelta(weeks=2) for _, at in shown)
    walk(maria, clock, post, days=110)

    assert ledger(maria, since=since) == shown
    assert enrollment(maria)["state"] == "finished"
    assert not [at for _, at in shown if date(2026, 4, 3) <= at.date() <= date(2026, 4, 7)]


def test_a_newcomer_in_auckland_is_told_of_the_change_of_clocks(maria: House, clock: TwoClocks, post: Post) -> None:
    ahead = time_machine.newcomer(maria, "belonging", start=clock.now(), zone="Pacific/Auckland")
    join(maria, "ana@example.org", timezone="Pacific/Auckland")
    shown = [(one.lesson, one.at) for one in ahead.letters]
    walk(maria, clock, post, days=80)

    assert ledger(maria, "ana@example.org") == shown
    told = [(one.at.astimezone(ZoneInfo("Pacific/Auckland")), one.why) for one in ahead.letters if one.why]
    (changed,) = told
    assert (changed[0].date(), changed[0].hour) == (date(2026, 4, 8), 9)
    assert changed[1] == ("The clocks have changed there: 09:00 is 21:00 UTC from now on.",)


def test_what_waits_already_comes_first(maria: House, clock: TwoClocks, post: Post) -> None:
    clock.pass_by(days=1)
    tick(maria, Post(closed="no relay"))
    first, second, *_ = time_machine.reader(maria, "belonging", MARIA).letters

    assert (first.lesson, first.why) == ("lesson-01", ("It is planned and waits to go out.",))
    assert second.at == first.at + timedelta(days=7)


def test_who_paused_until_she_returns_has_no_dates_and_the_page_says_why(maria: House) -> None:
    preferences.pause(maria, preferences_token(maria), "return")

    ahead = time_machine.reader(maria, "belonging", MARIA)
    assert (ahead.letters, ahead.rest) == ([], "She paused until she returns: her letters wait for her.")
    with pytest.raises(CourseError):
        time_machine.reader(maria, "belonging", "nobody@example.org")
    with pytest.raises(AddressError):
        time_machine.reader(maria, "belonging", "nobody")
    with pytest.raises(CourseError):
        time_machine.reader(maria, "nowhere", MARIA)


def test_the_forecast_counts_the_letters_of_each_day(maria: House, clock: TwoClocks, post: Post) -> None:
    for number in range(4):
        join(maria, f"p{number}@example.org")
    preferences.pause(maria, preferences_token(maria, "p3@example.org"), "return")
    send(maria, post)
    found = time_machine.forecast(maria)
    before = len(post.accepted)
    walk(maria, clock, post, days=90)

    assert (found.inside, found.one_in) == (4, 1)
    assert len(found.days) == 90
    assert [letters for _, letters in found.days if letters] == [4] * 9
    assert sum(letters for _, letters in found.days) == len(post.accepted) - before
    sent = {one["sent_at"].astimezone(ZoneInfo("Europe/Berlin")).date() for one in rows(maria, occasion=0)[5:]}
    assert {day for day, letters in found.days if letters} == sent


def test_of_a_large_house_the_forecast_asks_some_and_says_so(maria: House, clock: TwoClocks) -> None:
    for number in range(5):
        join(maria, f"p{number}@example.org")
    found = time_machine.forecast(maria, days=10, most=3)

    assert (found.inside, found.one_in, len(found.days)) == (6, 2, 10)
    assert sum(letters for _, letters in found.days) % 2 == 0


# Calendars.


def test_a_calendar_is_a_draft_until_it_is_published_and_then_moves_everybody(
    maria: House, clock: TwoClocks, post: Post
) -> None:
    walk(maria, clock, post, days=2)
    before = enrollment(maria)["next_due_at"]
    calendars.set_cadence(maria, "belonging", Cadence(every=3, gap=3))
    calendars.replan_changed(maria)
    assert enrollment(maria)["next_due_at"] == before

    publishing.publish(maria, "belonging")
    assert calendars.replan_changed(maria) == 1
    assert enrollment(maria)["next_due_at"] == datetime(2026, 3, 6, 8, tzinfo=UTC)
    assert calendars.replan_changed(maria) == 0


def test_a_calendar_set_back_to_what_readers_have_leaves_no_draft(maria: House) -> None:
    calendars.set_cadence(maria, "belonging", Cadence(opens=8, closes=20))
    calendars.set_timing(maria, "belonging", "lesson-02", Timing(delay=9))
    assert publishing.look_ahead(maria, "belonging") is not None
    calendars.set_timing(maria, "belonging", "lesson-02", AS_USUAL)
    calendars.set_cadence(maria, "belonging", Cadence())

    assert publishing.look_ahead(maria, "belonging") is None
    with pytest.raises(CourseError):
        calendars.set_timing(maria, "belonging", "nothing", AS_USUAL)
    with pytest.raises(CourseError):
        calendars.set_cadence(maria, "nowhere", Cadence())


def test_days_of_silence_move_letters_and_bring_them_back(maria: House, clock: TwoClocks) -> None:
    before = enrollment(maria)["next_due_at"]
    day = before.date()
    number = calendars.add_blackout(maria, Blackout("A day of mourning", day, day))
    assert calendars.replan_changed(maria) == 1
    assert enrollment(maria)["next_due_at"] == before + timedelta(days=1)

    assert calendars.remove_blackout(maria, number)
    assert not calendars.remove_blackout(maria, number)
    assert calendars.replan_changed(maria) == 1
    assert enrollment(maria)["next_due_at"] == before
    assert person(maria).paused_until is None


def test_new_days_of_silence_do_not_hide_how_late_a_letter_is(maria: House, clock: TwoClocks, post: Post) -> None:
    due = enrollment(maria)["next_due_at"]
    with maria.store.transaction() as tx:
        timetables.mark_changed(tx)
    clock.pass_by(due - clock.now() + timedelta(days=8))
    calendars.replan_changed(maria)
    assert enrollment(maria)["next_due_at"] == due
    tick(maria, post)
    assert enrollment(maria)["held_reason"] == "more than seven days late"


def test_while_readers_get_new_times_it_says_so(maria: House) -> None:
    calendars.set_cadence(maria, "belonging", Cadence(every=3, gap=3))
    assert not time_machine.reader(maria, "belonging", MARIA).is_changing
    publishing.publish(maria, "belonging")

    assert time_machine.reader(maria, "belonging", MARIA).is_changing
    calendars.replan_changed(maria)
    assert not time_machine.reader(maria, "belonging", MARIA).is_changing
