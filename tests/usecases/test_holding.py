"""One switch holds all lessons, and lets them go on one letter a slot; an older copy of the database sends nothing."""

import itertools
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.domain.delivery import Deferred, Kind, State
from newsletter.domain.enrollment import Progress
from newsletter.domain.subscriber import INDEFINITELY
from newsletter.scheduling import clockwork
from newsletter.store import held_word, holds, tables
from newsletter.store.engine import Store
from newsletter.usecases import generations, holding, leaving, planning, preferences
from newsletter.usecases.holding import HoldError
from newsletter.usecases.house import House
from tests.usecases.household import (
    Post,
    TwoClocks,
    build,
    enrollment,
    join,
    leave_token,
    pass_empty_hours,
    preferences_token,
    row,
    rows,
    send,
    teach,
    tick,
)

MARIA = "maria@example.org"
WHY = "The flood in the valley"


def due(house: House, clock: TwoClocks, email: str = MARIA) -> None:
    """Let time pass until her next lesson is due."""
    clock.pass_by(max(enrollment(house, email)["next_due_at"] - clock.business, timedelta(0)))


@pytest.fixture
def maria(welcomed: House, clock: TwoClocks) -> House:
    due(welcomed, clock)
    return welcomed


def test_while_all_lessons_are_held_none_goes_and_each_waits_with_a_reason(
    maria: House, clock: TwoClocks, post: Post
) -> None:
    assert holding.hold_all(maria, WHY) == 1
    for _ in range(3):
        tick(maria, post)
        clock.pass_by(days=7)

    assert post.subjects() == ["Lesson 0"]
    assert [(one.subscriber, one.reason) for one in holding.held(maria)] == [(MARIA, holds.REASON)]
    with maria.store.reading() as tx:
        said = holds.switch(tx)
    assert said is not None and said.value == WHY


def test_a_lesson_that_was_planned_and_not_sent_waits_too(maria: House, clock: TwoClocks, post: Post) -> None:
    planning.plan_due(maria)
    holding.hold_all(maria, WHY)
    send(maria, post)
    clock.pass_by(days=30)
    tick(maria, post)

    assert post.subjects() == ["Lesson 0"]
    assert row(maria, kind=Kind.LESSON, state=State.QUEUED)["due_at"] == INDEFINITELY


def test_a_lesson_that_was_put_off_by_a_server_just_then_waits_too(maria: House, clock: TwoClocks, post: Post) -> None:
    planning.plan_due(maria)
    send(maria, Post(answer=lambda _: Deferred("451 4.7.1 later")))
    holding.hold_all(maria, WHY)
    for _ in range(5):
        clock.pass_by(hours=2)
        tick(maria, post)

    assert post.subjects() == ["Lesson 0"]
    holding.release(maria)
    due(maria, clock)
    clock.pass_by(days=8)
    tick(maria, post)
    assert post.subjects()[:2] == ["Lesson 0", "Lesson 1"]


def test_released_they_go_on_one_letter_a_slot_a_week_apart(maria: House, clock: TwoClocks, post: Post) -> None:
    join(maria, "planned@example.org")
    send(maria, post)
    due(maria, clock, "planned@example.org")
    planning.plan_due(maria)
    holding.hold_all(maria, WHY)
    clock.pass_by(days=25, hours=3)
    tick(maria, post)
    assert holding.release(maria) == 2
    assert holding.held(maria) == []

    began = clock.business
    went: dict[str, list] = {MARIA: [], "planned@example.org": []}
    while clock.business < began + timedelta(days=30):
        before = len(post.accepted)
        tick(maria, post)
        for mail in post.accepted[before:]:
            went[mail.envelope_to].append(clock.business)
        pass_empty_hours(maria, clock)
    for moments in went.values():
        assert len(moments) == 4, "each gets all that is left"
        assert began < moments[0] <= began + timedelta(days=8)
        gaps = [later - sooner for sooner, later in itertools.pairwise(moments)]
        assert all(gap >= timedelta(days=6, hours=22) for gap in gaps)
    assert post.doubles() == {}
    assert post.subjects(MARIA) == [f"Lesson {number}" for number in range(5)]


def test_who_confirms_meanwhile_gets_the_welcome_when_they_are_released(
    house: House, clock: TwoClocks, post: Post
) -> None:
    holding.hold_all(house, WHY)
    join(house)
    clock.pass_by(days=3)
    tick(house, post)
    assert post.subjects() == []

    assert holding.release(house) == 1
    tick(house, post)
    assert post.subjects() == ["Lesson 0"]
    assert enrollment(house)["next_due_at"] >= clock.business + timedelta(days=1)


def test_a_change_of_her_hour_brings_no_held_lesson(maria: House, clock: TwoClocks, post: Post) -> None:
    planning.plan_due(maria)
    holding.hold_all(maria, WHY)
    preferences.set_rhythm(maria, preferences_token(maria), hour="20", weekday="", timezone="Europe/Berlin")
    clock.pass_by(days=2)
    send(maria, post)

    assert post.subjects() == ["Lesson 0"]


