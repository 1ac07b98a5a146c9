"""Every page for every eye and hand: axe finds nothing at two widths, light and dark, and no page can escape it.

Whoever adds a page needs to do nothing here when a link leads to it: the visit follows the links of every page. A
page that no link leads to is missed by the URL map's test, and wants a scene.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urldefrag, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Error, Page
from werkzeug.exceptions import HTTPException

from newsletter.usecases import admins, campaigns
from tests.web.stage import PASSWORD, Stage, link, path_of

NO_PAGES = {
    *(
        "static",
        "accent.sheet",
        "public.icon",
        "health.alive",
        "health.ready",
        "inbox.html",
        "inbox.newest",
        "inbox.source",
    ),
    *("campaigns.letter", "campaigns.fragment", "campaigns.empty", "campaigns.source"),
}
"""What answers a GET with something that no one looks at: a file, a frame's inside, a word for a machine."""

BARE = {"letters.read", "public.example"}
"""Letters in the browser: their policy lets no script run, not even axe's, so their HTML is looked at by itself."""


def scenes(stage: Stage) -> dict[str, str]:
    """Pages in the state in which they have most to show, by a name."""
    base = stage.house.letterhead.base_url
    opening = stage.subscribed(name="Maria", timezone="Europe/Berlin")
    stage.sign_up("jo@example.org", name="Jo")
    asking = stage.tick()[-1]
    gone = stage.subscribed("gone@example.org", timezone="America/Denver")
    stage.visitor().post(path_of(link(gone, "unsubscribe")))
    resting = stage.subscribed("resting@example.org")
    stage.visitor().post(path_of(link(resting, "preferences")), data={"action": "pause", "weeks": "2"})
    stage.clock.move(minutes=11)
    stage.sign_up("gone@example.org")
    back = stage.tick()[-1]
    mail = f"{base}/inbox/{opening.id}"
    return {
        "sign-up": base + "/",
        "example": base + "/example",
        "privacy": base + "/privacy",
        "forms elsewhere": base + "/embed",
        "confirm": link(asking, "confirm"),
        "confirm again": link(back, "confirm"),
        "leave": link(opening, "unsubscribe"),
        "preferences": link(opening, "preferences"),
        "preferences resting": link(resting, "preferences"),
        "letter": link(opening, "letters"),
        "expired": base + "/confirm/x",
        "not found": base + "/unsubscribe/x",
        "inbox": base + "/inbox",
        "inbox, nothing found": base + "/inbox?q=nothing",
        "inbox, one person": base + "/inbox?to=maria@example.org",
        "inbox mail": mail,
        "inbox phone, dark": mail + "?width=phone&look=dark",
        "inbox text": mail + "?show=text",
        "inbox headers": mail + "?show=headers",
        "inbox source": mail + "?show=source",
        "sign-in": base + "/admin/login",
        "set-up": admins.invite(stage.house, "new@example.org"),
    }


def forms(stage: Stage, page: Page) -> Iterator[str]:
    """Pages that only a pressed button shows; the page stands on each while its name is out."""
    base = stage.house.letterhead.base_url
    page.goto(base + "/")
    page.fill("#email", "wrong")
    page.click("main button")
    yield "sign-up refused"
    page.fill("#email", "lee@example.org")
    page.click("main button")
    yield "look in your inbox"
    page.goto(link(next(mail for mail in stage.tick() if mail.to == ("lee@example.org",)), "confirm"))
    page.click("button.large")
    yield "confirmed"
    page.goto(link(next(mail for mail in stage.tick() if mail.to == ("lee@example.org",)), "unsubscribe"))
    page.click("button.large")
    yield "goodbye"
    page.click("text=Undo")
    yield "back"
    stage.admin("owner@example.org")
    page.goto(base + "/admin/login")
    page.fill("#email", "owner@example.org")
    page.fill("#password", "wrong")
    page.click("main button")
    yield "sign-in refused"
    page.fill("#password", PASSWORD)
    page.click("main button")
    stage.campaign("An article about belonging, with a long subject line")
    stage.tick()
    later = stage.campaign("Another article")
    campaigns.create(stage.house, subject="A draft", body="Dear {{ name }},\n\nnot yet.")
    page.goto(f"{base}/admin/campaigns/{later}/cancel")
    yield "campaign to cancel"
    page.goto(f"{base}/admin/campaigns/{later}")
    yield "campaign for later"
    page.goto(f"{base}/admin/settings/")
    page.fill("#accent", "#ff8800")
    page.click("text=Save the settings")
    yield "settings refused"
    page.goto(f"{base}/admin/settings/people")
    page.fill("#email", "bo@example.org")
    page.click("text=Make the one-time link")
    yield "somebody invited"


class Looking:
    """One visit to the whole house: what axe finds, and which doors it came through."""

    def __init__(self, stage: Stage, context: BrowserContext) -> None:
        self.base = stage.house.letterhead.base_url
        self.map = stage.web.url_map.bind("")
        self.page, self.bare, self.axe = context.new_page(), context.new_page(), Axe()
        self.found: list[str] = []
        self.seen: set[tuple[Any, ...]] = set()
        self.doors: set[str] = set()

    def at(self, name: str, address: str) -> None:
        """Go there and look; what is there to be saved is no page."""
        try:
            self.page.goto(address)
        except Error as error:
            if "Download is starting" not in error.message:
                raise
            self.doors.add(self.door(address))
            self.seen.add(self._kind(address))
        else:
            self.here(name)

    def here(self, name: str) -> None:
        """Look at what the page shows now."""
        door = self.door(self.page.url)
        self.seen.add(self._kind(self.page.url))
        self.doors.add(door)
        looked_at = self.page
        if door in BARE:
            looked_at = self.bare
            looked_at.set_content(self.page.request.get(self.page.url).text())
        result = self.axe.run(looked_at)
        for one in result.response["violations"]:
            self.found.append(f"{name}: {one['id']} {[node['target'] for node in one['nodes']]}")
        overflow = looked_at.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if overflow > 0:
            self.found.append(f"{name}: {overflow} px too wide")

    def follow_links(self) -> None:
        """Go on from every page of the studio to every kind of page that it links to, once."""
        waiting = [f"{self.base}/admin/"]
        while waiting:
            address = waiting.pop()
            if self._kind(address) in self.seen or self.door(address) in NO_PAGES | {""}:
                continue
            self.at(urlsplit(address).path, address)
            linked = self.page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
            waiting += [urldefrag(one)[0] for one in linked if one.startswith(f"{self.base}/admin/")]

    def door(self, address: str) -> str:
        """The endpoint behind an address; empty when there is none."""
        try:
            return str(self.map.match(urlsplit(address).path)[0])
        except HTTPException:
            return ""

    def _kind(self, address: str) -> tuple[Any, ...]:
        """Pages with the same door and the same questions in their address look alike."""
        return self.door(address), *sorted(name for name, _ in parse_qsl(urlsplit(address).query))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_every_page_is_for_everybody(live: Stage, browser: Browser, width: int, scheme: Any) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    looking = Looking(live, context)
    looking.at("inbox, empty", live.house.letterhead.base_url + "/inbox")

    for name, address in scenes(live).items():
        looking.at(name, address)
    for name in forms(live, looking.page):
        looking.here(name)
    looking.follow_links()
    context.close()

    pages = {rule.endpoint for rule in live.web.url_map.iter_rules() if "GET" in (rule.methods or ())} - NO_PAGES
    assert looking.found == []
    assert pages - looking.doors == set(), "no link leads here: give it a scene"
