"""S8: nothing that anybody typed runs on any page, and no page asks anything of another host."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.test import TestResponse

from newsletter.mail.inbox import CapturedMail
from newsletter.store.engine import StoreBusyError
from newsletter.usecases.campaigns import CampaignError
from tests.web.stage import MARIA, PASSWORD, Stage, csrf, link, links, path_of

EVIL = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "'-alert(1)-'",
    "</title></style></textarea><script>alert(1)</script>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "javascript:alert(1)",
    "{{constructor.constructor('alert(1)')()}}",
]
BODY = """Dear {{ name }},

<script>alert(1)</script> <img src="https://evil.example/x.png" onerror="alert(1)">

<div onmouseover="alert(1)" style="background:url(https://evil.example/y)">x</div>

![pixel](https://evil.example/pixel.gif)

<https://example.com/?a="onload=alert(1)>

```
</pre><script>alert(1)</script>
```
"""


@dataclass
class Watch:
    """What a page did that it should not have."""

    home: str
    ran: list[str] = field(default_factory=list)

    def over(self, page: Page) -> None:
        page.on("dialog", self._dialog)
        page.on("console", lambda said: self.ran.append(f"console: {said.text}"))
        page.on("pageerror", lambda error: self.ran.append(f"error: {error}"))
        page.on("request", lambda asked: self._request(asked.url))
        page.on("popup", lambda opened: self.ran.append(f"window: {opened.url}"))

    def _dialog(self, dialog: object) -> None:
        self.ran.append("dialog")
        dialog.dismiss()  # type: ignore[attr-defined]

    def _request(self, url: str) -> None:
        if not url.startswith((self.home + "/", "about:")):
            self.ran.append(f"request: {url}")


@pytest.fixture
def watched(live: Stage, browser: Browser) -> Iterator[tuple[Page, Watch]]:
    context = browser.new_context(user_agent=EVIL[0])
    page, watch = context.new_page(), Watch(live.house.letterhead.base_url)
    watch.over(page)
    yield page, watch
    context.close()


def written(stage: Stage, evil: str) -> tuple[CapturedMail, CapturedMail]:
    opening = stage.subscribed(name=evil)
    stage.campaign(subject=f"{evil} for {{{{ name }}}}" if "{{" not in evil else "News for {{ name }}", body=BODY)
    return opening, stage.tick()[0]


@pytest.mark.parametrize("evil", EVIL)
def test_no_script_of_a_name_a_subject_or_a_body_runs_anywhere(
    live: Stage, watched: tuple[Page, Watch], evil: str
) -> None:
    page, watch = watched
    mails = written(live, evil)
    live.admin("owner@example.org")
    page.goto(watch.home + "/admin/login")
    page.fill("#email", "owner@example.org")
    page.fill("#password", PASSWORD)
    page.click("main button")
    for path in ("/admin/", "/admin/campaigns/", "/inbox"):
        page.goto(watch.home + path)
    for mail in mails:
        for show in ("html", "text", "headers", "source"):
            page.goto(f"{watch.home}/inbox/{mail.id}?show={show}")
        page.goto(f"{watch.home}/inbox/{mail.id}/html")
        for room in ("letters", "preferences", "unsubscribe"):
            page.goto(link(mail, room))
    page.goto(watch.home + "/")
    page.fill("#name", evil)
    page.fill("#email", "wrong")
    page.click("main button")

    assert page.input_value("#name") == evil
    assert watch.ran == ["console: Failed to load resource: the server responded with a status of 400 (BAD REQUEST)"]


def test_a_letter_in_the_browser_keeps_its_look(live: Stage, watched: tuple[Page, Watch]) -> None:
    """Its policy allows each of its own styles by hash; a style refused would be told on the console."""
    page, watch = watched
    opening = live.subscribed(name="Maria")
    page.goto(link(opening, "letters"))
    colour = page.evaluate("getComputedStyle(document.querySelector('a')).color")

    assert page.locator("text=Maria").count() > 0
    assert colour != "rgb(0, 0, 238)", "the colour of a link without styles"
    assert watch.ran == []


def test_a_link_in_the_inbox_frame_leaves_the_frame(live: Stage, watched: tuple[Page, Watch]) -> None:
    page, watch = watched
    live.sign_up()
    (asking,) = live.tick()
    page.goto(f"{watch.home}/inbox/{asking.id}")
    page.frame_locator("iframe").locator(f"a[href='{link(asking, 'confirm')}']").first.click()
    page.wait_for_url("**/confirm/**")

    assert page.url == link(asking, "confirm")
    assert watch.ran == []


@pytest.mark.parametrize("evil", EVIL)
def test_a_letter_has_no_tag_that_could_run(stage: Stage, evil: str) -> None:
    from bs4 import BeautifulSoup

    for mail in written(stage, evil):
        page = BeautifulSoup(mail.html, "html.parser")

        assert (
            page.find_all(["script", "iframe", "object", "embed", "form", "svg", "img", "base", "audio", "video"]) == []
        )
        assert [
            name for tag in page.find_all(True) for name in tag.attrs if name.startswith("on") or name == "srcdoc"
        ] == []
        assert not [
            tag for tag in page.find_all(href=True) if str(tag["href"]).lower().startswith(("javascript:", "data:"))
        ]
        assert not [tag for tag in page.find_all(style=True) if "url(" in str(tag["style"])]


def strict(policy: str) -> bool:
    rules = {rule.split()[0]: rule.split()[1:] for rule in policy.split(";") if rule.strip()}
    loose = {"'unsafe-inline'", "'unsafe-eval'", "*", "https:", "http:", "data:", "blob:"}
    return (
        rules.get("default-src") == ["'none'"]
        and rules.get("base-uri") == ["'none'"]
        and rules.get("form-action") in (["'self'"], ["'none'"])
        and rules.get("frame-ancestors") in (["'self'"], ["'none'"])
        and not loose & {value for values in rules.values() for value in values}
    )


def every_answer(stage: Stage) -> Iterator[tuple[str, TestResponse]]:
    """Pages, mails, redirects and every kind of refusal."""
    opening = stage.subscribed()
    owner, stranger = stage.signed_in(), stage.visitor()
    for path in ("/", "/privacy", "/healthz", "/readyz", "/inbox", "/admin/login", "/admin/", "/static/x"):
        yield path, stranger.get(path)
    for path in (
        "/admin/",
        "/admin/campaigns/",
        f"/inbox/{opening.id}",
        f"/inbox/{opening.id}/html",
        f"/inbox/{opening.id}/source",
    ):
        yield path, owner.get(path)
    for url in links(opening):
        if url.startswith(stage.house.letterhead.base_url):
            yield url, stranger.get(path_of(url))
            yield url, stranger.put(path_of(url))
            yield url, stranger.options(path_of(url))
    yield "a style sheet", stranger.get("/static/house.css")
    yield "no address", stranger.post("/subscribe", data={"email": "x"})
    yield "too large", stranger.post("/subscribe", data={"name": "x" * 300_000})
    yield "too often", [stage.sign_up("x@example.org") for _ in range(32)][-1]
    yield "no csrf token", owner.post("/admin/logout")
    yield "no campaign", owner.post("/admin/campaigns/x/pause", data={"csrf_token": csrf(owner.get("/admin/"))})
    yield "wrong host", stranger.get("/", base_url="http://evil.example")
    yield "wrong token", stranger.get("/confirm/x")


def test_every_answer_has_a_strict_policy(stage: Stage) -> None:
    for what, answer in every_answer(stage):
        headers = answer.headers
        assert strict(headers["Content-Security-Policy"]), what
        assert headers["X-Content-Type-Options"] == "nosniff", what
        assert headers["Referrer-Policy"] == "no-referrer", what
        assert "Server" not in headers, what
        answer.close()


@pytest.mark.parametrize("trouble", [RuntimeError(MARIA), StoreBusyError("The database is busy.")], ids=["500", "503"])
def test_what_breaks_has_a_strict_policy_too(stage: Stage, monkeypatch: pytest.MonkeyPatch, trouble: Exception) -> None:
    def fail(*_args: object) -> None:
        raise trouble

    monkeypatch.setattr("newsletter.usecases.signup.request", fail)
    answer = stage.sign_up()

    assert answer.status_code in (500, 503)
    assert strict(answer.headers["Content-Security-Policy"])
    assert MARIA not in answer.text
    assert "Traceback" not in answer.text


def test_no_page_holds_a_script_or_a_style_of_its_own(stage: Stage) -> None:
    """What the policy refuses should not be there in the first place; letters, whose styles have hashes, aside."""
    from bs4 import BeautifulSoup

    for what, answer in every_answer(stage):
        if "/letters/" in what or "/html" in what or "/source" in what or what == "a style sheet":
            answer.close()
            continue
        page = BeautifulSoup(answer.text, "html.parser")
        answer.close()
        assert not [tag for tag in page.find_all("script") if tag.text.strip()], what
        assert page.find_all("style") == [], what
        assert [
            name for tag in page.find_all(True) for name in tag.attrs if name.startswith("on") or name == "style"
        ] == []


def test_a_link_to_a_script_is_refused_or_becomes_plain_words(stage: Stage) -> None:
    from bs4 import BeautifulSoup

    stage.subscribed()
    for target in (
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,<script>",
        "vbscript:x",
        "\tjavascript:x",
    ):
        try:
            stage.campaign(body=f"[press](<{target}>) [press]({target})")
        except CampaignError:
            continue
        (letter,) = stage.tick()
        stage.clock.move(days=1)  # one letter a day
        found = [str(tag["href"]) for tag in BeautifulSoup(letter.html, "html.parser").find_all(href=True)]
        assert not [href for href in found if not href.startswith(("http", "mailto:"))]


def test_nothing_but_our_own_files_is_static(stage: Stage, new_stage: Callable[..., Stage]) -> None:
    for path in ("/static/", "/static/../pages/frame.html", "/static/%2e%2e/application.py", "/static//etc/passwd"):
        assert stage.visitor().get(path, follow_redirects=True).status_code == 404  # // is made / first
    assert isinstance(stage.web, Flask)
