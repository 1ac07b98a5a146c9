"""Takes the pictures of README and docs/look.md: fills a house with six weeks of life and visits it in Chromium.

`make screenshots` renews them. The clock stands still and the people are invented, so a picture changes only when
what it shows does.
"""

import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, Page

from newsletter.app import build_house
from newsletter.cli.preparing import prepare
from newsletter.mail.inbox import CapturedMail
from newsletter.scheduling.clockwork import ClockTower
from newsletter.settings import Settings
from newsletter.usecases import campaigns
from tests.chromium import chromium
from tests.web.conftest import LateServer
from tests.web.stage import PASSWORD, HandClock, Stage, link, path_of

HERE = Path(__file__).parent
PICTURES = HERE.parents[1] / "docs" / "pictures"
LARGEST = 250_000
"""Bytes of one picture."""

PHONE, DESK = {"width": 360, "height": 740}, {"width": 1000, "height": 690}
BEGIN = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
NAMES = (
    "Dana",
    "Bela",
    "Kiran",
    "Lou",
    "Noor",
    "Ines",
    "Tomas",
    "Ada",
    "Jonas",
    "Mira",
    "Emil",
    "Sofia",
    "Marek",
    "Yuki",
)
WEEKS = 6
ARTICLE = """Dear {{ name }},

there is a new article: **Why we remember kitchens.** It is about the rooms in which we did not have to watch
ourselves, and why a table helps.

[Read it when the house is quiet](https://example.org/kitchens)
"""


def main() -> None:
    """Take every picture."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with _house() as stage, chromium() as browser:
        _live(stage)
        with _worker(stage):
            _public(stage, browser)
            _inbox(stage, browser)
            _studio(stage, browser)
            _parts(stage, browser)


@contextmanager
def _house() -> Iterator[Stage]:
    """A furnished house that a browser can visit."""
    folder = Path(tempfile.mkdtemp())
    server = LateServer()
    settings = Settings(
        _env_file=None,
        data_dir=folder,
        base_url=server.url,
        sender="Evening Letters <letters@example.org>",
        postal_address="1 Example Street\nExample Town",
        timezone="Europe/London",
    )
    first = build_house(settings, HandClock(BEGIN))
    first.store.upgrade()
    prepare(first)
    first.store.close()
    stage = Stage.open(settings)
    stage.clock.business = stage.clock.hands = BEGIN
    server.application = stage.web
    try:
        yield stage
    finally:
        server.stop()
        stage.close()
        shutil.rmtree(folder)


def _live(stage: Stage) -> None:
    """Six weeks: people join, letters go out each morning, one pauses, one leaves, an article is announced."""
    for day in range(WEEKS * 7):
        if day % 3 == 0:
            name = NAMES[day // 3]
            opening = stage.subscribed(f"{name.lower()}@example.org", name=name, timezone="Europe/London")
            if name == "Lou":
                stage.visitor().post(path_of(link(opening, "preferences")), data={"action": "pause", "weeks": "4"})
            if name == "Noor":
                stage.visitor().post(path_of(link(opening, "unsubscribe")))
        stage.tick()
        if day == 24:
            stage.campaign("Why we remember kitchens", ARTICLE)
        stage.clock.move(days=1)
    stage.clock.move(hours=1)
    stage.tick()


@contextmanager
def _worker(stage: Stage) -> Iterator[None]:
    """The worker at its work, as in a house that runs."""
    tower = ClockTower(stage.house)
    works = threading.Thread(target=tower.run)
    works.start()
    try:
        yield
    finally:
        tower.stop()
        works.join()


def _asking(stage: Stage, email: str) -> CapturedMail:
    """The mail that asks somebody to confirm, as soon as it has come."""
    for _ in range(300):
        for mail in stage.new_mails():
            if mail.to == (email,):
                return mail
        time.sleep(0.1)
    raise TimeoutError(f"no mail came to {email}")


def _public(stage: Stage, browser: Browser) -> None:
    base = stage.house.letterhead.base_url
    with _page(browser, DESK) as page:
        _take(page, base + "/", "sign-up")
        page.set_viewport_size(PHONE)
        _take(page, base + "/", "sign-up-phone")
        page.fill("#email", "maria@example.org")
        page.fill("#name", "Maria")
        page.click("main button")
        _take(page, link(_asking(stage, "maria@example.org"), "confirm"), "confirm-phone")
        page.click("button.large")
        _keep(page, "confirmed-phone")
        _take(page, base + "/example", "letter-phone")
    with _page(browser, PHONE, scheme="dark") as page:
        _take(page, base + "/example", "letter-phone-dark")


def _inbox(stage: Stage, browser: Browser) -> None:
    base = stage.house.letterhead.base_url
    with _page(browser, DESK) as page:
        page.goto(f"{base}/inbox?to=dana@example.org")
        page.click(".mails li:nth-child(5) a")
        page.wait_for_selector("article h1")
        page.wait_for_timeout(600)
        _keep(page, "inbox")
        page.click("text=Phone")
        page.click("text=Dark")
        page.wait_for_timeout(600)
        _keep(page, "inbox-phone-dark")


def _studio(stage: Stage, browser: Browser) -> None:
    base = stage.house.letterhead.base_url
    stage.admin("owner@example.org")
    draft = campaigns.create(stage.house, subject="A table for one", body=ARTICLE)
    with _page(browser, DESK) as page:
        page.goto(base + "/admin/login")
        page.fill("#email", "owner@example.org")
        page.fill("#password", PASSWORD)
        page.click("main button")
        page.wait_for_timeout(3000)  # a worker that has just come takes a moment to say so
        _take(page, base + "/admin/", "studio")
        _take(page, base + "/admin/subscribers/", "subscribers")
        _take(page, base + "/admin/courses/belonging/lessons/what-belonging-is", "lesson", rest=1500)
        _take(page, f"{base}/admin/campaigns/{draft}/queue", "campaign", rest=800)
        page.set_viewport_size(PHONE)
        _take(page, base + "/admin/", "studio-phone")


def _parts(stage: Stage, browser: Browser) -> None:
    for scheme in ("light", "dark"):
        for sheet in ("parts", "desk_parts"):
            with _page(browser, {"width": 800, "height": 400}, scheme=scheme) as page:
                page.goto(stage.house.letterhead.base_url + "/privacy")  # its policy lets our style sheets in
                page.set_content((HERE / f"{sheet}.html").read_text(encoding="utf-8"))
                page.wait_for_load_state("networkidle")
                _keep(page, f"{sheet.replace('_', '-')}-{scheme}", whole=True)


@contextmanager
def _page(browser: Browser, size: dict[str, int], *, scheme: str = "light") -> Iterator[Page]:
    context = browser.new_context(viewport=size, color_scheme=scheme, timezone_id="Europe/London")  # type: ignore[arg-type]
    try:
        yield context.new_page()
    finally:
        context.close()


def _take(page: Page, address: str, name: str, *, rest: int = 0) -> None:
    answer = page.goto(address)
    assert answer is not None and answer.ok, f"{name}: {answer and answer.status}"
    page.wait_for_timeout(rest)
    _keep(page, name)


def _keep(page: Page, name: str, *, whole: bool = False) -> None:
    picture = page.screenshot(path=PICTURES / f"{name}.png", full_page=whole, animations="disabled", caret="hide")
    assert len(picture) < LARGEST, f"{name} has {len(picture)} bytes"


if __name__ == "__main__":
    main()
