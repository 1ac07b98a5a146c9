"""What readers do by HTTP after the owner has walked business time on: it counts from where the walk ended."""

import pytest

from tests.story.house import DAY, WEEK, House, Reader

pytestmark = pytest.mark.parametrize("furnished_url", ["sqlite"], indirect=True)

HERS = "/preferences/"


def on_the_same_web(house: House, reader: Reader, path: str, **form: str) -> None:
    """Send a form to the web process that runs since before the walk: nothing starts it anew with a later clock."""
    page = house.knock("POST", path, "&".join(f"{name}={value}" for name, value in form.items()))
    assert page.status in (200, 303), page


def preferences_of(reader: Reader) -> str:
    """Her preferences link."""
    return next(mail for mail in reversed(reader.inbox) if HERS in mail.text).link("preferences")


def test_leaving_pausing_and_coming_back_after_a_walk_count_from_its_end(house: House) -> None:
    keys = house.lesson_keys()
    leaver, sleeper, early = house.welcome_all("lea@example.org", "paula@example.org", "resi@example.org")
    on_the_same_web(house, early, preferences_of(early), action="pause", weeks="return")
    house.walk(3 * WEEK, step="2h")
    paused_at = house.now

    on_the_same_web(house, leaver, leaver.letters[-1].one_click, **{"List-Unsubscribe": "One-Click"})
    on_the_same_web(house, sleeper, preferences_of(sleeper), action="pause", weeks="4")
    on_the_same_web(house, early, preferences_of(early), action="resume")
    had_before = leaver.had()
    assert [len(one.had()) for one in (leaver, sleeper, early)] == [4, 4, 1]
    house.walk(WEEK, step="2h")
    house.days(19 * WEEK)

    assert house.ask("hold", "list") == []
    assert leaver.had() == had_before
    assert sleeper.had() == keys == early.had()
    assert not [mail for mail in sleeper.inbox if paused_at <= mail.date < paused_at + 4 * WEEK]
    for reader in (sleeper, early):
        assert min(reader.gaps()) >= 6 * DAY
    assert early.letters[1].date < paused_at + 9 * DAY, "back means back"
    house.audit()


def test_the_same_walk_twice_sends_nothing_and_no_tick_turns_time_back(house: House) -> None:
    (maria,) = house.welcome_all("maria@example.org")
    began = house.now
    house.walk(2 * WEEK, step="2h")
    had = maria.had()
    house.now = began
    again = house.walk(2 * WEEK, step="2h")
    assert (again["planned"], again["sent"]) == (0, 0) and maria.had() == had

    house.now = began  # NEWSLETTER_CLOCK says two weeks ago: every process goes by the walk all the same
    last_week = (began + WEEK).date()
    assert "begun already" in house.refused("subscriber", "pause", maria.email, "--until", str(last_week)).err
    assert house.ask("tick", "--now", (began + DAY).isoformat())["sent"] == 0
