"""The room of the subscribers: finding people, one person's page, adding, pausing, leaving, export and erasure."""

import json
import re
from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup

from newsletter.app import inbox_folder
from newsletter.store import lists, subscribers
from newsletter.store.directory import SORTS
from newsletter.usecases import campaigns
from tests.web.seeding import seed
from tests.web.stage import MARIA, Stage, Visitor, csrf, link, path_of, sign_in

ROOM = "/admin/subscribers/"


def text(html: str) -> str:
    main = BeautifulSoup(html, "html.parser").main
    assert main
    return " ".join(main.get_text(" ").split())


def page_of(stage: Stage, email: str = MARIA) -> str:
    with stage.house.store.reading() as tx:
        person = subscribers.find(tx, stage.house.address_keys(email))
    assert person
    return ROOM + person.public_id


def press(client: Visitor, page: str, action: str, **form: str) -> str:
    """Send a form of a page, and come to where it leads."""
    form["csrf_token"] = csrf(client.get(page))
    return client.post(action, data=form, follow_redirects=True).text


def everybody(client: Visitor, path: str) -> list[str]:
    """The addresses of every page of the list, in its order."""
    found: list[str] = []
    while path:
        soup = BeautifulSoup(client.get(path).text, "html.parser")
        found += [cell.get_text() for cell in soup.select("table.people td:first-child")]
        path = next((str(a["href"]) for a in soup.select("nav[aria-label=Pages] a") if a.get_text() == "Next page"), "")
    return found


def test_an_empty_house_says_how_people_come(stage: Stage) -> None:
    said = text(stage.signed_in().get(ROOM).text)

    assert "No one has joined yet" in said
    assert "Put the form on your site" in said


def test_a_whole_address_leads_to_its_person_and_stands_in_no_url(stage: Stage) -> None:
    stage.subscribed()
    client = stage.signed_in("viewer")
    form = {"q": " MARIA@example.org ", "csrf_token": csrf(client.get(ROOM))}
    answer = client.post(ROOM + "search", data=form)

    assert answer.headers["Location"] == page_of(stage)
    unknown = client.post(ROOM + "search", data={**form, "q": "nobody@example.org"})
    assert unknown.status_code == 200
    assert "Nobody with this address is known here" in unknown.text
    urls = [str(tag.get("href") or "") for tag in BeautifulSoup(unknown.text, "html.parser").find_all("a")]
    assert [url for url in urls if "nobody" in url] == []


def test_no_link_or_form_of_the_room_carries_an_address_in_its_url(stage: Stage) -> None:
    stage.subscribed()
    client = stage.signed_in()
    for path in (ROOM, ROOM + "?sort=address", page_of(stage), "/admin/deliveries/", "/admin/"):
        soup = BeautifulSoup(client.get(path).text, "html.parser")
        urls = [str(tag.get("href") or tag.get("action") or "") for tag in soup.find_all(["a", "form"])]

        assert [url for url in urls if "@" in url or "%40" in url] == []


@pytest.mark.parametrize("part", ["mari", "EXAMPLE.ORG", "silves"])
def test_a_part_of_an_address_or_a_name_finds_people(stage: Stage, part: str) -> None:
    stage.subscribed(name="Maria Silvestre")
    client = stage.signed_in()
    found = press(client, ROOM, ROOM + "search", q=part)

    assert MARIA in found
    assert "1 person" in text(found)


@pytest.mark.parametrize("part", ["%", "_", "100%", "\\", "'; DROP TABLE subscribers; --"])
def test_signs_that_mean_something_to_a_database_mean_themselves(stage: Stage, part: str) -> None:
    stage.subscribed(name="Maria")
    found = press(stage.signed_in(), ROOM, ROOM + "search", q=part)

    assert "Nobody fits" in found


@pytest.mark.parametrize("sort", SORTS)
def test_the_pages_of_every_order_show_everybody_once(stage: Stage, sort: str) -> None:
    seed(stage.house, people=130, deliveries=0)
    client = stage.signed_in()
    found = everybody(client, f"{ROOM}?sort={sort}")

    assert len(found) == len(set(found)) == 130
    if sort == "address":
        assert found == sorted(found)


