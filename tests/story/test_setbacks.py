"""When things go otherwise: silence with a letter under way, a machine that was off, a reader who moved."""

from datetime import datetime

import pytest

from tests.scripted_smtp import Act, Moment, say
from tests.story.house import DAY, HOUR, MINUTE, WEEK, House, Reader

pytestmark = pytest.mark.parametrize("furnished_url", ["sqlite"], indirect=True)


class Moody:
    """A mail server that says "later" to every recipient while it is in that mood."""

    def __init__(self) -> None:
        self.in_a_mood = False

    def __call__(self, moment: Moment) -> Act | None:
        return say("450 4.2.0 Later") if self.in_a_mood and moment.stage == "RCPT" else None


def next_due(reader: Reader) -> datetime:
    return datetime.fromisoformat(reader.portrait()["enrollments"][0]["next_due_at"])


def the_whole_course_came_without_a_burst(reader: Reader) -> None:
    assert reader.had() == reader.house.lesson_keys()
    assert min(reader.gaps()) >= 6 * DAY


def test_a_pause_holds_a_letter_that_was_already_deferred(open_house) -> None:
    mood = Moody()
    house: House = open_house(script=mood)
    (maria,) = house.welcome_all("maria@example.org")
    mood.in_a_mood = True
    house.walk(9 * DAY, step="2h")
    assert [row["state"] for row in maria.lessons()] == ["sent", "deferred"]

    maria.pause(4)
    quiet_until = house.now + 4 * WEEK
    mood.in_a_mood = False
    house.machine_time_passes(2 * HOUR)
    house.days(18 * WEEK)
    assert not [mail for mail in maria.letters[1:] if mail.date < quiet_until]
    the_whole_course_came_without_a_burst(maria)
    assert {maria.on_her_wall(row["due_at"]).hour for row in maria.lessons()[1:]} == {9}
    house.audit()


def test_a_pause_begun_between_planning_and_sending_holds_that_letter(open_house) -> None:
    """The relay refuses connections, so the letter is queued; the pause comes; the relay is back."""
    away: list[bool] = []
    house: House = open_house(script=lambda at: say("421 4.3.2 Closed") if away and at.stage == "GREETING" else None)
    (maria,) = house.welcome_all("maria@example.org")
    away.append(True)
    house.sleep(next_due(maria))
    said = house.begin("tick", "--now", house.now.isoformat(), "--json").wait()
    assert said.status == 0 and said.err.startswith("The relay is in trouble") and said.err.count("\n") == 1
    assert [(row["state"], row["attempts"]) for row in maria.lessons()] == [("sent", 1), ("queued", 0)]

    maria.pause(2)
    quiet_until = house.now + 2 * WEEK
    away.clear()
    house.machine_time_passes(2 * HOUR)
    house.days(4 * WEEK)
    assert not [mail for mail in maria.letters[1:] if mail.date < quiet_until]
    assert maria.had() == house.lesson_keys()[:3]
    assert min(maria.gaps()) >= 6 * DAY
    house.audit()


def test_a_pause_without_an_end_lasts_until_she_is_back(house: House) -> None:
    (maria,) = house.welcome_all("maria@example.org")
    house.walk(3 * DAY, step="2h")
    maria.pause(None)
    house.days(30 * WEEK)
    assert len(maria.had()) == 2
    assert "resting until you return" in house.get(maria.letters[-1].link("preferences")).text

    came_back = house.now
    maria.prefer(action="resume")
    house.days(14 * WEEK)
    the_whole_course_came_without_a_burst(maria)
    assert maria.letters[2].date - came_back <= 8 * DAY
    house.audit()


def test_a_pause_without_an_end_keeps_a_letter_under_way(open_house) -> None:
    mood = Moody()
    house: House = open_house(script=mood)
    (maria,) = house.welcome_all("maria@example.org")
    mood.in_a_mood = True
    house.walk(3 * DAY, step="2h")
    maria.pause(None)
    mood.in_a_mood = False
    house.machine_time_passes(2 * HOUR)
    house.days(10 * WEEK)
    assert len(maria.had()) == 1
    maria.prefer(action="resume")
    house.days(14 * WEEK)
    the_whole_course_came_without_a_burst(maria)
    house.audit()


def test_three_hours_late_goes_at_once(house: House) -> None:
    (maria,) = house.welcome_all("maria@example.org")
    slot = next_due(maria)
    house.sleep(slot + 3 * HOUR - MINUTE)
    assert house.tick() == {"planned": 1, "sent": 1, "deferred": 0, "failed": 0, "held": 0}
    assert maria.lessons()[-1]["due_at"] == slot
    assert next_due(maria) == slot + WEEK


