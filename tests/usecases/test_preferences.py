"""Her own hands: day, hour, zone, silence, leaving, and changing her mind."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from newsletter.domain.delivery import Kind, State
from newsletter.domain.enrollment import Progress
from newsletter.domain.subscriber import INDEFINITELY
from newsletter.domain.subscription import Status
from newsletter.domain.tokens import Purpose
from newsletter.store import consents, lists, tables
from newsletter.usecases import leaving, people, planning, preferences, signup
from newsletter.usecases.house import House
from newsletter.usecases.people import PersonError
from newsletter.usecases.preferences import PreferenceError
from tests.usecases.household import (
    Post,
    TwoClocks,
    ask,
    confirm_token,
    crowd,
    enrollment,
    force,
    join,
    leave_token,
    person,
    preferences_token,
    rows,
    send,
    subscription,
    tick,
    to_next,
)

MARIA = "maria@example.org"
BERLIN = ZoneInfo("Europe/Berlin")


def events(house: House) -> list[str]:
    with house.store.reading() as tx:
        assert consents.first_break(tx) is None
        return [one["event"] for one in consents.of_subscriber(tx, person(house).id)]


def test_a_new_hour_and_day_hold_from_the_next_letter_on(maria: House, clock: TwoClocks, post: Post) -> None:
    wish = {"hour": "18", "weekday": "5", "timezone": "Europe/Berlin"}
    assert preferences.set_rhythm(maria, preferences_token(maria), **wish)
    for _ in range(3):
        to_next(maria, clock, post)
        shown = clock.business.astimezone(BERLIN)
        assert (shown.hour, shown.weekday()) == (18, 5)

    assert post.subjects() == [f"Lesson {number}" for number in range(5)]


def test_a_change_moves_a_letter_that_is_planned_but_not_out(maria: House, clock: TwoClocks, post: Post) -> None:
    clock.pass_by(enrollment(maria)["next_due_at"] - clock.business)
    planning.plan_due(maria)
    preferences.set_rhythm(maria, preferences_token(maria), hour="20", weekday="1", timezone="Europe/Berlin")

    send(maria, post)
    assert post.subjects()[-1] == "Lesson 1"
    clock.pass_by(hours=11)
    send(maria, post)
    assert post.subjects()[-1] == "Lesson 2"


@pytest.mark.parametrize(
    "wish",
    [
        {"hour": "24"},
        {"hour": "-1"},
        {"hour": "nine"},
        {"hour": ""},
        {"hour": "٩"},
        {"hour": "9.5"},
        {"weekday": "7"},
        {"weekday": "Monday"},
        {"weekday": "12"},
        {"timezone": ""},
        {"timezone": "Mars/Olympus_Mons"},
        {"timezone": "../../etc/passwd"},
    ],
    ids=lambda wish: "{}={!r}".format(*next(iter(wish.items()))),
)
def test_a_wish_that_cannot_be_is_refused_in_a_sentence_and_changes_nothing(maria: House, wish: dict[str, str]) -> None:
    before = person(maria)
    with pytest.raises(PreferenceError, match=r"\.$"):
        preferences.set_rhythm(
            maria, preferences_token(maria), **{"hour": "9", "weekday": "", "timezone": "UTC", **wish}
        )
    assert person(maria) == before


Change = Callable[[House, str], bool]


@pytest.mark.parametrize(
    "change",
    [
        lambda house, token: preferences.set_rhythm(house, token, hour="9", weekday="", timezone="UTC"),
        lambda house, token: preferences.pause(house, token, "4"),
        preferences.resume,
        leaving.leave_all,
        lambda house, token: leaving.leave_list(house, token, "letters"),
    ],
    ids=["rhythm", "pause", "resume", "leave all", "leave a list"],
)
@pytest.mark.parametrize("link", ["", "x" * 43, "unsubscribe", "somebody else"])
def test_a_link_that_is_not_hers_changes_nothing(house: House, change: Change, link: str) -> None:
    """S2."""
    join(house)
    made = {
        "unsubscribe": house.keyring.token(Purpose.UNSUBSCRIBE, person(house).public_id),
        "somebody else": house.keyring.token(Purpose.PREFERENCES, rows(house)[0]["public_id"]),
    }
    before = person(house), subscription(house), enrollment(house)

    assert change(house, made.get(link, link)) is False
    assert (person(house), subscription(house), enrollment(house)) == before


@pytest.mark.parametrize("weeks", ["2", "4", "8"])
def test_a_pause_keeps_her_place_and_catches_nothing_up(maria: House, clock: TwoClocks, post: Post, weeks: str) -> None:
    preferences.pause(maria, preferences_token(maria), weeks)
    silence = clock.business + timedelta(weeks=int(weeks))
    while clock.business < silence - timedelta(days=1):
        tick(maria, post)
        clock.pass_by(days=1)
    assert post.subjects() == ["Lesson 0", "Lesson 1"]

    for _ in range(3):
        to_next(maria, clock, post)
    assert post.subjects() == [f"Lesson {number}" for number in range(5)]


def test_a_pause_of_any_other_length_is_refused(maria: House) -> None:
    for weeks in ("3", "", "-2", "520", "forever"):
        with pytest.raises(PreferenceError):
            preferences.pause(maria, preferences_token(maria), weeks)


def test_resuming_early_does_not_bring_a_letter_too_soon(maria: House, clock: TwoClocks, post: Post) -> None:
    last = clock.business
    preferences.pause(maria, preferences_token(maria), "8")
    clock.pass_by(days=1)
    preferences.resume(maria, preferences_token(maria))

    assert enrollment(maria)["next_due_at"] == last + timedelta(days=7)
    assert not person(maria).is_paused(clock.business)


def test_until_she_returns_nothing_is_due_and_then_it_goes_on(maria: House, clock: TwoClocks, post: Post) -> None:
    preferences.pause(maria, preferences_token(maria), "return")
    assert enrollment(maria)["next_due_at"] == INDEFINITELY
    with maria.store.reading() as tx:
        seen = preferences.look(maria, tx, preferences_token(maria))
    assert seen is not None and seen.paused
    assert (seen.paused_until, seen.courses[0].next_letter_at) == (None, None)

    clock.pass_by(days=400)
    tick(maria, post)
    preferences.resume(maria, preferences_token(maria))
    for _ in range(3):
        to_next(maria, clock, post)
    assert post.subjects() == [f"Lesson {number}" for number in range(5)]


def test_the_owner_may_silence_somebody_until_a_day(maria: House, clock: TwoClocks) -> None:
    day = (clock.business + timedelta(days=10)).date()
    people.pause(maria, MARIA, day)

    until = person(maria).paused_until
    assert until is not None
    assert (until.astimezone(BERLIN).date(), until.astimezone(BERLIN).hour) == (day, 0)
    assert enrollment(maria)["next_due_at"] >= until
    with pytest.raises(people.PersonError):
        people.pause(maria, MARIA, clock.business.date())


def test_a_pause_by_the_owner_ends_within_ten_years(maria: House) -> None:
    for day in (date(9999, 12, 31), date(2100, 1, 1)):
        with pytest.raises(PersonError, match="within the next 10 years"):
            people.pause(maria, MARIA, day)
    assert person(maria).paused_until is None


# Leaving.


def test_one_click_ends_the_subscription_its_course_and_the_mail_that_waits(
    maria: House, clock: TwoClocks, post: Post
) -> None:
    clock.pass_by(enrollment(maria)["next_due_at"] - clock.business)
    planning.plan_due(maria)
    assert leaving.leave(maria, leave_token(maria), method="one click")

    assert (subscription(maria)["status"], subscription(maria)["left_at"]) == (Status.UNSUBSCRIBED, clock.business)
    assert (enrollment(maria)["state"], enrollment(maria)["next_due_at"]) == (Progress.LEFT, None)
    assert (rows(maria)[-1]["state"], rows(maria)[-1]["reason"]) == (State.SKIPPED, "left")
    clock.pass_by(weeks=4)
    tick(maria, post)
    assert post.subjects() == ["Lesson 0", "Lesson 1"]


def test_leaving_twice_is_kind_and_noted_once(maria: House) -> None:
    for _ in range(3):
        assert leaving.leave(maria, leave_token(maria), method="one click")

    assert events(maria) == ["requested", "confirmed", "left"]


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_many_clicks_at_once_are_one_goodbye_and_one_return(maria: House) -> None:
    token = leave_token(maria)
    with ThreadPoolExecutor(8) as clicks:
        left = list(clicks.map(lambda _: leaving.leave(maria, token, method="one click"), range(16)))
        back = list(clicks.map(lambda _: leaving.undo(maria, token), range(16)))

    assert left == back == [True] * 16
    assert events(maria) == ["requested", "confirmed", "left", "returned"]


def test_looking_at_the_goodbye_page_changes_nothing(maria: House) -> None:
    """S1: scanners fetch links."""
    before = subscription(maria), enrollment(maria)
    with maria.store.reading() as tx:
        seen = leaving.look(maria, tx, leave_token(maria))

    assert seen is not None and not seen.is_gone
    assert (subscription(maria), enrollment(maria)) == before


def test_an_unsubscribe_link_never_expires(maria: House, clock: TwoClocks) -> None:
    token = leave_token(maria)
    clock.pass_by(days=3650)

    assert leaving.leave(maria, token, method="one click")
    assert subscription(maria)["status"] == Status.UNSUBSCRIBED


def test_who_has_not_confirmed_yet_may_leave_and_her_link_is_dead(house: House) -> None:
    ask(house)
    token = confirm_token(house)
    leaving.leave_all(house, preferences_token(house))

    assert subscription(house)["status"] == Status.UNSUBSCRIBED
    assert send(house).tried == []
    assert signup.confirm(house, token) is None or subscription(house)["status"] == Status.UNSUBSCRIBED


def test_undo_goes_on_as_if_nothing_had_been(maria: House, clock: TwoClocks, post: Post) -> None:
    due = enrollment(maria)["next_due_at"]
    leaving.leave(maria, leave_token(maria), method="one click")
    clock.pass_by(hours=1)
    assert leaving.undo(maria, leave_token(maria))

    assert (subscription(maria)["status"], subscription(maria)["left_at"]) == (Status.CONFIRMED, None)
    assert (enrollment(maria)["state"], enrollment(maria)["next_due_at"]) == (Progress.ACTIVE, due)
    assert events(maria)[2:] == ["left", "returned"]


@pytest.mark.parametrize(("days", "possible"), [(6, True), (7, False)])
def test_undo_is_offered_for_seven_days(maria: House, clock: TwoClocks, days: int, possible: bool) -> None:
    leaving.leave(maria, leave_token(maria), method="one click")
    clock.pass_by(days=days)
    with maria.store.reading() as tx:
        seen = leaving.look(maria, tx, leave_token(maria))

    assert seen is not None and seen.may_undo is possible
    assert leaving.undo(maria, leave_token(maria)) is possible


def test_nothing_is_undone_for_who_never_confirmed_or_is_suppressed(house: House) -> None:
    ask(house)
    leaving.leave(house, leave_token(house), method="one click")
    assert not leaving.undo(house, leave_token(house))

    force(house, tables.subscriptions, subscription(house)["id"], status=Status.SUPPRESSED)
    assert not leaving.undo(house, leave_token(house))


def test_leaving_one_list_leaves_the_other(maria: House, clock: TwoClocks) -> None:
    with maria.store.transaction() as tx:
        lists.add(tx, slug="other", title="Other", now=clock.now())
    clock.pass_by(days=1)
    join(maria, list_slug="other")
    leaving.leave_list(maria, preferences_token(maria), "other")

    with maria.store.reading() as tx:
        seen = preferences.look(maria, tx, preferences_token(maria))
    assert seen is not None
    assert {one.list_slug: one.status for one in seen.subscriptions} == {
        "letters": Status.CONFIRMED,
        "other": Status.UNSUBSCRIBED,
    }
    assert enrollment(maria)["state"] == Progress.ACTIVE


def test_leaving_all_leaves_all(maria: House, clock: TwoClocks, post: Post) -> None:
    with maria.store.transaction() as tx:
        lists.add(tx, slug="other", title="Other", now=clock.now())
    clock.pass_by(days=1)
    join(maria, list_slug="other")
    assert leaving.leave_all(maria, preferences_token(maria))

    with maria.store.reading() as tx:
        seen = preferences.look(maria, tx, preferences_token(maria))
    assert seen is not None
    assert {one.status for one in seen.subscriptions} == {Status.UNSUBSCRIBED}
    assert seen.courses == []


def test_one_persons_wish_is_nobody_elses(maria: House, clock: TwoClocks, post: Post) -> None:
    join(maria, "zoe@example.org")
    before: Any = enrollment(maria, "zoe@example.org")
    preferences.pause(maria, preferences_token(maria), "8")
    leaving.leave_all(maria, preferences_token(maria))

    assert enrollment(maria, "zoe@example.org") == before
    assert person(maria, "zoe@example.org").paused_until is None


def test_a_subscriber_without_a_course_may_pause_and_leave_too(bare_house: House) -> None:
    crowd(bare_house, 1)
    her = "p1@example.org"
    assert preferences.pause(bare_house, preferences_token(bare_house, her), "2")
    assert leaving.leave(bare_house, leave_token(bare_house, her), method="one click")
    assert rows(bare_house, her, kind=Kind.LESSON) == []
