"""Her own pace: a rest until a day, a skipped week, a slower rhythm, and a letter once more."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from newsletter.domain.delivery import Deferred, State
from newsletter.domain.enrollment import Progress
from newsletter.domain.subscriber import INDEFINITELY
from newsletter.domain.tokens import Purpose
from newsletter.store import tables
from newsletter.store.engine import StoreError
from newsletter.usecases import asking_again, holding, leaving, lessons, preferences, publishing, skipping
from newsletter.usecases.house import House
from newsletter.usecases.preferences import PreferenceError
from tests.usecases.household import (
    OK,
    Post,
    TwoClocks,
    enrollment,
    force,
    join,
    person,
    preferences_token,
    rows,
    send,
    tick,
    to_next,
)

BERLIN = ZoneInfo("Europe/Berlin")


def on_her_wall(moment: datetime) -> tuple[date, int]:
    local = moment.astimezone(BERLIN)
    return local.date(), local.hour


def had(house: House) -> list[str]:
    with house.store.reading() as tx:
        return [one.public_id for one in asking_again.had(house, tx, preferences_token(house))]


def next_step(house: House) -> skipping.Step:
    with house.store.reading() as tx:
        (step,) = skipping.steps(house, tx, preferences_token(house))
    return step


def skip(house: House) -> skipping.Step:
    step = next_step(house)
    assert skipping.skip(house, preferences_token(house), course=step.course, slot=step.slot.isoformat())
    return step


def test_a_rest_until_a_day_ends_with_that_day_on_her_wall(maria: House, clock: TwoClocks, post: Post) -> None:
    assert preferences.pause_until(maria, preferences_token(maria), "2026-03-20")
    assert person(maria).paused_until == datetime(2026, 3, 20, 0, tzinfo=BERLIN)

    to_next(maria, clock, post)
    assert on_her_wall(clock.business) == (date(2026, 3, 24), 9)  # her Tuesday
    assert post.subjects() == ["Lesson 0", "Lesson 1", "Lesson 2"]


@pytest.mark.parametrize(
    ("day", "says"),
    [
        ("", "year, month and day"),
        ("31.12.2026", "year, month and day"),
        ("2026-02-30", "year, month and day"),
        ("2026-03-03", "begun already"),
        ("1999-01-01", "begun already"),
        ("0001-01-01", "begun already"),
        ("2027-03-05", "within a year"),
        ("9999-12-31", "within a year"),
    ],
)
def test_a_day_on_which_no_rest_can_end_is_refused_in_a_sentence(maria: House, day: str, says: str) -> None:
    with pytest.raises(PreferenceError, match=says) as refused:
        preferences.pause_until(maria, preferences_token(maria), day)
    assert refused.value.field == "until"
    assert person(maria).paused_until is None


def test_a_skipped_week_moves_the_same_letter_one_week_on_and_no_other(
    maria: House, clock: TwoClocks, post: Post
) -> None:
    step = skip(maria)
    assert (on_her_wall(step.slot), on_her_wall(step.then)) == ((date(2026, 3, 10), 9), (date(2026, 3, 17), 9))
    while clock.business < step.then:
        tick(maria, post)
        assert post.subjects() == ["Lesson 0", "Lesson 1"]
        clock.pass_by(hours=12)
    tick(maria, post)
    assert post.subjects()[-1] == "Lesson 2"
    to_next(maria, clock, post)
    assert on_her_wall(clock.business) == (date(2026, 3, 24), 9)
    assert post.subjects()[-1] == "Lesson 3"


def test_a_second_click_on_the_same_button_skips_nothing_more(maria: House) -> None:
    step = skip(maria)
    assert skipping.skip(maria, preferences_token(maria), course=step.course, slot=step.slot.isoformat())
    assert next_step(maria).slot == step.then


def test_what_was_skipped_stays_skipped_when_she_then_changes_her_hour(maria: House) -> None:
    step = skip(maria)
    preferences.set_rhythm(maria, preferences_token(maria), hour="18", weekday="1", timezone="Europe/Berlin")
    assert on_her_wall(next_step(maria).slot) == (step.then.astimezone(BERLIN).date(), 18)


def test_nobody_skips_half_a_year_away(maria: House, clock: TwoClocks) -> None:
    for _ in range(25):
        skip(maria)
    before = enrollment(maria)
    with pytest.raises(PreferenceError, match="pause may suit you better"):
        skip(maria)
    assert enrollment(maria) == before


@pytest.mark.parametrize("why", ["paused", "held", "finished", "somebody else's"])
def test_where_no_letter_has_a_day_there_is_none_to_skip(maria: House, why: str) -> None:
    step, course = next_step(maria), enrollment(maria)
    match why:
        case "paused":
            preferences.pause(maria, preferences_token(maria), "return")
        case "held":
            force(maria, tables.enrollments, course["id"], held_reason="late")
        case "finished":
            force(maria, tables.enrollments, course["id"], state=Progress.FINISHED, next_due_at=None)
        case _:
            join(maria, "other@example.org")
            with maria.store.reading() as tx:
                (other,) = skipping.steps(maria, tx, preferences_token(maria, "other@example.org"))
            step = other
    before = enrollment(maria)
    with pytest.raises(PreferenceError, match="no letter just now"):
        skipping.skip(maria, preferences_token(maria), course=step.course, slot=step.slot.isoformat())
    assert enrollment(maria) == before


def test_a_pace_is_kept_and_one_that_is_none_refused(maria: House) -> None:
    wish = {"hour": "9", "weekday": "", "timezone": "Europe/Berlin"}
    preferences.set_rhythm(maria, preferences_token(maria), **wish, pace="3")
    assert person(maria).pace_weeks == 3
    preferences.set_rhythm(maria, preferences_token(maria), **wish)
    assert person(maria).pace_weeks == 3, "a form that does not ask for a pace leaves it"
    for pace in ("0", "4", "two", "1.5"):
        with pytest.raises(PreferenceError) as refused:
            preferences.set_rhythm(maria, preferences_token(maria), **wish, pace=pace)
        assert refused.value.field == "pace"
    assert person(maria).pace_weeks == 3


def test_a_letter_sent_again_comes_at_once_and_moves_nothing(maria: House, clock: TwoClocks, post: Post) -> None:
    before = enrollment(maria)
    clock.pass_by(days=2)
    newest, welcome = had(maria)
    assert asking_again.send_again(maria, preferences_token(maria), welcome)
    tick(maria, post)

    assert post.subjects() == ["Lesson 0", "Lesson 1", "Lesson 0"]
    assert enrollment(maria) == before
    assert had(maria) == [newest, welcome]
    assert [(row["lesson"], row["occasion"], row["state"]) for row in rows(maria, kind="lesson")] == [
        ("lesson-00", 0, State.SENT),
        ("lesson-01", 0, State.SENT),
        ("lesson-00", 1, State.SENT),
    ]
    assert len(set(post.ids())) == len(post.ids()), "each occasion is a mail of its own"
    to_next(maria, clock, post)
    assert post.subjects()[-1] == "Lesson 2"


def test_two_clicks_send_one_letter(maria: House, post: Post) -> None:
    for _ in range(2):
        assert asking_again.send_again(maria, preferences_token(maria), had(maria)[0])
    tick(maria, post)
    assert post.subjects() == ["Lesson 0", "Lesson 1", "Lesson 1"]


def test_nobody_is_flooded_with_her_own_letters(maria: House, clock: TwoClocks, post: Post) -> None:
    for _ in range(asking_again.MOST_A_DAY):
        asking_again.send_again(maria, preferences_token(maria), had(maria)[0])
        tick(maria, post)
        clock.pass_by(hours=1)
    with pytest.raises(PreferenceError, match=r"asked for 3 letters today. Please try in 21 hours\.") as refused:
        asking_again.send_again(maria, preferences_token(maria), had(maria)[1])
    assert refused.value.field == "letter"
    tick(maria, post)
    assert len(post.subjects()) == 2 + asking_again.MOST_A_DAY

    clock.pass_by(hours=21)
    asking_again.send_again(maria, preferences_token(maria), had(maria)[1])
    tick(maria, post)
    assert len(post.subjects()) == 3 + asking_again.MOST_A_DAY


def test_a_letter_sent_again_is_in_todays_words(maria: House, post: Post) -> None:
    with maria.store.reading() as tx:
        course = lessons.read(tx, "belonging")
    assert course
    first = course.lessons[1]
    lessons.save(maria, "belonging", replace(first.text, subject="Lesson 1, mended"), seen=first.digest)
    publishing.publish(maria, "belonging")
    asking_again.send_again(maria, preferences_token(maria), had(maria)[0])
    tick(maria, post)
    assert post.subjects()[-1] == "Lesson 1, mended"


def test_only_letters_that_she_had_are_sent_again(maria: House, post: Post) -> None:
    join(maria, "other@example.org")
    send(maria, post)
    (others,) = (row["public_id"] for row in rows(maria, "other@example.org", kind="lesson"))
    (asking,) = (row["public_id"] for row in rows(maria, "maria@example.org", kind="confirmation"))
    for letter in (others, asking, "", "x" * 22):
        with pytest.raises(PreferenceError, match="letters that you have had"):
            asking_again.send_again(maria, preferences_token(maria), letter)
    assert not asking_again.send_again(maria, "x" * 43, had(maria)[0])
    wrong_purpose = maria.keyring.token(Purpose.UNSUBSCRIBE, person(maria).public_id)
    assert not asking_again.send_again(maria, wrong_purpose, had(maria)[0])


def test_who_left_has_no_letters_to_be_sent_again(maria: House) -> None:
    leaving.leave_all(maria, preferences_token(maria))
    assert had(maria) == []


def test_who_rests_is_told_to_come_back_first(maria: House) -> None:
    letter = had(maria)[0]
    preferences.pause(maria, preferences_token(maria), "2")
    with pytest.raises(PreferenceError, match="resting"):
        asking_again.send_again(maria, preferences_token(maria), letter)


def test_while_all_lessons_are_held_nothing_is_promised(maria: House) -> None:
    holding.hold_all(maria, "a storm")
    with pytest.raises(PreferenceError, match="All letters rest"):
        asking_again.send_again(maria, preferences_token(maria), had(maria)[0])


def test_a_letter_asked_for_does_not_come_beside_the_first_after_a_rest(
    maria: House, clock: TwoClocks, post: Post
) -> None:
    asking_again.send_again(maria, preferences_token(maria), had(maria)[0])
    preferences.pause(maria, preferences_token(maria), "2")
    while clock.business < datetime(2026, 3, 25, tzinfo=BERLIN):
        tick(maria, post)
        clock.pass_by(hours=12)
    assert post.subjects() == ["Lesson 0", "Lesson 1", "Lesson 2", "Lesson 3"]
    assert rows(maria, occasion=1)[0]["state"] == State.SKIPPED


def test_nor_does_one_that_a_sender_has_in_hand_when_she_falls_silent(
    maria: House, clock: TwoClocks, post: Post
) -> None:
    asking_again.send_again(maria, preferences_token(maria), had(maria)[0])
    with maria.store.transaction() as tx:  # the pause of another door, which knows nothing of what was asked for
        tx.execute(update(tables.subscribers).values(paused_until=INDEFINITELY))
    before = enrollment(maria)
    send(maria, post)
    assert rows(maria, occasion=1)[0]["state"] == State.SKIPPED
    assert enrollment(maria) == before
    assert post.subjects() == ["Lesson 0", "Lesson 1"]


def test_a_letter_asked_for_that_is_refused_for_three_days_is_not_owed_again(
    maria: House, clock: TwoClocks, post: Post
) -> None:
    asking_again.send_again(maria, preferences_token(maria), had(maria)[0])
    before = enrollment(maria)
    post.answer = lambda _: Deferred("450 4.2.1 later")
    for _ in range(90):
        send(maria, post)
        clock.pass_by(hours=1)
    assert rows(maria, occasion=1)[0]["state"] == State.EXPIRED
    assert enrollment(maria) == before
    post.answer = lambda _: OK


def test_too_much_right_now_stores_nothing_but_the_pause(maria: House) -> None:
    """The button is the pause until she returns; no row tells one from the other."""

    def everything() -> dict[str, list[object]]:
        with maria.store.reading() as tx:
            return {
                table.name: [tuple(row) for row in tx.execute(select(table).order_by(*table.primary_key))]
                for table in tables.metadata.sorted_tables
            }

    before = everything()
    preferences.pause(maria, preferences_token(maria), "return")
    after = everything()
    assert {name for name in before if before[name] != after[name]} == {"subscribers", "enrollments"}
    assert person(maria).paused_until == INDEFINITELY
    assert enrollment(maria)["next_due_at"] == INDEFINITELY


def test_coming_back_is_never_a_burst(maria: House, clock: TwoClocks, post: Post) -> None:
    preferences.pause(maria, preferences_token(maria), "return")
    clock.pass_by(weeks=20)
    tick(maria, post)
    preferences.resume(maria, preferences_token(maria))
    sent: list[datetime] = []
    for _ in range(60):
        many = len(post.subjects())
        tick(maria, post)
        sent += [clock.business] * (len(post.subjects()) - many)
        clock.pass_by(hours=12)
    assert post.subjects()[2:] == ["Lesson 2", "Lesson 3", "Lesson 4"]
    assert all(later - earlier >= timedelta(days=6) for earlier, later in pairwise(sent))


def test_clicks_at_the_same_moment_owe_one_letter_and_never_more_than_the_limit(maria: House) -> None:
    token, letters = preferences_token(maria), had(maria)

    def click(number: int) -> None:
        with suppress(PreferenceError, StoreError):
            asking_again.send_again(maria, token, letters[number % 2])

    with ThreadPoolExecutor(8) as many:
        list(many.map(click, range(16)))
    asked = [row["lesson"] for row in rows(maria, kind="lesson") if row["occasion"]]
    assert sorted(asked) == ["lesson-00", "lesson-01"]