def test_the_states_of_the_list_are_counted_and_shown_as_the_ledger_has_them(stage: Stage) -> None:
    seed(stage.house, people=200, deliveries=0)
    client = stage.signed_in()
    many = {
        state: everybody(client, f"{ROOM}?state={state}&sort=address")
        for state in ("confirmed", "pending", "suppressed")
    }

    assert {state: len(people) for state, people in many.items()} == {"confirmed": 176, "pending": 8, "suppressed": 4}
    assert "8 people of 200, pending" in text(client.get(f"{ROOM}?state=pending").text)


def test_a_list_of_its_own_shows_its_people_alone(stage: Stage) -> None:
    stage.subscribed()
    with stage.house.store.transaction() as tx:
        lists.add(tx, slug="events", title="Evenings", now=stage.clock.now())
    client = stage.signed_in()

    assert everybody(client, ROOM + "?list=letters") == [MARIA]
    assert everybody(client, ROOM + "?list=events") == []
    assert everybody(client, ROOM + "?list=no-such-list") == [MARIA]


@pytest.mark.parametrize("query", ["?state=x", "?sort=x", "?after=x", "?after=-1", "?after=999999999999999999999"])
def test_a_url_that_was_edited_by_hand_gets_a_page(stage: Stage, query: str) -> None:
    assert stage.signed_in().get(ROOM + query).status_code == 200


def test_her_page_tells_her_consents_in_their_words_and_what_comes_next_in_her_zone(stage: Stage) -> None:
    stage.subscribed(name="Maria", timezone="America/Denver")
    said = text(stage.signed_in("viewer").get(page_of(stage)).text)

    assert "Yes, please send me the course" in said
    assert "Requested" in said and "Confirmed" in said and "Button on the confirmation page" in said
    assert "198.51.100.0/24" in said
    # Confirmed on Tuesday 24 November at 2 in Denver: the first 9 o'clock there that is a day away is Wednesday's.
    assert "25 Nov 2026, 09:00 in America/Denver" in said
    assert "had 1 of 14 letters" in said
    assert "250 2.0.0 Kept as" in said, "the server's words"


def test_hostile_words_are_printed_as_they_are(stage: Stage) -> None:
    stage.subscribed(name="<script>alert(1)</script>{{7*7}}")
    client = stage.signed_in()
    for path in (ROOM, page_of(stage)):
        page = client.get(path).text

        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}" in page


def test_an_editor_pauses_and_ends_the_pause(stage: Stage) -> None:
    stage.subscribed()
    client, page = stage.signed_in("editor"), page_of(stage)
    paused = press(client, page, page + "/pause", weeks="2")
    assert "until 8 Dec 2026, 09:00" in text(paused)
    assert MARIA in everybody(client, ROOM + "?state=paused")

    stage.clock.move(days=5)
    assert stage.tick() == []
    sign_in(client, "editor@example.org")
    ended = press(client, page, page + "/resume")
    assert "The pause is over" in ended
    assert len(stage.tick()) == 1


def test_a_pause_until_further_notice_says_so(stage: Stage) -> None:
    stage.subscribed()
    page = page_of(stage)
    said = text(press(stage.signed_in(), page, page + "/pause", weeks="return"))

    assert "paused until further notice" in said
    assert "when the pause ends" in said
    assert "9999" not in said


def test_a_pause_of_a_length_that_is_none_is_refused_in_words(stage: Stage) -> None:
    stage.subscribed()
    client, page = stage.signed_in(), page_of(stage)
    answer = client.post(page + "/pause", data={"weeks": "99", "csrf_token": csrf(client.get(page))})

    assert answer.status_code == 400
    assert "Please choose how long" in answer.text


def test_leaving_a_list_is_asked_once_and_ends_what_hangs_on_it(stage: Stage) -> None:
    stage.subscribed()
    client, page = stage.signed_in("editor"), page_of(stage)
    asked = client.get(page + "/leave/letters")
    assert "Unsubscribe from “Letters”?" in asked.text
    said = text(press(client, page, page + "/leave/letters"))

    assert "unsubscribed" in said
    assert "by hand in the studio, on request" in said.lower()
    assert client.get(page + "/leave/letters").status_code == 404, "a second time there is nothing to leave"
    stage.clock.move(days=3)
    assert stage.tick() == []


