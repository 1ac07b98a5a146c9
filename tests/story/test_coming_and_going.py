"""At the door: reminded once, forgotten in time, coming back after leaving, changing one's mind."""

import pytest

from tests.scripted_smtp import say
from tests.story.house import DAY, HOUR, WEEK, House, Reader

pytestmark = pytest.mark.parametrize("furnished_url", ["postgresql"], indirect=True)


def test_who_does_not_confirm_is_reminded_once_and_then_forgotten(house: House) -> None:
    began = house.now
    maria = house.sign_up("maria@example.org")
    house.walk(3 * DAY, step="1h")
    house.days(10 * DAY)
    confirmation, reminder = maria.inbox
    assert 2 * DAY <= reminder.date - confirmation.date <= 2 * DAY + HOUR
    assert reminder.link("confirm") != confirmation.link("confirm")
    assert maria.portrait()["lists"][0]["state"] == "pending"

    house.walk(until=began + 14 * DAY + HOUR, step="1h")
    assert "Nobody with this address" in house.refused("subscriber", "show", maria.email).err
    assert house.ledger() == []
    house.days(WEEK)
    assert len(maria.inbox) == 2
    assert house.get(confirmation.link("confirm")).status == 404
    assert house.post(reminder.link("confirm")).status == 404


def test_the_reminders_button_confirms_too(house: House) -> None:
    maria = house.sign_up("maria@example.org")
    house.walk(3 * DAY, step="1h")
    assert len(maria.inbox) == 2
    maria.confirm()
    house.tick()
    assert maria.had() == house.lesson_keys()[:1]
    house.days(14 * DAY)
    assert [mail.subject for mail in maria.inbox].count(maria.inbox[1].subject) == 1
    house.audit()


def test_a_second_press_of_the_button_is_kind_and_changes_nothing(house: House) -> None:
    (maria,) = house.welcome_all("maria@example.org")
    before = maria.portrait()
    assert "You are in. Welcome." in maria.confirm().text
    house.tick()
    assert maria.portrait() == before
    assert len(maria.inbox) == 2


def test_a_confirmed_address_that_signs_up_again_gets_its_preferences_link(house: House) -> None:
    (maria,) = house.welcome_all("maria@example.org")
    stranger = house.post("/subscribe", email="stranger@example.org").text
    assert maria.ask_to_join().text == stranger, "the answer tells nobody who is on the list"
    house.tick()
    assert house.get(maria.inbox[-1].link("preferences")).status == 200
    assert not maria.inbox[-1].message["List-Id"]


def a_reader_who_left_after_three_letters(house: House) -> Reader:
    (maria,) = house.welcome_all("maria@example.org")
    house.walk(10 * DAY, step="2h")
    assert maria.had() == house.lesson_keys()[:3]
    maria.leave()
    house.walk(8 * DAY, step="6h")
    house.machine_time_passes(HOUR)
    return maria


def test_coming_back_asks_anew_and_goes_on_where_she_stopped(house: House) -> None:
    maria = a_reader_who_left_after_three_letters(house)
    old = next(mail for mail in maria.inbox if "/confirm/" in mail.text)
    maria.ask_to_join()
    house.tick()
    assert house.get(old.link("confirm")).status == 404, "consent is fresh: the old button has no power"
    assert "after 3 of 14 letters" in house.get(maria.inbox[-1].link("confirm")).text
    maria.confirm(course="on")
    house.days(14 * WEEK)

    assert maria.had() == house.lesson_keys()
    assert min(maria.gaps()) >= 6 * DAY
    events = [one["event"] for one in maria.portrait()["consents"]]
    assert events == ["requested", "confirmed", "left", "requested", "confirmed"]
    assert [(one["run"], one["state"]) for one in maria.portrait()["enrollments"]] == [(1, "finished")]
    house.audit()


def test_coming_back_may_begin_again(house: House) -> None:
    maria = a_reader_who_left_after_three_letters(house)
    maria.ask_to_join()
    house.tick()
    maria.confirm(course="again")
    house.tick()
    house.days(14 * WEEK)
    keys = house.lesson_keys()
    assert maria.had() == [*keys[:3], *keys]
    assert [(one["run"], one["state"]) for one in maria.portrait()["enrollments"]] == [(1, "left"), (2, "finished")]
    house.audit()


def test_leaving_can_be_undone_on_the_goodbye_page(house: House) -> None:
    (maria,) = house.welcome_all("maria@example.org")
    house.walk(3 * DAY, step="2h")
    maria.leave()
    link = maria.letters[-1].link("unsubscribe")
    house.walk(DAY, step="2h")
    assert "Undo: keep my letters coming" in house.get(link).text
    assert house.post(link, action="undo").status == 200
    house.days(2 * WEEK)
    assert maria.had() == house.lesson_keys()[:4]
    assert [gap.days for gap in maria.gaps()] == [7, 7], "as if she had never pressed it"
    house.audit()


def test_the_undo_ends_after_a_week(house: House) -> None:
    (maria,) = house.welcome_all("maria@example.org")
    maria.leave()
    link = maria.letters[-1].link("unsubscribe")
    house.sleep(8 * DAY)
    assert "Undo" not in house.get(link).text
    assert house.post(link, action="undo").status == 410
    assert maria.portrait()["lists"][0]["state"] == "unsubscribed"


def test_an_undo_loses_no_letter_that_was_waiting_when_she_left(open_house) -> None:
    waits: list[bool] = []
    house: House = open_house(script=lambda at: say("450 4.2.0 Later") if at.stage == "RCPT" and waits else None)
    (maria,) = house.welcome_all("maria@example.org")
    waits.append(True)
    house.walk(3 * DAY, step="2h")
    assert [row["state"] for row in maria.lessons()] == ["sent", "deferred"]
    maria.leave()
    waits.clear()
    assert house.post(maria.letters[-1].link("unsubscribe"), action="undo").status == 200
    house.machine_time_passes(HOUR)
    house.days(3 * WEEK)
    assert maria.had() == house.lesson_keys()[:4]
    assert min(maria.gaps()) >= 6 * DAY
