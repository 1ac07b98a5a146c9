"""The room of the courses over HTTP: what is shown is what is sent, and nothing typed is lost."""

import io
import re
from typing import Any

import pytest
from bs4 import BeautifulSoup
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from newsletter.mail.inbox import CapturedMail
from newsletter.store import courses as rows
from newsletter.usecases import lessons
from newsletter.usecases.lessons import Manuscript
from tests.web.stage import MARIA, Stage, Visitor, csrf

COURSE = "/admin/courses/belonging"
LESSON = f"{COURSE}/lessons/repair"
ARTICLE = "# On bread\n\n{0}\n\n## Flour\n\n{0}\n\n## Water\n\n{0}\n".format(
    "Bread is slow, and that is its gift to us. " * 8
)


def fields(page: TestResponse, form: str = "form.editor") -> dict[str, str]:
    """What a browser would send of a form, without pressing a button."""
    found = BeautifulSoup(page.text, "html.parser").select_one(form)
    assert found is not None
    sent: dict[str, str] = {}
    for tag in found.select("input[name], textarea[name], select[name]"):
        kind, name = tag.get("type"), str(tag["name"])
        if kind in ("radio", "checkbox") and not tag.has_attr("checked"):
            continue
        if tag.name == "select":
            chosen = tag.select_one("option[selected]")
            sent[name] = str(chosen["value"]) if chosen else ""
        else:
            sent[name] = tag.text.removeprefix("\n") if tag.name == "textarea" else str(tag.get("value", ""))
    return sent


def manuscript(stage: Stage, slug: str = "belonging") -> Manuscript:
    with stage.house.store.reading() as tx:
        found = lessons.read(tx, slug)
    assert found is not None
    return found


def body(stage: Stage, key: str = "repair") -> str:
    found = manuscript(stage).find(key)
    assert found is not None
    return found.text.body


def write(editor: Visitor, address: str = LESSON, **changes: str) -> TestResponse:
    return editor.post(address, data=fields(editor.get(address)) | changes)


def as_shown(mail: CapturedMail) -> str:
    """The HTML of a mail as a page: a mail's lines end in CR LF, and links in a preview open beside it."""
    return mail.html.replace("\r\n", "\n").replace("<head>", '<head><base target="_blank">', 1)


def preview_for(editor: Visitor, email: str, key: str, **show: str) -> TestResponse:
    return editor.get(f"{COURSE}/lessons/{key}/preview", query_string={"reader": "her", "email": email, **show})


@pytest.mark.parametrize("name", ["", "Maria"])
def test_the_preview_is_what_was_sent_byte_for_byte(stage: Stage, name: str) -> None:
    stage.subscribed(name=name)
    stage.clock.move(days=1)
    (mail,) = stage.tick()
    editor, key = stage.signed_in("editor"), "what-belonging-is"

    assert preview_for(editor, MARIA, key).text == as_shown(mail)
    assert preview_for(editor, MARIA, key, show="text").text.removesuffix("\n") == mail.text.replace("\r\n", "\n")
    source = preview_for(editor, MARIA, key, show="source").data
    assert len(source) > 5_000
    assert mail.source.endswith(source)  # above it stand only the lines of the server that took it in
    typed = fields(editor.get(f"{COURSE}/lessons/{key}")) | {"reader": "her", "email": MARIA}
    assert editor.post(f"{COURSE}/lessons/{key}/preview", data=typed).text == as_shown(mail)


def test_the_preview_of_a_letter_to_come_is_what_will_be_sent(stage: Stage) -> None:
    stage.subscribed()
    before = preview_for(stage.signed_in("editor"), MARIA, "what-belonging-is").text
    stage.clock.move(days=1)

    (mail,) = stage.tick()
    assert as_shown(mail) == before


def test_the_preview_of_the_welcome_is_what_was_sent(stage: Stage) -> None:
    opening = stage.subscribed()

    assert preview_for(stage.signed_in("editor"), MARIA, "welcome").text == as_shown(opening)


