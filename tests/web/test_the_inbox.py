"""The development inbox: found by words, one person's letters in order, live, by keyboard, and every link works."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page

from newsletter.app import inbox_folder
from newsletter.mail import inbox
from newsletter.mail.inbox import Wanted
from tests.web.stage import MARIA, Stage, link


def subjects(stage: Stage, path: str) -> list[str]:
    page = BeautifulSoup(stage.visitor().get(path).text, "html.parser")
    return [tag.get_text() for tag in page.select(".mails .subject")]


def put(folder: Path, number: int, *, to: str = MARIA, subject: str = "") -> str:
    """Lay a mail into the inbox as the development server does."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"20261124T0900{number // 100:02}.{number % 100:02}0000Z-{number:08x}"
    head = f"Delivered-To: {to}\r\nSubject: {subject or f'Mail {number}'}\r\nDate: Tue, 24 Nov 2026 09:00:00 +0000\r\n"
    (folder / f"{name}.eml").write_bytes(f"{head}\r\nHello.\r\n".encode())
    return name


def test_an_empty_inbox_says_how_to_fill_it(stage: Stage) -> None:
    page = stage.visitor().get("/inbox").text

    assert "No mail yet." in page and 'href="/"' in page


def test_the_newest_mail_stands_on_top_and_older_ones_on_the_next_pages(stage: Stage) -> None:
    for number in range(120):
        put(inbox_folder(stage.settings), number)
    first = stage.visitor().get("/inbox")
    older = BeautifulSoup(first.text, "html.parser").find("a", string="Older mails")

    assert subjects(stage, "/inbox")[:2] == ["Mail 119", "Mail 118"]
    assert older is not None
    assert subjects(stage, str(older["href"])) == [f"Mail {number}" for number in range(69, 19, -1)]


def test_words_find_mails_by_address_and_subject(stage: Stage) -> None:
    folder = inbox_folder(stage.settings)
    put(folder, 1, subject="A new article")
    put(folder, 2, to="jo@example.org", subject="Welcome, Jo")
    put(folder, 3, subject="Welcome, Maria")

    assert subjects(stage, "/inbox?q=welcome") == ["Welcome, Maria", "Welcome, Jo"]
    assert subjects(stage, "/inbox?q=WELCOME+jo@") == ["Welcome, Jo"]
    assert "No mail fits “nobody”" in " ".join(
        BeautifulSoup(stage.visitor().get("/inbox?q=nobody").text, "html.parser").get_text(" ").split()
    )


def test_the_letters_of_one_person_stand_in_the_order_they_came(stage: Stage) -> None:
    folder = inbox_folder(stage.settings)
    for number in range(60):
        put(folder, number, to=MARIA if number % 2 else "jo@example.org")
    page = stage.visitor().get(f"/inbox?to={MARIA}")

    assert subjects(stage, f"/inbox?to={MARIA}") == [f"Mail {number}" for number in range(1, 60, 2)]
    assert f"Letters to {MARIA}" in page.text
    one = put(folder, 61)
    beside = BeautifulSoup(stage.visitor().get(f"/inbox/{one}?to={MARIA}").text, "html.parser")
    previous = beside.find("a", rel="prev")
    assert previous is not None and "to=maria" in str(previous["href"])
    assert beside.find("a", rel="next") is None


@pytest.mark.parametrize("id", ["../secret.keys", "20261124T090000.000000Z-zzzzzzzz", "x" * 300, "%2e%2e"])
def test_what_is_no_mail_is_not_found(stage: Stage, id: str) -> None:
    put(inbox_folder(stage.settings), 1)

    assert stage.visitor().get(f"/inbox/{id}").status_code == 404


def test_a_mail_of_any_shape_is_shown(stage: Stage) -> None:
    folder = inbox_folder(stage.settings)
    for number, source in enumerate([b"", b"\xff\xfe\x00", b"Subject: =?x?q?=\r\n\r\n", b"Date: never\r\n\r\nText"]):
        name = f"20261124T090000.00000{number}Z-{number:08x}"
        (folder / f"{name}.eml").write_bytes(source)
        for show in ("letter", "text", "headers", "source", "nonsense"):
            assert stage.visitor().get(f"/inbox/{name}?show={show}").status_code == 200
    assert stage.visitor().get("/inbox?q=x").status_code == 200


def test_a_list_reads_only_the_heads_of_mails_and_each_once(tmp_path: Path) -> None:
    ids = [put(tmp_path, number, subject="Söme" if number == 2 else "") for number in range(3)]
    found = inbox.older(tmp_path, Wanted(), 10)

    assert [one.id for one in found] == ids[::-1]
    assert [one.subject for one in found] == ["Söme", "Mail 1", "Mail 0"]
    assert found[0].received_at == datetime(2026, 11, 24, 9, 0, 0, 20_000, UTC)
    assert inbox.older(tmp_path, Wanted(), 10)[0] is found[0]
    assert [one.id for one in inbox.newer(tmp_path, Wanted(), 1, ids[0])] == [ids[1]]


def visit(stage: Stage, browser: Browser, path: str, **options: object) -> Page:
    page = browser.new_context(**options).new_page()  # type: ignore[arg-type]
    page.goto(stage.house.letterhead.base_url + path)
    return page


def test_new_mail_appears_by_itself_and_a_link_does_it_without_scripts(live: Stage, browser: Browser) -> None:
    watching = visit(live, browser, "/inbox")
    plain = visit(live, browser, "/inbox", java_script_enabled=False)
    live.sign_up()
    live.tick()

    watching.wait_for_selector(".mails .subject", timeout=10_000)
    assert "New mail" in watching.inner_text("[role=status]")
    assert plain.locator(".mails li").count() == 0
    plain.click("text=Reload")
    assert plain.locator(".mails li").count() == 1
    watching.context.close()
    plain.context.close()


def test_the_arrow_keys_go_from_mail_to_mail(live: Stage, browser: Browser) -> None:
    live.subscribed()
    page = visit(live, browser, "/inbox")
    page.click(".mails li:last-child a")
    page.wait_for_selector("article h1:has-text('confirm')")
    page.wait_for_load_state()  # the script is there, too
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector("article h1:has-text('Welcome')")
    page.wait_for_load_state()
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("article h1:has-text('confirm')")
    page.context.close()


@pytest.mark.parametrize("show", ["letter", "text", "source"])
def test_the_links_of_a_shown_mail_work(live: Stage, browser: Browser, show: str) -> None:
    live.sign_up()
    (asking,) = live.tick()
    page = visit(live, browser, f"/inbox/{asking.id}?show={show}")
    confirm = link(asking, "confirm")
    if show == "letter":
        page.frame_locator("iframe").locator(f"a[href='{confirm}']").first.click()
    elif show == "text":
        page.click(f"a[href='{confirm}']")
    else:
        page.click("text=Inbox")
        page.goto(confirm)
    page.wait_for_url(confirm)

    assert "One button" in page.inner_text("h1")
    page.context.close()


@pytest.mark.parametrize(("width", "inner"), [("phone", 360), ("desktop", 700)])
def test_a_letter_is_shown_as_wide_as_a_phone_or_a_desk(live: Stage, browser: Browser, width: str, inner: int) -> None:
    opening = live.subscribed()
    page = visit(live, browser, f"/inbox/{opening.id}?width={width}", viewport={"width": 1280, "height": 800})
    box = page.locator("iframe").bounding_box()

    assert box is not None
    assert box["width"] - 2 == inner if width == "phone" else box["width"] > inner
    page.context.close()