def test_five_days_late_goes_the_next_day_at_her_hour_and_the_rest_keep_their_distance(house: House) -> None:
    (maria,) = house.welcome_all("maria@example.org")
    slot = next_due(maria)
    house.sleep(slot + 5 * DAY)
    assert house.tick()["sent"] == 0
    house.days(15 * WEEK)
    assert maria.lessons()[1]["due_at"] == slot + 6 * DAY
    the_whole_course_came_without_a_burst(maria)
    house.audit()


@pytest.mark.parametrize("word", ["release", "skip"])
def test_ten_days_late_waits_for_the_owners_word(house: House, word: str) -> None:
    maria, paula = house.welcome_all("maria@example.org", "paula@example.org")
    house.sleep(next_due(maria) + 10 * DAY)
    assert house.tick() == {"planned": 0, "sent": 0, "deferred": 0, "failed": 0, "held": 2}
    assert {one["subscriber"] for one in house.ask("hold", "list")} == {maria.email, paula.email}
    house.days(2 * WEEK)
    assert len(maria.had()) == 1

    house.command("hold", word)
    assert house.ask("hold", "list") == []
    house.days(14 * WEEK)
    if word == "release":
        the_whole_course_came_without_a_burst(maria)
        the_whole_course_came_without_a_burst(paula)
    else:
        assert len(maria.had()) == len(paula.had()) == 1
    house.audit()


def test_a_reader_who_moves_gets_her_letters_at_her_new_hour(house: House) -> None:
    (maria,) = house.welcome_all("maria@example.org")
    house.walk(9 * DAY, step="2h")
    maria.prefer(action="rhythm", hour="19", weekday="", timezone="Asia/Kolkata")
    maria.zone = "Asia/Kolkata"
    house.walk(4 * WEEK + 6 * HOUR, step="2h")
    walls = [maria.on_her_wall(row["due_at"]) for row in maria.lessons()[3:]]
    assert [(wall.hour, wall.minute) for wall in walls] == [(19, 0)] * 4
    assert maria.had() == house.lesson_keys()[:7]
    assert min(maria.gaps()) >= 6 * DAY
    house.audit()


def test_a_new_weekday_brings_no_letter_too_soon(house: House) -> None:
    (maria,) = house.welcome_all("maria@example.org")
    house.walk(9 * DAY, step="2h")
    sunday = "6"
    maria.prefer(action="rhythm", hour="9", weekday=sunday, timezone="Europe/Berlin")
    house.days(15 * WEEK)
    assert {maria.on_her_wall(row["due_at"]).weekday() for row in maria.lessons()[3:]} == {6}
    the_whole_course_came_without_a_burst(maria)


def test_an_hour_that_the_spring_change_skips_moves_forward(open_house) -> None:
    """Berlin has no half past two on 29 March 2026; her hour is 2, so that day's letter comes at three."""
    house: House = open_house(at=datetime.fromisoformat("2026-03-20T10:00+00:00"))
    (maria,) = house.welcome_all("maria@example.org")
    maria.prefer(action="rhythm", hour="2", weekday="6", timezone="Europe/Berlin")
    house.walk(4 * WEEK, step="2h")
    walls = [maria.on_her_wall(row["due_at"]) for row in maria.lessons()[1:]]
    assert [(wall.day, wall.hour) for wall in walls] == [(22, 2), (29, 3), (5, 2), (12, 2)]
    assert len(maria.had()) == 5


def test_an_owner_hears_of_an_outage_once_and_when_mail_flows_again(open_house) -> None:
    away: list[bool] = []
    house: House = open_house(script=lambda at: say("421 4.3.2 Closed") if away and at.stage == "GREETING" else None)
    house.command("admin", "create", "owner@example.org")
    (maria,) = house.welcome_all("maria@example.org")
    away.append(True)
    house.sleep(next_due(maria))
    for _ in range(3):
        said = house.begin("tick", "--now", house.now.isoformat(), "--json").wait()
        assert said.err.startswith("The relay is in trouble")
        house.machine_time_passes(HOUR)
    assert [mail for mail in house.post_office if "owner@example.org" in mail.to] == []

    away.clear()
    house.tick()
    house.tick()
    (told,) = [mail for mail in house.post_office if "owner@example.org" in mail.to]
    assert told.subject == "Mail goes out again"
    assert "It had not since" in told.text and "421 4.3.2 Closed" in told.text and "Nothing is lost" in told.text
    assert [row["state"] for row in maria.lessons()] == ["sent", "sent"]
