"""A session that ended while somebody was writing: what was typed is kept, and goes on after signing in."""

from typing import Any

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser
from werkzeug.datastructures import MultiDict

from newsletter.usecases import campaigns, lessons
from tests.web.stage import PASSWORD, Stage, Visitor, csrf

LESSON = "/admin/courses/belonging/lessons/what-belonging-is"
WORDS = "A line & <b>another</b>,\n\nwritten for\n  eleven hours.\n"
OURS = {"Sec-Fetch-Site": "same-origin"}


def fields(page: str) -> MultiDict[str, str]:
    """The fields of the page's only form, as a browser sends them."""
    (form,) = BeautifulSoup(page, "html.parser").select("main form")
    return MultiDict((str(one["name"]), str(one.get("value", ""))) for one in form.select("input[name]"))


def typed(client: Visitor) -> dict[str, str]:
    """The form of a lesson with new words in it."""
    form = BeautifulSoup(client.get(LESSON).text, "html.parser").select_one("form[data-editor]")
    assert form
    kept = {str(one["name"]): str(one.get("value", "")) for one in form.select("input[name][type=hidden], input#title")}
    return kept | {"subject": "Letter 3 of 12", "role": "weekly", "body": WORDS}


def body(stage: Stage) -> str:
    with stage.house.store.reading() as tx:
        course = lessons.read(tx, "belonging")
    found = course and course.find("what-belonging-is")
    assert found
    return found.text.body


def test_a_text_that_came_after_the_end_of_the_session_is_kept_when_its_writer_signs_in(stage: Stage) -> None:
    client = stage.signed_in("editor")
    form = typed(client)
    stage.clock.move(hours=13)
    asked = client.post(LESSON, data=form)
    again = fields(asked.text)

    assert asked.status_code == 401
    assert "Nothing that you typed is lost" in asked.text
    assert again["body"].replace("\r\n", "\n") == WORDS
    again["again-email"], again["again-password"] = "editor@example.org", PASSWORD
    done = client.post(LESSON, data=again)

    assert done.headers["Location"] == f"{LESSON}?done=saved"
    assert client.get(done.headers["Location"]).status_code == 200
    assert body(stage).strip() == WORDS.strip()


def test_a_wrong_password_loses_nothing_and_saves_nothing(stage: Stage) -> None:
    client = stage.signed_in("editor")
    form, before = typed(client), body(stage)
    stage.clock.move(hours=13)
    wrong = {"again-email": "editor@example.org", "again-password": "wrong"}
    asked = client.post(LESSON, data=form | wrong)

    assert asked.status_code == 401
    assert "The address or the password is not right." in asked.text
    assert fields(asked.text)["body"].replace("\r\n", "\n") == WORDS
    assert "wrong" not in fields(asked.text).getlist("again-password")
    assert body(stage) == before


def test_signing_in_with_a_form_is_throttled_like_every_sign_in(stage: Stage) -> None:
    client = stage.signed_in("editor")
    form = typed(client) | {"again-email": "editor@example.org", "again-password": "wrong"}
    stage.clock.move(hours=13)
    for _ in range(10):
        client.post(LESSON, data=form)
    refused = client.post(LESSON, data=form | {"again-password": PASSWORD})

    assert refused.status_code == 401
    assert "Too many tries" in refused.text


def test_whoever_signs_in_with_a_form_does_no_more_than_the_role_allows(stage: Stage) -> None:
    made = campaigns.create(stage.house, subject="Hello", body="A letter.")
    stage.admin("viewer@example.org", "viewer")
    client = stage.visitor()
    form = {"csrf_token": csrf(client.get("/admin/login"))}
    form |= {"again-email": "viewer@example.org", "again-password": PASSWORD}

    assert client.post(f"/admin/campaigns/{made}/queue", data=form).status_code == 403


def test_a_course_of_many_articles_survives_the_end_of_the_session(stage: Stage) -> None:
    client = stage.signed_in("editor")
    form: dict[str, Any] = {"csrf_token": csrf(client.get("/admin/courses/+")), "count": "2", "title": "Long"}
    form |= {"slug": "long", "title-0": "One", "subject-0": "One", "title-1": "Two", "subject-1": "Two"}
    form |= {"body-0": "word " * 80_000, "body-1": "word " * 20, "leave-0": "1"}
    stage.clock.move(hours=13)
    stage.tick()
    asked = client.post("/admin/courses/+/letters", data=form)
    again = fields(asked.text)

    assert asked.status_code == 401
    again["again-email"], again["again-password"] = "editor@example.org", PASSWORD
    done = client.post("/admin/courses/+/letters", data=again)
    assert done.headers["Location"] == "/admin/courses/long?done=made"


def test_a_form_without_its_token_comes_back_with_its_words_to_its_own_browser_alone(stage: Stage) -> None:
    client = stage.signed_in("editor")
    form = typed(client) | {"csrf_token": "of another day"}
    shown = client.post(LESSON, data=form, headers=OURS)
    foreign = client.post(LESSON, data=form, headers={"Sec-Fetch-Site": "cross-site"})

    assert (shown.status_code, foreign.status_code) == (400, 400)
    assert fields(shown.text)["body"].replace("\r\n", "\n") == WORDS
    assert "eleven hours" not in foreign.text
    done = client.post(LESSON, data=fields(shown.text))
    assert done.headers["Location"] == f"{LESSON}?done=saved"


def test_a_page_that_was_asked_for_comes_after_signing_in(stage: Stage) -> None:
    stage.admin()
    client = stage.visitor()
    client.get("/admin/subscribers/?state=pending")
    client.get("/admin/campaigns/preview", headers={"Sec-Fetch-Dest": "iframe"})
    form = {"email": "owner@example.org", "password": PASSWORD, "csrf_token": csrf(client.get("/admin/login"))}

    assert client.post("/admin/login", data=form).headers["Location"] == "/admin/subscribers/?state=pending"
    client.post("/admin/logout", data={"csrf_token": csrf(client.get("/admin/"))})
    form["csrf_token"] = csrf(client.get("/admin/login"))
    assert client.post("/admin/login", data=form).headers["Location"] == "/admin/"


@pytest.mark.timeout(120)
def test_ctrl_s_after_the_end_of_the_session_keeps_the_text(live: Stage, browser: Browser) -> None:
    live.admin("owner@example.org")
    base = live.house.letterhead.base_url
    context = browser.new_context(viewport={"width": 360, "height": 800})
    page = context.new_page()
    page.goto(base + LESSON)
    page.fill("#email", "owner@example.org")
    page.fill("#password", PASSWORD)
    page.click("main button")
    assert page.url == base + LESSON
    page.fill("#body", WORDS)
    live.clock.move(hours=13)
    page.keyboard.press("Control+s")
    page.wait_for_selector("text=Please sign in again")
    page.fill("#email", "owner@example.org")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{LESSON}?done=saved")

    assert page.input_value("#body").strip() == WORDS.strip()
    context.close()
