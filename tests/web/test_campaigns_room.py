"""The room of the campaigns: nothing typed is lost, what is shown is what is sent, and it asks once."""

import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from newsletter.domain import campaign
from newsletter.domain.campaign import CampaignState
from newsletter.domain.tokens import Purpose
from newsletter.store import campaigns as rows
from newsletter.store import subscribers, tables
from newsletter.usecases import campaigns, drafts, leaving
from newsletter.usecases.drafts import Words
from tests.web.stage import Stage, Visitor, csrf, link, path_of

ROOM = "/admin/campaigns/"
BODY = "Dear {{ name }},\n\nthe garden is open on **Sunday**: [come](https://example.org/garden).\n"
LONG = "x" * 251


@pytest.fixture
def editor(stage: Stage) -> Visitor:
    return stage.signed_in("editor")


def words_of(page: TestResponse) -> str:
    """What a person reads on a page, on one line."""
    return " ".join(BeautifulSoup(page.text, "html.parser").get_text(" ").split())


def fields(page: TestResponse, form: str = "form.editor") -> dict[str, str]:
    """What a browser would send of a form, without pressing a button."""
    found = BeautifulSoup(page.text, "html.parser").select_one(form)
    assert found is not None, page.text
    sent: dict[str, str] = {}
    for tag in found.select("input[name], textarea[name], select[name]"):
        if tag.get("type") in ("radio", "checkbox") and not tag.has_attr("checked"):
            continue
        if tag.name == "select":
            sent[str(tag["name"])] = str(tag.select("option[selected]")[0]["value"])
        else:
            value = tag.text.removeprefix("\n") if tag.name == "textarea" else tag.get("value", "")
            sent[str(tag["name"])] = str(value)
    return sent


def press(client: Visitor, address: str, form: str = "form.editor", action: str = "", **changes: str) -> TestResponse:
    """Fill in a form and send it."""
    return client.post(action or address, data=fields(client.get(address), form) | changes)


def draft(stage: Stage, subject: str = "An open garden", body: str = BODY) -> str:
    return drafts.begin(stage.house, Words(subject, body))


def kept(stage: Stage, public_id: str) -> rows.Campaign:
    with stage.house.store.reading() as tx:
        found = rows.by_public_id(tx, public_id)
    assert found is not None
    return found


def queue_form(stage: Stage, public_id: str, client: Visitor, **changes: str) -> TestResponse:
    return press(client, f"{ROOM}{public_id}/queue", "form[action$='/queue']", **changes)


def id_of(stage: Stage, email: str) -> str:
    with stage.house.store.reading() as tx:
        question = select(tables.subscribers.c.public_id).where(tables.subscribers.c.address == email)
        return str(tx.scalar(question))


def set_person(stage: Stage, email: str, **values: Any) -> None:
    with stage.house.store.transaction() as tx:
        tx.execute(update(tables.subscribers).where(tables.subscribers.c.address == email).values(**values))


# Writing


def test_an_unfinished_draft_is_kept_and_says_what_keeps_it_from_being_sent(stage: Stage, editor: Visitor) -> None:
    typed = {"subject": "Hello {name}", "body": "Dear {{ firstname }},\r\n\r\nand so on"}
    answer = press(editor, f"{ROOM}new", **typed)

    assert answer.status_code == 303
    page = editor.get(answer.location)
    assert "Saved to the draft." in page.text
    assert fields(page)["body"] == "Dear {{ firstname }},\n\nand so on"
    marked = BeautifulSoup(page.text, "html.parser")
    assert "no value called" in marked.select("#body-error")[0].text
    assert "printed as it stands" in marked.select("#subject-hint")[0].text


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"subject": LONG, "body": BODY}, "subject", "251 characters"),
        ({"subject": "Long", "body": "y" * 60_001}, "body", "60,001 characters"),
        ({"subject": "News", "body": BODY, "list": "nowhere"}, "list", "no list"),
        ({"subject": " ", "body": "\n"}, "subject", "nothing to keep yet"),
    ],
)
def test_a_mistake_is_said_beside_its_field_and_nothing_typed_is_lost(
    stage: Stage, editor: Visitor, typed: dict[str, str], field: str, words: str
) -> None:
    answer = press(editor, f"{ROOM}new", **typed)

    assert answer.status_code == 400
    assert words in BeautifulSoup(answer.text, "html.parser").select(f"#{field}-error")[0].text
    again = fields(answer) if field != "list" else {}
    assert all(again.get(name, value) == value for name, value in typed.items() if name != "list")
    assert stage.sizes()["campaigns"] == 0


