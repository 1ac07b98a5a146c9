"""S13: every route names its guard, every role gets what it may, and a session ends when it should."""

import re
from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from newsletter.domain.tokens import Purpose, new_public_id
from newsletter.usecases import admins, campaigns
from tests.web.stage import PASSWORD, Stage, Visitor, csrf, path_of, sign_in

ROLES = ("anonymous", "viewer", "editor", "owner")
SAME_FOR_ALL = {"/static/<path:filename>"}  # Flask's own view: it serves the files of one folder

# Who may come in, by method and path: a role and everybody above it, "anybody", "link" (whoever has the token),
# or "machine" (the inbox: somebody signed in, unless all of this is on one machine). A new route is added here.
TABLE: dict[tuple[str, str], str] = {
    ("GET", "/"): "anybody",
    ("GET", "/accent/<colour>.css"): "anybody",
    ("GET", "/admin/"): "viewer",
    ("GET", "/admin/campaigns/"): "viewer",
    ("GET", "/admin/campaigns/<public_id>"): "viewer",
    ("GET", "/admin/campaigns/<public_id>/cancel"): "editor",
    ("POST", "/admin/campaigns/<public_id>/cancel"): "editor",
    ("GET", "/admin/campaigns/<public_id>/delete"): "editor",
    ("POST", "/admin/campaigns/<public_id>/delete"): "editor",
    ("POST", "/admin/campaigns/<public_id>/duplicate"): "editor",
    ("POST", "/admin/campaigns/<public_id>/pause"): "editor",
    ("GET", "/admin/campaigns/<public_id>/preview"): "viewer",
    ("POST", "/admin/campaigns/<public_id>/preview"): "editor",
    ("GET", "/admin/campaigns/<public_id>/preview/html"): "viewer",
    ("GET", "/admin/campaigns/<public_id>/preview/source"): "viewer",
    ("GET", "/admin/campaigns/<public_id>/progress"): "viewer",
    ("GET", "/admin/campaigns/<public_id>/queue"): "editor",
    ("POST", "/admin/campaigns/<public_id>/queue"): "editor",
    ("POST", "/admin/campaigns/<public_id>/resume"): "editor",
    ("POST", "/admin/campaigns/<public_id>/test"): "editor",
    ("GET", "/admin/campaigns/<public_id>/waiting"): "editor",
    ("POST", "/admin/campaigns/<public_id>/waiting"): "editor",
    ("GET", "/admin/campaigns/<public_id>/write"): "editor",
    ("POST", "/admin/campaigns/<public_id>/write"): "editor",
    ("POST", "/admin/campaigns/check"): "editor",
    ("GET", "/admin/campaigns/new"): "editor",
    ("POST", "/admin/campaigns/new"): "editor",
    ("GET", "/admin/campaigns/preview"): "editor",
    ("POST", "/admin/campaigns/preview"): "editor",
    ("GET", "/admin/courses/"): "viewer",
    ("GET", "/admin/courses/+"): "editor",
    ("POST", "/admin/courses/+"): "editor",
    ("GET", "/admin/courses/+/forecast"): "viewer",
    ("POST", "/admin/courses/+/letters"): "editor",
    ("GET", "/admin/courses/+/silence"): "viewer",
    ("POST", "/admin/courses/+/silence"): "editor",
    ("POST", "/admin/courses/+/silence/one-a-day"): "owner",
    ("GET", "/admin/courses/<slug>"): "viewer",
    ("GET", "/admin/courses/<slug>/ahead"): "viewer",
    ("POST", "/admin/courses/<slug>/ahead"): "viewer",
    ("GET", "/admin/courses/<slug>/calendar"): "editor",
    ("POST", "/admin/courses/<slug>/calendar"): "editor",
    ("GET", "/admin/courses/<slug>/discard"): "editor",
    ("POST", "/admin/courses/<slug>/discard"): "editor",
    ("GET", "/admin/courses/<slug>/lessons/<key>"): "viewer",
    ("POST", "/admin/courses/<slug>/lessons/<key>"): "editor",
    ("POST", "/admin/courses/<slug>/lessons/<key>/back"): "editor",
    ("POST", "/admin/courses/<slug>/lessons/<key>/check"): "viewer",
    ("POST", "/admin/courses/<slug>/lessons/<key>/down"): "editor",
    ("GET", "/admin/courses/<slug>/lessons/<key>/preview"): "viewer",
    ("POST", "/admin/courses/<slug>/lessons/<key>/preview"): "viewer",
    ("GET", "/admin/courses/<slug>/lessons/<key>/remove"): "editor",
    ("POST", "/admin/courses/<slug>/lessons/<key>/remove"): "editor",
    ("POST", "/admin/courses/<slug>/lessons/<key>/up"): "editor",
    ("GET", "/admin/courses/<slug>/differences"): "viewer",
    ("GET", "/admin/courses/<slug>/import"): "editor",
    ("POST", "/admin/courses/<slug>/import"): "editor",
    ("GET", "/admin/courses/<slug>/publish"): "editor",
    ("GET", "/admin/courses/<slug>/readers"): "viewer",
    ("POST", "/admin/courses/<slug>/readers"): "owner",
    ("POST", "/admin/courses/<slug>/readers/<number>/remove"): "owner",
    ("POST", "/admin/courses/<slug>/readers/condition/<key>"): "editor",
    ("POST", "/admin/courses/<slug>/publish"): "editor",
    ("GET", "/admin/deliveries/"): "viewer",
    ("GET", "/admin/held/"): "viewer",
    ("GET", "/admin/held/<word>"): "owner",
    ("GET", "/admin/held/progress"): "viewer",
    ("GET", "/admin/held/all"): "owner",
    ("POST", "/admin/held/all"): "owner",
    ("POST", "/admin/held/<word>"): "owner",
    ("GET", "/admin/login"): "anybody",
    ("POST", "/admin/login"): "anybody",
    ("POST", "/admin/logout"): "anybody",
    ("GET", "/admin/lists/"): "viewer",
    ("GET", "/admin/lists/<slug>"): "viewer",
    ("POST", "/admin/lists/<slug>"): "owner",
    ("GET", "/admin/settings/"): "viewer",
    ("POST", "/admin/settings/"): "owner",
    ("GET", "/admin/settings/going-live"): "viewer",
    ("POST", "/admin/settings/going-live/check"): "owner",
    ("POST", "/admin/settings/going-live/test-letter"): "owner",
    ("GET", "/admin/settings/people"): "viewer",
    ("POST", "/admin/settings/people"): "owner",
    ("GET", "/admin/setup/<token>"): "link",
    ("POST", "/admin/setup/<token>"): "link",
    ("GET", "/admin/subscribers/"): "viewer",
    ("GET", "/admin/subscribers/<public_id>"): "viewer",
    ("GET", "/admin/subscribers/<public_id>/erase"): "owner",
    ("POST", "/admin/subscribers/<public_id>/erase"): "owner",
    ("GET", "/admin/subscribers/<public_id>/export"): "editor",
    ("GET", "/admin/subscribers/<public_id>/leave/<list_slug>"): "editor",
    ("POST", "/admin/subscribers/<public_id>/leave/<list_slug>"): "editor",
    ("POST", "/admin/subscribers/<public_id>/pause"): "editor",
    ("POST", "/admin/subscribers/<public_id>/resume"): "editor",
    ("GET", "/admin/subscribers/add"): "editor",
    ("POST", "/admin/subscribers/add"): "editor",
    ("POST", "/admin/subscribers/search"): "viewer",
    ("POST", "/admin/subscribers/<public_id>/tags"): "editor",
    ("POST", "/admin/subscribers/<public_id>/tags/take"): "editor",
    ("GET", "/answer/<token>"): "link",
    ("POST", "/answer/<token>"): "link",
    ("GET", "/confirm/<token>"): "link",
    ("POST", "/confirm/<token>"): "link",
    ("GET", "/embed"): "anybody",
    ("GET", "/example"): "anybody",
    ("GET", "/favicon.ico"): "anybody",
    ("GET", "/healthz"): "anybody",
    ("GET", "/inbox"): "machine",
    ("GET", "/inbox/<mail_id>"): "machine",
    ("GET", "/inbox/<mail_id>/html"): "machine",
    ("GET", "/inbox/<mail_id>/source"): "machine",
    ("GET", "/inbox/newest"): "machine",
    ("GET", "/letters/<token>"): "link",
    ("GET", "/preferences/<token>"): "link",
    ("POST", "/preferences/<token>"): "link",
    ("GET", "/privacy"): "anybody",
    ("GET", "/read/<token>"): "link",
    ("GET", "/read/<token>/answer"): "link",
    ("POST", "/read/<token>/answer"): "link",
    ("GET", "/read/<token>/reflect"): "link",
    ("GET", "/readyz"): "anybody",
    ("GET", "/reflect/<token>"): "link",
    ("GET", "/subscribe"): "anybody",
    ("POST", "/subscribe"): "anybody",
    ("GET", "/unsubscribe/<token>"): "link",
    ("POST", "/unsubscribe/<token>"): "link",
}


