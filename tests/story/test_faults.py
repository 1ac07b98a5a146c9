"""What a crash, a second scheduler or a click at the wrong moment may not do: lose a letter, or double one."""

import threading
import time
from datetime import datetime
from http.client import HTTPException

import pytest

from tests.scripted_smtp import Act, Moment
from tests.story.house import DAY, HOUR, MINUTE, House, Reader, eventually

CROWD = [f"reader{number}@example.org" for number in range(25)]


def a_crowd_with_a_letter_due(house: House) -> list[Reader]:
    readers = house.welcome_all(*CROWD)
    house.sleep(datetime.fromisoformat(readers[0].portrait()["enrollments"][0]["next_due_at"]))
    return readers


def each_has_had(house: House, letters: int) -> None:
    rows = [row for row in house.ledger() if row["kind"] == "lesson"]
    assert sorted((row["subscriber"], row["lesson"]) for row in rows) == sorted(
        (email, key) for email in CROWD for key in house.lesson_keys()[:letters]
    )
    assert {row["state"] for row in rows} == {"sent"}


def test_four_schedulers_at_the_same_moment_plan_and_send_each_letter_once(house: House) -> None:
    a_crowd_with_a_letter_due(house)
    ticks = [house.begin("tick", "--now", house.now.isoformat(), "--json") for _ in range(4)]
    assert [tick.wait().status for tick in ticks] == [0, 0, 0, 0]
    each_has_had(house, 2)
    house.audit()


def test_a_campaign_that_four_schedulers_start_goes_out_once(house: House) -> None:
    house.welcome_all(*CROWD)
    campaign = house.write_campaign("An open garden", "The garden is open.\n")
    house.command("campaign", "queue", campaign)
    house.now += MINUTE
    ticks = [house.begin("tick", "--now", house.now.isoformat(), "--json") for _ in range(4)]
    assert [tick.wait().status for tick in ticks] == [0, 0, 0, 0]
    house.tick()
    assert (house.campaign(campaign)["recipients"], house.campaign(campaign)["sent"]) == (len(CROWD), len(CROWD))
    house.audit()


@pytest.mark.timeout(300)
def test_a_scheduler_killed_around_its_commit_loses_and_doubles_nothing(open_house) -> None:
    """F3 and F1: kill -9 at twelve moments from start to end; in flight are at most the two connections."""
    connections, kills = 2, 0
    house: House = open_house(SMTP_CONNECTIONS=str(connections))
    a_crowd_with_a_letter_due(house)
    for wait in range(12):
        tick = house.begin("tick", "--now", house.now.isoformat(), "--json")
        time.sleep(0.05 + wait * 0.03)  # not a wait for a condition: the moment of the blow
        kills += tick.is_running()
        tick.end(kill=True)
    house.machine_time_passes(2 * MINUTE)
    house.tick()
    house.machine_time_passes(HOUR)  # what two of the dead had in hand rests, and then goes alone
    house.tick()
    assert kills, "no blow came in time"
    each_has_had(house, 2)
    house.audit(doubles=kills * connections)


SHORT = """---
key: {key}
role: {role}
title: {key}
subject: {key}
preheader: ""
---
Some words.
"""


def a_crowd_with_a_farewell_due(house: House) -> None:
    """A course of a welcome and a farewell."""
    folder = house.folder / "short"
    folder.mkdir()
    for number, (key, role) in enumerate((("hello", "opening"), ("goodbye", "closing")), start=1):
        (folder / f"0{number}-{key}.md").write_text(SHORT.format(key=key, role=role))
    house.command("course", "load", folder)
    house.command("course", "publish", "short")
    readers = house.welcome_all(*CROWD)
    assert house.ask("event", "list") == []
    house.sleep(datetime.fromisoformat(readers[0].portrait()["enrollments"][0]["next_due_at"]))


@pytest.mark.timeout(300)
def test_a_sender_killed_around_the_farewell_tells_of_each_end_once(open_house) -> None:
    """Kill -9 at twelve moments from start to end; the numbers of the events have no gap, and no end is told twice."""
    house: House = open_house(SMTP_CONNECTIONS="2", COURSE="short")
    a_crowd_with_a_farewell_due(house)
    kills, told = 0, [0]
    for wait in range(12):
        tick = house.begin("tick", "--now", house.now.isoformat(), "--json")
        time.sleep(0.05 + wait * 0.03)  # not a wait for a condition: the moment of the blow
        kills += tick.is_running()
        tick.end(kill=True)
        told.append(len(house.ask("event", "list")))
    house.machine_time_passes(2 * MINUTE)
    house.tick()
    house.machine_time_passes(HOUR)  # what two of the dead had in hand rests, and then goes alone
    house.tick()
    events = house.ask("event", "list")

    assert kills, "no blow came in time"
    assert told == sorted(told)
    assert [one["number"] for one in events] == list(range(1, len(CROWD) + 1))
    assert len({one["subscriber"] for one in events}) == len(CROWD)
    assert {(one["kind"], one["course"], one["run"]) for one in events} == {("course.finished", "short", 1)}
    assert house.ask("event", "list", "--after", "20", "--limit", "3") == events[20:23]
    house.audit(doubles=kills * 2)


