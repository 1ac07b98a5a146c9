"""Tags on a person's page and on the page of who gets a course: given by a form, refused in words, in no address."""

from bs4 import BeautifulSoup

from newsletter.usecases import entries, people
from tests.web.stage import Stage, csrf

MARIA = "maria@example.org"


def page_of(stage: Stage, email: str = MARIA) -> str:
    with stage.house.store.reading() as tx:
        return f"/admin/subscribers/{people.find(stage.house, tx, email).public_id}"


def test_an_editor_gives_a_tag_and_takes_it_back(stage: Stage) -> None:
    stage.subscribed(MARIA)
    editor, page = stage.signed_in("editor"), page_of(stage)
    form = {"csrf_token": csrf(editor.get(page)), "tag": "Book Club"}
    done = editor.post(f"{page}/tags", data=form)
    assert done.status_code == 303
    assert "club" not in done.headers["Location"]
    shown = BeautifulSoup(editor.get(page).text, "html.parser")
    assert [one.strong.text for one in shown.select(".tags li")] == ["book-club"]
    editor.post(f"{page}/tags/take", data=form | {"tag": "book-club"})
    assert BeautifulSoup(editor.get(page).text, "html.parser").select(".tags li") == []


def test_what_is_no_tag_stays_in_its_field_beside_a_sentence(stage: Stage) -> None:
    stage.subscribed(MARIA)
    editor, page = stage.signed_in("editor"), page_of(stage)
    refused = editor.post(f"{page}/tags", data={"csrf_token": csrf(editor.get(page)), "tag": "a/b <i>"})
    field = BeautifulSoup(refused.text, "html.parser").select_one("#tag")

    assert refused.status_code == 400 and "small letters" in refused.text
    assert (field["value"], field["aria-invalid"]) == ("a/b <i>", "true")


def test_a_viewer_sees_tags_and_gives_none(stage: Stage) -> None:
    stage.subscribed(MARIA)
    page = page_of(stage)
    editor = stage.signed_in("editor")
    editor.post(f"{page}/tags", data={"csrf_token": csrf(editor.get(page)), "tag": "returning"})
    viewer = stage.signed_in("viewer")
    shown = viewer.get(page).text

    assert "returning" in shown and f"{page}/tags" not in shown
    assert viewer.post(f"{page}/tags", data={"csrf_token": csrf(viewer.get("/admin/")), "tag": "x"}).status_code == 403


def test_the_owner_lets_a_course_begin_by_a_tag(stage: Stage) -> None:
    owner, page = stage.signed_in(), "/admin/courses/belonging/readers"
    way = {"csrf_token": csrf(owner.get(page)), "kind": "tag", "tag": "no!"}
    refused = owner.post(page, data=way)
    assert refused.status_code == 400
    assert BeautifulSoup(refused.text, "html.parser").select_one("#tag-error")
    shown = owner.post(page, data=way | {"tag": "returning"}, follow_redirects=True).text

    assert "you give somebody the tag “returning”" in " ".join(shown.split())
    with stage.house.store.reading() as tx:
        assert [(one.kind, one.what) for one in entries.known(tx, "belonging")] == [("tag", "returning")]