def test_a_viewer_never_sees_a_readers_own_links(stage: Stage) -> None:
    stage.subscribed()
    viewer = stage.signed_in("viewer")
    shown = viewer.get(f"{LESSON}/preview", query_string={"reader": "her", "email": MARIA}).text

    assert shown == viewer.get(f"{LESSON}/preview").text


def test_links_to_nobody_lead_nowhere(stage: Stage) -> None:
    shown = stage.signed_in("viewer").get(f"{LESSON}/preview").text
    links = set(re.findall(r'href="[^"]*(/(?:letters|preferences|unsubscribe)/[^"]+)"', shown))

    assert len(links) == 3
    assert {stage.visitor().get(link).status_code for link in links} == {404}


def test_a_preview_keeps_nothing(stage: Stage) -> None:
    editor = stage.signed_in("editor")
    before = stage.content()
    typed = fields(editor.get(LESSON)) | {"body": "Typed **just now**."}

    assert "<strong" in editor.post(f"{LESSON}/preview", data=typed).text
    assert "Typed **just now**." not in editor.get(LESSON).text
    assert stage.content() == before


def test_a_preview_of_words_with_a_mistake_says_which(stage: Stage) -> None:
    editor = stage.signed_in("editor")
    typed = fields(editor.get(LESSON)) | {"practice": "{{ nme }}"}

    assert "Practice: Line 1:" in editor.post(f"{LESSON}/preview", data=typed).text


def test_a_preview_for_somebody_who_is_not_in_the_course_says_so(stage: Stage) -> None:
    shown = stage.signed_in("editor").get(
        f"{LESSON}/preview", query_string={"reader": "her", "email": "nobody@example.org"}
    )

    assert "Nobody with this address is in" in shown.text


def test_the_dark_preview_answers_the_letters_question_and_says_the_same(stage: Stage) -> None:
    editor = stage.signed_in("editor")
    light, dark = (editor.get(f"{LESSON}/preview", query_string=look).text for look in ({}, {"dark": "1"}))

    assert "prefers-color-scheme" in light and "prefers-color-scheme" not in dark
    assert BeautifulSoup(light, "html.parser").body.text == BeautifulSoup(dark, "html.parser").body.text


@pytest.mark.parametrize("show", ["html", "text", "headers", "source"])
def test_every_preview_is_walled_in(stage: Stage, show: str) -> None:
    answer = stage.signed_in("viewer").get(f"{LESSON}/preview", query_string={"show": show})
    policy = answer.headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy and "sandbox" in policy and "frame-ancestors 'self'" in policy
    assert "allow-scripts" not in policy and "allow-same-origin" not in policy


def test_saving_goes_into_the_draft_and_publishing_asks_once(stage: Stage) -> None:
    stage.subscribed()
    editor = stage.signed_in("editor")
    assert write(editor, body="Better words.").status_code == 303
    assert "1 changed" in editor.get(COURSE).text

    asked = editor.get(f"{COURSE}/publish")
    assert "Trying again" in asked.text and "Publish for 1 person" in asked.text
    assert "Better words." not in [one.text.body for one in manuscript(stage).published]
    answer = editor.post(f"{COURSE}/publish", data=fields(asked, "form:has([name=seen])"))
    assert answer.status_code == 303
    assert not manuscript(stage).is_draft and body(stage) == "Better words."


def test_publishing_shows_what_happens_and_asks_who_else_gets_a_new_letter(stage: Stage) -> None:
    stage.subscribed()
    stage.clock.move(hours=2)
    editor = stage.signed_in("editor")
    write(editor, f"{COURSE}/lessons/+", title="On rest", subject="On rest", preheader="Rest.", body="Rest.")
    asked = editor.get(f"{COURSE}/publish")
    assert "Who else gets “On rest”?" in asked.text and "Nobody gets a letter twice." in asked.text
    assert _row(asked, "On rest") == ["1 person", "nobody"]

    form = fields(asked, "form:has([name=seen])")
    assert form["late-on-rest"] == "upcoming"
    looked = editor.post(f"{COURSE}/publish", data=form | {"late-on-rest": "nobody", "then": "look"})
    assert looked.status_code == 200 and manuscript(stage).is_draft
    assert _row(looked, "On rest") == ["nobody", "nobody"]
    assert fields(looked, "form:has([name=seen])")["late-on-rest"] == "nobody"

    answer = editor.post(f"{COURSE}/publish", data=fields(looked, "form:has([name=seen])"))
    assert answer.status_code == 303
    with stage.house.store.reading() as tx:
        order = rows.order(tx, manuscript(stage).course.id)
    assert [one.late for one in order if one.key == "on-rest"] == ["nobody"]


