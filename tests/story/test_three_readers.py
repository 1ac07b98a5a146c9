"""Three readers: one leaves, one is quiet for a while, one stays to the end."""

import pytest

from tests.story.house import DAY, WEEK, House

pytestmark = pytest.mark.parametrize("furnished_url", ["postgresql"], indirect=True)


def test_one_leaves_one_pauses_one_gets_all(house: House) -> None:
    keys = house.lesson_keys()
    leaver, sleeper, steady = house.welcome_all("lea@example.org", "paula@example.org", "stella@example.org")
    house.walk(2 * WEEK + 3 * DAY, step="2h")

    had_before = leaver.had()
    assert had_before == keys[:4] == sleeper.had() == steady.had()
    leaver.leave()
    sleeper.pause(4)
    quiet_from, quiet_until = house.now, house.now + 4 * WEEK
    house.days(18 * WEEK)

    assert leaver.had() == had_before
    assert leaver.portrait()["lists"][0]["state"] == "unsubscribed"
    assert steady.had() == keys
    assert sleeper.had() == keys
    assert not [mail for mail in sleeper.inbox if quiet_from <= mail.date < quiet_until]
    assert min(sleeper.gaps()) >= 6 * DAY
    assert {house_row["state"] for house_row in sleeper.lessons()} == {"sent"}
    house.audit()


def test_a_click_on_unsubscribe_holds_from_that_second_on(house: House) -> None:
    (maria,) = house.welcome_all("maria@example.org")
    first = maria.portrait()["enrollments"][0]["next_due_at"]
    house.sleep(until=house.now.fromisoformat(first) - DAY / 24)
    maria.leave()
    house.days(WEEK)
    assert len(maria.inbox) == 2, "the confirmation and the opening, nothing after the click"
    house.audit()


def test_a_second_click_on_unsubscribe_is_kind(house: House) -> None:
    (maria,) = house.welcome_all("maria@example.org")
    assert "We do not write to you any more." in maria.leave().text
    assert "We do not write to you any more." in maria.leave().text
    events = [one["event"] for one in maria.portrait()["consents"]]
    assert events == ["requested", "confirmed", "left"]


def test_looking_at_the_links_of_a_mail_changes_nothing(house: House) -> None:
    (maria,) = house.welcome_all("maria@example.org")
    before = (maria.portrait(), house.ledger())
    for mail in maria.inbox:
        for link in mail.links():
            for method in ("GET", "HEAD", "GET"):
                assert house.request(method, link).status == 200, link
    assert (maria.portrait(), house.ledger()) == before
