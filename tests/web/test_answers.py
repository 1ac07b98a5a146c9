"""The page behind a letter's question: looking changes nothing, two buttons say yes or no, and all of it without scripts."""

from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page, expect

from newsletter.store import answers
from newsletter.usecases import people
from tests.web.scenes import ask_in_the_welcome
from tests.web.stage import MARIA, Stage, link, path_of

QUESTION = "Would you like two letters about grief as well, Maria?"


def said(stage: Stage, email: str = MARIA) -> list[str]:
    with stage.house.store.reading() as tx:
        return [one.said for one in answers.of(tx, people.find(stage.house, tx, email).id)]


def asked(stage: Stage) -> str:
    """The path of the page for the welcome's question."""
    ask_in_the_welcome(stage)
    return path_of(link(stage.subscribed(name="Maria", timezone="Europe/Berlin"), "answer"))


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    """A browser without scripts."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
    yield context.new_page()
    context.close()


def test_two_buttons_without_scripts_and_an_answer_can_be_changed_and_taken_back(live: Stage, plain: Page) -> None:
    plain.goto(live.house.letterhead.base_url + asked(live))
    expect(plain.locator("h1")).to_have_text(QUESTION)
    expect(plain.get_by_role("button")).to_have_text(["Yes", "No"])
    address = plain.url
    plain.get_by_role("button", name="Yes", exact=True).click()
    expect(plain.get_by_role("status")).to_contain_text("You said yes")
    assert said(live) == ["yes"] and plain.url == address, "no address tells what was said"
    plain.get_by_role("button", name="No, after all").click()
    expect(plain.get_by_role("status")).to_contain_text("You said no")
    assert said(live) == ["no"]
    plain.goto(address)
    expect(plain.get_by_role("status")).to_contain_text("You said no")
    plain.get_by_role("button", name="Take my answer back").click()
    expect(plain.get_by_role("status")).to_contain_text("Taken back")
    assert said(live) == []


def test_looking_changes_nothing_however_it_is_asked(stage_on_both: Stage) -> None:
    stage = stage_on_both
    path = asked(stage)
    before = stage.content()
    for way in ("get", "head", "options"):
        for more in ("", "?said=yes", "?said=back"):
            assert getattr(stage.visitor(), way)(path + more).status_code == 200
    assert stage.visitor().put(path, data={"said": "yes"}).status_code == 405

    assert stage.content() == before


@pytest.mark.parametrize("form", [{}, {"said": ""}, {"said": "perhaps"}, {"said": "YES"}])
def test_what_no_button_says_is_answered_in_words_and_not_kept(stage: Stage, form: dict[str, str]) -> None:
    refused = stage.visitor().post(asked(stage), data=form)

    assert refused.status_code == 400 and "press one of the buttons" in refused.text
    assert said(stage) == []


def test_the_page_says_what_is_kept_and_is_not_the_page_for_herself(stage: Stage) -> None:
    ask_in_the_welcome(stage)
    letter = stage.subscribed(name="Maria")
    page = " ".join(
        BeautifulSoup(stage.visitor().get(path_of(link(letter, "answer"))).text, "html.parser").text.split()
    )
    alone = stage.visitor().get(path_of(link(letter, "reflect"))).text

    for words in (
        "beside your address",
        "decides which letters you get",
        "can see it",
        "take it back",
        "is another one",
    ):
        assert words in page, words
    assert "two letters about grief" not in alone
    assert link(letter, "answer").rpartition("/")[2] != link(letter, "reflect").rpartition("/")[2]


def test_beside_a_discreet_letter_the_question_stands_behind_its_link_alone(stage: Stage) -> None:
    ask_in_the_welcome(stage)
    opening = stage.subscribed(name="Maria")
    preferences = path_of(link(opening, "preferences"))
    stage.visitor().post(preferences, data={"action": "discreet", "wish": "on"})
    shown = BeautifulSoup(stage.visitor().get(preferences).text, "html.parser")
    stage.visitor().post(preferences, data={"action": "again", "letter": shown.select_one("#letter option")["value"]})
    (mail,) = stage.tick()
    assert "grief" not in mail.text + mail.html + mail.subject and "/answer" not in mail.text + mail.html
    read = path_of(link(mail, "read"))
    assert f"{read}/answer" in stage.visitor().get(read).text
    assert "You said <strong>yes</strong>" in stage.visitor().post(f"{read}/answer", data={"said": "yes"}).text
    preferred = stage.visitor().get(preferences).text
    assert "one question" in preferred and "grief" not in preferred
    stage.clock.move(days=14)
    assert stage.visitor().get(f"{read}/answer").status_code == 404
    assert stage.visitor().post(f"{read}/answer", data={"said": "no"}).status_code == 404
    assert said(stage) == ["yes"]
    done = stage.visitor().post(preferences, data={"action": "answers back"}, follow_redirects=True)

    assert "no answer of yours any more" in done.text and said(stage) == []


def test_who_left_can_still_take_her_answers_back(stage: Stage) -> None:
    ask_in_the_welcome(stage)
    opening = stage.subscribed(name="Maria")
    stage.visitor().post(path_of(link(opening, "answer")), data={"said": "no"})
    stage.visitor().post(path_of(link(opening, "unsubscribe")))
    preferences = path_of(link(opening, "preferences"))
    assert "Take my answer back" in stage.visitor().get(preferences).text
    stage.visitor().post(preferences, data={"action": "answers back"})

    assert said(stage) == []


def test_the_owner_sees_the_answer_on_the_readers_page_and_the_question_in_the_editor(stage: Stage) -> None:
    stage.visitor().post(asked(stage), data={"said": "yes"})
    owner = stage.signed_in()
    with stage.house.store.reading() as tx:
        public_id = people.find(stage.house, tx, MARIA).public_id
    assert QUESTION in owner.get(f"/admin/subscribers/{public_id}").text
    with stage.house.store.reading() as tx:
        from newsletter.usecases import lessons

        welcome = lessons.read(tx, "belonging").lessons[0].text.key
    editor = BeautifulSoup(owner.get(f"/admin/courses/belonging/lessons/{welcome}").text, "html.parser")
    assert editor.select_one("#ask")["value"].startswith("Would you like two letters")
    assert "no letter depends on it" not in owner.get("/admin/courses/belonging").text


def test_the_letter_in_the_browser_which_people_pass_on_has_no_way_to_answer_for_her(stage: Stage) -> None:
    ask_in_the_welcome(stage)
    mail = stage.subscribed(name="Maria", timezone="Europe/Berlin")
    token = path_of(link(mail, "answer")).rpartition("/")[2]
    page = stage.visitor().get(path_of(link(mail, "letters"))).text

    assert "the link is in your mail" in page
    assert token not in page and "/answer/" not in page
