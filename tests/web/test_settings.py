"""The settings: what is saved shows at once, what the environment holds cannot be changed, and only owners change."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup

from newsletter.domain.colour import accent_of
from newsletter.mail import records
from newsletter.mail.records import DnsUnreachable
from newsletter.store import admins
from tests.web.stage import Stage, Visitor, csrf

HOME, LIGHTS, PEOPLE = "/admin/settings/", "/admin/settings/going-live", "/admin/settings/people"
PLUM = "#7a2e5d"


def send(client: Visitor, path: str, page: str = HOME, **form: str):
    return client.post(path, data={**form, "csrf_token": csrf(client.get(page))})


def light(client: Visitor, name: str) -> str:
    """What a light says, in one line."""
    found = BeautifulSoup(client.get(LIGHTS).text, "html.parser").find(id=name)
    assert found
    return " ".join(found.get_text(" ").split())


@pytest.fixture
def no_dns(monkeypatch: pytest.MonkeyPatch) -> None:
    def silence(_hosts: object) -> dict[str, tuple[str, ...]]:
        raise DnsUnreachable("no name server")

    monkeypatch.setattr(records, "texts", silence)


def test_what_the_owner_saves_is_on_every_page_at_once(stage: Stage) -> None:
    owner = stage.signed_in()

    done = send(
        owner, HOME, practice_name="Elm Street Counselling", accent=PLUM, postal_address="12 Elm Street\r\nBoulder"
    )

    assert done.status_code == 303
    again = owner.get(done.location).text
    assert "Saved." in again and "Elm Street Counselling" in again and "by owner@example.org" in again
    home, privacy = stage.visitor().get("/").text, stage.visitor().get("/privacy").text
    assert "Elm Street Counselling" in home and "12 Elm Street<br>" in privacy
    assert f"/accent/{PLUM[1:]}.css" in home and f"/accent/{PLUM[1:]}.css" in again


def test_the_accent_is_a_small_sheet_that_caches_may_keep(stage: Stage) -> None:
    sheet = stage.visitor().get(f"/accent/{PLUM[1:]}.css")

    assert sheet.mimetype == "text/css" and "immutable" in sheet.headers["Cache-Control"]
    assert f"--accent: {PLUM};" in sheet.text and f"--accent: {accent_of(PLUM).dark};" in sheet.text
    assert "Set-Cookie" not in sheet.headers
    assert "/accent/" not in stage.visitor().get("/").text, "our own colour needs no sheet of its own"


@pytest.mark.parametrize("colour", ["red", "fff", "7A2E5D", "7a2e5d}", "zzzzzz"])
def test_a_sheet_of_no_colour_is_not_there(stage: Stage, colour: str) -> None:
    assert stage.visitor().get(f"/accent/{colour}.css").status_code == 404


def test_a_mistake_is_told_beside_its_field_and_nothing_typed_is_lost(stage: Stage) -> None:
    owner = stage.signed_in()

    page = send(owner, HOME, practice_name="Elm Street", accent="#ff8800", sender_address="no-reply@example.org")

    assert page.status_code == 400
    found = BeautifulSoup(page.text, "html.parser")
    wrong = {tag["id"]: tag.get_text() for tag in found.select(".field .error")}
    assert wrong.keys() == {"accent-wrong", "sender_address-wrong"}
    assert "2.2 : 1" in wrong["accent-wrong"] and "#b05e00" in wrong["accent-wrong"]
    assert found.find(id="accent")["value"] == "#ff8800" and found.find(id="practice_name")["value"] == "Elm Street"
    assert found.find(id="accent")["aria-invalid"] == "true"
    assert "Elm Street" not in stage.visitor().get("/").text


def test_what_the_environment_holds_is_shown_with_its_variable(new_stage: Callable[..., Stage]) -> None:
    stage = new_stage(sender="Ana <ana@letters.example.org>", postal_address="12 Elm Street\\nBoulder")
    owner = stage.signed_in()

    send(owner, HOME, sender_address="eve@example.org", postal_address="Elsewhere")

    page = owner.get(HOME).text
    assert "NEWSLETTER_SENDER" in page and "NEWSLETTER_POSTAL_ADDRESS" in page
    assert "ana@letters.example.org" in page and "eve@example.org" not in page and "Elsewhere" not in page
    assert not BeautifulSoup(page, "html.parser").find(attrs={"name": ["sender_address", "postal_address"]})


def test_who_may_not_change_sees_the_same_without_a_form(stage: Stage) -> None:
    owner, viewer = stage.signed_in(), stage.signed_in("viewer")
    send(owner, HOME, practice_name="Elm Street")

    page = BeautifulSoup(viewer.get(HOME).text, "html.parser")

    assert "Elm Street" in page.get_text() and "Only owners change these." in page.get_text()
    assert not page.select("main input:not([type=hidden]), main textarea, main button")


def test_loading_the_lights_asks_nobody(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def surprise(*_: object) -> None:
        raise AssertionError("somebody was asked")

    monkeypatch.setattr(records, "texts", surprise)
    owner = stage.signed_in()

    assert "Not checked yet" not in light(owner, "smtp")
    assert len(BeautifulSoup(owner.get(LIGHTS).text, "html.parser").select(".light")) == 6


def test_dns_out_of_reach_is_grey_and_its_values_stand_there(stage: Stage, no_dns: None) -> None:
    owner = stage.signed_in()
    send(owner, HOME, sender_address="ana@letters.example.org")
    assert "Not checked yet" in light(owner, "dns")

    send(owner, f"{LIGHTS}/check", LIGHTS)

    said = light(owner, "dns")
    assert "Could not look it up" in said and "v=DMARC1; p=none; rua=mailto:ana@letters.example.org" in said


def test_a_test_letter_goes_to_whoever_asks_and_its_light_follows(stage: Stage) -> None:
    owner = stage.signed_in()

    send(owner, f"{LIGHTS}/test-letter", LIGHTS)

    assert "On its way" in light(owner, "test_letter")
    (mail,) = stage.tick()
    assert mail.to == ("owner@example.org",) and mail.subject.startswith("[Test] ")
    assert "in the inbox on this machine" in light(owner, "test_letter")


def test_an_invitation_shows_its_link_once(stage: Stage) -> None:
    owner = stage.signed_in()

    page = send(owner, PEOPLE, PEOPLE, email="bo@example.org", role="editor")

    link = BeautifulSoup(page.text, "html.parser").find(id="link").get_text()
    assert stage.visitor().get(urlsplit(link).path).status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    again = owner.get(PEOPLE).text
    assert "bo@example.org" in again and "/admin/setup/" not in again


@pytest.mark.parametrize(("email", "role"), [("nobody", "editor"), ("bo@example.org", "emperor"), ("", "viewer")])
def test_an_invitation_to_nobody_is_refused(stage: Stage, email: str, role: str) -> None:
    owner = stage.signed_in()

    page = send(owner, PEOPLE, PEOPLE, email=email, role=role)

    assert page.status_code == 400 and "/admin/setup/" not in page.text
    with stage.house.store.reading() as tx:
        assert [one.address for one in admins.everybody(tx)] == ["owner@example.org"]


def test_the_only_owner_cannot_become_anything_less(stage: Stage) -> None:
    owner = stage.signed_in()

    page = send(owner, PEOPLE, PEOPLE, email="owner@example.org", role="viewer")

    assert page.status_code == 400 and "only owner" in page.text
    assert owner.get(PEOPLE).status_code == 200


@pytest.mark.parametrize("role", ["viewer", "editor"])
@pytest.mark.parametrize("path", [HOME, f"{LIGHTS}/check", f"{LIGHTS}/test-letter", PEOPLE])
def test_only_owners_change(stage: Stage, role: str, path: str) -> None:
    client = stage.signed_in(role)

    assert send(client, path, PEOPLE).status_code == 403


def test_signing_out_everywhere_ends_the_other_browser_too(stage: Stage) -> None:
    here = stage.signed_in()
    there = stage.visitor()
    there.set_cookie("studio", here.session or "", domain=urlsplit(stage.house.letterhead.base_url).hostname)
    assert there.get(PEOPLE).status_code == 200

    send(here, "/admin/logout", PEOPLE, everywhere="yes")

    assert there.get(PEOPLE).status_code == 302