def _row(page: TestResponse, title: str) -> list[str]:
    """Of the table of what happens, who gets a letter, and to whom it is the next one."""
    for row in BeautifulSoup(page.text, "html.parser").select("table.lessons tbody tr"):
        cells = [cell.get_text(" ", strip=True) for cell in row.select("td")]
        if cells[0].startswith(title):
            return cells[1:3]
    raise AssertionError(f"{title} is in no row")


def test_publishing_a_draft_that_somebody_changed_since_shows_it_first(stage: Stage) -> None:
    editor = stage.signed_in("editor")
    write(editor, body="Better words.")
    agreed = fields(editor.get(f"{COURSE}/publish"), "form:has([name=seen])")
    write(editor, body="Other words.")

    answer = editor.post(f"{COURSE}/publish", data=agreed)
    assert answer.status_code == 409 and "another one by now" in answer.text
    assert manuscript(stage).is_draft


def test_two_editors_at_once_lose_nothing(stage: Stage) -> None:
    one, other = stage.signed_in("editor"), stage.signed_in("owner")
    mine = fields(one.get(LESSON)) | {"body": "Mine, all of it."}
    write(other, body="Theirs & only theirs.")

    answer = one.post(LESSON, data=mine)
    assert answer.status_code == 409
    assert "Mine, all of it." in answer.text and "Theirs &amp; only theirs." in answer.text
    assert body(stage) == "Theirs & only theirs."
    assert one.post(LESSON, data=fields(answer)).status_code == 303
    assert body(stage) == "Mine, all of it."


def test_a_mistake_is_said_beside_its_field_and_all_words_stay(stage: Stage) -> None:
    answer = write(stage.signed_in("editor"), title="", body="Words & {{ nme }} <b>", practice="Kept too")

    assert answer.status_code == 400
    page = BeautifulSoup(answer.text, "html.parser")
    assert "empty" in page.select_one("#title-error").text and "nme" in page.select_one("#body-error").text
    assert page.select_one("#body").text.strip() == "Words & {{ nme }} <b>"
    assert page.select_one("#practice").text.strip() == "Kept too"


def test_a_telling_subject_gets_a_hint_and_is_kept(stage: Stage) -> None:
    editor = stage.signed_in("editor")
    assert write(editor, subject="Your loneliness").status_code == 303

    assert "by whoever sees the phone" in editor.get(LESSON).text


def test_the_check_says_what_the_form_would(stage: Stage) -> None:
    editor = stage.signed_in("editor")
    typed = fields(editor.get(LESSON)) | {"subject": "Your trauma", "body": ""}
    said = editor.post(f"{LESSON}/check", data=typed).get_json()

    assert list(said["problems"]) == ["body"] and list(said["remarks"]) == ["subject"]


def test_a_test_of_the_saved_words_goes_to_whoever_asked(stage: Stage) -> None:
    editor = stage.signed_in("editor")
    answer = write(editor, body="Try **me**.", then="test")

    (mail,) = stage.tick()
    assert mail.to == ("editor@example.org",) and mail.subject.startswith("[Test] ") and "<strong" in mail.html
    assert "on its way to editor@example.org" in editor.get(answer.location).text


def test_a_new_letter_is_not_there_before_it_is_saved(stage: Stage) -> None:
    editor, before = stage.signed_in("editor"), stage.sizes()
    editor.get(f"{COURSE}/lessons/+")
    assert {**stage.sizes(), "admin_sessions": 0} == {**before, "admin_sessions": 0}

    typed = {"title": "On gardens", "subject": "This week’s letter", "body": "Dig.", "role": "weekly"}
    answer = write(editor, f"{COURSE}/lessons/+", **typed)
    assert answer.location.endswith("/lessons/on-gardens?done=saved")
    assert body(stage, "on-gardens") == "Dig."


