"""The owner's whole story by keyboard alone: Chromium, the service as it is installed, a worker, a real SMTP server."""

import re
import threading
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.scripted_smtp import Act, Moment, say
from tests.story.house import House, answers, eventually

PASSWORD = "a long table under the trees"
OWNER = "ruth@example.org"
MARIA, NAMELESS, GONE, RESTING = (f"{name}@example.org" for name in ("maria", "nameless", "gone", "resting"))
ARTICLE = """# Evenings at the long table

## Arriving

Everybody who comes in is greeted by name, or by a nod when the name is not known yet.

## Staying

Whoever stays until the tea is cold has begun to belong.
"""
LETTER = "Dear {{ name }},\n\nthe garden is open on **Sunday**. [The way there](https://example.org/garden)."
NO_MAILBOX = "550 5.1.1 No such mailbox here"

# What has the focus: what a screen reader calls it, and whether a person who only has a keyboard sees where she is.
_FOCUS = """() => {
  const here = document.activeElement;
  if (!here || here === document.body || here === document.documentElement) { return null; }
  const box = here.getBoundingClientRect(), look = getComputedStyle(here);
  const spots = [[0.5, 0.5], [0.1, 0.1], [0.9, 0.1], [0.1, 0.9]].map(([x, y]) => [
    Math.min(Math.max(box.left + box.width * x, 1), innerWidth - 2),
    Math.min(Math.max(box.top + box.height * y, 1), innerHeight - 2)]);
  const onTop = spots.some(([x, y]) => { const top = document.elementFromPoint(x, y); return top && here.contains(top); });
  return {
    name: (here.getAttribute("aria-label") || here.labels?.[0]?.innerText || here.innerText || "").trim(),
    isFrame: here.tagName === "IFRAME",
    isOnScreen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && onTop,
    isMarked: look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2,
  };
}"""


class Hands:
    """Two hands on a keyboard, and eyes that look where the focus is after every key that moves it."""

    def __init__(self, page: Page) -> None:
        """Begin on a page."""
        self.page = page

    def tab_to(self, words: str, most: int = 90) -> None:
        """Press Tab until what has the focus is called so. Raises AssertionError when the focus is lost or unseen."""
        lost = 0
        for _ in range(most):
            self.page.keyboard.press("Tab")
            focus = self.page.evaluate(_FOCUS)
            if focus is None:  # once round, between the last thing on the page and the first
                lost += 1
                assert lost == 1, f"the focus is lost on the way to {words!r}"
                continue
            assert focus["isOnScreen"], f"{focus['name']!r} has the focus and cannot be seen"
            assert focus["isMarked"] or focus["isFrame"], f"{focus['name']!r} has the focus and does not show it"
            if focus["name"].startswith(words):
                return
        raise AssertionError(f"no Tab leads to {words!r}")

    def press(self, words: str) -> None:
        """Go to a link or a button and press it. Returns when the page it leads to is there."""
        self.tab_to(words)
        self.enter()

    def enter(self) -> None:
        """Press Enter on what leads to another page."""
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        self.see()

    def see(self) -> None:
        """Wait until the page has been painted: before that Chromium throws away what is typed."""
        self.page.evaluate("() => new Promise(painted => requestAnimationFrame(() => requestAnimationFrame(painted)))")

    def type(self, field: str, words: str) -> None:
        """Go to a field and write."""
        self.tab_to(field)
        self.page.keyboard.type(words)

    def still_on(self, words: str) -> bool:
        """Whether the focus stands on what is called so."""
        focus = self.page.evaluate(_FOCUS)
        return focus is not None and focus["name"].startswith(words)


