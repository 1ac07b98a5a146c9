"""What a visitor is told and promised, and that it is true: of the course, of what is kept, of her own letters."""

import re
from collections.abc import Callable, Iterator

import pytest
from bs4 import BeautifulSoup
from werkzeug.test import TestResponse

from newsletter.mail.inbox import CapturedMail
from newsletter.store import lists
from newsletter.usecases import people, practice
from tests.web.scenes import ask_in_the_welcome
from tests.web.stage import MARIA, Stage, link, path_of, token

LARGEST_VISIT = 60_000
"""Bytes of a page with all it loads, uncompressed."""


def soup(answer: TestResponse) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html.parser")


def words(answer: TestResponse) -> str:
    return " ".join(soup(answer).get_text(" ").split())


def size(stage: Stage, path: str) -> int:
    with stage.visitor().get(path) as answer:
        return len(answer.data)


def test_the_sign_up_page_tells_what_comes_and_shows_a_letter(stage: Stage) -> None:
    page = stage.visitor().get("/")
    told = words(page)

    assert "Room at the Table Twelve letters, one a week, at an hour that suits you." in told
    assert "About three minutes each: one idea, one small practice and one question" in told
    assert "A welcome at once, then twelve letters, one a week, and a farewell." in told
    assert "Think of a room where you did not have to watch yourself." in told
    assert soup(page).find("a", href="/example")
    assert [one.get_text() for one in soup(page).select("ol li")][::11] == ["What belonging is", "One good hour"]
    for promise in ("No advertising, no selling", "Out with one click", "forgotten after fourteen days"):
        assert promise in told


def test_a_list_without_a_course_promises_none(stage: Stage) -> None:
    people.make_list(stage.house, "articles", "New articles")
    told = words(stage.visitor().get("/?list=articles"))

    assert "New articles" in told
    assert "course" not in told.lower() and "week" not in told.replace("some weeks", "")
    assert stage.visitor().get("/example?list=articles").status_code == 404
    assert "New articles" in words(stage.visitor().get("/embed?list=articles"))


@pytest.mark.parametrize("path", ["/example?list=nowhere", "/embed?list=nowhere"])
def test_a_list_that_does_not_exist_has_no_page(stage: Stage, path: str) -> None:
    assert stage.visitor().get(path).status_code == 404


def test_the_example_is_the_first_weekly_letter_without_anybodys_links(stage: Stage) -> None:
    stage.subscribed(timezone="UTC")
    stage.clock.move(days=1)
    (first,) = stage.tick()
    page = stage.visitor().get("/example")

    body = BeautifulSoup(first.html, "html.parser").find("h1")
    assert body is not None and body.get_text() in words(page)
    assert "Dear reader," in words(page)
    assert not re.search(r"/(unsubscribe|preferences|letters|confirm)/", page.text)
    assert "letter 1 of 12" in words(page)


def test_a_letter_in_the_browser_names_its_reader_to_nobody(stage: Stage) -> None:
    opening = stage.subscribed("maria@example.org")
    page = stage.visitor().get(path_of(link(opening, "letters")))

    assert "A letter to m…@e….org" in words(page)
    assert "maria@example.org" not in page.text


def test_no_public_page_sets_a_cookie_or_asks_for_another_host(stage: Stage) -> None:
    opening = stage.subscribed()
    paths = [
        "/",
        "/privacy",
        "/example",
        "/embed",
        *(path_of(link(opening, room)) for room in ("letters", "preferences", "unsubscribe")),
    ]
    for path in paths:
        page = stage.visitor().get(path)
        loaded = [
            str(tag.get("src") or tag.get("href")) for tag in soup(page).find_all(["script", "img", "link", "iframe"])
        ]

        assert "Set-Cookie" not in page.headers
        assert all(address.startswith("/static/") for address in loaded), path


