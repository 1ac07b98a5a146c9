"""Every page for every eye and hand: axe finds nothing at two widths, light and dark, and no page can escape it.

On the way it is watched whether any page asks anything of another host, or has what its own policy refuses.

Whoever adds a page needs to do nothing here when a link leads to it: the visit follows the links of every page. A
page that no link leads to is missed by the URL map's test, a page that only an answer to a form shows by the test of
the templates; both want a scene (tests/web/scenes.py).
"""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urldefrag, urlsplit

import pytest
from flask import template_rendered
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Request
from werkzeug.exceptions import HTTPException

import newsletter.web
from tests.web import scenes
from tests.web.eyes import look
from tests.web.stage import Stage

NO_PAGES = {
    *("static", "accent.sheet", "public.icon", "health.alive", "health.ready"),
    *("inbox.html", "inbox.newest", "inbox.source", "subscribers.export"),
    *("campaigns.letter", "campaigns.fragment", "held.fragment", "campaigns.empty", "campaigns.source", "courses.look"),
}
"""What answers a GET with something that no one looks at: a file, a frame's inside, a word for a machine."""

BARE = {"letters.read", "letters.read_discreetly", "public.example"}
"""Letters in the browser: their policy lets no script run, not even axe's, so their HTML is looked at by itself."""

REFUSAL = "Failed to load resource: the server responded with a status of 4"
"""What the console says of a page that is meant to be a refusal."""

FRAMES = {"frame.html", "desk.html", "inbox_frame.html"}
PAGES = Path(newsletter.web.__file__).parent / "pages"


class Looking:
    """One visit to the whole house: what axe finds, which doors it came through and which templates it saw."""

    def __init__(self, stage: Stage, context: BrowserContext) -> None:
        self.base = stage.house.letterhead.base_url
        self.map = stage.web.url_map.bind("")
        self.bare = context.new_page()
        self.page = context.new_page()  # in front: Chromium slows down whoever clicks behind another page
        self.found: list[str] = []
        self.seen: set[tuple[Any, ...]] = set()
        self.doors: set[str] = set()
        self.linked: list[str] = [f"{self.base}/admin/"]
        context.on("request", self._asked)
        context.on("console", self._said)

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((f"{self.base}/", "about:")):
            self.found.append(f"{self.page.url} asks for {request.url}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(REFUSAL):
            self.found.append(f"{self.page.url}: {message.text}")

    def at(self, name: str, address: str) -> None:
        """Go there and look; what is there to be saved is no page."""
        try:
            self.page.goto(address)
        except Error as error:
            if "Download is starting" not in error.message:
                raise
        else:
            self.here(name)
        self.seen.add(self._kind(address))

    def here(self, name: str) -> None:
        """Look at what the page shows now, in the light and in the dark, and remember where it leads."""
        door = self.door(self.page.url)
        self.seen.add(self._kind(self.page.url))
        self.doors.add(door)
        looked_at = self.page
        if door in BARE:
            looked_at = self.bare
            looked_at.set_content(self.page.request.get(self.page.url).text())
        self.found += look(looked_at, name)
        self.linked += self.page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")

    def follow_links(self) -> None:
        """Go on from every page to every kind of page of the studio that it links to, once."""
        while self.linked:
            address = urldefrag(self.linked.pop())[0]
            known = self._kind(address) in self.seen or self.door(address) in NO_PAGES | {""}
            if address.startswith(f"{self.base}/admin/") and not known:
                self.at(urlsplit(address).path, address)

    def door(self, address: str) -> str:
        """The endpoint behind an address; empty when there is none."""
        try:
            return str(self.map.match(urlsplit(address).path)[0])
        except HTTPException:
            return ""

    def _kind(self, address: str) -> tuple[Any, ...]:
        """Pages with the same door and the same questions in their address look alike."""
        return self.door(address), *sorted(name for name, _ in parse_qsl(urlsplit(address).query))


@pytest.mark.long
@pytest.mark.timeout(300)
def test_every_page_is_for_everybody(live: Stage, browser: Browser) -> None:
    drawn: set[str] = set()
    context = browser.new_context()
    context.set_default_timeout(15_000)
    looking = Looking(live, context)

    def note(_web: Any, template: Any, **_shown: Any) -> None:
        drawn.add(template.name)

    with template_rendered.connected_to(note, live.web):
        looking.at("inbox, empty", looking.base + "/inbox")
        for name, address in scenes.by_address(live).items():
            looking.at(name, address)
        for story in (scenes.of_readers, scenes.of_the_studio):
            for name in story(live, looking.page):
                looking.here(name)
        looking.follow_links()
    context.close()

    pages = {rule.endpoint for rule in live.web.url_map.iter_rules() if "GET" in (rule.methods or ())} - NO_PAGES
    templates = {str(path.relative_to(PAGES)) for path in PAGES.rglob("*.html") if "{% extends" in path.read_text()}
    assert looking.found == []
    assert pages - looking.doors == set(), "no link leads here: give it a scene"
    assert templates - FRAMES - drawn == set(), "no scene shows it"


def test_what_some_cannot_see_or_reach_is_found(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content("<html><body><img src='about:blank'><p style='width: 800px'>Wide</p></body></html>")
    found = list(look(page, "a careless page"))
    page.close()

    assert any("image-alt" in one for one in found)
    assert any("px too wide at 360" in one for one in found)
    assert not any("px too wide at 1280" in one for one in found)
