"""When letters come, in the studio: the calendar of a course, days of silence, the time machine, the forecast."""

import re
from datetime import timedelta

from newsletter.usecases import calendars, lessons, publishing, time_machine
from tests.web.stage import MARIA, Stage, Visitor, csrf
from tests.web.test_courses_room import fields

COURSE = "/admin/courses/belonging"
CALENDAR = f"{COURSE}/calendar"
SILENCE = "/admin/courses/+/silence"


def set_calendar(editor: Visitor, **changes: str):
    return editor.post(CALENDAR, data=fields(editor.get(CALENDAR), "main form") | changes)


def kept(stage: Stage) -> dict[str, object]:
    with stage.house.store.reading() as tx:
        course = calendars.drafted(tx, "belonging")
    cadence = course.cadence
    timed = {lesson.key: lesson.timing for lesson in course.order if lesson.timing.delay or lesson.timing.day}
    return {"every": cadence.every, "gap": cadence.gap, "window": (cadence.opens, cadence.closes), "timed": timed}


def second_key(stage: Stage) -> str:
    with stage.house.store.reading() as tx:
        course = lessons.read(tx, "belonging")
    assert course
    return course.lessons[2].text.key


def test_an_editor_sets_the_calendar_of_a_course_in_its_draft(stage: Stage) -> None:
    editor = stage.signed_in("editor")
    key = second_key(stage)
    own = {f"timing-{key}": "delay", f"delay-{key}": "9"}
    answer = set_calendar(editor, rhythm="days", every="3", opens="8", closes="20", **own)

    assert answer.status_code == 303
    told = kept(stage)
    assert (told["every"], told["gap"], told["window"]) == (3, 3, (8, 20))
    assert list(told["timed"]) == [key]
    page = editor.get(answer.headers["Location"]).text
    assert "Every 3 days, never less than 3 days apart, from 08:00 to 20:00 on her clock." in page
    assert "nobody’s letters move before you publish it" in page
    again = fields(editor.get(CALENDAR), "main form")
    assert (again["every"], again["opens"], again[f"delay-{key}"]) == ("3", "8", "9")


def test_what_cannot_be_is_said_beside_its_field_and_nothing_typed_is_lost(stage: Stage) -> None:
    editor = stage.signed_in("editor")
    key = second_key(stage)
    own = {f"timing-{key}": "date", f"date-{key}": "some day"}
    answer = set_calendar(editor, rhythm="days", every="many", gap="0", opens="20", closes="8", **own)

    assert answer.status_code == 400
    for words in ("from 1 to 90", "or leave it empty", "before the hour to end at", "such as 2026-12-24"):
        assert words in answer.text
    typed = fields(answer, "main form")
    assert (typed["every"], typed["gap"], typed["opens"], typed["closes"]) == ("many", "0", "20", "8")
    assert typed[f"date-{key}"] == "some day"
    assert kept(stage)["every"] == 0


def test_days_of_silence_are_added_told_and_taken_back(stage: Stage) -> None:
    editor = stage.signed_in("editor")

    def post(**form: str):
        return editor.post(SILENCE, data=form | {"csrf_token": csrf(editor.get(SILENCE))})

    wrong = post(name="", first_day="2026-12-26", last_day="2026-12-24", region="Atlantis/")
    assert wrong.status_code == 400
    for words in ("such as Christmas", "the same as the first or a later one", "“Atlantis/” is no zone"):
        assert words in wrong.text
    assert 'value="2026-12-26"' in wrong.text

    assert post(name="Christmas", first_day="2026-12-24", region="Europe/").status_code == 303
    shown = editor.get(SILENCE).text
    number = re.search(r'name="remove" value="(\d+)"', shown)
    assert number
    assert "Christmas" in shown
    assert post(remove=number[1]).headers["Location"].endswith("done=removed")
    assert post(remove=number[1]).headers["Location"].endswith("done=gone")
    assert "No day of silence is kept." in editor.get(SILENCE).text


def test_one_letter_a_day_is_the_owners_to_set(stage: Stage) -> None:
    owner = stage.signed_in("owner")
    assert "A lesson keeps its time" in owner.get(SILENCE).text
    for value, words in (("off", "may come on the same day"), ("on", "A lesson keeps its time")):
        form = {"one_a_day": value, "csrf_token": csrf(owner.get(SILENCE))}
        assert owner.post(f"{SILENCE}/one-a-day", data=form).status_code == 303
        assert words in owner.get(SILENCE).text
        assert stage.house.current().one_a_day is (value == "on")
    assert "Let several go" not in stage.signed_in("editor").get(SILENCE).text


def test_the_time_machine_shows_a_newcomer_and_one_reader(stage: Stage) -> None:
    stage.subscribed()
    viewer = stage.signed_in("viewer")
    page = viewer.get(f"{COURSE}/ahead?zone=Pacific/Auckland").text
    letters = time_machine.newcomer(stage.house, "belonging", start=stage.clock.now(), zone="Pacific/Auckland").letters
    assert page.count('data-name="UTC"') == len(letters) == 14
    assert "in Auckland" in page

    def ask(email: str):
        return viewer.post(f"{COURSE}/ahead", data={"email": email, "csrf_token": csrf(viewer.get(f"{COURSE}/ahead"))})

    hers = ask(MARIA)
    assert hers.status_code == 200
    assert hers.text.count('data-name="UTC"') == 13
    assert f"Every letter still to come to {MARIA}" in hers.text
    nobody = ask("nobody@example.org")
    assert nobody.status_code == 400
    assert "Nobody with this address is in the course" in nobody.text
    assert 'value="nobody@example.org"' in nobody.text


def test_the_forecast_is_a_picture_and_a_table(stage: Stage) -> None:
    stage.subscribed()
    page = stage.signed_in("viewer").get("/admin/courses/+/forecast").text

    assert "1 person is in a course" in page
    assert page.count("<rect") == 90
    assert page.count('data-name="Letters"') == 13
    stage.clock.move(days=200)
    assert stage.signed_in("viewer").get("/admin/courses/+/forecast").status_code == 200


def test_a_published_calendar_moves_the_next_letter(stage: Stage) -> None:
    stage.subscribed()
    editor = stage.signed_in("editor")
    before = time_machine.reader(stage.house, "belonging", MARIA).letters
    set_calendar(editor, rhythm="days", every="3")
    assert publishing.publish(stage.house, "belonging")
    calendars.replan_changed(stage.house)

    after = time_machine.reader(stage.house, "belonging", MARIA).letters
    assert after[0].at == before[0].at
    assert after[1].at - after[0].at == timedelta(days=3)