def test_a_tick_that_is_asked_to_end_hears_out_what_is_on_its_way(open_house) -> None:
    """F4, for whoever sends by cron: L = 0 and D = 0."""

    def slow(moment: Moment) -> Act | None:
        return Act(b"250 2.0.0 Taken\r\n", wait=0.1) if moment.stage == "DOT" else None

    house: House = open_house(script=slow, SMTP_CONNECTIONS="2")
    a_crowd_with_a_letter_due(house)
    before = len(house.smtp.accepted)
    tick = house.begin("tick", "--now", house.now.isoformat(), "--json")
    eventually(lambda: len(house.smtp.accepted) > before, "the first letter is taken")
    tick.end()
    assert len(house.smtp.accepted) < before + len(CROWD), "it went on to the end"
    house.tick()
    each_has_had(house, 2)
    house.audit()


def test_a_sender_killed_after_the_final_dot_repeats_under_the_same_message_id(open_house) -> None:
    """F9: the server has the letter, the sender dies before it hears so."""
    dots: list[str] = []
    silent = threading.Event()

    def script(moment: Moment) -> Act | None:
        if moment.stage == "DOT" and armed:
            dots.append(moment.message_id)
            return Act(b"250 2.0.0 Taken\r\n", wait=silent, take=True)
        return None

    armed: list[bool] = []
    house: House = open_house(script=script, SMTP_CONNECTIONS="1")
    (maria,) = house.welcome_all("maria@example.org")
    house.sleep(datetime.fromisoformat(maria.portrait()["enrollments"][0]["next_due_at"]))
    armed.append(True)
    tick = house.begin("tick", "--now", house.now.isoformat())
    eventually(lambda: dots, "the server has the final dot")
    tick.end(kill=True)
    armed.clear()
    silent.set()
    house.tick()
    house.tick()

    lesson = maria.lessons()[-1]
    assert lesson["state"] == "sent"
    assert [mail.message_id for mail in maria.letters][1:] == [dots[0]] * 2 == [lesson["message_id"]] * 2
    house.audit(doubles=1)


def test_whoever_leaves_between_claim_and_intent_gets_nothing(open_house) -> None:
    """F20: all are claimed together; the first is on the wire when others leave, one of them pauses."""
    on_the_wire, go_on, armed = threading.Event(), threading.Event(), threading.Event()

    def script(moment: Moment) -> Act | None:
        if moment.stage == "DOT" and armed.is_set():
            on_the_wire.set()
            return Act(b"250 2.0.0 Taken\r\n", wait=go_on)
        return None

    house: House = open_house(script=script, SMTP_CONNECTIONS="1")
    readers = a_crowd_with_a_letter_due(house)
    house.open_doors()
    armed.set()
    tick = house.begin("tick", "--now", house.now.isoformat(), "--json")
    eventually(on_the_wire.is_set, "the first letter is on the wire")
    first = readers[0]
    leaving, sleeper = readers[5:15], readers[20]
    for reader in leaving:
        reader.leave()
    sleeper.pause(2)
    first.leave()  # hers is under way, its intent recorded before: it may arrive
    time.sleep(1)  # none of theirs begins more than a second after they left; sooner one that was taken still may
    go_on.set()
    tick.wait()
    house.walk(10 * DAY, step="2h")

    for reader in leaving:
        assert len(reader.letters) == 1, "the opening alone"
        assert [row["state"] for row in reader.lessons()] == ["sent", "skipped"]
        assert reader.lessons()[-1]["reply"] == "left"
    assert len(sleeper.letters) == 1
    assert len(readers[1].letters) == 3
    house.audit()


def test_a_web_process_killed_under_sign_ups_loses_none_that_it_answered(open_house) -> None:
    """F2: every 200 has its rows, one confirmation each."""
    house: House = open_house(TRUSTED_PROXIES="1")
    house.open_doors()
    answered: list[str] = []

    def knock() -> None:
        for number in range(300):
            reader = Reader(house, f"guest{number}@example.org")
            try:
                page = reader.send_the_form()
            except (OSError, HTTPException):
                return
            assert page.status == 200
            answered.append(reader.email)

    guests = threading.Thread(target=knock)
    guests.start()
    eventually(lambda: len(answered) >= 40, "forty have signed up")
    house.kill_doors()
    guests.join()
    assert len(answered) < 300, "the blow came too late"
    house.tick()
    confirmed = [mail.to[0] for mail in house.post_office]
    assert set(answered) <= set(confirmed)
    assert len(confirmed) == len(set(confirmed))
