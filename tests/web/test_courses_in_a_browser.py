"""The room of the courses in Chromium: by keyboard alone, without scripts, and with scripts that must not run."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from newsletter.domain.course import Lesson, Role
from newsletter.usecases import lessons
from newsletter.usecases.lessons import NEW
from tests.web.eyes import look
from tests.web.stage import PASSWORD, Stage

COURSE = "/admin/courses/belonging"
EVIL = "</textarea></title><script>document.title='ran'</script><img src=x onerror=document.title='ran'>"


@pytest.fixture
def base(live: Stage) -> str:
    live.admin()
    return live.house.letterhead.base_url


@pytest.fixture
def desk(browser: Browser, base: str) -> Iterator[Page]:
    """The studio, signed in, at a desk."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield signed_in(context.new_page(), base)
    context.close()


@pytest.fixture
def plain(browser: Browser, base: str) -> Iterator[Page]:
    """The studio on a phone whose browser runs no scripts."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    yield signed_in(context.new_page(), base)
    context.close()


def signed_in(page: Page, base: str) -> Page:
    page.goto(base + "/admin/login")
    page.fill("#email", "owner@example.org")
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.wait_for_url("**/admin/")
    return page


def tab_to(page: Page, name: str, most: int = 60) -> None:
    """Press Tab until what has the focus is called so."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(
            "document.activeElement.getAttribute('aria-label') || document.activeElement.labels?.[0]?.innerText"
            " || document.activeElement.innerText || ''"
        ).startswith(name):
            return
    raise AssertionError(f"no Tab leads to {name!r}")


def letter(page: Page) -> str:
    """What the newest frame shows."""
    return page.frame_locator("[data-frame] iframe").locator("body").inner_text()


def test_a_letter_is_written_and_published_by_keyboard_alone(desk: Page, base: str, live: Stage) -> None:
    desk.goto(base + COURSE)
    tab_to(desk, "What belonging is")
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/lessons/what-belonging-is")
    tab_to(desk, "Letter")
    desk.keyboard.press("Control+End")
    desk.keyboard.type("\n\nA last word by keyboard.")
    desk.wait_for_function(
        "() => document.querySelectorAll('[data-frame] iframe').length === 1"
        " && document.querySelector('[data-frame] iframe').src === ''"
    )
    assert "A last word by keyboard." in letter(desk)
    desk.keyboard.press("Control+s")
    desk.get_by_text("Saved to the draft.").wait_for()
    tab_to(desk, "Save to the draft")
    desk.keyboard.press("Enter")
    desk.wait_for_url("**done=saved")

    desk.goto(base + COURSE)
    tab_to(desk, "Move down: What belonging is")
    desk.keyboard.press("Enter")
    desk.wait_for_url("**#down-what-belonging-is")
    assert desk.evaluate("document.activeElement.id") == "down-what-belonging-is"
    desk.keyboard.press("Enter")
    desk.wait_for_function("() => document.querySelector('#lesson-what-belonging-is .place').innerText === '4'")
    desk.goto(base + COURSE)
    tab_to(desk, "Publish")
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/publish")
    assert "1 changed" not in desk.inner_text("main") and "Moved" in desk.inner_text("main")
    tab_to(desk, "Publish")
    desk.keyboard.press("Enter")
    desk.wait_for_url("**done=published")

    with live.house.store.reading() as tx:
        now = lessons.read(tx, "belonging")
    assert now is not None and not now.is_draft
    assert [one.text.key for one in now.published].index("what-belonging-is") == 3
    assert now.published[3].text.body.endswith("A last word by keyboard.")


def test_looking_many_times_makes_no_history_and_leaves_one_frame(desk: Page, base: str) -> None:
    desk.goto(f"{base}{COURSE}/lessons/repair")
    before = desk.evaluate("history.length")
    for words in ("One. ", "Two. ", "Three. "):
        desk.locator("#body").press_sequentially(words)
        desk.wait_for_timeout(900)
    desk.wait_for_function("() => document.querySelectorAll('[data-frame] iframe').length === 1")

    assert "One. Two. Three." in letter(desk)
    assert desk.evaluate("history.length") == before


def test_unsaved_words_are_not_lost_without_a_question(desk: Page, base: str) -> None:
    asked: list[str] = []
    desk.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    desk.goto(f"{base}{COURSE}/lessons/repair")
    desk.locator("#body").press_sequentially("Unsaved. ")
    desk.get_by_role("link", name="Campaigns").click(no_wait_after=True)
    desk.wait_for_timeout(500)

    assert asked == ["beforeunload"] and "/lessons/repair" in desk.url


def test_mistakes_and_hints_stand_beside_their_fields_while_one_writes(desk: Page, base: str) -> None:
    desk.goto(f"{base}{COURSE}/lessons/repair")
    desk.fill("#subject", "Your loneliness")
    desk.locator("#body").press_sequentially("{{ nme }} ")

    desk.locator("#body-error", has_text="nme").wait_for()
    assert "lock screens" in desk.inner_text("#subject-help")
    assert "whoever sees the phone" in desk.inner_text("#subject-hint")


