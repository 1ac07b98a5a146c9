"""The preferences page as readers meet it: every wish a form of its own, without scripts, and kind about mistakes."""

from collections.abc import Iterator
from typing import Any

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page
from werkzeug.test import TestResponse

from newsletter.usecases import asking_again
from tests.web.stage import Stage, link, path_of, token

TITLE = "Room at the Table"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A phone without scripts."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    yield context.new_page()
    context.close()


def wish(stage: Stage, mine: str, action: str, **form: str) -> TestResponse:
    return stage.visitor().post(f"/preferences/{mine}", data={"action": action, **form})


def look(stage: Stage, mine: str) -> BeautifulSoup:
    return BeautifulSoup(stage.visitor().get(f"/preferences/{mine}").text, "html.parser")


def hers(stage: Stage, zone: str = "Europe/Berlin") -> str:
    """The token of somebody who has just had her welcome."""
    return token(stage.subscribed(name="Maria", timezone=zone), "preferences")


def letters(stage: Stage, mine: str) -> list[str]:
    with stage.house.store.reading() as tx:
        return [one.public_id for one in asking_again.had(stage.house, tx, mine)]


def person(stage: Stage) -> dict[str, Any]:
    from newsletter.store.tables import subscribers

    (row,) = stage.content()["subscribers"]
    return dict(zip([column.name for column in subscribers.columns], row, strict=True))


def test_a_reader_goes_slower_skips_rests_and_returns_without_scripts(live: Stage, page: Page) -> None:
    opening = live.subscribed(name="Maria", timezone="Europe/Berlin")
    page.goto(link(opening, "preferences"))
    assert "Thursday, 26 November 2026" in page.inner_text(".date")
    page.select_option("#pace", "2")
    page.click("text=Save pace, day, hour and zone")
    assert "Saved" in page.inner_text("[role=status]")
    assert (person(live)["pace_weeks"], page.input_value("#pace")) == (2, "2")

    assert "10 December 2026" in page.inner_text("form:has-text('Skip this one') .help")
    page.click("text=Skip this one")
    assert "comes now" in page.inner_text("[role=status]")
    assert "Thursday, 10 December 2026" in page.inner_text(".date")

    page.fill("#until", "2026-12-20")
    page.click("text=Pause until that day")
    assert "resting until Sunday, 20 December 2026" in page.inner_text(".note")
    page.click("text=I am back")
    assert "Welcome back" in page.inner_text("[role=status]")

    page.click("text=Send it again")
    assert "on its way" in page.inner_text("[role=status]")
    assert [mail.subject for mail in live.tick()] == [opening.subject]

    page.click("text=This is too much right now")
    assert page.inner_text("h1") == "Your letters rest now"
    assert "findahelpline.com" in page.inner_text("main")
    page.click("text=your preferences")
    assert "resting until you return" in page.inner_text(".note")


@pytest.mark.parametrize(
    ("zone", "help_", "ways"),
    [
        ("America/Denver", "call or text 988", ["tel:988", "sms:988", "tel:911"]),
        ("Asia/Kolkata", "local emergency number", ["https://findahelpline.com/"]),
    ],
)
def test_too_much_shows_where_help_is_in_her_part_of_the_world(
    stage: Stage, zone: str, help_: str, ways: list[str]
) -> None:
    answer = wish(stage, hers(stage, zone), "too much")
    page = BeautifulSoup(answer.text, "html.parser")

    assert answer.status_code == 200 and "Location" not in answer.headers
    assert help_ in page.get_text()
    assert [str(one["href"]) for one in page.select(".ways a")] == ways


def test_an_owners_own_care_line_stands_in_place_of_ours(new_stage: Any) -> None:
    stage = new_stage(care_line="Call Anna at 116 123, at any hour.")
    page = wish(stage, hers(stage), "too much").text
    assert "Call Anna at 116 123, at any hour." in page
    assert "findahelpline" not in page


def test_too_much_leaves_the_same_rows_as_a_rest_until_she_returns(new_stage: Any) -> None:
    """Nobody who reads the database, a log or her history can tell that it was this button."""
    first, second = new_stage(), new_stage()
    wish(first, hers(first), "too much")
    wish(second, hers(second), "pause", weeks="return")

    def rests(stage: Stage) -> list[Any]:
        known = stage.content()
        enrollment = known["enrollments"][0]
        return [person(stage)["paused_until"], *enrollment[2:], stage.sizes()]

    assert rests(first) == rests(second)


def test_looking_changes_nothing(stage: Stage) -> None:
    mine = hers(stage)
    before = stage.content()
    for query in ("", "?saved=again", "?saved=<b>", "?action=too+much", "?action=skip&weeks=2"):
        answer = stage.visitor().get(f"/preferences/{mine}{query}")
        assert answer.status_code == 200 and "<b>" not in answer.text
    assert stage.content() == before


def test_a_mistake_is_told_beside_its_field_and_nothing_typed_is_lost(stage: Stage) -> None:
    mine = hers(stage)
    before = stage.content()
    answer = wish(stage, mine, "pause until", until="2020-01-01")
    page = BeautifulSoup(answer.text, "html.parser")
    field = page.select_one("#until")

    assert answer.status_code == 400 and field is not None
    assert field["value"] == "2020-01-01" and field["aria-invalid"] == "true"
    told = page.select_one(f"#{field['aria-describedby']}")
    assert told is not None and "begun already" in told.text
    assert len(page.select("[role=alert]")) == 1

    typed = {"hour": "25", "weekday": "3", "timezone": "Asia/Kolkata", "pace": "3"}
    page = BeautifulSoup(wish(stage, mine, "rhythm", **typed).text, "html.parser")
    chosen = {str(one["name"]): one.select_one("option[selected]") for one in page.select("form select")}
    assert {name: one["value"] for name, one in chosen.items() if one and name in typed and name != "hour"} == {
        "weekday": "3",
        "timezone": "Asia/Kolkata",
        "pace": "3",
    }
    assert stage.content() == before