def test_two_who_write_at_once_lose_nothing(stage: Stage, editor: Visitor) -> None:
    made = draft(stage)
    mine = fields(editor.get(f"{ROOM}{made}/write"))
    drafts.save(stage.house, made, Words("Theirs", "What they wrote."), seen=campaign.digest(kept(stage, made)))

    refused = editor.post(f"{ROOM}{made}/write", data=mine | {"subject": "Mine", "body": "What I wrote."})
    assert refused.status_code == 409
    assert "What they wrote." in refused.text and "Theirs" in refused.text
    assert kept(stage, made).subject == "Theirs"

    agreed = fields(refused)
    assert (agreed["subject"], agreed["body"]) == ("Mine", "What I wrote.")
    assert editor.post(f"{ROOM}{made}/write", data=agreed).status_code == 303
    assert kept(stage, made).body == "What I wrote."


def test_saving_the_same_words_twice_is_no_conflict(stage: Stage, editor: Visitor) -> None:
    made = draft(stage)
    mine = fields(editor.get(f"{ROOM}{made}/write")) | {"subject": "Once"}

    assert [editor.post(f"{ROOM}{made}/write", data=mine).status_code for _ in range(2)] == [303, 303]


def test_words_typed_into_a_campaign_that_was_queued_meanwhile_are_shown_and_not_kept(
    stage: Stage, editor: Visitor
) -> None:
    made = draft(stage)
    mine = fields(editor.get(f"{ROOM}{made}/write"))
    campaigns.queue(stage.house, made)

    refused = editor.post(f"{ROOM}{made}/write", data=mine | {"body": "Too late, but not lost."})
    assert refused.status_code == 409
    assert "Too late, but not lost." in refused.text and "frozen" in refused.text
    assert kept(stage, made).body == BODY


def test_a_letter_of_sixty_thousand_wide_characters_fits_through_the_door(stage: Stage, editor: Visitor) -> None:
    made = draft(stage)
    form = fields(editor.get(f"{ROOM}{made}/write")) | {"body": "あ" * 60_000}

    assert editor.post(f"{ROOM}{made}/write", data=form, content_type="multipart/form-data").status_code == 303
    assert len(kept(stage, made).body) == 60_000


def test_the_frame_beside_the_form_shows_unsaved_words_and_mistakes(stage: Stage, editor: Visitor) -> None:
    form = fields(editor.get(f"{ROOM}new"))
    shown = editor.post(f"{ROOM}preview", data=form | {"subject": "A", "body": BODY, "reader": "named"})
    wrong = editor.post(f"{ROOM}preview", data=form | {"subject": "A", "body": "{{ firstname }}"})
    text = editor.post(f"{ROOM}preview", data=form | {"subject": "A", "body": BODY, "show": "text"})
    said = editor.post(f"{ROOM}check", data=form | {"subject": "A", "body": "{{ firstname }}"})

    assert "Dear Maria," in shown.text and "<strong" in shown.text
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert "no value called" in wrong.text
    assert "come (https://example.org/garden)" in text.text
    assert "no value called" in said.json["problems"]["body"]
    assert stage.sizes()["campaigns"] == 0


def test_any_campaign_is_duplicated_into_a_draft(stage: Stage, editor: Visitor) -> None:
    made = stage.campaign("News", "Some news.")
    stage.tick()
    answer = press(editor, f"{ROOM}{made}", "form[action$='/duplicate']", action=f"{ROOM}{made}/duplicate")

    copy = re.search(r"campaigns/([^/]+)/write", answer.location)
    assert copy and copy[1] != made
    assert (kept(stage, copy[1]).state, kept(stage, copy[1]).body) == (CampaignState.DRAFT, "Some news.")


