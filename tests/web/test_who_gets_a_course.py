"""The page that says who gets a course: ways in and out, and conditions; what is refused is said beside its field."""

from bs4 import BeautifulSoup

from newsletter.usecases import conditions, entries
from tests.web.stage import Stage, csrf

PAGE = "/admin/courses/belonging/readers"


def test_the_owner_says_ways_and_takes_them_back(stage: Stage) -> None:
    owner = stage.signed_in()
    token = csrf(owner.get(PAGE))
    way = {"csrf_token": token, "kind": "date", "list": "letters", "day": "soon"}
    refused = owner.post(PAGE, data=way)
    assert refused.status_code == 400 and "year, month and day" in refused.text
    assert BeautifulSoup(refused.text, "html.parser").select_one("[name=kind][value=date]").has_attr("checked")

    done = owner.post(PAGE, data=way | {"day": "2027-01-31"}, follow_redirects=True)
    assert "on 2027-01-31" in done.text
    with stage.house.store.reading() as tx:
        (one,) = entries.known(tx, "belonging")
    assert owner.post(PAGE, data={"csrf_token": token}).status_code == 400
    done = owner.post(f"{PAGE}/{one.id}/remove", data={"csrf_token": token}, follow_redirects=True)
    assert "on 2027-01-31" not in done.text


def test_a_condition_goes_into_the_draft_and_one_that_cannot_be_read_is_kept_in_its_field(stage: Stage) -> None:
    editor = stage.signed_in("editor")
    form = {"csrf_token": csrf(editor.get(PAGE)), "condition": "color:red & <b>"}
    refused = editor.post(f"{PAGE}/condition/repair", data=form)
    field = BeautifulSoup(refused.text, "html.parser").select_one("#of-repair")
    assert refused.status_code == 400 and field is not None
    assert (field["value"], field["aria-invalid"]) == ("color:red & <b>", "true")
    assert "none of the words" in refused.text

    assert editor.post(f"{PAGE}/condition/repair", data=form | {"condition": "hour:9"}).status_code == 303
    assert 'value="hour:9"' in editor.get(PAGE).text
    assert "draft differs" in editor.get("/admin/courses/belonging").text
    conditions.set_condition(stage.house, "belonging", "repair", "")
    assert "draft differs" not in editor.get("/admin/courses/belonging").text


def test_the_date_of_a_letter_with_a_condition_says_if(stage: Stage) -> None:
    conditions.set_condition(stage.house, "belonging", "repair", "hour:9 and not tag:returning")
    page = BeautifulSoup(stage.signed_in("viewer").get("/admin/courses/belonging").text, "html.parser")

    (row,) = page.select("#lesson-repair")
    comes = row.select_one("[data-name=Comes]").get_text(" ", strip=True)
    assert comes.endswith("if hour:9 and not tag:returning") and "20" in comes
    assert [each["id"] for each in page.select("tr[id]") if "if " in each.get_text(" ")] == ["lesson-repair"]
    assert "does not meet the condition of a letter gets the next one in its place" in page.get_text()


def test_a_course_without_conditions_says_nothing_of_them(stage: Stage) -> None:
    assert "condition of a letter" not in stage.signed_in("viewer").get("/admin/courses/belonging").text
