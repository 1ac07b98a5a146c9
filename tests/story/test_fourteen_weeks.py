"""The main job: a letter a week, each once, in order, at nine on her own wall, through a change of the clocks."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from tests.story.house import HOUR, MINUTE, WEEK, House, Reader

ZONES = ("America/Denver", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe")
SPRING = datetime(2026, 2, 2, 10, 0, tzinfo=UTC)
AUTUMN = datetime(2026, 9, 7, 10, 0, tzinfo=UTC)


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("begins", [SPRING, AUTUMN], ids=["spring", "autumn"])
def test_everybody_gets_each_letter_once_in_order_at_nine_by_her_own_clock(open_house, begins: datetime) -> None:
    house: House = open_house(at=begins)
    keys = house.lesson_keys()
    assert len(keys) == 14

    readers = [house.sign_up(f"{zone.rpartition('/')[2].lower()}@example.org", zone=zone) for zone in ZONES]
    house.tick()
    for reader in readers:
        assert [mail.subject for mail in reader.inbox] == ["Please confirm your email address"]
        reader.confirm()
    house.now = begins + HOUR
    walked = house.walk(until=begins + 14 * WEEK)
    assert walked == {"planned": 4 * 13, "sent": 4 * 14, "deferred": 0, "failed": 0, "held": 0}

    for reader in readers:
        the_course_came_whole_and_on_time(reader, keys, begins)
    changed = [len({reader.on_her_wall(row["due_at"]).utcoffset() for row in reader.lessons()}) for reader in readers]
    assert changed == [2, 2, 1, 2], "the walk must cross a change of the clocks where there is one"

    house.now = begins + HOUR
    again = house.walk(until=begins + 14 * WEEK, step="6h")
    assert (again["planned"], again["sent"]) == (0, 0)
    house.audit()


def the_course_came_whole_and_on_time(reader: Reader, keys: list[str], begins: datetime) -> None:
    rows = reader.lessons()
    assert [row["lesson"] for row in rows] == keys
    assert {row["state"] for row in rows} == {"sent"}
    assert {row["attempts"] for row in rows} == {1}

    opening, *weekly = rows
    assert begins <= opening["due_at"] <= begins + 5 * MINUTE
    walls = [reader.on_her_wall(row["due_at"]) for row in weekly]
    assert {(wall.hour, wall.minute, wall.second) for wall in walls} == {(9, 0, 0)}
    assert 24 * HOUR <= weekly[0]["due_at"] - opening["due_at"] <= 48 * HOUR
    assert {(later.date() - earlier.date()).days for earlier, later in pairwise(walls)} == {7}

    confirmation, *letters = reader.inbox
    assert [mail.message_id for mail in letters] == [row["message_id"] for row in rows]
    for mail, row in zip(letters, rows, strict=True):
        assert mail.date == row["sent_at"].replace(microsecond=0)
    for mail, row in zip(letters[1:], weekly, strict=True):
        assert mail.date == row["due_at"], "the walk steps on every slot, so none is late by a second"
    assert not confirmation.message["List-Id"]
    assert len({mail.subject for mail in letters}) == 14
