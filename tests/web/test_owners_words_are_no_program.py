"""S7 at every door of the studio: words that escape, loop or allocate are refused in a sentence, soon and small."""

import resource
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from newsletter.content.placeholders import TextError, parse
from newsletter.store import tables
from newsletter.usecases import campaigns, drafts, testing
from newsletter.usecases.drafts import Words
from tests.web.escapes import ESCAPES
from tests.web.stage import MARIA, Stage, Visitor, csrf

ROOM = "/admin/campaigns/"
LESSON = "/admin/courses/belonging/lessons/repair"
SECONDS, BYTES = 3.0, 512 * 2**20
"""What one request may cost: CPU time, and memory beyond what the process has."""


@contextmanager
def little(seconds: float = SECONDS) -> Iterator[None]:
    """What happens here must be done in some seconds; more memory than 512 MB there is none."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + BYTES, before[1]))
    begun = time.process_time()
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
    assert time.process_time() - begun < seconds


@pytest.fixture
def editor(stage: Stage) -> Visitor:
    return stage.signed_in("editor")


def complaint(text: str) -> str:
    """What is said of a text, without the line in which it stands."""
    with pytest.raises(TextError) as refused:
        parse(text)
    return " ".join(str(refused.value).removeprefix("line 1: ").split())


def read(page: TestResponse) -> str:
    """What a person reads on a page, on one line."""
    return " ".join(BeautifulSoup(page.text, "html.parser").get_text(" ").split())


def says(page: TestResponse, text: str) -> bool:
    """Whether a page holds the complaint, in whatever case it begins."""
    return complaint(text)[1:] in read(page)


def typed(place: str, text: str) -> dict[str, str]:
    """A form of a campaign, or of a lesson, with a text in one of its fields."""
    sound = {"subject": "News", "body": "Dear {{ name }},\n\nread this.", "list": "letters"}
    return (
        sound
        | {"title": "Repair", "preheader": "", "practice": "", "reflection": "", "ask": "", "role": "weekly"}
        | {place: text}
    )


def in_database(stage: Stage, text: str) -> str:
    """A draft that holds a text whoever let it in."""
    public_id = drafts.begin(stage.house, Words("News", "A letter."))
    with stage.house.store.transaction() as tx:
        tx.execute(update(tables.campaigns).where(tables.campaigns.c.public_id == public_id).values(body=text))
    return public_id


@pytest.mark.parametrize("place", ["subject", "body"])
def test_the_preview_of_a_campaign_being_written_says_what_is_wrong(stage: Stage, editor: Visitor, place: str) -> None:
    token = {"csrf_token": csrf(editor.get(ROOM + "new"))}
    for text in ESCAPES:
        for more in ({}, {"show": "text"}, {"reader": "named"}):
            with little():
                page = editor.post(ROOM + "preview", data=typed(place, text) | token | more)
            assert (page.status_code, says(page, text)) == (200, True), text[:60]
        with little():
            found = editor.post(ROOM + "check", data=typed(place, text) | token).json
        assert found is not None and list(found["problems"]) == [place], text[:60]


@pytest.mark.parametrize("text", ["- a\n" * 14_000, "![" * 29_000, "[" * 59_000])
def test_markdown_that_makes_the_most_work_is_shown_all_the_same(stage: Stage, editor: Visitor, text: str) -> None:
    token = {"csrf_token": csrf(editor.get(ROOM + "new"))}
    with little(15):  # about three, on an idle machine of 2026
        page = editor.post(ROOM + "preview", data=typed("body", text) | token)
    assert page.status_code == 200


def test_a_draft_that_holds_such_words_is_neither_shown_nor_tried_nor_queued(stage: Stage, editor: Visitor) -> None:
    stage.subscribed(name="Maria")
    for text in ESCAPES:
        kept = f"{ROOM}{in_database(stage, text)}"
        with little():
            pages = [
                editor.get(kept + end) for end in ("/write", "/preview", "/preview/html", "/preview/source", "/queue")
            ]
        assert [page.status_code for page in pages] == [200] * 5, text[:60]
        assert [says(page, text) for page in pages] == [True] * 5, text[:60]
        token = {"csrf_token": csrf(pages[0])}
        with little():
            tried = editor.post(kept + "/test", data=token | {"to": "owner@example.org"})
            queued = editor.post(kept + "/queue", data=token | {"when": "now"})
        assert (tried.status_code, queued.status_code) == (400, 409), text[:60]
        assert says(tried, text) and says(queued, text), text[:60]
    assert stage.tick() == []
    assert {row.state for row in rows(stage, "campaigns")} == {"draft"}


def test_what_is_queued_with_such_words_all_the_same_is_never_said_and_stops_nobody(stage: Stage) -> None:
    stage.subscribed(name="Maria")
    ids = [stage.campaign(subject=f"News {number}") for number in range(len(ESCAPES))]
    stage.campaign(subject="A sound letter")
    with stage.house.store.transaction() as tx:
        for public_id, text in zip(ids, ESCAPES, strict=True):
            mine = tables.campaigns.c.public_id == public_id
            tx.execute(update(tables.campaigns).where(mine).values(body=text))
    with little():
        sent = stage.tick()

    assert [(mail.to, mail.subject) for mail in sent] == [((MARIA,), "A sound letter")]
    ended = Counter((row.state, row.reason) for row in rows(stage, "deliveries") if row.campaign_id)
    assert ended == {("failed", "cannot be written: TextError"): len(ESCAPES), ("sent", None): 1}


@pytest.mark.parametrize("place", ["title", "subject", "preheader", "body", "practice", "reflection", "ask"])
def test_a_lesson_with_such_words_is_neither_shown_nor_kept_nor_tried(
    stage: Stage, editor: Visitor, place: str
) -> None:
    page = editor.get(LESSON)
    seen_last = BeautifulSoup(page.text, "html.parser").select_one("form.editor input[name=seen]")
    assert seen_last is not None
    token = {"csrf_token": csrf(page), "seen": str(seen_last["value"])}
    before = rows(stage, "lesson_revisions")
    for text in ESCAPES:
        if place not in ("body", "practice", "reflection") and len(text) > 250:
            continue  # too long for a line, which is said first
        form = typed(place, text) | token
        with little():
            seen = [editor.post(LESSON + "/preview", data=form | more) for more in ({}, {"show": "text"})]
            found = editor.post(LESSON + "/check", data=form).json
            kept = editor.post(LESSON, data=form | {"then": "test"})
        assert [page.status_code for page in seen] == [200, 200], text[:60]
        assert [says(page, text) for page in seen] == [True, True], text[:60]
        assert found is not None and list(found["problems"]) == [place], text[:60]
        assert (kept.status_code, says(kept, text)) == (400, True), text[:60]
    assert stage.tick() == []
    assert rows(stage, "lesson_revisions") == before


def test_a_lesson_that_holds_such_words_all_the_same_is_never_sent(stage: Stage) -> None:
    revisions = [row.id for row in rows(stage, "lesson_revisions")]
    for start in range(0, len(ESCAPES), len(revisions)):
        for revision, text in zip(revisions, ESCAPES[start:], strict=False):
            with stage.house.store.transaction() as tx:
                mine = tables.lesson_revisions.c.id == revision
                tx.execute(update(tables.lesson_revisions).where(mine).values(body=text))
            testing.send_test_lesson(stage.house, revision, "owner@example.org")
        with little():
            assert stage.tick() == []
    ended = Counter((row.state, row.reason) for row in rows(stage, "deliveries"))
    assert ended == {("failed", "cannot be written: TextError"): len(ESCAPES)}


def test_a_pasted_article_with_such_words_is_looked_through_and_not_kept(stage: Stage, editor: Visitor) -> None:
    token = {"csrf_token": csrf(editor.get("/admin/courses/+"))}
    for text in ESCAPES:
        article = f"# On bread\n\nBread is slow, and that is its gift to us.\n\n{text}\n\nSo it is.\n"
        with little():
            page = editor.post("/admin/courses/+", data=token | {"pasted": article})
        assert page.status_code in (200, 400), text[:60]
    assert [row.slug for row in rows(stage, "courses")] == ["belonging"]


def test_such_words_are_refused_by_the_command_and_the_use_case(stage: Stage) -> None:
    for text in ESCAPES:
        with little(), pytest.raises(campaigns.CampaignError):
            campaigns.create(stage.house, subject="News", body=text)
    assert rows(stage, "campaigns") == []


def rows(stage: Stage, table: str) -> list:
    with stage.house.store.reading() as tx:
        return list(tx.execute(select(tables.metadata.tables[table]).order_by("id")))