def test_a_draft_is_deleted_after_one_question_and_nothing_else_ever_is(stage: Stage, editor: Visitor) -> None:
    made, queued = draft(stage), stage.campaign()
    asked = editor.get(f"{ROOM}{made}/delete")
    assert "Deleted words cannot be brought back." in asked.text
    form = fields(asked, "form[action$='/delete']")

    assert editor.post(f"{ROOM}{queued}/delete", data=form).status_code == 303
    assert "Somebody else was quicker" in editor.get(f"{ROOM}{queued}?note=late").text
    assert editor.post(f"{ROOM}{made}/delete", data=form).status_code == 303
    with stage.house.store.reading() as tx:
        assert [one.public_id for one in rows.everything(tx)] == [queued]


# Preview and test


@pytest.mark.parametrize("name", ["", "Maria {{7*7}}"])
def test_the_preview_of_a_draft_is_what_is_sent_byte_for_byte(stage: Stage, editor: Visitor, name: str) -> None:
    stage.subscribed(name=name)
    made = draft(stage)
    address, her = f"{ROOM}{made}/preview", id_of(stage, "maria@example.org")
    html = editor.get(f"{address}/html?for={her}").text.replace('<base target="_top">', "")
    text = BeautifulSoup(editor.get(f"{address}?for={her}&view=text").text, "html.parser").select("pre")[0].text
    source = editor.get(f"{address}/source?for={her}").data

    assert queue_form(stage, made, editor).status_code == 303
    (mail,) = stage.tick()

    assert mail.html.replace("\r\n", "\n") == html
    assert mail.text.replace("\r\n", "\n") + "\n" == text  # the last line end is the boundary's
    assert mail.source.endswith(source)  # above it stand the lines of the server that took it
    assert editor.get(f"{address}/html?for={her}").text.replace('<base target="_top">', "") == html


def test_the_preview_is_for_somebody_without_a_name_at_first(stage: Stage, editor: Visitor) -> None:
    made = draft(stage)
    page = editor.get(f"{ROOM}{made}/preview")

    assert "Somebody without a name" in page.text
    assert "Dear reader," in editor.get(f"{ROOM}{made}/preview/html").text
    assert "unsubscribe/example" in editor.get(f"{ROOM}{made}/preview/html").text


def test_a_reader_is_found_by_a_part_of_her_address_that_never_stands_in_a_url(stage: Stage, editor: Visitor) -> None:
    stage.subscribed("maria@example.org", name="Maria")
    stage.subscribed("m%ria@example.org")
    stage.sign_up("maria.pending@example.org")
    made = draft(stage)
    address = f"{ROOM}{made}/preview"
    page = press(editor, address, "form[role=search]", find="MARI")
    found = [tag.text for tag in BeautifulSoup(page.text, "html.parser").select(".found a")]

    assert found == ["maria@example.org"]
    assert [
        tag.text
        for tag in BeautifulSoup(press(editor, address, "form[role=search]", find="%").text, "html.parser").select(
            ".found a"
        )
    ] == ["m%ria@example.org"]
    assert "Nobody confirmed" in press(editor, address, "form[role=search]", find="pending").text
    chosen = editor.get(f"{address}?for={id_of(stage, 'maria@example.org')}&view=dark")
    assert "Maria" in words_of(chosen) and "look=dark" in chosen.text


def test_a_viewer_sees_nobodys_own_links(stage: Stage) -> None:
    stage.subscribed(name="Maria")
    made = draft(stage)
    viewer, her = stage.signed_in("viewer"), id_of(stage, "maria@example.org")
    with stage.house.store.reading() as tx:
        token = stage.house.keyring.token(Purpose.PREFERENCES, subscribers.by_public_id(tx, her).public_id)

    for part in ("", "/html", "/source"):
        shown = viewer.get(f"{ROOM}{made}/preview{part}?for={her}")
        assert shown.status_code == 200
        assert token not in shown.text and "maria@" not in shown.text


