"""Several campaigns that come in one mail, while senders race for its parts and die: one mail each, each part once."""

import time
from collections import Counter
from datetime import timedelta

import pytest

from tests.story.house import DAY, HOUR, MINUTE, House

READERS = [f"reader{number}@example.org" for number in range(12)]
SUBJECTS = ("The garden", "Four evenings", "A supper")
ONE_MAIL = "Three letters that waited for you"
SHORT = """---
key: {key}
role: {role}
title: {key}
subject: {key}
preheader: ""
---
Some words.
"""


@pytest.fixture
def waiting(open_house) -> tuple[House, list[str]]:
    """Three campaigns wait for twelve readers whose course is over; all of it is due at this moment."""
    house: House = open_house(SMTP_CONNECTIONS="2", COURSE="short")
    folder = house.folder / "short"
    folder.mkdir()
    for number, (key, role) in enumerate((("hello", "opening"), ("goodbye", "closing")), start=1):
        (folder / f"0{number}-{key}.md").write_text(SHORT.format(key=key, role=role))
    house.command("course", "load", folder)
    house.command("course", "publish", "short")
    house.command("list", "etiquette", "letters", "digest")
    house.welcome_all(*READERS)
    made = [house.write_campaign(subject, f"What {subject} says.\n") for subject in SUBJECTS]
    for each in made:
        house.command("campaign", "queue", each)
    house.tick()
    house.walk(2 * DAY - HOUR, step="1h")
    assert Counter(mail.subject for mail in house.post_office)["goodbye"] == len(READERS)
    assert [house.campaign(each)["waiting_for_courses"] for each in made] == [len(READERS)] * 3
    house.sleep(max(row["due_at"] for row in house.ledger("--campaign", made[0])))
    return house, made


def each_has_had_one(house: House, made: list[str], *, doubles: int) -> None:
    """One mail a reader, whatever was repeated under its name; its parts settled once, and each campaign adds up."""
    house.machine_time_passes(timedelta(minutes=2))
    house.walk(3 * DAY, step="1h")
    mails = {(mail.to, mail.message_id) for mail in house.post_office if mail.subject in (*SUBJECTS, ONE_MAIL)}
    assert Counter(to for (to,), _ in mails) == dict.fromkeys(READERS, 1)
    assert {mail.subject for mail in house.post_office} & {*SUBJECTS, ONE_MAIL} == {ONE_MAIL}
    rows = [row for row in house.ledger() if row["kind"] == "campaign"]
    assert Counter(row["state"] for row in rows) == {"sent": len(READERS), "skipped": 2 * len(READERS)}
    carriers = {row["subscriber"]: row["id"] for row in rows if row["state"] == "sent"}
    for row in rows:
        if row["state"] == "skipped":
            assert row["reply"] == f"in one mail: {carriers[row['subscriber']]}"
    for each in made:
        told = house.campaign(each)
        assert (told["state"], told["sent"], told["sent_in_one_mail"]) == ("sent", len(READERS), len(READERS))
    house.audit(doubles=doubles)


@pytest.mark.timeout(300)
def test_four_senders_that_race_for_the_parts_make_one_mail_of_them(waiting: tuple[House, list[str]]) -> None:
    house, made = waiting
    ticks = [house.begin("tick", "--now", house.now.isoformat(), "--json") for _ in range(4)]
    assert [tick.wait().status for tick in ticks] == [0, 0, 0, 0]
    each_has_had_one(house, made, doubles=0)


@pytest.mark.timeout(300)
def test_two_senders_that_are_killed_while_they_race_make_one_mail_of_them(waiting: tuple[House, list[str]]) -> None:
    """Kill -9 of both, ten times, from start to end; in flight are at most two connections of each."""
    house, made = waiting
    kills = 0
    for wait in range(10):
        ticks = [house.begin("tick", "--now", house.now.isoformat(), "--json") for _ in range(2)]
        time.sleep(0.05 + wait * 0.03)  # not a wait for a condition: the moment of the blow
        for tick in ticks:
            kills += tick.is_running()
            tick.end(kill=True)
        house.sleep(MINUTE)
    assert kills, "no blow came in time"
    each_has_had_one(house, made, doubles=kills * 2)