class Gate:
    """The mail server's mind: Maria's campaign waits at the final dot until it is opened; one mailbox does not exist."""

    def __init__(self) -> None:
        """Closed, and nobody is refused yet."""
        self.opened, self.is_armed = threading.Event(), False

    def __call__(self, moment: Moment) -> Act | None:
        """What to answer."""
        if self.is_armed and moment.stage == "RCPT" and moment.recipient == GONE:
            return say(NO_MAILBOX)
        if self.is_armed and moment.stage == "DOT" and moment.recipient == NAMELESS:
            return Act(b"250 2.0.0 Taken\r\n", wait=self.opened)
        return None


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("furnished_url", ["sqlite"], indirect=True)
def test_from_the_set_up_link_to_the_ledger_by_keyboard_alone(open_house, browser: Browser) -> None:
    gate = Gate()
    house: House = open_house(script=gate, SMTP_CONNECTIONS="1")
    four_readers(house)
    service = house.begin("run", "--port", house.port)
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    hands = Hands(page)
    try:
        eventually(lambda: answers(house.port), "the service answers", unless=lambda: not service.is_running())
        come_in(hands, house)
        make_a_course(hands)
        write_a_campaign(hands)
        shown = look_and_try(hands, house)
        gate.is_armed = True
        queue_and_watch(hands, house, gate)
        read_the_ledger(hands)
        the_preview_was_what_was_sent(house, shown)
    finally:
        gate.opened.set()
        page.context.close()
        said = service.end()
    assert said.status == 0 and "Traceback" not in said.out + said.err, said
    house.audit()


def four_readers(house: House) -> None:
    """Three on the list, and one who asked for a pause."""
    readers = [
        house.sign_up(email, name="Maria" if email == MARIA else "") for email in (MARIA, NAMELESS, GONE, RESTING)
    ]
    house.tick()
    for reader in readers:
        reader.confirm()
    house.tick()
    readers[-1].pause(2)
    house.close_doors()