def test_a_reader_who_is_not_on_the_list_has_no_preview(stage: Stage, editor: Visitor) -> None:
    stage.sign_up("pending@example.org")
    made = draft(stage)

    assert editor.get(f"{ROOM}{made}/preview?for={id_of(stage, 'pending@example.org')}").status_code == 404


@pytest.mark.parametrize("view", ["phone", "desktop", "light", "dark", "plain", "text", "headers", "source", "odd"])
def test_every_way_to_look_shows_a_mistake_where_there_is_one(stage: Stage, editor: Visitor, view: str) -> None:
    good, bad = draft(stage), draft(stage, body="{{ firstname }}")

    assert "The letter" in editor.get(f"{ROOM}{good}/preview?view={view}").text or view in ("text", "headers", "source")
    assert "no value called" in words_of(editor.get(f"{ROOM}{bad}/preview?view={view}"))


def test_a_test_goes_to_the_admin_or_to_whom_she_names_and_counts_nowhere(stage: Stage, editor: Visitor) -> None:
    made = draft(stage)
    address, form = f"{ROOM}{made}/preview", "form[action$='/test']"
    mine = press(editor, address, form, action=f"{ROOM}{made}/test")
    other = press(editor, address, form, action=f"{ROOM}{made}/test", to="friend@example.org")
    wrong = editor.post(f"{ROOM}{made}/test", data=fields(editor.get(address), form) | {"to": "no address"})

    assert (mine.status_code, other.status_code, wrong.status_code) == (303, 303, 400)
    assert "on its way" in editor.get(mine.location).text
    assert 'value="no address"' in wrong.text and "to-error" in wrong.text
    mails = stage.tick()
    assert [(mail.to, mail.subject) for mail in mails] == [
        (("editor@example.org",), "[Test] An open garden"),
        (("friend@example.org",), "[Test] An open garden"),
    ]
    assert campaigns.status(stage.house, made).tally.sent == 0


def test_no_test_of_a_letter_that_cannot_be_written(stage: Stage, editor: Visitor) -> None:
    made = draft(stage, body="{{ firstname }}")
    token = csrf(editor.get(ROOM))
    answer = editor.post(f"{ROOM}{made}/test", data={"csrf_token": token, "to": "friend@example.org"})

    assert answer.status_code == 400
    assert stage.sizes()["deliveries"] == 0


# Before it is queued


def test_the_last_page_says_who_gets_it_and_who_is_left_out_and_why(stage: Stage, editor: Visitor) -> None:
    for number in range(3):
        stage.subscribed(f"p{number}@example.org")
    for email in ("resting@example.org", "held@example.org", "gone@example.org"):
        opening = stage.subscribed(email)
    leaving.leave(stage.house, path_of(link(opening, "unsubscribe")).rpartition("/")[2], method="button")
    set_person(stage, "resting@example.org", paused_until=stage.clock.now() + timedelta(days=1))
    set_person(stage, "held@example.org", held_reason="captured")
    stage.sign_up("pending@example.org")
    words = words_of(editor.get(f"{ROOM}{draft(stage)}/queue"))

    assert "3 people on “Letters”" in words
    assert "Left out: 4 people" in words
    for reason in ("1 have not confirmed", "1 asked for a pause", "1 have left", "1 held"):
        assert reason in words
    assert "Queue for 3 people" in words


@pytest.mark.parametrize(
    ("subject", "body", "said", "stops"),
    [
        ("", BODY, "The subject is empty", True),
        ("News", "", "The letter is empty", True),
        ("News", "{{ firstname }}", "no value called", True),
        ("{{ name", BODY, "Letters know {{ name }}", True),
        ("News", "[x](/relative)", "leads nowhere from an inbox", True),
        ("News", "word " * 11_000, "Gmail cuts letters", False),
        ("News", "- item\n" * 2_500, "Please make two of it", True),
        ("News", "[x](http://example.org)", "is not encrypted", False),
        ("News", "Dear [name],", "printed as it stands", False),
        ("A subject that goes on and on until no phone in the world shows it", BODY, "most phones show", False),
        ("News", BODY, "postal address", False),
    ],
)
def test_checks_stop_or_warn(stage: Stage, editor: Visitor, subject: str, body: str, said: str, stops: bool) -> None:
    stage.subscribed()
    made = draft(stage, subject or "x", body)
    if not subject:
        drafts.save(stage.house, made, Words("", body), seen=None)
    page = editor.get(f"{ROOM}{made}/queue")

    assert said in words_of(page)
    assert ("Queue for 1 person" in page.text) is not stops
    pressed = editor.post(f"{ROOM}{made}/queue", data={"csrf_token": csrf(page), "when": "now"})
    assert pressed.status_code == (409 if stops else 303)
    assert kept(stage, made).state == (CampaignState.DRAFT if stops else CampaignState.SCHEDULED)