def filled(rule: str) -> str:
    values = {"token": "A" * 43, "mail_id": "20261124T090000.000000Z-00000000", "event": "pause"}
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda match: values.get(match[1], new_public_id()), rule)


def test_every_route_names_its_guard(stage: Stage) -> None:
    names = {"public": "anybody", "token": "link", "inbox": "machine"} | {f"signed in: {role}": role for role in ROLES}
    named = {
        (method, rule.rule): names.get(getattr(stage.web.view_functions[rule.endpoint], "guard", ""), "nobody")
        for rule in stage.web.url_map.iter_rules()
        for method in rule.methods or ()
        if method not in ("HEAD", "OPTIONS") and rule.rule not in SAME_FOR_ALL
    }

    assert named == TABLE


def test_every_door_of_the_studio_asks_who_comes(stage: Stage) -> None:
    """But the four that let people in and out."""
    open_doors = {
        (rule.rule, stage.web.view_functions[rule.endpoint].guard)  # type: ignore[attr-defined]
        for rule in stage.web.url_map.iter_rules()
        if rule.rule.startswith("/admin") and not stage.web.view_functions[rule.endpoint].guard.startswith("signed in")  # type: ignore[attr-defined]
    }

    assert open_doors == {("/admin/login", "public"), ("/admin/logout", "public"), ("/admin/setup/<token>", "token")}