def test_letters_move_by_buttons_that_keep_the_focus(stage: Stage) -> None:
    editor = stage.signed_in("editor")
    token = {"csrf_token": csrf(editor.get(COURSE))}

    answer = editor.post(f"{COURSE}/lessons/what-isolation-looks-like/up", data=token)
    assert answer.location.endswith("#down-what-isolation-looks-like")  # it is the first now: there is no "up"
    answer = editor.post(f"{COURSE}/lessons/repair/down", data=token)
    assert answer.location.endswith("#down-repair")
    assert [one.text.key for one in manuscript(stage).lessons][1] == "what-isolation-looks-like"


def test_removing_asks_once_and_can_be_taken_back(stage: Stage) -> None:
    editor = stage.signed_in("editor")
    asked = editor.get(f"{LESSON}/remove")
    assert "Readers get it until you publish" in asked.text
    editor.post(f"{LESSON}/remove", data={"csrf_token": csrf(asked)})

    page = editor.get(COURSE)
    assert "1 removed" in page.text and manuscript(stage).find("repair") is None
    editor.post(f"{LESSON}/back", data={"csrf_token": csrf(page)})
    assert not manuscript(stage).is_draft


def test_a_draft_is_thrown_away_after_one_question(stage: Stage) -> None:
    editor = stage.signed_in("editor")
    write(editor, body="Never mind.")
    asked = editor.get(f"{COURSE}/discard")
    assert "Trying again" in asked.text
    editor.post(f"{COURSE}/discard", data={"csrf_token": csrf(asked)})

    assert not manuscript(stage).is_draft
    assert editor.get(f"{COURSE}/discard").status_code == 303


def test_the_course_page_says_who_is_where_and_when_letters_come(stage: Stage) -> None:
    stage.subscribed()
    page = BeautifulSoup(stage.signed_in("viewer").get(f"{COURSE}?zone=Asia/Kolkata").text, "html.parser")
    row = page.select_one("#lesson-what-belonging-is")

    assert "1 person" in row.text and "Thu 26 Nov 2026, 09:00" in row.text
    assert "1 person inside" in page.text and "Counted" in page.text


def upload(editor: Visitor, *files: tuple[str, bytes], **form: str) -> TestResponse:
    data: dict[str, Any] = {"csrf_token": csrf(editor.get("/admin/courses/+")), "title": "", "pasted": "", **form}
    data["files"] = [FileStorage(io.BytesIO(content), name, "files", "text/plain") for name, content in files]
    boundary, body = encode_multipart(data)  # whole in memory: the client's own way leaves a file open
    return editor.post("/admin/courses/+", data=body, content_type=f"multipart/form-data; boundary={boundary}")


def test_an_article_becomes_a_draft_after_it_was_looked_through(stage: Stage) -> None:
    editor, before = stage.signed_in("editor"), stage.sizes()
    seen = upload(editor, pasted=ARTICLE)
    assert "became letter 2" in seen.text and stage.sizes() == before

    form = fields(seen, "form.sheaf")
    joined = editor.post("/admin/courses/+/letters", data=form | {"join": "2"})
    assert stage.sizes() == before
    form = fields(joined, "form.sheaf")
    assert form["count"] == "2" and "## Water" in form["body-1"]
    answer = editor.post("/admin/courses/+/letters", data=form | {"slug": "bread", "title-1": "Flour and water"})
    assert answer.location.endswith("/admin/courses/bread?done=made")
    kept = manuscript(stage, "bread")
    assert [(one.text.title, one.text.subject, one.text.role) for one in kept.lessons] == [
        ("On bread", "Letter 1 of 2", "opening"),
        ("Flour and water", "Letter 2 of 2", "weekly"),
    ]
    assert kept.is_draft and kept.published == ()
    with stage.house.store.reading() as tx:
        assert rows.by_slug(tx, "bread") is not None