@pytest.mark.parametrize(
    ("action", "form"),
    [
        ("skip", {}),
        ("skip", {"course": "\0", "slot": "\0"}),
        ("skip", {"course": "x" * 5000, "slot": "2026-11-26T08:00:00+00:00"}),
        ("again", {}),
        ("again", {"letter": "'; DROP TABLE deliveries; --"}),
        ("again", {"letter": "\0"}),
        ("pause until", {"until": "9999-12-31"}),
        ("pause until", {"until": "0001-01-01"}),
        ("pause until", {"until": "2026-11-25\0"}),
        ("pause until", {"until": "<script>"}),
        ("rhythm", {"hour": "9", "weekday": "", "timezone": "UTC", "pace": "0"}),
        ("rhythm", {"hour": "9", "weekday": "", "timezone": "UTC", "pace": "２"}),
        ("discreet", {"wish": "maybe"}),
        ("too_much", {}),
        ("", {}),
    ],
)
def test_what_no_form_of_ours_says_is_refused_in_words_and_changes_nothing(
    stage_on_both: Stage, action: str, form: dict[str, str]
) -> None:
    mine = hers(stage_on_both, "America/Denver")
    before = stage_on_both.content()
    answer = wish(stage_on_both, mine, action, **form)

    assert answer.status_code == 400
    assert BeautifulSoup(answer.text, "html.parser").select("[role=alert]")
    assert "<script>" not in answer.text
    assert stage_on_both.content() == before


def test_a_letter_asked_for_too_often_is_told_when_to_ask_again(stage: Stage) -> None:
    mine = hers(stage)
    (welcome,) = letters(stage, mine)
    for _ in range(asking_again.MOST_A_DAY):
        assert wish(stage, mine, "again", letter=welcome).status_code == 303
        assert len(stage.tick()) == 1
    answer = wish(stage, mine, "again", letter=welcome)
    assert answer.status_code == 400 and "Please try in 24 hours." in answer.text
    assert stage.tick() == []


def test_who_wants_discretion_sees_no_titles_on_her_page_either(stage: Stage) -> None:
    mine = hers(stage)
    assert TITLE in look(stage, mine).get_text() and "Welcome" in look(stage, mine).select("#letter")[0].get_text()
    assert wish(stage, mine, "discreet", wish="on").status_code == 303
    page = look(stage, mine).get_text()
    assert TITLE not in page and "Welcome" not in page
    assert "The letter of 24 November 2026" in page

    wish(stage, mine, "again", letter=letters(stage, mine)[0])
    (mail,) = stage.tick()
    assert mail.subject == "A letter for you" and dict(mail.headers)["From"].startswith("Letters <")
    opened = stage.visitor().get(path_of(link(mail, "read")))
    assert opened.status_code == 200 and "Welcome" in opened.text
    assert stage.visitor().get(path_of(link(mail, "read")) + "/reflect").status_code == 200
    stage.clock.move(days=14, minutes=1)
    for path in (path_of(link(mail, "read")), path_of(link(mail, "read")) + "/reflect"):
        closed = stage.visitor().get(path)
        assert closed.status_code == 404 and "can be sent once more from your preferences" in closed.text


def test_her_page_tells_what_a_note_did_not(stage: Stage) -> None:
    mine = hers(stage)
    wish(stage, mine, "discreet", wish="on")
    stage.clock.move(minutes=11)
    stage.sign_up()
    (note,) = stage.tick()
    address = link(note, "preferences")
    page = stage.visitor().get(address)

    assert note.subject == "A note for you" and dict(note.headers)["From"].startswith("Letters <")
    assert "This address was entered in our form again" not in note.text + note.html
    said = BeautifulSoup(page.text, "html.parser").select_one("[role=status]")
    assert said is not None and said.get_text().startswith("This address was entered in our form again")


def test_the_story_of_signing_up_tells_the_pace_of_somebody_who_came_back_slowly(stage: Stage) -> None:
    mine = hers(stage)
    wish(stage, mine, "rhythm", hour="9", weekday="", timezone="Europe/Berlin", pace="3")
    wish(stage, mine, "leave all")
    stage.clock.move(hours=1)
    stage.sign_up()
    asking = stage.tick()[-1]
    answer = stage.visitor().post(path_of(link(asking, "confirm")), data={"course": "again"})
    page = BeautifulSoup(answer.text, "html.parser")
    chosen = page.select_one("#pace option[selected]")

    assert chosen is not None and chosen["value"] == "3"
    welcome = " ".join(stage.tick()[-1].text.split())
    assert "after that one every three weeks" in welcome


def test_a_skip_is_taken_back_without_scripts(live: Stage, page: Page) -> None:
    opening = live.subscribed(name="Maria", timezone="Europe/Berlin")
    page.goto(link(opening, "preferences"))
    before = page.inner_text(".date")
    page.click("text=Skip this one")
    assert page.inner_text(".date") != before
    assert "You skip the letter of Thursday, 26 November 2026." in page.inner_text("main")
    page.click("text=Take it back")
    assert page.inner_text("[role=status]") == "The letter comes on its day after all."
    assert page.inner_text(".date") == before
    assert "You skip" not in page.inner_text("main")