def test_who_rests_stays_at_rest_when_all_are_released(maria: House, clock: TwoClocks, post: Post) -> None:
    planning.plan_due(maria)
    holding.hold_all(maria, WHY)
    preferences.pause(maria, preferences_token(maria), "return")
    holding.release(maria)
    clock.pass_by(days=40)
    tick(maria, post)

    assert post.subjects() == ["Lesson 0"]


def test_who_leaves_meanwhile_waits_no_more(maria: House, clock: TwoClocks, post: Post) -> None:
    planning.plan_due(maria)
    holding.hold_all(maria, WHY)
    leaving.leave(maria, leave_token(maria), method="one click")

    assert holding.held(maria) == []
    assert holding.release(maria) == 0


def test_what_is_ended_instead_is_not_sent_later(maria: House, clock: TwoClocks, post: Post) -> None:
    planning.plan_due(maria)
    holding.hold_all(maria, WHY)
    assert holding.skip(maria) == 1
    holding.release(maria)
    clock.pass_by(days=30)
    tick(maria, post)

    assert post.subjects() == ["Lesson 0"]
    assert enrollment(maria)["state"] == Progress.LEFT
    assert rows(maria, state=State.SKIPPED)[-1]["reason"] == "held"


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201])
def test_a_hold_needs_a_reason_that_can_be_read(house: House, reason: str) -> None:
    with pytest.raises(HoldError, match="Please say"):
        holding.hold_all(house, reason)


class Killed(BaseException):
    """The end of a process."""


@pytest.fixture
def many_held(house: House, clock: TwoClocks, post: Post, monkeypatch: pytest.MonkeyPatch) -> House:
    """Seven readers whose first lesson waits for the owner's word, which is carried out for two at a time."""
    monkeypatch.setattr(holding, "_AT_ONCE", 2)
    for number in range(7):
        join(house, f"p{number}@example.org")
    send(house, post)
    holding.hold_all(house, WHY)
    clock.pass_by(days=3)
    tick(house, post)
    return house


def word(house: House) -> held_word.Word | None:
    with house.store.reading() as tx:
        return held_word.known(tx)