def test_a_list_without_readers_is_not_asked_about(stage: Stage, editor: Visitor) -> None:
    page = editor.get(f"{ROOM}{draft(stage)}/queue")

    assert "nobody has confirmed" in words_of(page)
    assert '<button class="large">' not in page.text


@pytest.mark.parametrize(
    ("zone", "day", "hour", "goes"),
    [
        ("Europe/Berlin", "2026-11-26", "09:30", datetime(2026, 11, 26, 8, 30, tzinfo=UTC)),
        ("America/Denver", "2026-11-26", "09:00", datetime(2026, 11, 26, 16, tzinfo=UTC)),
        ("Europe/Berlin", "2027-03-28", "02:30", datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),  # does not exist: 03:30
        ("Europe/Berlin", "2027-10-31", "02:30", datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),  # twice: the first
    ],
)
def test_later_is_an_hour_on_the_owners_wall(
    new_stage: Callable[..., Stage], zone: str, day: str, hour: str, goes: datetime
) -> None:
    stage = new_stage(timezone=zone)
    stage.subscribed()
    made, editor = draft(stage), stage.signed_in("editor")

    assert queue_form(stage, made, editor, when="later", date=day, time=hour).status_code == 303
    assert kept(stage, made).scheduled_at == goes


@pytest.mark.parametrize(
    ("day", "hour", "words"),
    [
        ("2026-11-24", "08:59", "That is over"),
        ("2026-11-24", "09:00", "That is over"),
        ("2028-01-01", "09:00", "within a year"),
        ("9999-12-31", "23:59", "within a year"),
        ("", "09:00", "a date and an hour"),
        ("2026-11-31", "09:00", "a date and an hour"),
        ("2026-11-25", "09:00+05:00", "a date and an hour"),
        ("x", "y", "a date and an hour"),
    ],
)
def test_an_hour_that_cannot_be_is_refused_beside_its_field(
    stage: Stage, editor: Visitor, day: str, hour: str, words: str
) -> None:
    stage.subscribed()
    made = draft(stage)
    refused = queue_form(stage, made, editor, when="later", date=day, time=hour)

    assert refused.status_code == 400
    assert words in BeautifulSoup(refused.text, "html.parser").select("#when-error")[0].text
    assert fields(refused, "form[action$='/queue']")["when"] == "later"
    assert kept(stage, made).state is CampaignState.DRAFT


@pytest.mark.parametrize("typed", [{"date": "2026-12-01"}, {"time": "18:00"}, {"date": "2026-12-01", "time": ""}])
def test_a_day_beside_now_is_asked_about_for_what_went_cannot_be_taken_back(
    stage: Stage, editor: Visitor, typed: dict[str, str]
) -> None:
    stage.subscribed()
    made = draft(stage)
    refused = queue_form(stage, made, editor, when="now", **typed)

    assert refused.status_code == 400
    assert "chose “Now”" in words_of(refused)
    again = fields(refused, "form[action$='/queue']")
    assert all(again[name] == value for name, value in typed.items())
    assert kept(stage, made).state is CampaignState.DRAFT


