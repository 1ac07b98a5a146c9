"""The forms of /embed on a page of another origin, in Chromium: each brings the mail, and no site may do more."""

import html
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page

from newsletter.usecases import people
from tests.web.stage import MARIA, Stage, link, path_of

FOREIGN_POLICY = "default-src 'none'; form-action {base}; script-src {base}; connect-src {base}"


def snippet(stage: Stage, which: str, query: str = "") -> str:
    field = BeautifulSoup(stage.visitor().get(f"/embed{query}").text, "html.parser").find(id=which)
    assert field is not None
    return field.get_text()


@pytest.fixture
def on_another_site(live: Stage, serving: Callable[[], Any], browser: Browser) -> Iterator[Callable[..., Page]]:
    """Call it with a snippet for a page of a site with another host that has it, under a strict policy of its own."""
    contexts = []

    def visit(piece: str, **options: Any) -> Page:
        site = serving()
        policy = FOREIGN_POLICY.format(base=live.house.letterhead.base_url)

        def application(_environ: object, start_response: Any) -> list[bytes]:
            headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Security-Policy", policy)]
            start_response("200 OK", headers)
            return [f"<!doctype html><title>A site</title><main>{piece}</main>".encode()]

        site.application = application
        contexts.append(browser.new_context(timezone_id="Australia/Lord_Howe", **options))
        page = contexts[-1].new_page()
        page.goto(site.url.replace("127.0.0.1", "localhost"))
        return page

    yield visit
    for context in contexts:
        context.close()


def test_the_form_without_scripts_brings_the_mail(live: Stage, on_another_site: Callable[..., Page]) -> None:
    page = on_another_site(snippet(live, "plain"), java_script_enabled=False)
    page.fill("[name=email]", MARIA)
    page.fill("[name=name]", "Maria")
    page.click("button")

    assert page.url == live.house.letterhead.base_url + "/subscribe"
    assert "Look in your inbox" in page.inner_text("h1")
    (asking,) = live.tick()
    assert asking.to == (MARIA,) and link(asking, "confirm")
    assert "a form elsewhere" in str(live.content()["consent_payloads"])


def test_the_script_answers_in_place_and_brings_the_mail_and_the_zone(
    live: Stage, on_another_site: Callable[..., Page]
) -> None:
    page = on_another_site(snippet(live, "scripted"))
    there = page.url
    page.fill("[name=email]", MARIA)
    page.click("button")
    page.wait_for_selector("[role=status]:has-text('on its way')")

    assert page.url == there
    assert page.input_value("[name=email]") == ""
    assert [mail.to for mail in live.tick()] == [(MARIA,)]
    assert "Australia/Lord_Howe" in str(live.content()["subscribers"])


def test_the_script_says_a_mistake_in_place_and_keeps_what_was_typed(
    live: Stage, on_another_site: Callable[..., Page]
) -> None:
    page = on_another_site(snippet(live, "scripted"))
    page.fill("[name=email]", "maria@nowhere")
    page.click("button")
    page.wait_for_selector("[role=status]")

    assert page.input_value("[name=email]") == "maria@nowhere"
    assert "on its way" not in page.inner_text("[role=status]")
    assert page.is_enabled("button")
    assert live.tick() == []


@pytest.mark.parametrize("scripts", [True, False])
def test_where_the_script_cannot_run_or_ask_the_form_is_sent_as_a_form(
    live: Stage, on_another_site: Callable[..., Page], scripts: bool
) -> None:
    page = on_another_site(snippet(live, "scripted"), java_script_enabled=scripts)
    if scripts:
        page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError('blocked')) }")
    page.fill("[name=email]", MARIA)
    page.click("button")
    page.wait_for_url("**/subscribe")

    assert [mail.to for mail in live.tick()] == [(MARIA,)]


def test_the_plain_link_leads_to_the_form(live: Stage, on_another_site: Callable[..., Page]) -> None:
    page = on_another_site(snippet(live, "link"))
    page.click("a")
    page.fill("#email", MARIA)
    page.click("main button")

    assert [mail.to for mail in live.tick()] == [(MARIA,)]