def test_several_files_are_read_in_order_and_one_letter_is_left_out(stage: Stage) -> None:
    editor = stage.signed_in("editor")
    html = f"<html><body><h1>On salt</h1><p>{'Salt keeps. ' * 20}</p></body></html>"
    seen = upload(editor, ("bread.md", ARTICLE.encode()), ("salt.html", html.encode()), title="Kitchen")
    form = fields(seen, "form.sheaf")
    answer = editor.post("/admin/courses/+/letters", data=form | {"leave-1": "1"})

    assert answer.location.endswith("/admin/courses/kitchen?done=made")
    assert [one.text.title for one in manuscript(stage, "kitchen").lessons] == ["On bread", "Water", "On salt"]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.txt", b"", "nothing to read|is empty"),
        ("a.pdf", b"%PDF-1.7 x", "is a PDF"),
        ("a.txt", b"x" * 5_100_000, "larger than 5 MB"),
        ("<script>.txt", b"\x00\x01", "is not text"),
    ],
)
def test_a_file_that_is_no_article_gets_one_sentence(stage: Stage, name: str, content: bytes, sentence: str) -> None:
    answer = upload(stage.signed_in("editor"), (name, content))

    assert answer.status_code == 400 and re.search(sentence, answer.text)
    assert "<script>.txt" not in answer.text


def test_pasted_words_survive_a_file_that_cannot_be_read(stage: Stage) -> None:
    answer = upload(stage.signed_in("editor"), ("a.pdf", b"%PDF-1.7 x"), pasted="My own words.")

    assert "My own words." in answer.text


def test_six_megabytes_are_for_editors_who_bring_articles_alone(stage: Stage) -> None:
    editor = stage.signed_in("editor")
    form = {"csrf_token": csrf(editor.get("/admin/courses/+")), "pasted": "Bread is slow. " * 60_000}

    assert editor.post("/admin/courses/+", data=form).status_code == 200
    assert editor.post(LESSON, data=form).status_code == 413
    assert stage.visitor().post("/admin/courses/+", data=form).status_code == 413
    too_much = editor.post("/admin/courses/+", data=form | {"pasted": "x" * 7_000_000})
    assert too_much.status_code == 413 and "6,144 kilobytes" in too_much.text


def test_what_cannot_be_kept_stays_in_the_form(stage: Stage) -> None:
    editor = stage.signed_in("editor")
    form = fields(upload(editor, pasted=ARTICLE), "form.sheaf")
    answer = editor.post("/admin/courses/+/letters", data=form | {"slug": "Bread!", "body-1": "{{ nme }}"})

    assert answer.status_code == 400
    page = BeautifulSoup(answer.text, "html.parser")
    assert page.select_one("#slug-error") and page.select_one("#body-1-error")
    assert fields(answer, "form.sheaf")["slug"] == "Bread!"
    taken = editor.post("/admin/courses/+/letters", data=form | {"slug": "belonging"})
    assert taken.status_code == 409 and "There is a course" in taken.text


@pytest.mark.parametrize("number", ["", "x", "-1", "99999999999", "٣"])
def test_a_form_that_counts_strangely_is_answered_kindly(stage: Stage, number: str) -> None:
    editor = stage.signed_in("editor")
    form = {"csrf_token": csrf(editor.get("/admin/courses/+")), "count": number, "slug": "x", "title": "X"}

    assert editor.post("/admin/courses/+/letters", data=form).status_code == 400
    assert editor.post("/admin/courses/+/letters", data=form | {"join": "7"}).status_code == 200


@pytest.mark.parametrize("path", ["/admin/courses/none", f"{COURSE}/lessons/none", f"{COURSE}/lessons/none/preview"])
def test_what_is_not_there_is_not_there(stage: Stage, path: str) -> None:
    assert stage.signed_in("owner").get(path).status_code == 404


def test_a_lesson_cannot_be_made_under_a_key_of_ones_own(stage: Stage) -> None:
    editor = stage.signed_in("editor")
    form = fields(editor.get(LESSON)) | {"seen": ""}

    assert editor.post(f"{COURSE}/lessons/Own%20key", data=form).status_code == 409
    assert manuscript(stage).find("Own key") is None