def test_a_text_that_changed_since_it_was_looked_at_is_shown_again(stage: Stage, editor: Visitor) -> None:
    stage.subscribed()
    made = draft(stage)
    seen = fields(editor.get(f"{ROOM}{made}/queue"), "form[action$='/queue']")
    drafts.save(stage.house, made, Words("Other words", "Other."), seen=None)

    refused = editor.post(f"{ROOM}{made}/queue", data=seen)
    assert refused.status_code == 409
    assert "was changed since you looked at it" in refused.text and "Other words" in refused.text
    assert kept(stage, made).state is CampaignState.DRAFT
    assert editor.post(f"{ROOM}{made}/queue", data=fields(refused, "form[action$='/queue']")).status_code == 303


def test_of_two_who_queue_at_once_one_does_and_everybody_gets_it_once(stage_on_both: Stage) -> None:
    stage = stage_on_both
    stage.subscribed("maria@example.org")
    made = draft(stage)
    people = [stage.signed_in("owner"), stage.signed_in("editor")]
    forms = [fields(one.get(f"{ROOM}{made}/queue"), "form[action$='/queue']") for one in people]
    together, answers = threading.Barrier(2), []

    def press_at_once(client: Visitor, form: dict[str, str]) -> None:
        together.wait()
        answers.append(client.post(f"{ROOM}{made}/queue", data=form))

    threads = [threading.Thread(target=press_at_once, args=pair) for pair in zip(people, forms, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [answer.status_code for answer in answers] == [303, 303]
    assert sorted("note=late" in answer.location for answer in answers) == [False, True]
    assert len(stage.tick()) == 1
    assert stage.tick() == []


# Progress


def under_way(stage: Stage, people: int = 4) -> str:
    """A campaign of which one email is sent, one failed, one deferred, the others wait."""
    for number in range(people):
        stage.subscribed(f"p{number}@example.org", name=f"P{number}")
    made = stage.campaign("An open garden")
    campaigns.start_due(stage.house)
    outcomes = [
        {"state": "sent", "reply": "250 2.0.0 taken", "tries": 1, "sent_at": stage.clock.now()},
        {"state": "failed", "reply": "550 5.1.1 <…> no such <b>mailbox</b>", "tries": 1},
        {"state": "deferred", "reply": "451 4.7.1 try again later", "tries": 2},
    ]
    with stage.house.store.transaction() as tx:
        table = tables.deliveries
        found = tx.scalars(select(table.c.id).where(table.c.kind == "campaign").order_by(table.c.id)).all()
        settled = stage.clock.machine() - timedelta(minutes=2)
        for number, values in zip(found, outcomes, strict=False):
            tx.execute(update(table).where(table.c.id == number).values(settled_at=settled, **values))
    return made


def test_the_progress_page_says_how_far_how_quickly_and_until_when(stage: Stage) -> None:
    viewer = stage.signed_in("viewer")
    made = under_way(stage)
    stage.a_worker_runs()
    page = viewer.get(f"{ROOM}{made}")
    bar = BeautifulSoup(page.text, "html.parser").select("progress")[0]

    assert (bar["max"], bar["value"]) == ("4", "2")
    words = words_of(page)
    assert "2 of 4 done" in words
    assert "Less than 1 a minute just now; at this speed done in about 4 minutes, at 24 Nov 2026, 09:04" in words
    assert "Pause" not in words and "Duplicate" not in words  # a viewer sees
    part = viewer.get(f"{ROOM}{made}/progress")
    assert part.headers["X-Campaign-State"] == "sending"
    assert words_of(part) in words


def test_who_got_it_and_who_did_not_with_the_servers_words(stage: Stage) -> None:
    viewer = stage.signed_in("viewer")
    made = under_way(stage)

    failed = viewer.get(f"{ROOM}{made}?state=failed")
    assert "550 5.1.1 <…> no such <b>mailbox</b>" in words_of(failed)
    assert "<b>mailbox" not in failed.text
    assert "p1@example.org" in failed.text and "p0@example.org" not in failed.text
    assert "No letter of this campaign is skipped" in viewer.get(f"{ROOM}{made}?state=skipped").text
    assert "p3@example.org" in viewer.get(f"{ROOM}{made}?state=odd").text


def test_the_table_goes_on_page_by_page(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newsletter.web.studio.campaigns.progress._PAGE", 3)
    viewer = stage.signed_in("viewer")
    made = under_way(stage, 7)
    seen: list[str] = []
    address = f"{ROOM}{made}"
    for _ in range(3):
        page = viewer.get(address)
        seen += re.findall(r"p\d@example", page.text)
        onwards = BeautifulSoup(page.text, "html.parser").find("a", string="Next page")
        address = str(onwards["href"]).partition("#")[0] if onwards else ""

    assert seen == [f"p{number}@example" for number in range(7)]
    assert address == ""


def test_pause_resume_and_cancel_which_asks_once(stage: Stage, editor: Visitor) -> None:
    made = under_way(stage)
    address = f"{ROOM}{made}"

    assert press(editor, address, "form[action$='/pause']", action=f"{address}/pause").status_code == 303
    assert kept(stage, made).state is CampaignState.PAUSED
    assert stage.tick() == []
    assert press(editor, address, "form[action$='/resume']", action=f"{address}/resume").status_code == 303
    asked = editor.get(f"{address}/cancel")
    assert "1 person got it already" in words_of(asked) and "2 people who wait" in words_of(asked)
    assert kept(stage, made).state is CampaignState.SENDING
    form = fields(asked, "form[action$='/cancel']")
    assert editor.post(f"{address}/cancel", data=form).status_code == 303
    late = editor.post(f"{address}/pause", data=form)
    assert "this campaign is cancelled now" in editor.get(late.location).text
    assert campaigns.status(stage.house, made).tally.skipped == 2
    assert stage.tick() == []


def test_a_campaign_for_later_says_when_and_to_how_many(stage: Stage, editor: Visitor) -> None:
    stage.subscribed()
    made = draft(stage)
    campaigns.queue(stage.house, made, stage.clock.now() + timedelta(days=2))
    words = words_of(editor.get(f"{ROOM}{made}"))

    assert "scheduled : goes Thursday, 26 November 2026, at 9 in the morning (UTC), to 1 person" in words
    asked = words_of(editor.get(f"{ROOM}{made}/cancel"))
    assert "Nobody has got it yet" in asked


def test_a_speed_is_measured_over_the_last_minutes(stage: Stage) -> None:
    made = under_way(stage)
    stage.clock.move(minutes=3)
    stage.a_worker_runs()
    assert "Nothing went in the last five minutes." not in words_of(stage.signed_in("viewer").get(f"{ROOM}{made}"))
    stage.clock.move(minutes=1)
    assert campaigns.status(stage.house, made).pace.per_minute == 0


# The list


def test_the_list_is_filtered_sorted_and_paged_by_its_address(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newsletter.web.studio.campaigns.overview._PAGE", 2)
    viewer = stage.signed_in("viewer")
    assert "No campaign yet" in viewer.get(ROOM).text
    stage.subscribed()
    for subject in ("beta", "Alpha", "gamma"):
        draft(stage, subject)
    stage.campaign("Zeta, sent")
    stage.tick()

    def subjects(query: str) -> list[str]:
        page = BeautifulSoup(viewer.get(f"{ROOM}?{query}").text, "html.parser")
        return [tag.text for tag in page.select("td.name a")]

    assert subjects("") == ["Zeta, sent", "gamma"]
    assert subjects("page=2") == ["Alpha", "beta"]
    assert subjects("sort=subject") == ["Alpha", "beta"]
    assert subjects("sort=oldest&state=draft") == ["beta", "Alpha"]
    assert subjects("state=sent") == ["Zeta, sent"]
    assert subjects("page=99") == subjects("state=cancelled") == []
    assert subjects("sort=odd&state=odd&page=-1") == ["Zeta, sent", "gamma"]
    assert subjects("page=99999999999999999999") == []
    assert "1 of 1" in words_of(viewer.get(f"{ROOM}?state=sent"))


def test_a_draft_opens_where_it_is_written_and_for_a_viewer_where_it_is_read(stage: Stage, editor: Visitor) -> None:
    made = draft(stage)

    assert editor.get(f"{ROOM}{made}").location == f"{ROOM}{made}/write"
    assert stage.signed_in("viewer").get(f"{ROOM}{made}").location == f"{ROOM}{made}/preview"