def _sent_discreetly(stage: Stage, preferences: str) -> CapturedMail:
    stage.visitor().post(preferences, data={"action": "discreet", "wish": "on"})
    letters = soup(stage.visitor().get(preferences)).select("#letter option")
    stage.visitor().post(preferences, data={"action": "again", "letter": str(letters[0]["value"])})
    return next(mail for mail in stage.tick() if mail.to == ("jo@example.org",))


def every_public_page(stage: Stage) -> Iterator[tuple[str, TestResponse]]:
    """What readers are shown, with what a pressed button and a mistake show."""
    ask_in_the_welcome(stage)
    stage.sign_up()
    asking = stage.tick()[0]
    opening = stage.subscribed("jo@example.org")
    leave, preferences = path_of(link(opening, "unsubscribe")), path_of(link(opening, "preferences"))
    visitor = stage.visitor()
    for path in ("/", "/subscribe", "/privacy", "/example", "/embed", "/nowhere", "/confirm/x", "/unsubscribe/x"):
        yield path, visitor.get(path)
    yield "refused", stage.sign_up("wrong")
    yield "look in your inbox", stage.sign_up("lee@example.org")
    yield "confirm", visitor.get(path_of(link(asking, "confirm")))
    yield "confirmed", visitor.post(path_of(link(asking, "confirm")))
    yield "letter", visitor.get(path_of(link(opening, "letters")))
    yield "page to reflect on", visitor.get(path_of(link(opening, "reflect")))
    yield "question for yes or no", visitor.get(path_of(link(opening, "answer")))
    yield "said yes", visitor.post(path_of(link(opening, "answer")), data={"said": "yes"})
    discreet = _sent_discreetly(stage, preferences)
    yield "discreet question for yes or no", visitor.get(path_of(link(discreet, "read")) + "/answer")
    yield "said no", visitor.post(path_of(link(discreet, "read")) + "/answer", data={"said": "no"})
    yield "discreet letter", visitor.get(path_of(link(discreet, "read")))
    yield "discreet page to reflect on", visitor.get(path_of(link(discreet, "read")) + "/reflect")
    yield "preferences", visitor.get(preferences)
    yield "preferences refused", visitor.post(preferences, data={"action": "rhythm", "hour": "25"})
    yield "leave", visitor.get(leave)
    yield "goodbye", visitor.post(leave)
    yield "back", visitor.post(leave, data={"action": "undo"})
    yield "too often", [stage.sign_up("x@example.org", peer="203.0.113.7") for _ in range(31)][-1]


def test_every_public_page_weighs_less_than_60_kilobytes_with_all_it_loads(stage: Stage) -> None:
    practice.save(stage.house, {"accent": "#7a3b69"}, by=None)  # the owner's colour is one more thing to load
    map_, doors = stage.web.url_map.bind(""), set()
    for name, page in every_public_page(stage):
        loaded = {str(tag.get("src") or tag.get("href")) for tag in soup(page).find_all(["script", "img", "link"])}
        weight = len(page.data) + sum(size(stage, each) for each in loaded)
        if name != "/nowhere":
            doors.add(map_.match(page.request.path, method=page.request.method)[0])

        assert weight < LARGEST_VISIT, name
    assert doors == {door for door in stage.web.view_functions if is_for_readers(stage, door)}


def is_for_readers(stage: Stage, door: str) -> bool:
    """Whether a door shows a page to anybody or to whoever has a link; what is left out shows none."""
    room = door.partition(".")[0]
    return room in ("public", "hers", "elsewhere", "letters", "answering") and door != "public.icon"


def test_nothing_typed_is_lost_on_a_mistake_and_the_error_stands_at_its_field(stage: Stage) -> None:
    page = soup(stage.sign_up("maria at example", name="Maria", timezone="Asia/Kolkata"))
    field = page.find(id="email")

    assert field is not None and field["value"] == "maria at example" and field["aria-invalid"] == "true"
    assert page.find(id=str(field["aria-describedby"]))
    assert {tag["name"]: tag["value"] for tag in page.find_all("input", value=True)}["name"] == "Maria"
    assert {tag["name"]: tag["value"] for tag in page.find_all("input", value=True)}["timezone"] == "Asia/Kolkata"