def test_a_word_on_many_is_carried_out_in_small_batches_and_outlives_a_crash(
    many_held: House, clock: TwoClocks, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert holding.begin_release(many_held)
    assert holding.carry_on(many_held) == 2
    let_go, called = holding._let_go, itertools.count(1)

    def dying(*what: object) -> None:
        if next(called) == 2:
            raise Killed
        let_go(*what)

    monkeypatch.setattr(holding, "_let_go", dying)
    with pytest.raises(Killed):
        holding.carry_on(many_held)
    said = word(many_held)
    assert said is not None and (said.done, said.total) == (2, 7)
    assert len(holding.held(many_held)) == 5, "of the batch that was cut off nothing is kept"

    monkeypatch.setattr(holding, "_let_go", let_go)
    clockwork.tick(many_held, post, holder="h/2/b")
    assert word(many_held) is None
    assert holding.held(many_held) == []
    clock.pass_by(days=6)
    tick(many_held, post)
    assert sorted(post.subjects()) == ["Lesson 0"] * 7 + ["Lesson 1"] * 7


def test_whoever_is_held_after_the_word_waits_for_the_next_one(many_held: House, clock: TwoClocks, post: Post) -> None:
    holding.begin_skip(many_held)
    holding.carry_on(many_held)
    clock.pass_by(minutes=5)
    join(many_held, "late@example.org")
    tick(many_held, post)

    assert holding.carry_out(many_held) == 5
    assert [one.subscriber for one in holding.held(many_held)] == ["late@example.org"]


def test_holding_all_anew_ends_a_release_that_is_under_way(many_held: House) -> None:
    holding.begin_release(many_held)
    holding.carry_on(many_held)
    holding.hold_all(many_held, WHY)

    assert holding.carry_out(many_held) == 0
    assert len(holding.held(many_held)) >= 5


def test_a_word_where_nothing_waits_is_none(house: House) -> None:
    assert not holding.begin_skip(house)
    assert not holding.begin_release(house)
    assert word(house) is None


@pytest.fixture
def counting(house: House, tmp_path: Path) -> House:
    """A house that counts generations."""
    return replace(house, generations=tmp_path / "generations")


def minutes(house: House, clock: TwoClocks, many: int) -> None:
    for _ in range(many):
        clock.pass_by(minutes=1)
        generations.step(house)


def restore(house: House, fact: str | None) -> None:
    """Put the counter back to what a backup had."""
    table = tables.installation
    with house.store.transaction() as tx:
        tx.execute(table.update().where(table.c.name == "generation").values(value=fact))


def fact(house: House) -> str:
    with house.store.reading() as tx:
        return tx.scalar(
            tables.installation.select()
            .with_only_columns(tables.installation.c.value)
            .where(tables.installation.c.name == "generation")
        )


def test_an_older_copy_plans_and_sends_nothing_until_its_owner_says_so(
    counting: House, clock: TwoClocks, post: Post
) -> None:
    join(counting)
    minutes(counting, clock, 2)
    backup = fact(counting)
    minutes(counting, clock, 3)
    assert generations.may_go_on(counting)
    restore(counting, backup)

    clock.pass_by(days=2)
    clockwork.tick(counting, post, holder="h/1/a")
    assert post.accepted == []
    with counting.store.reading() as tx:
        assert generations.is_older_copy(tx)
    assert generations.acknowledge(counting) and not generations.acknowledge(counting)
    clockwork.tick(counting, post, holder="h/1/a")
    assert "Lesson 0" in post.subjects()
    minutes(counting, clock, 3)
    assert generations.may_go_on(counting)


def test_it_is_known_again_as_older_after_one_acknowledgement(counting: House, clock: TwoClocks) -> None:
    minutes(counting, clock, 2)
    backup = fact(counting)
    minutes(counting, clock, 3)
    for _ in range(2):
        restore(counting, backup)
        assert not generations.may_go_on(counting)
        generations.acknowledge(counting)
        minutes(counting, clock, 3)
    assert generations.may_go_on(counting)


def test_a_power_cut_that_takes_the_last_minute_from_the_database_is_no_older_copy(
    counting: House, clock: TwoClocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    minutes(counting, clock, 4)
    before = fact(counting)
    minutes(counting, clock, 1)
    restore(counting, before)
    monkeypatch.setattr(generations, "machine_start", lambda: "another start")

    assert generations.may_go_on(counting)


def test_after_a_power_cut_a_copy_that_is_two_minutes_old_is_known_as_one(
    counting: House, clock: TwoClocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    minutes(counting, clock, 4)
    before = fact(counting)
    minutes(counting, clock, 2)
    restore(counting, before)
    monkeypatch.setattr(generations, "machine_start", lambda: "another start")

    assert not generations.may_go_on(counting)


def test_numbers_that_did_not_stand_for_a_minute_are_forgotten_by_a_power_cut(
    counting: House, clock: TwoClocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    minutes(counting, clock, 3)
    before = fact(counting)
    for _ in range(20):
        generations.step(counting)
    monkeypatch.setattr(generations, "machine_start", lambda: "another start")
    restore(counting, before)

    assert generations.may_go_on(counting)


def test_a_copy_is_known_as_one_however_young_it_is(counting: House, clock: TwoClocks) -> None:
    generations.step(counting)
    backup = fact(counting)
    generations.step(counting)
    restore(counting, backup)

    generations.step(counting)
    assert not generations.may_go_on(counting)


def test_who_looks_while_another_process_steps_sees_no_older_copy(
    counting: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    generations.step(counting)
    read = generations._in_file

    def read_and_overtaken(path: Path) -> dict[str, generations.Kept]:
        found = read(path)
        monkeypatch.setattr(generations, "_in_file", read)
        generations.step(counting)
        return found

    monkeypatch.setattr(generations, "_in_file", read_and_overtaken)
    assert generations.may_go_on(counting) and generations.may_go_on(counting)


def test_many_that_step_at_once_take_no_number_back(counting: House) -> None:
    generations.step(counting)
    with ThreadPoolExecutor(8) as processes:
        for _ in range(40):
            processes.submit(generations.step, counting)
    assert generations.may_go_on(counting)
    assert json.loads(fact(counting))["number"] == 41


def test_another_database_with_the_same_keys_is_none(counting: House, clock: TwoClocks, tmp_path: Path) -> None:
    minutes(counting, clock, 5)
    restore(counting, fact(counting).replace('"of": "', '"of": "other'))

    assert generations.may_go_on(counting)


def test_a_house_that_was_never_counted_and_one_that_keeps_no_file_go_on(counting: House, house: House) -> None:
    assert generations.may_go_on(counting) and generations.may_go_on(house)
    generations.step(house)
    with house.store.reading() as tx:
        assert not generations.is_older_copy(tx)


def test_a_real_backup_that_is_put_back_is_found_out(
    migrated_file: Path, tmp_path: Path, clock: TwoClocks, post: Post
) -> None:
    live, backup = tmp_path / "live.db", tmp_path / "backup.db"
    shutil.copy(migrated_file, live)

    def opened() -> House:
        return build(Store.open(f"sqlite:///{live}"), clock, generations=tmp_path / "generations")

    house = opened()
    teach(house)
    join(house)
    minutes(house, clock, 3)
    house.store.close()
    shutil.copy(live, backup)
    house = opened()
    minutes(house, clock, 3)
    clockwork.tick(house, post, holder="h/1/a")
    assert post.subjects() == ["Lesson 0"]
    house.store.close()
    for leftover in tmp_path.glob("live.db-*"):
        leftover.unlink()
    shutil.copy(backup, live)

    house = opened()
    clockwork.tick(house, post, holder="h/1/b")
    assert post.subjects() == ["Lesson 0"], "the welcome does not go a second time"
    house.store.close()
