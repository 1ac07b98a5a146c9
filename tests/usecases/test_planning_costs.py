"""Planning costs what is due, not what exists: few statements, and none of them goes through a whole table."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from newsletter.domain.cadence import WEEK, instant
from newsletter.domain.delivery import Kind, State
from newsletter.store import courses, lists, scratch
from newsletter.usecases import planning
from newsletter.usecases.house import House
from tests.usecases.household import TwoClocks, rows

READERS, DUE = 40_000, 40
"""So many that PostgreSQL would not rather read a whole table."""
LARGE = ("enrollments", "deliveries", "subscribers", "subscriptions")


def fill(house: House, clock: TwoClocks, *, due: int, readers: int = READERS) -> None:
    """So many readers at nine o'clock in Berlin, who had the welcome; some have a lesson due."""
    day = clock.now().date()

    def slot(days: int) -> Any:
        return instant(day + timedelta(days=days), 9, "Europe/Berlin")

    berlin = scratch.Clock("Europe/Berlin", 9, tuple((slot(turn - WEEK), slot(turn)) for turn in range(WEEK + 1)))
    with scratch.filling(house.store) as tx:
        letters, course = lists.by_slug(tx, "letters"), courses.by_slug(tx, "belonging")
        assert letters is not None
        assert course is not None
        scratch.crowd(tx, letters.id, readers, lambda one: house.address_keys(one)[0], clock.now(), [berlin])
        had = courses.order(tx, course.id)[:1]
        scratch.enroll(tx, course.id, [berlin], due=due, readers=readers, lessons=had)
    scratch.settle_down(house.store)


@contextmanager
def overheard(house: House) -> Iterator[list[tuple[str, Any]]]:
    """Every statement with its parameters, as the driver gets it."""
    heard: list[tuple[str, Any]] = []

    def listen(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        heard.append((statement, parameters))

    event.listen(house.store.engine, "before_cursor_execute", listen)
    try:
        yield heard
    finally:
        event.remove(house.store.engine, "before_cursor_execute", listen)


def plans(house: House, heard: list[tuple[str, Any]]) -> list[str]:
    """How the database would answer each statement."""
    told = []
    sqlite = house.store.engine.dialect.name == "sqlite"
    with house.store.engine.connect() as connection:
        for statement, parameters in heard:
            if statement.split()[0] in ("SELECT", "INSERT", "UPDATE"):
                how = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
                answer = connection.exec_driver_sql(how + statement, parameters)
                told += [str(row[-1]) for row in answer]
        connection.rollback()
    return told


def scans(told: list[str]) -> list[str]:
    """Those of them that go through a large table, or through a whole index of one."""
    signs = tuple(f"{sign} {table}" for sign in ("SCAN", "Seq Scan on") for table in LARGE)
    return [line for line in told if line.lstrip(" ->").startswith(signs)]


def test_the_plan_of_every_statement_touches_due_rows_only(house: House, clock: TwoClocks) -> None:
    fill(house, clock, due=DUE)
    clock.business = instant(clock.now().date(), 9, "Europe/Berlin")
    with overheard(house) as heard:
        assert planning.plan_due(house) == DUE
    told = plans(house, heard)

    assert any("ix_enrollments_due" in line for line in told), told
    assert scans(told) == []
    assert len(rows(house, occasion=0, state="queued")) == DUE


def test_planning_a_thousand_takes_a_few_statements(house: House, clock: TwoClocks) -> None:
    fill(house, clock, due=planning.AT_ONCE, readers=2000)
    clock.business = instant(clock.now().date(), 9, "Europe/Berlin")
    with overheard(house) as heard:
        assert planning.plan_due(house) == planning.AT_ONCE
    said = [statement for statement, _ in heard if statement.split()[0] in ("SELECT", "INSERT", "UPDATE")]

    # What is due is asked for again, by each planner; the course costs four questions: blackouts, revision, order, calendar.
    assert len(said) <= 11 + 2 * planning.PLANNERS, "\n".join(said)


def test_a_tick_with_nothing_due_is_two_small_questions(house: House, clock: TwoClocks) -> None:
    fill(house, clock, due=DUE, readers=1000)
    clock.business -= timedelta(hours=2)
    with overheard(house) as heard:
        assert planning.plan_due(house) == 0
    said = [one for one in heard if one[0].split()[0] in ("SELECT", "INSERT", "UPDATE")]

    assert len(said) == 2  # whether all is held; what is due
    told = plans(house, said)
    assert any("ix_enrollments_due" in line for line in told)
    assert scans(told) == []


def test_planners_at_once_plan_each_lesson_once(
    house: House, clock: TwoClocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "AT_ONCE", 20)
    fill(house, clock, due=300, readers=600)
    assert planning.plan_due(house) == 300
    owed = [row["enrollment_id"] for row in rows(house, kind=Kind.LESSON, state=State.QUEUED)]
    assert len(owed) == len(set(owed)) == 300
    assert planning.plan_due(house) == 0