def test_a_zone_that_we_do_not_know_loses_no_sign_up_and_is_told_alike_to_every_address(stage: Stage) -> None:
    stage.subscribed("known@example.org", timezone="Asia/Kolkata")
    stage.sign_up("pending@example.org")
    stage.tick()
    pages = [stage.sign_up(f"{who}@example.org", timezone="Mars/X") for who in ("new", "pending", "known")]

    assert [page.status_code for page in pages] == [200] * 3
    assert len({page.data for page in pages}) == 1
    assert "We do not know the time zone that came with the form" in words(pages[0])
    assert "We do not know" not in words(stage.sign_up("lee@example.org", timezone="Asia/Kolkata"))
    asking = next(mail for mail in stage.tick() if mail.to == ("new@example.org",))
    assert soup(stage.visitor().get(path_of(link(asking, "confirm")))).find(id="timezone")


def test_a_script_on_another_site_hears_of_an_unknown_zone_too(stage: Stage) -> None:
    form = {"email": MARIA, "timezone": "Mars/X"}
    answer = stage.visitor().post("/subscribe", data=form, headers={"Accept": "application/json"})

    assert answer.status_code == 200
    assert "We do not know the time zone" in str(answer.json)


def test_a_confirmation_with_an_unknown_zone_confirms_nothing_and_says_so_at_the_field(stage: Stage) -> None:
    stage.sign_up()
    path = path_of(link(stage.tick()[0], "confirm"))
    before = stage.content()
    answer = stage.visitor().post(path, data={"timezone": "Mars/X"})
    field = soup(answer).find(id="timezone")

    assert answer.status_code == 400
    assert stage.content() == before
    assert field is not None and field["aria-invalid"] == "true"
    said = soup(answer).find(id=str(field["aria-describedby"]))
    assert said is not None and "We do not know this time zone." in said.get_text()
    assert stage.visitor().post(path, data={"timezone": "Asia/Kolkata"}).status_code == 200
    assert "Asia/Kolkata" in str(stage.content()["subscribers"])


def test_a_wish_for_discretion_is_off_at_first_and_kept_when_the_zone_is_refused(stage: Stage) -> None:
    stage.sign_up()
    path = path_of(link(stage.tick()[0], "confirm"))
    (box,) = soup(stage.visitor().get(path)).select("input[name=discreet]")
    assert not box.has_attr("checked") and soup(stage.visitor().get(path)).find(id=str(box["aria-describedby"]))
    before = stage.content()
    (box,) = soup(stage.visitor().post(path, data={"timezone": "Mars/X", "discreet": "on"})).select("[name=discreet]")

    assert box.has_attr("checked")
    assert stage.content() == before


def test_who_is_discreet_is_not_asked_for_it_again_and_does_not_lose_it(stage: Stage) -> None:
    mine = path_of(link(stage.subscribed(), "preferences"))
    stage.visitor().post(mine, data={"action": "discreet", "wish": "on"})
    stage.visitor().post(mine, data={"action": "leave all"})
    stage.clock.move(minutes=11)
    stage.sign_up()
    path = path_of(link(stage.tick()[-1], "confirm"))
    assert soup(stage.visitor().get(path)).select("[name=discreet]") == []
    done = stage.visitor().post(path, data={"course": "again"})

    assert "every letter is called “A letter for you”" in words(done)
    assert [mail.subject for mail in stage.tick()] == ["A letter for you"]


def test_who_comes_back_keeps_her_choice_when_the_zone_is_refused(stage: Stage) -> None:
    opening = stage.subscribed()
    stage.visitor().post(path_of(link(opening, "unsubscribe")))
    stage.clock.move(minutes=11)
    stage.sign_up()
    path = path_of(link(stage.tick()[-1], "confirm"))
    page = soup(stage.visitor().post(path, data={"timezone": "Mars/X", "course": "again"}))

    assert [choice["value"] for choice in page.select("input[name=course][checked]")] == ["again"]