def test_everything_works_without_scripts(plain: Page, base: str, live: Stage) -> None:
    plain.goto(f"{base}{COURSE}/lessons/repair")
    plain.fill("#body", "Words **without** scripts.")
    plain.get_by_role("button", name="Preview").click()
    plain.frame_locator("iframe.mail").get_by_text("Words without scripts.").wait_for()
    plain.check("text=Plain text")
    plain.get_by_role("button", name="Show it so").click()
    plain.frame_locator("iframe.mail").get_by_text("Words without scripts.").wait_for()
    assert plain.input_value("#body") == "Words **without** scripts."
    plain.get_by_role("button", name="Save to the draft").click()
    assert "Saved to the draft." in plain.inner_text("main")

    plain.goto(f"{base}/admin/courses/+")
    plain.fill("#pasted", "# Bread\n\n{0}\n\n## Flour\n\n{0}".format("Bread is slow, and that is good. " * 10))
    plain.get_by_role("button", name="Read the articles").click()
    plain.fill("#title-1", "Flour, mostly")
    plain.press("#title-1", "Enter")  # presses "Save", not the first "Join"
    plain.wait_for_url("**/admin/courses/bread?done=made")
    assert "Flour, mostly" in plain.inner_text("main")


def test_nothing_that_is_typed_runs_anywhere(desk: Page, base: str, live: Stage) -> None:
    said: list[str] = []
    desk.on("console", lambda message: said.append(message.text))
    desk.on("dialog", lambda dialog: dialog.accept())
    desk.goto(f"{base}/admin/courses/+")
    desk.fill("#pasted", f"# {EVIL}\n\n{'Words. ' * 60}\n\n## {EVIL}\n\n{'Words. ' * 60} {EVIL}")
    desk.set_input_files("#files", {"name": f"{EVIL[11:60]}.md", "mimeType": "text/markdown", "buffer": b"# A\n\nB"})
    desk.get_by_role("button", name="Read the articles").click()
    desk.locator(".leaves").wait_for()
    desk.fill("#slug", "evil")
    desk.fill("#title", EVIL)
    desk.fill("#title-1", EVIL)
    desk.fill("#subject-1", EVIL)
    desk.fill("#body-1", f"{EVIL}\n\n[x](javascript:document.title='ran')\n\n![x](https://evil.example/x.png)")
    desk.click("text=Save as a draft course >> visible=true")
    desk.wait_for_url("**/admin/courses/evil?done=made")
    visited = [desk.title()]
    with live.house.store.reading() as tx:
        made = lessons.read(tx, "evil")
    assert made is not None
    keys = [one.text.key for one in made.lessons]
    for path in ("", "/publish", *(f"/lessons/{key}" for key in keys), *(f"/lessons/{key}/remove" for key in keys)):
        desk.goto(f"{base}/admin/courses/evil{path}")
        desk.wait_for_timeout(200)
        visited.append(desk.title())
    desk.goto(f"{base}/admin/courses/")

    assert "ran" not in [*visited, desk.title()]
    assert [words for words in said if "evil.example" in words or "Refused" in words or "blocked" in words] == []


@pytest.mark.timeout(300)
def test_axe_finds_nothing_in_the_room_whatever_its_state(live: Stage, base: str, browser: Browser) -> None:
    context = browser.new_context()
    page = signed_in(context.new_page(), base)
    lessons.move(live.house, "belonging", "repair", up=True)
    lessons.remove(live.house, "belonging", "reaching-out")
    live.subscribed()
    lessons.save(live.house, "belonging", Lesson(NEW, Role.WEEKLY, "Rest", "Rest", "On rest.", "Rest."), seen="")
    found: list[str] = []

    for path in ("", "/publish", "/discard", "/lessons/repair", "/lessons/repair/remove", "/lessons/+"):
        page.goto(base + COURSE + path)
        found += look(page, path or "course")
    page.goto(f"{base}{COURSE}/lessons/repair")
    page.fill("#subject", "Your loneliness")
    page.locator("#body").press_sequentially("{{ nme }}")
    page.locator("#body-error", has_text="nme").wait_for()
    found += look(page, "mistakes while writing")
    page.get_by_role("button", name="Save to the draft").click()
    found += look(page, "mistakes when saving")
    page.goto(base + "/admin/courses/")
    found += look(page, "courses")
    page.goto(base + "/admin/courses/+")
    page.get_by_role("button", name="Read the articles").click()
    found += look(page, "nothing to read")
    page.fill("#pasted", "# Bread\n\n{0}\n\n## Flour\n\n{0}".format("Bread is slow, and that is good. " * 10))
    page.get_by_role("button", name="Read the articles").click()
    page.locator(".leaves").wait_for()
    found += look(page, "letters")
    page.fill("#slug", "Not a slug")
    page.press("#slug", "Enter")
    page.locator("#slug-error").wait_for()
    found += look(page, "letters with a mistake")

    assert found == []
    context.close()
