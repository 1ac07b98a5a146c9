"""What stays in the history of a browser that others may use: no title behind a token names a practice or a letter."""

from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from werkzeug.test import TestResponse

from newsletter.domain.tokens import Purpose, new_public_id
from tests.web.scenes import ask_in_the_welcome
from tests.web.stage import MARIA, Stage, path_of
from tests.web.stage import link as link_in

PRACTICE = "Berg Trauma Therapy"
TELLING = (PRACTICE.lower(), "anna", "belonging", "welcome", "article", "letters at the table")


@pytest.fixture
def stage(new_stage: Callable[..., Stage]) -> Stage:
    """A practice whose name tells what it is for, with a question in its welcome."""
    made = new_stage(practice_name=PRACTICE, sender="Anna Berg <anna@example.org>")
    ask_in_the_welcome(made)
    return made


def title(page: TestResponse) -> str:
    found = BeautifulSoup(page.text, "html.parser").title
    assert found is not None and found.get_text().strip()
    return found.get_text()


def assert_tells_nothing(page: TestResponse) -> None:
    assert not [words for words in TELLING if words in title(page).lower()], title(page)


def test_the_public_pages_say_whose_they_are(stage: Stage) -> None:
    assert PRACTICE in title(stage.visitor().get("/"))
    assert PRACTICE in title(stage.visitor().get("/privacy"))


def test_no_page_behind_a_token_of_hers_has_a_title_that_tells(stage: Stage) -> None:
    visitor = stage.visitor()
    open_welcome = stage.subscribed(name="Maria")
    mine = path_of(link_in(open_welcome, "preferences"))
    assert "Welcome" in title(visitor.get(path_of(link_in(open_welcome, "letters")))), "she has not asked for it yet"
    visitor.post(mine, data={"action": "discreet", "wish": "on"})
    stage.campaign("A new article on trauma")
    (hidden,) = stage.tick()
    read = path_of(link_in(hidden, "read"))
    old = {path_of(link_in(open_welcome, room)) for room in ("letters", "reflect", "answer", "unsubscribe")}
    pages = [visitor.get(path) for path in (mine, read, *old)]
    with_words = BeautifulSoup(visitor.get(mine).text, "html.parser")
    again = str(with_words.select("#letter option")[0]["value"])
    visitor.post(mine, data={"action": "again", "letter": again})
    (lesson,) = stage.tick()
    behind = path_of(link_in(lesson, "read"))
    pages += [visitor.get(f"{behind}{rest}") for rest in ("", "/reflect", "/answer")]
    pages += [visitor.post(f"{behind}/answer", data={"said": "yes"})]
    pages += [visitor.post(mine, data=form) for form in ({"action": "too much"}, {"action": "pause", "weeks": "9"})]
    leave = path_of(link_in(open_welcome, "unsubscribe"))
    pages += [visitor.post(leave), visitor.get(leave), visitor.post(leave, data={"action": "undo"})]

    for page in pages:
        assert page.status_code in (200, 400)
        assert_tells_nothing(page)
    assert title(visitor.get(read)) == title(visitor.get(behind)) == "A letter"
    assert "Welcome" in visitor.get(behind).text, "the page itself says everything"


def test_the_pages_on_which_she_confirms_do_not_tell_before_she_could_ask_for_it(stage: Stage) -> None:
    stage.sign_up()
    asking = path_of(link_in(stage.tick()[0], "confirm"))
    visitor = stage.visitor()

    for page in (visitor.get(asking), visitor.post(asking), visitor.get(asking)):
        assert page.status_code == 200
        assert_tells_nothing(page)


@pytest.mark.parametrize("purpose", [Purpose.DISCREET, Purpose.CONFIRM])
def test_an_expired_link_and_an_unknown_one_get_the_same_page_and_its_title_tells_nothing(
    stage: Stage, purpose: Purpose
) -> None:
    room = "read" if purpose is Purpose.DISCREET else "confirm"
    if purpose is Purpose.DISCREET:
        visitor, welcome = stage.visitor(), stage.subscribed()
        visitor.post(path_of(link_in(welcome, "preferences")), data={"action": "discreet", "wish": "on"})
        stage.campaign()
    else:
        stage.sign_up()
    expired = path_of(link_in([mail for mail in stage.tick() if mail.to == (MARIA,)][-1], room))
    assert stage.visitor().get(expired).status_code == 200
    stage.clock.move(days=15)
    unknown = stage.visitor().get(f"/{room}/{stage.house.keyring.token(purpose, new_public_id())}")
    answer = stage.visitor().get(expired)

    assert (answer.status_code, answer.data) == (unknown.status_code, unknown.data) == (404, unknown.data)
    assert_tells_nothing(answer)


@pytest.mark.parametrize(
    "path", ["read/x", "read/x/answer", "letters/x", "preferences/x", "unsubscribe/x", "read/x/y/z"]
)
def test_no_refusal_has_a_title_that_tells(stage: Stage, path: str) -> None:
    refused = stage.visitor().get(f"/{path}")
    assert refused.status_code == 404
    assert_tells_nothing(refused)