@pytest.mark.parametrize(("asked", "form"), [("/subscribe", "/"), ("/subscribe?list=articles", "/?list=articles")])
def test_who_types_the_address_of_the_answer_finds_the_form(stage: Stage, asked: str, form: str) -> None:
    answer = stage.visitor().get(asked)

    assert (answer.status_code, answer.headers["Location"]) == (303, form)


@pytest.mark.parametrize(
    ("settings", "said", "banner"),
    [
        ({}, "Your email is in the inbox here", "all mail goes to the inbox here"),
        (
            {"smtp_url": "smtp://127.0.0.1:2525?starttls=never"},
            "your email goes to the mail server at 127.0.0.1:2525, on this machine",
            "All mail goes to the mail server at 127.0.0.1:2525, on this machine.",
        ),
        (
            {"smtp_url": "smtp://127.0.0.1:2525?starttls=never", "base_url": "https://letters.example.org"},
            "",
            "All mail goes to the mail server at 127.0.0.1:2525, on this machine.",
        ),
        (
            {
                "smtp_url": "smtp://relay.example.org",
                "base_url": "https://letters.example.org",
                "sender": "Letters <letters@example.org>",
                "postal_address": "1 Main Street",
            },
            "",
            "",
        ),
    ],
    ids=["the development inbox", "a test server", "a server on this machine that serves the world", "live"],
)
def test_every_page_says_truly_where_mail_goes(
    new_stage: Callable[..., Stage], settings: dict[str, str], said: str, banner: str
) -> None:
    stage = new_stage(**settings)
    page, desk = stage.sign_up(), stage.signed_in().get("/admin/")

    assert said in words(page) and banner in words(desk)
    for told in (page, desk):
        assert ("/inbox" in told.text) is (not settings)
    assert ("tried out" in words(page)) is bool(said)
    assert bool(soup(desk).select(".banner")) is bool(banner)


@pytest.mark.parametrize(
    ("field", "value"), [("timezone", "Nowhere/Land"), ("hour", "25"), ("weekday", "9")], ids=["zone", "hour", "day"]
)
def test_a_mistake_in_the_rhythm_stands_at_its_field_and_the_other_choices_stay(
    stage: Stage, field: str, value: str
) -> None:
    path = path_of(link(stage.subscribed(timezone="UTC"), "preferences"))
    chosen = {"timezone": "Asia/Kolkata", "hour": "18", "weekday": "6"}
    answer = stage.visitor().post(path, data={"action": "rhythm"} | chosen | {field: value})
    page = soup(answer)
    wrong = page.find(id=field)

    assert answer.status_code == 400
    assert wrong is not None and wrong["aria-invalid"] == "true"
    said = page.find(id=str(wrong["aria-describedby"]))
    assert said is not None and said.parent == wrong.parent and "Please choose" in said.get_text()
    for name in chosen.keys() - {field}:
        assert [one["value"] for one in page.select(f"#{name} option[selected]")] == [chosen[name]]


def test_who_is_on_no_list_is_offered_no_day_and_no_pause(stage: Stage) -> None:
    opening = stage.subscribed()
    stage.visitor().post(path_of(link(opening, "unsubscribe")))
    page = stage.visitor().get(path_of(link(opening, "preferences")))

    assert "You get no letters from us." in words(page)
    assert soup(page).find_all("form") == []


def test_the_goodbye_does_not_promise_silence_while_other_letters_come(stage: Stage) -> None:
    people.make_list(stage.house, "articles", "New articles")
    opening = stage.subscribed()
    stage.clock.move(minutes=11)
    stage.sign_up(list="articles")
    stage.visitor().post(path_of(link(stage.tick()[-1], "confirm")))
    goodbye = stage.visitor().post(path_of(link(opening, "unsubscribe")))

    assert "You have left “Letters”." in words(goodbye)
    assert "Other letters you still get New articles" in words(goodbye)
    assert "We do not write to you any more" not in words(goodbye)