def test_any_list_has_its_own_forms(live: Stage, on_another_site: Callable[..., Page]) -> None:
    people.make_list(live.house, "articles", 'New "articles" & more')
    page = on_another_site(snippet(live, "plain", "?list=articles"))
    page.fill("[name=email]", MARIA)
    page.click("button")

    assert [mail.to for mail in live.tick()] == [(MARIA,)]
    with live.house.store.reading() as tx:
        assert [one["list"] for one in people.portrait(live.house, MARIA).lists] == ["articles"], tx
    assert html.escape("New “articles”") not in snippet(live, "link", "?list=articles")


def test_a_program_that_fills_in_the_hidden_field_gets_the_same_answer_and_no_mail(stage: Stage) -> None:
    for headers in ({}, {"Accept": "application/json"}):
        real = stage.visitor().post("/subscribe", data={"email": MARIA}, headers=headers)
        trapped = stage.visitor().post("/subscribe", data={"email": "x@example.org", "website": "x"}, headers=headers)

        assert (real.status_code, real.data) == (trapped.status_code, trapped.data)
    assert [mail.to for mail in stage.tick()] == [(MARIA,)]


def test_a_script_hears_the_same_of_every_address(stage: Stage) -> None:
    stage.subscribed("known@example.org")
    stage.sign_up("pending@example.org")
    ask = {"headers": {"Accept": "application/json"}}
    answers = [
        stage.visitor().post("/subscribe", data={"email": f"{who}@example.org"}, **ask)  # type: ignore[arg-type]
        for who in ("known", "pending", "new")
    ]

    assert len({(answer.status_code, answer.data, str(sorted(answer.headers))) for answer in answers}) == 1
    assert answers[0].json == {"message": "An email is on its way to you. Press the button in it, and you are in."}


@pytest.mark.parametrize(
    ("form", "status"), [({"email": "x"}, 400), ({"email": MARIA, "list": "nowhere"}, 400), ({"email": MARIA}, 200)]
)
def test_a_script_gets_words_and_a_fitting_status(stage: Stage, form: dict[str, str], status: int) -> None:
    answer = stage.visitor().post("/subscribe", data=form, headers={"Accept": "application/json"})

    assert answer.status_code == status
    assert answer.json and answer.json["message"].endswith(".")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("origin", ["https://practice.example", "null"])
def test_a_form_may_come_from_any_site_whatever_the_browser_says_of_it(stage: Stage, origin: str) -> None:
    foreign = {"Origin": origin, "Sec-Fetch-Site": "cross-site", "Referer": "https://practice.example/letters"}
    opening = stage.subscribed("jo@example.org")
    assert stage.visitor().post("/subscribe", data={"email": MARIA}, headers=foreign).status_code == 200
    asking = stage.tick()[-1]

    for mail, room in ((asking, "confirm"), (opening, "unsubscribe")):
        assert stage.visitor().post(path_of(link(mail, room)), headers=foreign).status_code == 200
    assert {row["state"] for row in people.portrait(stage.house, MARIA).lists} == {"confirmed"}


def test_a_flood_is_told_to_a_script_too(stage: Stage) -> None:
    ask = {"headers": {"Accept": "application/json"}, "environ_base": {"REMOTE_ADDR": "198.51.100.7"}}
    for number in range(31):
        answer = stage.visitor().post("/subscribe", data={"email": f"r{number}@example.org"}, **ask)  # type: ignore[arg-type]

    assert answer.status_code == 429
    assert "wait an hour" in str(answer.json)
    assert answer.headers["Retry-After"] == "3600"


def test_no_other_door_may_be_read_or_loaded_from_another_site(stage: Stage) -> None:
    opening = stage.subscribed()
    paths = ["/", "/privacy", "/example", "/embed", "/inbox", "/inbox/newest", "/static/house.css", "/static/zone.js"]
    paths += [link(opening, "preferences").partition("8000")[2], "/admin/login"]
    for path in paths:
        answer = stage.visitor().get(path, headers={"Origin": "https://evil.example", "Accept": "application/json"})

        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin", path
        assert not [name for name in answer.headers.keys() if name.startswith("Access-Control")], path  # noqa: SIM118
        answer.close()


def test_the_one_script_for_other_sites_may_be_loaded_there_and_is_small(stage: Stage) -> None:
    with stage.visitor().get("/static/embed.js") as script:
        assert script.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert len(script.data) < 2_000
