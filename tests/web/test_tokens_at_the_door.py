"""S2: at every door a token that is not ours gets the same answer, to the byte; ours are kind and last."""

import base64
from collections.abc import Iterator

import pytest
from werkzeug.test import TestResponse

from newsletter.domain.tokens import Purpose, new_public_id
from newsletter.usecases import admins
from tests.web.scenes import ask_in_the_welcome
from tests.web.stage import PASSWORD, Stage, csrf, path_of, sign_in, token

ROOMS = {
    "confirm": Purpose.CONFIRM,
    "unsubscribe": Purpose.UNSUBSCRIBE,
    "preferences": Purpose.PREFERENCES,
    "letters": Purpose.VIEW,
    "reflect": Purpose.VIEW,
    "read": Purpose.DISCREET,
    "answer": Purpose.ANSWER,
}
ONLY_LOOKED_AT = ("letters", "reflect", "read")
DOORS = [
    (room, method) for room in ROOMS for method in ("GET", "POST") if method == "GET" or room not in ONLY_LOOKED_AT
]
FORM = {"action": "leave all", "List-Unsubscribe": "One-Click", "said": "yes"}


def seen(answer: TestResponse) -> tuple[int, bytes, list[tuple[str, str]]]:
    return answer.status_code, answer.data, [(name, value) for name, value in answer.headers if name != "Date"]


def knock(stage: Stage, room: str, method: str, token: str) -> TestResponse:
    form = FORM if method == "POST" and room != "confirm" else None
    return stage.visitor().open(f"/{room}/{token}", method=method, data=form)


def spoilt(stage: Stage, room: str, mine: str, others: str) -> Iterator[str]:
    """The token of that room, damaged in every way, and the tokens of other rooms and other people."""
    raw, alien = base64.urlsafe_b64decode(mine + "="), base64.urlsafe_b64decode(others + "=")
    for at in range(len(raw)):
        flipped = bytearray(raw)
        flipped[at] ^= 1
        yield base64.urlsafe_b64encode(flipped).decode().rstrip("=")
    yield base64.urlsafe_b64encode(raw[:16] + alien[16:]).decode().rstrip("=")
    yield base64.urlsafe_b64encode(alien[:16] + raw[16:]).decode().rstrip("=")
    yield from (mine[:-1], mine[1:], mine[:10], mine + "A", mine + "=", mine + "%00", mine + "%0A", mine + "%20")
    yield from ("A" * 43, "%C3%A9" * 43, "%FF" * 43, "x", "A" * 3000, "%7B%7B7*7%7D%7D", mine.swapcase())
    who = stage.house.keyring.read_token(ROOMS[room], mine)
    assert who is not None
    yield from (stage.house.keyring.token(purpose, who) for purpose in Purpose if purpose is not ROOMS[room])


@pytest.fixture
def papers(stage: Stage) -> dict[str, tuple[str, str]]:
    """For each room a genuine token of one reader, and one of another."""
    ask_in_the_welcome(stage)
    mails = [stage.subscribed("maria@example.org"), stage.subscribed("jo@example.org")]
    for mail in mails:
        stage.visitor().post(f"/preferences/{token(mail, 'preferences')}", data={"action": "discreet", "wish": "on"})
    stage.campaign()
    discreet = stage.tick()
    found = {room: (token(mails[0], room), token(mails[1], room)) for room in ROOMS if room not in ("confirm", "read")}
    found["read"] = token(discreet[0], "read"), token(discreet[1], "read")
    for name in ("ana@example.org", "lee@example.org"):
        stage.sign_up(name)
    first, second = stage.tick()
    return found | {"confirm": (token(first, "confirm"), token(second, "confirm"))}


@pytest.mark.parametrize(("room", "method"), DOORS)
def test_every_spoilt_token_gets_the_answer_of_an_unknown_one(
    stage: Stage, papers: dict[str, tuple[str, str]], room: str, method: str
) -> None:
    unknown = seen(knock(stage, room, method, stage.house.keyring.token(ROOMS[room], new_public_id())))
    before = stage.content()
    mine, others = papers[room]

    for wrong in spoilt(stage, room, mine, others):
        assert seen(knock(stage, room, method, wrong)) == unknown, wrong
    assert unknown[0] == 404
    assert stage.content() == before
    assert knock(stage, room, method, mine).status_code in (200, 303)


def test_an_expired_confirmation_gets_the_answer_of_an_unknown_one_and_the_form(stage: Stage) -> None:
    stage.sign_up()
    mine = token(stage.tick()[0], "confirm")
    stage.clock.move(days=14)

    for method in ("GET", "POST"):
        unknown = knock(stage, "confirm", method, stage.house.keyring.token(Purpose.CONFIRM, new_public_id()))
        assert seen(knock(stage, "confirm", method, mine)) == seen(unknown)
        assert 'action="/subscribe"' in unknown.text


def test_a_confirmation_works_until_its_last_minute(stage: Stage) -> None:
    stage.sign_up()
    mine = token(stage.tick()[0], "confirm")
    stage.clock.move(days=13, hours=23, minutes=59)

    assert knock(stage, "confirm", "POST", mine).status_code == 200


def test_a_confirmation_is_used_up_by_leaving(stage: Stage) -> None:
    stage.sign_up()
    mine = token(stage.tick()[0], "confirm")
    knock(stage, "confirm", "POST", mine)
    knock(stage, "unsubscribe", "POST", token(stage.tick()[0], "unsubscribe"))

    assert knock(stage, "confirm", "GET", mine).status_code == 404
    assert knock(stage, "confirm", "POST", mine).status_code == 404