def test_an_undo_that_comes_too_late_is_told_so(stage: Stage) -> None:
    path = path_of(link(stage.subscribed(), "unsubscribe"))
    stage.visitor().post(path)
    stage.clock.move(days=8)
    late = stage.visitor().post(path, data={"action": "undo"})

    assert late.status_code == 410
    assert "The undo works for a week, and that week is over." in words(late)
    assert "over" not in words(stage.visitor().get(path))


def test_leaving_a_list_from_the_preferences_can_be_undone_too(stage: Stage) -> None:
    opening = stage.subscribed()
    visitor = stage.visitor()
    goodbye = visitor.post(
        path_of(link(opening, "preferences")), data={"action": "leave", "list": "letters"}, follow_redirects=True
    )

    assert "Done. You have left “Letters”. We do not write to you any more." in words(goodbye)
    assert goodbye.request.path == f"/unsubscribe/{token(opening, 'unsubscribe')}"
    undone = visitor.post(goodbye.request.path, data={"action": "undo"})
    assert "Your letters go on" in words(undone)
    assert "Wednesday, 25 November 2026, at 9 in the morning (UTC)" in words(undone)


def test_the_confirmed_page_says_when_and_lets_her_choose(stage: Stage) -> None:
    stage.sign_up(timezone="America/Denver")
    page = stage.visitor().post(path_of(link(stage.tick()[0], "confirm")))

    assert "Wednesday, 25 November 2026, at 9 in the morning (Denver time)" in words(page)
    form = soup(page).find("form")
    assert form is not None
    assert {str(field["name"]) for field in form.find_all("select")} == {"pace", "weekday", "hour", "timezone"}


@pytest.mark.parametrize("zone", ["US/Pacific", "Canada/Eastern", "UTC", "Etc/GMT+5"])
def test_a_zone_that_the_list_does_not_show_stays_hers_when_she_saves_the_form(stage: Stage, zone: str) -> None:
    opening = stage.subscribed(timezone=zone)
    page = soup(stage.visitor().get(path_of(link(opening, "preferences"))))
    chosen = [option["value"] for option in page.select("#timezone option[selected]")]

    assert chosen == [zone]


def test_a_broken_way_out_names_another_one(stage: Stage) -> None:
    assert "just answer one of them" in words(stage.visitor().get("/unsubscribe/broken"))
    assert "just answer one of them" not in words(stage.visitor().get("/nowhere"))


def test_the_privacy_page_keeps_its_word_about_an_unconfirmed_address(stage: Stage) -> None:
    assert "forgotten after fourteen days" in words(stage.visitor().get("/privacy"))
    stage.sign_up()
    stage.tick()
    stage.clock.move(days=14, minutes=1)
    stage.tick()

    assert MARIA not in str(stage.content())
    assert stage.content()["subscribers"] == []


def test_the_privacy_page_keeps_its_word_about_the_network(stage: Stage) -> None:
    stage.sign_up(peer="198.51.100.77")
    assert "198.51.100.77" not in str(stage.content())
    assert stage.content()["rate_counts"] != []

    stage.clock.move(days=2, hours=2)
    stage.tick()
    assert stage.content()["rate_counts"] == []


def test_the_practice_is_called_by_its_name(new_stage: Callable[..., Stage]) -> None:
    stage = new_stage(sender="Maria Berg <maria@example.org>", postal_address="1 Example Street\nExample Town")
    told = words(stage.visitor().get("/privacy"))

    assert "Maria Berg" in told and "Example Town" in told and "maria@example.org" in told
    with stage.house.store.reading() as tx:
        assert lists.by_slug(tx, "letters") is not None
