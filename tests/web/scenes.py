"""Pages in the state in which they have most to show: for the test that looks at all of them."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from playwright.sync_api import Page

from newsletter.domain.ways import WayKind
from newsletter.mail.inbox import CapturedMail
from newsletter.store import duties, held_word
from newsletter.store.held_word import Word
from newsletter.usecases import (
    admins,
    asking_again,
    campaigns,
    drafts,
    entries,
    generations,
    giving_way,
    lessons,
    publishing,
)
from newsletter.usecases.drafts import Words
from tests.web.stage import MARIA, PASSWORD, Stage, link, path_of, token

ARTICLE = "# Coming home\n\n## The first door\n\n{words}\n\n## The second door\n\n{words}"
"""What becomes a course of two letters."""


def by_address(stage: Stage) -> dict[str, str]:
    """Pages of readers, of the inbox and before signing in, by a name."""
    base = stage.house.letterhead.base_url
    ask_in_the_welcome(stage)
    opening = stage.subscribed(name="Maria", timezone="Europe/Berlin")
    stage.sign_up("jo@example.org", name="Jo")
    asking = stage.tick()[-1]
    gone = stage.subscribed("gone@example.org", timezone="America/Denver")
    stage.visitor().post(path_of(link(gone, "unsubscribe")))
    resting = stage.subscribed("resting@example.org")
    stage.visitor().post(path_of(link(resting, "preferences")), data={"action": "pause", "weeks": "2"})
    hidden = stage.subscribed("hidden@example.org", timezone="Asia/Kolkata")
    stage.visitor().post(path_of(link(hidden, "preferences")), data={"action": "discreet", "wish": "on"})
    stage.visitor().post(path_of(link(hidden, "preferences")), data={"action": "again", "letter": _only(stage, hidden)})
    plain = stage.tick()[-1]
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
        "preferences discreet": link(hidden, "preferences"),
        "letter": link(opening, "letters"),
        "letter behind a discreet one": link(plain, "read"),
        "page to reflect on": link(opening, "reflect"),
        "question for yes or no": link(opening, "answer"),
        "question for yes or no, discreet": link(plain, "read") + "/answer",
        "page to reflect on, discreet": link(plain, "read") + "/reflect",
        "letter expired": base + "/reflect/x",
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


def ask_in_the_welcome(stage: Stage) -> None:
    """Put a question for yes or no into the first letter of the shipped course."""
    with stage.house.store.reading() as tx:
        found = lessons.read(tx, "belonging")
    assert found is not None
    welcome = found.lessons[0]
    asking = replace(welcome.text, ask="Would you like two letters about grief as well, {{ name }}?")
    assert isinstance(lessons.save(stage.house, "belonging", asking, seen=welcome.digest), lessons.Kept)
    publishing.publish(stage.house, "belonging")


def _only(stage: Stage, mail: CapturedMail) -> str:
    """The letter that the reader of a mail has had so far, as her preferences page names it."""
    with stage.house.store.reading() as tx:
        (had,) = asking_again.had(stage.house, tx, token(mail, "preferences"))
    return had.public_id


def of_readers(stage: Stage, page: Page) -> Iterator[str]:
    """What a reader sees after pressing a button; the page stands on each while its name is out."""
    page.goto(stage.house.letterhead.base_url + "/")
    page.fill("#email", "wrong")
    page.click("main button")
    yield "sign-up refused"
    page.fill("#email", "lee@example.org")
    page.click("main button")
    yield "look in your inbox"
    stage.sign_up("dee@example.org", timezone="UTC")
    asking = {mail.to[0]: link(mail, "confirm") for mail in stage.tick()}
    page.goto(asking["dee@example.org"])
    page.check("[name=discreet]")
    page.click("button.large")
    yield "confirmed, for letters that are discreet"
    page.goto(asking["lee@example.org"])
    page.click("button.large")
    yield "confirmed"
    opening = next(mail for mail in stage.tick() if mail.to == ("lee@example.org",))
    yield from _with_wishes(page, link(opening, "preferences"))
    page.goto(link(opening, "reflect"))
    page.fill("#words", "A table by the window.")
    page.click("#erase")
    yield "erased what was written"
    page.goto(link(opening, "answer"))
    page.click("text=Yes")
    yield "said yes"
    page.goto(link(opening, "preferences"))
    yield "preferences with an answer"
    page.goto(link(opening, "answer"))
    page.click("text=Take my answer back")
    yield "answer taken back"
    page.goto(link(opening, "unsubscribe"))
    page.click("button.large")
    yield "goodbye"
    page.click("text=Undo")
    yield "back"


def _with_wishes(page: Page, preferences: str) -> Iterator[str]:
    page.goto(preferences)
    _press(page, "Skip this one")
    yield "skipped"
    page.fill("#until", "2020-01-01")
    _press(page, "Pause until that day")
    yield "no day to rest until"
    _press(page, "Send it again")
    yield "sent again"
    _press(page, "This is too much right now")
    yield "at rest, with where help is"


def of_the_studio(stage: Stage, page: Page) -> Iterator[str]:
    """The studio from its door on: refusals, and rooms that only an unusual day fills."""
    yield from _at_the_door(stage, page)
    yield from _in_the_settings(page)
    yield from _among_the_subscribers(page)
    yield from _among_the_campaigns(stage, page)
    yield from _among_the_courses(stage, page)
    yield from _beside_courses(stage, page)
    yield from _on_a_late_day(stage, page)


def _at_the_door(stage: Stage, page: Page) -> Iterator[str]:
    stage.admin("owner@example.org")
    page.goto(stage.house.letterhead.base_url + "/admin/login")
    page.fill("#email", "owner@example.org")
    page.fill("#password", "wrong")
    page.click("main button")
    yield "sign-in refused"
    page.fill("#password", PASSWORD)
    page.click("main button")


def _in_the_settings(page: Page) -> Iterator[str]:
    _follow(page, "Settings")
    page.fill("#accent", "#ff8800")
    _press(page, "Save the settings")
    yield "settings refused"
    _follow(page, "People who run this")
    page.fill("#email", "bo@example.org")
    _press(page, "Make the one-time link")
    yield "somebody invited"


def _among_the_subscribers(page: Page) -> Iterator[str]:
    _follow(page, "Subscribers")
    page.fill("#q", "nobody@example.org")
    _press(page, "Find")
    yield "nobody of this address"
    page.fill("#q", MARIA)
    _press(page, "Find")
    yield "one person"
    page.fill("#tag", "no tag!")
    _press(page, "Give")
    yield "tag refused"
    page.fill("#tag", "returning")
    _press(page, "Give")
    yield "person with a tag"
    _follow(page, "Subscribers")
    _follow(page, "Add a person")
    page.fill("#email", MARIA)
    _press(page, "Send the confirmation mail")
    yield "person refused"


def _among_the_campaigns(stage: Stage, page: Page) -> Iterator[str]:
    base = stage.house.letterhead.base_url
    stage.campaign("An article about belonging, with a long subject line")
    stage.tick()
    later = stage.campaign("Another article")
    draft = campaigns.create(stage.house, subject="A draft", body="Dear {{ name }},\n\nnot yet.")
    page.goto(f"{base}/admin/campaigns/{later}/cancel")
    yield "campaign to cancel"
    page.goto(f"{base}/admin/campaigns/{later}")
    yield "campaign for later"
    page.goto(f"{base}/admin/campaigns/{draft}")
    yield "campaign being written"


def _among_the_courses(stage: Stage, page: Page) -> Iterator[str]:
    words = " ".join(["Somebody comes home and is glad of it."] * 30)
    _follow(page, "Courses")
    _follow(page, "Make a course of articles")
    _press(page, "Read the articles")
    yield "no article to read"
    page.fill("#pasted", ARTICLE.format(words=words))
    _press(page, "Read the articles")
    page.fill("#title-0", "")
    page.click("#keep")
    yield "letters looked through"
    with stage.house.store.reading() as tx:
        course = lessons.read(tx, "belonging")
    assert course
    first, second, third = course.lessons[1:4]
    changed = replace(first.text, title=f"{first.text.title}, again")
    lessons.save(stage.house, "belonging", changed, seen=first.digest)
    lessons.remove(stage.house, "belonging", second.text.key)
    lessons.move(stage.house, "belonging", third.text.key, up=False)
    page.goto(f"{stage.house.letterhead.base_url}/admin/courses/belonging/differences")
    yield "differences of a draft"
    page.goto(f"{stage.house.letterhead.base_url}/admin/courses/belonging/import")
    _press(page, "Make it the draft")
    yield "no article to import again"
    page.goto(f"{stage.house.letterhead.base_url}/admin/courses/belonging/calendar")
    page.check("input[value=days]")
    _press(page, "Keep in the draft")
    yield "calendar refused"
    page.goto(f"{stage.house.letterhead.base_url}/admin/courses/+/silence")
    _press(page, "Keep silence on these days")
    yield "silence refused"
    page.fill("#name", "Christmas")
    page.fill("#first_day", "2026-12-24")
    _press(page, "Keep silence on these days")
    yield "days of silence"
    page.goto(f"{stage.house.letterhead.base_url}/admin/courses/belonging/ahead")
    _press(page, "Show hers")
    yield "nobody to look ahead for"
    page.goto(f"{stage.house.letterhead.base_url}/admin/courses/+/forecast")
    yield "letters on the coming days"
    entries.add(stage.house, "belonging", WayKind.DATE, "letters", "2027-01-31")
    page.goto(f"{stage.house.letterhead.base_url}/admin/courses/belonging/readers")
    yield "who gets a course"
    _press(page, "Say it")
    yield "no way into a course"
    page.locator("[name=condition]").first.fill("color:red")
    page.locator("form.under button").first.click()
    yield "no condition on a letter"
    page.goto(f"{stage.house.letterhead.base_url}/admin/courses/belonging/lessons/{first.text.key}")
    page.fill("#title", "")
    page.click("[data-save]")
    yield "lesson refused"
    page.context.clear_cookies(name="studio")
    page.click("[data-save]")
    yield "session ended"
    page.fill("#email", "owner@example.org")
    page.fill("#password", PASSWORD)
    _press(page, "Sign in and go on")
    page.get_by_text("The title is empty").first.wait_for()  # what she pressed goes on by itself
    # Words that are not kept make Chromium ask before it leaves, and a letter that arrives in its frame meanwhile
    # calls the leaving off (net::ERR_ABORTED).
    page.locator("iframe[name=letter1]:not(.coming)").wait_for(state="attached")


def _beside_courses(stage: Stage, page: Page) -> Iterator[str]:
    """A list whose campaigns wait until courses are over, and one that does."""
    base = stage.house.letterhead.base_url
    page.goto(f"{base}/admin/lists/letters")
    page.fill("#days", "many")
    _press(page, "Keep this")
    yield "an etiquette that cannot be"
    page.check("[name=etiquette][value=hold]")
    page.fill("#days", "90")
    _press(page, "Keep this")
    yield "an etiquette is kept"
    page.goto(f"{base}/admin/lists/")
    yield "lists"
    draft = drafts.begin(stage.house, Words("An open garden", "Dear {{ name }},\n\ncome and see it."))
    page.goto(f"{base}/admin/campaigns/{draft}/queue")
    yield "a campaign that will wait for courses"
    made = stage.campaign("Waiting for courses")
    stage.tick()
    page.goto(f"{base}/admin/campaigns/{made}")
    yield "a campaign that waits for courses"
    _follow(page, "Send it to them now, or let it go")
    yield "who waits for the end of a course"
    giving_way.set_etiquette(stage.house, "letters", "anyway")


def _on_a_late_day(stage: Stage, page: Page) -> Iterator[str]:
    """Three weeks without a worker by the business clock alone, so that the session is as young as before."""
    stage.clock.business += timedelta(weeks=3)
    stage.tick()
    _follow(page, "Today")
    yield "letters wait"
    _follow(page, "Let it go, or not")
    yield "whose letters wait"
    _follow(page, "Hold all lessons…")
    page.fill("#reason", " ")
    _press(page, "Hold all lessons")
    yield "a hold without a reason"
    page.fill("#reason", "The flood in the valley")
    _press(page, "Hold all lessons")
    yield "all lessons are held"
    _follow(page, "Release all lessons…")
    yield "all lessons are to be released"
    with stage.house.store.transaction() as tx:
        held_word.keep(tx, Word("release", stage.clock.now().isoformat(), 1204, 400))
    page.goto(f"{stage.house.letterhead.base_url}/admin/held/")
    yield "many go on, a few at a time"
    with stage.house.store.transaction() as tx:
        held_word.keep(tx, None)
    an_older_copy(stage)
    page.goto(f"{stage.house.letterhead.base_url}/admin/held/")
    yield "an older copy"
    _follow(page, "Let it go on…")
    yield "an older copy is to go on"


def an_older_copy(stage: Stage) -> None:
    """As if a backup had been put back."""
    for _ in range(4):
        generations.step(stage.house)
        stage.clock.hands += generations.STEP
    with stage.house.store.transaction() as tx:
        known = json.loads(duties.fact(tx, "generation") or "")
        duties.remember(tx, "generation", json.dumps(known | {"number": 1}))
    assert not generations.may_go_on(stage.house)


def _follow(page: Page, words: str) -> None:
    page.get_by_role("link", name=words, exact=True).first.click()


def _press(page: Page, words: str) -> None:
    page.get_by_role("button", name=words, exact=True).click()