@pytest.mark.parametrize("role", ROLES)
def test_every_role_gets_at_every_route_what_it_may(new_stage: Callable[..., Stage], role: str) -> None:
    stage = new_stage(base_url="https://letters.example.com")  # where the inbox is not free for all
    session = stage.signed_in(role).session if role != "anonymous" else None
    wrong = {}
    for (method, rule), least in TABLE.items():
        client = stage.visitor()
        form = {"csrf_token": csrf(client.get("/admin/login"))}
        if session:
            session = renewed(stage, role, session)
            client.set_cookie("studio", session, domain="letters.example.com", secure=True)
        before = stage.content()
        answer = client.open(filled(rule), method=method, data=form if method == "POST" else None)
        answer.close()
        if verdict(answer, least) != due(role, least):
            wrong[method, rule] = f"{answer.status_code}, but {due(role, least)} is due"
        if due(role, least) != "in" and stage.content() != before:
            wrong[method, rule] = "refused, but something changed"

    assert wrong == {}


def verdict(answer: TestResponse, least: str) -> str:
    """What a door said: "sign in first", "not you", or "in", whatever was found behind it. Never a failure."""
    if (answer.status_code == 401 and least != "anybody") or (
        answer.status_code == 302 and answer.headers["Location"] == "/admin/login"
    ):
        return "sign in first"
    return {403: "not you"}.get(answer.status_code, "in" if answer.status_code < 500 else "broken")