def come_in(hands: Hands, house: House) -> None:
    """The owner's set-up link is the command's own; from there on, keys."""
    said = house.begin("admin", "create", OWNER).wait()
    link = re.search(r"http\S+/admin/setup/\S+", said.out) or re.search(r"http\S+/admin/setup/\S+", _file_in(said.out))
    assert link, said
    hands.page.goto(link[0])
    hands.see()
    hands.type("Password", PASSWORD)
    hands.enter()
    expect(hands.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    hands.type("Email address", OWNER)
    hands.type("Password", PASSWORD)
    hands.enter()
    hands.page.wait_for_url("**/admin/")


def _file_in(words: str) -> str:
    """What stands in the file that a command names."""
    from pathlib import Path

    named = re.search(r"/\S*setup-link\S*", words)
    assert named, words
    return Path(named[0].rstrip(".,")).read_text()


def make_a_course(hands: Hands) -> None:
    """Paste an article, look through its letters, keep them, publish them."""
    hands.press("Courses")
    hands.press("Make a course of articles")
    hands.type("Paste an article", ARTICLE)
    hands.press("Read the articles")
    expect(hands.page.get_by_role("heading", level=1)).to_have_text("Look through 2 letters")
    hands.press("Save as a draft course")
    expect(hands.page.get_by_role("status")).to_contain_text("Kept as a draft")
    hands.press("Publish")
    hands.page.wait_for_url("**/publish")
    hands.press("Publish")
    expect(hands.page.get_by_role("status")).to_contain_text("Published")


def write_a_campaign(hands: Hands) -> None:
    """The letter beside the field follows the typing and never takes the focus."""
    hands.press("Campaigns")
    hands.press("Write a campaign")
    hands.type("Subject", "An open garden")
    hands.type("Letter", LETTER)
    expect(hands.page.frame_locator("[data-frame] iframe").last.locator("strong")).to_have_text("Sunday")
    assert hands.still_on("Letter")
    hands.page.keyboard.press("Control+s")
    expect(hands.page.get_by_role("heading", level=1)).to_have_text("Write on")  # the draft has an address now
    assert hands.still_on("Letter")
    hands.page.keyboard.type(" Come in.")
    expect(hands.page.frame_locator("[data-frame] iframe").last.locator("body")).to_contain_text("Come in.")
    hands.press("Save, then preview and test")
    expect(hands.page.frame_locator("iframe.mail").locator("p").first).to_contain_text("Dear reader")


def look_and_try(hands: Hands, house: House) -> EmailMessage:
    """As Maria reads it, and as a test by mail. Returns the message that the preview showed for Maria."""
    page = hands.page
    hands.type("A reader of", "maria")
    hands.enter()
    hands.press(MARIA)
    letter = page.frame_locator("iframe.mail")
    expect(letter.locator("p").first).to_contain_text("Dear Maria")
    framed = page.request.get(house_url(page, page.locator("iframe.mail").get_attribute("src"))).body()
    hands.press("Source")
    hands.tab_to("The source")
    source = page.request.get(house_url(page, page.get_by_role("link", name="the bare source").get_attribute("href")))
    shown = parsed(source.body())
    html = shown.get_body(("html",)).get_payload(decode=True)
    assert framed.replace(b'<base target="_top">', b"") == html.replace(
        b"\r\n", b"\n"
    )  # lines end in CR LF on the wire
    before = len(house.post_office)
    hands.press("Send a test")
    expect(page.get_by_role("status")).to_contain_text("on its way")
    eventually(lambda: len(house.post_office) > before, "the test is there")
    (test,) = house.post_office[before:]
    assert (test.to, test.subject) == ((OWNER,), "[Test] An open garden")
    return shown


def queue_and_watch(hands: Hands, house: House, gate: Gate) -> None:
    """One question, then numbers that move by themselves while the focus stays where it is."""
    page = hands.page
    hands.press("Check who gets it")
    expect(page.locator(".figure")).to_have_text("3 people")
    expect(page.locator(".reasons")).to_contain_text("asked for a pause")
    hands.press("Queue for 3 people")
    expect(page.locator(".state")).to_contain_text("sending", timeout=20_000)
    hands.tab_to("Pause")
    expect(page.locator("#progress")).to_contain_text("1 of 3 done", timeout=20_000)
    page.wait_for_timeout(2500)  # the numbers are renewed every two seconds
    assert hands.still_on("Pause")
    hands.press("Pause")
    expect(page.locator(".state")).to_contain_text("paused")
    hands.press("Resume")
    expect(page.locator(".state")).to_contain_text("sending")
    hands.tab_to("Pause")
    gate.opened.set()
    expect(page.locator(".state")).to_have_text("sent", timeout=30_000)
    assert hands.still_on("sent"), "what had the focus is gone, so the focus is at what has changed"
    expect(page.locator("#progress")).to_contain_text("2 of 3 got it")
    assert sorted(mail.to for mail in house.post_office if mail.subject == "An open garden") == [(MARIA,), (NAMELESS,)]
    hands.press("Failed 1")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody")).to_contain_text(NO_MAILBOX)


def read_the_ledger(hands: Hands) -> None:
    """Every email that was owed, what became of it, and the server's words."""
    hands.press("Deliveries")
    hands.tab_to("State")
    hands.page.keyboard.type("failed")
    hands.press("Show")
    expect(hands.page.locator("tbody tr")).to_have_count(1)
    row = hands.page.locator("tbody tr").first
    for words in (GONE, "An open garden", "failed", NO_MAILBOX):
        expect(row).to_contain_text(words)


def the_preview_was_what_was_sent(house: House, shown: EmailMessage) -> None:
    """The same HTML and text, byte for byte, and every header but the date, on the server's side of the wire."""
    (sent,) = [mail for mail in house.post_office if mail.to == (MARIA,) and mail.subject == "An open garden"]
    for kind in ("html", "plain"):
        parts = [message.get_body((kind,)) for message in (shown, sent.message)]
        assert parts[0].get_payload(decode=True) == parts[1].get_payload(decode=True)
        assert parts[0].as_bytes() == parts[1].as_bytes()
    apart = ("Date", "DKIM-Signature", "Received")
    heads = [[line for line in message.items() if line[0] not in apart] for message in (shown, sent.message)]
    assert heads[0] == heads[1]


def parsed(source: bytes) -> EmailMessage:
    """A message as a mail program reads it."""
    message = BytesParser(policy=policy.default.clone(raise_on_defect=True)).parsebytes(source)
    assert isinstance(message, EmailMessage)
    return message


def house_url(page: Page, path: str | None) -> str:
    """An address of the house from a path on its page."""
    assert path
    return re.sub(r"(https?://[^/]+).*", r"\1", page.url) + path