def test_the_confirmation_of_a_forgotten_request_gets_the_answer_of_an_unknown_one(stage: Stage) -> None:
    stage.sign_up()
    mine = token(stage.tick()[0], "confirm")
    stage.clock.move(days=15)
    from newsletter.usecases import housekeeping

    assert housekeeping.forget_unconfirmed(stage.house) == 1
    unknown = knock(stage, "confirm", "GET", stage.house.keyring.token(Purpose.CONFIRM, new_public_id()))
    assert seen(knock(stage, "confirm", "GET", mine)) == seen(unknown)


def test_a_second_confirmation_is_kind_and_changes_nothing(stage: Stage) -> None:
    stage.sign_up()
    mine = token(stage.tick()[0], "confirm")
    first = knock(stage, "confirm", "POST", mine)
    stage.tick()
    before = stage.content()

    for _ in range(3):
        again = knock(stage, "confirm", "POST", mine)
        assert again.status_code == 200
        assert "You are in" in again.text
    assert first.status_code == 200
    assert stage.content() == before
    assert "already" in knock(stage, "confirm", "GET", mine).text


def test_an_unsubscribe_link_works_years_later(stage: Stage) -> None:
    opening = stage.subscribed()
    stage.clock.move(days=9 * 365)

    page = stage.visitor().get(f"/unsubscribe/{token(opening, 'unsubscribe')}")
    assert page.status_code == 200
    done = stage.visitor().post(f"/unsubscribe/{token(opening, 'unsubscribe')}")
    assert done.status_code == 200
    stage.campaign()
    assert stage.tick() == []


def test_leaving_twice_and_undoing_twice_are_kind(stage: Stage) -> None:
    mine = token(stage.subscribed(), "unsubscribe")
    leave = [stage.visitor().post(f"/unsubscribe/{mine}") for _ in range(2)]
    undo = [stage.visitor().post(f"/unsubscribe/{mine}", data={"action": "undo"}) for _ in range(2)]

    assert [answer.status_code for answer in leave + undo] == [200] * 4
    assert undo[0].data == undo[1].data
    events = [row[2] for row in stage.content()["consents"]]
    assert events == ["requested", "confirmed", "left", "returned"]


def test_an_undo_that_comes_too_late_says_goodbye_and_shows_the_way_back(stage: Stage) -> None:
    mine = token(stage.subscribed(), "unsubscribe")
    stage.visitor().post(f"/unsubscribe/{mine}")
    stage.clock.move(days=8)
    late = stage.visitor().post(f"/unsubscribe/{mine}", data={"action": "undo"})

    assert late.status_code == 410
    assert "come back any time" in late.text
    assert stage.content()["subscriptions"][0][4] == "unsubscribed"


def setup_answers(stage: Stage, token: str) -> list[tuple[int, str]]:
    client = stage.visitor()
    form = {"csrf_token": csrf(client.get("/admin/login")), "password": PASSWORD}
    both = [client.get(f"/admin/setup/{token}"), client.post(f"/admin/setup/{token}", data=form)]
    return [(answer.status_code, answer.text) for answer in both]


def test_a_set_up_link_works_once_and_never_signs_in_by_itself(stage: Stage) -> None:
    link = admins.invite(stage.house, "owner@example.org")
    client = stage.visitor()
    form = client.get(path_of(link))
    done = client.post(path_of(link), data={"csrf_token": csrf(form), "password": PASSWORD})

    assert (done.status_code, done.headers["Location"]) == (303, "/admin/login")
    assert client.session is None
    assert client.get("/admin/").headers["Location"] == "/admin/login"
    assert [status for status, _ in setup_answers(stage, link.rpartition("/")[2])] == [404, 404]
    assert sign_in(stage.visitor(), "owner@example.org").status_code == 303


def test_used_expired_and_unknown_set_up_links_get_the_same_answer(stage: Stage) -> None:
    used = admins.invite(stage.house, "owner@example.org").rpartition("/")[2]
    admins.set_up(stage.house, used, PASSWORD)
    replaced = admins.invite(stage.house, "owner@example.org").rpartition("/")[2]
    expired = admins.invite(stage.house, "owner@example.org").rpartition("/")[2]
    stage.clock.move(hours=48, seconds=1)
    unknown = setup_answers(stage, "A" * 43)

    wrong = [used, replaced, expired, expired[:-1], expired + "A", "x", "%00", "%FF", "A" * 3000]
    assert [setup_answers(stage, each) for each in wrong] == [unknown] * len(wrong)
    assert [status for status, _ in unknown] == [404, 404]


def test_a_set_up_link_lasts_48_hours(stage: Stage) -> None:
    link = admins.invite(stage.house, "owner@example.org")
    stage.clock.move(hours=48)

    assert stage.visitor().get(path_of(link)).status_code == 200


def test_a_short_password_is_refused_in_a_sentence_and_the_link_stays_good(stage: Stage) -> None:
    link = path_of(admins.invite(stage.house, "owner@example.org"))
    client = stage.visitor()
    form = {"csrf_token": csrf(client.get(link)), "password": "short"}
    refused = client.post(link, data=form)

    assert refused.status_code == 400
    assert "at least 12 characters" in refused.text
    assert client.post(link, data=form | {"password": PASSWORD}).status_code == 303