def due(role: str, least: str) -> str:
    """What a door owes to a role."""
    if least in ("anybody", "link"):
        return "in"
    if role == "anonymous":
        return "sign in first"
    return "in" if least == "machine" or ROLES.index(role) >= ROLES.index(least) else "not you"


def renewed(stage: Stage, role: str, session: str) -> str:
    """The session; a new one when a visit to the door has ended it."""
    if admins.who_is(stage.house, session):
        return session
    return admins.sign_in(stage.house, f"{role}@example.org", PASSWORD, "127.0.0.1")


def test_a_viewer_sees_and_an_editor_moves_campaigns(stage: Stage) -> None:
    made = campaigns.create(stage.house, subject="Hello", body="A letter.")
    for role, status in (("viewer", 403), ("editor", 303)):
        client = stage.signed_in(role)
        form = {"csrf_token": csrf(client.get("/admin/campaigns/"))}

        assert client.post(f"/admin/campaigns/{made}/queue", data=form).status_code == status


def test_no_form_of_the_studio_works_without_its_own_csrf_token(stage: Stage) -> None:
    client = stage.signed_in()
    anothers = csrf(stage.visitor().get("/admin/login"))
    before, wrong = stage.content(), {}
    for rule in sorted(rule for method, rule in TABLE if method == "POST" and rule.startswith("/admin")):
        for token in (None, "", "x", anothers):
            form = {"email": "owner@example.org", "password": PASSWORD}
            answer = client.post(filled(rule), data=form if token is None else form | {"csrf_token": token})
            if answer.status_code != 400 or "reload the page" not in answer.text:
                wrong[rule] = answer.status_code

    assert wrong == {}
    assert stage.content() == before


def test_a_session_dies_with_a_change_of_password(stage: Stage) -> None:
    client = stage.signed_in()
    admins.set_up(
        stage.house, admins.invite(stage.house, "owner@example.org").rpartition("/")[2], "another good sentence"
    )

    assert_dead(client)
    assert sign_in(stage.visitor(), "owner@example.org", PASSWORD).status_code == 401
    assert sign_in(stage.visitor(), "owner@example.org", "another good sentence").status_code == 303


def test_a_session_dies_with_signing_out_even_for_a_copy_of_its_cookie(stage: Stage) -> None:
    client, thief = stage.signed_in(), stage.visitor()
    thief.set_cookie("studio", client.session or "", domain="127.0.0.1")
    assert thief.get("/admin/").status_code == 200
    client.post("/admin/logout", data={"csrf_token": csrf(client.get("/admin/"))})

    assert client.session is None
    assert_dead(thief)


def test_signing_out_everywhere_ends_every_session_of_that_person_alone(stage: Stage) -> None:
    here, other = stage.signed_in("owner"), stage.signed_in("editor")
    there = stage.visitor()
    sign_in(there, "owner@example.org")
    here.post("/admin/logout", data={"csrf_token": csrf(here.get("/admin/")), "everywhere": "1"})

    assert_dead(there)
    assert other.get("/admin/").status_code == 200


def test_a_session_dies_of_age(stage: Stage) -> None:
    client = stage.signed_in()
    stage.clock.move(hours=11, minutes=59)
    assert client.get("/admin/").status_code == 200
    stage.clock.move(minutes=1)

    assert_dead(client)


def assert_dead(client: Visitor) -> None:
    """The cookie opens nothing: pages lead to the sign-in page, forms say to sign in again."""
    assert client.get("/admin/").headers["Location"] == "/admin/login"
    assert client.head("/admin/").headers["Location"] == "/admin/login"
    refused = client.post("/admin/campaigns/x/pause", data={"csrf_token": csrf(client.get("/admin/login"))})
    assert refused.status_code == 401
    assert "sign in" in refused.text.lower()