def test_somebody_added_by_hand_confirms_like_everybody_else(stage: Stage) -> None:
    client = stage.signed_in("editor")
    form = {"email": "Jo@example.org", "name": "Jo", "timezone": "Europe/Berlin", "list_slug": "letters"}
    said = text(press(client, ROOM + "add", ROOM + "add", note="on paper, at the open evening", **form))

    assert "pending" in said
    assert "From: by hand in the studio: on paper, at the open evening." in said
    (asking,) = stage.tick()
    assert asking.to == ("Jo@example.org",)
    stage.visitor().post(path_of(link(asking, "confirm")))
    assert "confirmed" in text(client.get(page_of(stage, "jo@example.org")).text)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"email": "nonsense"}, "does not look like an email address"),
        ({"note": " "}, "how they asked for it"),
        ({"list_slug": "no-such-list"}, "Please choose a list."),
        ({"email": MARIA}, "has confirmed it"),
    ],
)
def test_a_mistake_in_adding_is_said_beside_its_field_and_nothing_typed_is_lost(
    stage: Stage, wrong: dict[str, str], sentence: str
) -> None:
    stage.subscribed()
    client = stage.signed_in()
    typed = {
        "email": "jo@example.org",
        "name": "Jo W.",
        "timezone": "Europe/Oslo",
        "list_slug": "letters",
        "note": "by phone",
    }
    answer = client.post(ROOM + "add", data={**typed, **wrong, "csrf_token": csrf(client.get(ROOM + "add"))})
    soup = BeautifulSoup(answer.text, "html.parser")

    assert answer.status_code == 400
    (mistake,) = soup.select(".field .error")
    assert sentence in mistake.get_text()
    assert soup.find(attrs={"aria-describedby": mistake["id"], "aria-invalid": "true"})
    assert soup.find(id="name")["value"] == "Jo W."
    assert soup.select_one("#timezone option[selected]").get_text() == "Europe/Oslo"


def test_the_export_is_one_file_whose_name_tells_nothing(stage: Stage) -> None:
    stage.subscribed(name="Maria")
    answer = stage.signed_in("editor").get(page_of(stage) + "/export")

    assert answer.mimetype == "application/json"
    assert re.fullmatch(r'attachment; filename="subscriber-[\w-]{8}\.json"', answer.headers["Content-Disposition"])
    assert json.loads(answer.text)["person"]["address"] == MARIA


def test_erasing_asks_once_and_leaves_nothing_in_any_file(new_stage: Callable[..., Stage]) -> None:
    stage = new_stage()
    stage.subscribed(name="Maria")
    made = campaigns.create(stage.house, subject="News", body="Dear {{ name }}")
    campaigns.send_test(stage.house, made, "Maria@example.org")
    stage.tick()
    client, page = stage.signed_in("owner"), page_of(stage)
    assert "Erase maria@example.org?" in text(client.get(page + "/erase").text)
    said = text(press(client, page + "/erase", page + "/erase"))

    assert "Erased." in said
    assert client.get(page).status_code == 404
    files = [path for path in stage.settings.data_dir.rglob("*") if path.is_file()]
    assert [path.name for path in files if b"maria@" in path.read_bytes().lower()] == []
    assert [mail.to for mail in stage.new_mails()] == []
    assert inbox_folder(stage.settings).is_dir()


def test_an_editor_cannot_erase_and_is_not_offered_to(stage: Stage) -> None:
    stage.subscribed()
    client, page = stage.signed_in("editor"), page_of(stage)

    assert "Erase this person" not in client.get(page).text
    assert client.get(page + "/erase").status_code == 403
    assert client.post(page + "/erase", data={"csrf_token": csrf(client.get(page))}).status_code == 403
    assert client.get(page).status_code == 200


def test_a_viewer_is_offered_nothing_that_changes_anything(stage: Stage) -> None:
    stage.subscribed()
    soup = BeautifulSoup(stage.signed_in("viewer").get(page_of(stage)).text, "html.parser")
    assert soup.main

    assert soup.main.find_all("form") == []
    assert not {"Unsubscribe", "Erase this person"} & {a.get_text() for a in soup.main.find_all("a")}