def test_a_sign_in_opens_a_new_session_each_time(stage: Stage) -> None:
    client = stage.signed_in()
    first = client.session
    client.set_cookie("studio", "fixed by somebody else", domain="127.0.0.1")
    sign_in(client, "owner@example.org")

    assert client.session not in (first, "fixed by somebody else", None)
    assert len(client.session or "") == 43


@pytest.mark.parametrize("cookie", ["", "x", "A" * 43, "A" * 4000, "'; DROP TABLE admins; --", "\xff"])
def test_a_cookie_that_is_none_of_ours_opens_nothing(stage: Stage, cookie: str) -> None:
    stage.admin()
    answer = stage.visitor().get("/admin/", headers={"Cookie": f"studio={cookie}"})

    assert answer.status_code == 302


@pytest.mark.parametrize(("base", "secure"), [("https://letters.example.com", True), ("http://127.0.0.1:8000", False)])
def test_cookies_are_out_of_reach_of_scripts_and_of_other_sites(
    new_stage: Callable[..., Stage], base: str, secure: bool
) -> None:
    stage = new_stage(base_url=base)
    stage.admin("owner@example.org")
    client = stage.visitor()
    form = client.get("/admin/login")
    entered = sign_in(client, "owner@example.org")
    cookies = form.headers.getlist("Set-Cookie") + entered.headers.getlist("Set-Cookie")

    assert {cookie.partition("=")[0] for cookie in cookies} == {"form", "studio"}
    for cookie in cookies:
        flags = {part.strip() for part in cookie.split(";")[1:]}
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= flags
        assert ("Secure" in flags) is secure
        assert not any(flag.startswith("Domain") for flag in flags)
    assert ("Strict-Transport-Security" in entered.headers) is secure


def test_readers_get_no_cookie_at_all(stage: Stage) -> None:
    opening = stage.subscribed()
    links = {path_of(link) for link in re.findall(r"http://127\.0\.0\.1:8000/\S+", opening.text)}
    answers = [stage.visitor().get(path) for path in ["/", "/privacy", *links]]
    answers += [stage.sign_up(), stage.visitor().post("/unsubscribe/x"), stage.visitor().get("/nowhere")]

    assert [answer.headers.getlist("Set-Cookie") for answer in answers] == [[]] * len(answers)


def test_a_set_up_link_is_no_link_for_readers_and_the_other_way_round(stage: Stage) -> None:
    setup = admins.invite(stage.house, "owner@example.org").rpartition("/")[2]
    for room, purpose in (("confirm", Purpose.CONFIRM), ("preferences", Purpose.PREFERENCES)):
        assert stage.visitor().get(f"/{room}/{setup}").status_code == 404
        token = stage.house.keyring.token(purpose, new_public_id())
        assert stage.visitor().get(f"/admin/setup/{token}").status_code == 404


def test_the_inbox_is_free_on_loopback_and_gone_while_mail_leaves(new_stage: Callable[..., Stage]) -> None:
    from newsletter.web import create_web

    stage = new_stage()
    assert stage.visitor().get("/inbox").status_code == 200
    leaving = create_web(stage.house, inbox_folder=None)
    assert leaving.test_client().get("/inbox").status_code == 404


def test_a_mail_of_the_inbox_is_found_by_its_id_alone(stage: Stage) -> None:
    for name in (
        "..%2fsecret.keys",
        "../secret.keys",
        "%2e%2e%2fnewsletter.db",
        "x",
        "%00",
        "20261124T090000.000000Z-0000000g",
    ):
        for tail in ("", "/html", "/source"):
            assert stage.visitor().get(f"/inbox/{name}{tail}").status_code == 404
