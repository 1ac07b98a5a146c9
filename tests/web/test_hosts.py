"""S5: no header of a request finds its way into a link, and only the base URL's host is answered."""

from collections.abc import Callable

import pytest
from werkzeug.test import create_environ, run_wsgi_app

from tests.web.stage import MARIA, Stage, link, links, path_of

BASE = "https://letters.example.com"
POISON = [
    {"X-Forwarded-Host": "evil.example"},
    {"X-Forwarded-Host": "evil.example, evil.example"},
    {"X-Forwarded-Proto": "http"},
    {"X-Forwarded-Port": "666"},
    {"X-Forwarded-Prefix": "/evil"},
    {"Forwarded": "host=evil.example;proto=http"},
    {"X-Host": "evil.example", "X-Original-Host": "evil.example", "X-HTTP-Host-Override": "evil.example"},
    {"X-Original-URL": "/admin/", "X-Rewrite-URL": "/admin/"},
    {"Origin": "https://evil.example", "Referer": "https://evil.example/x"},
]
WRONG = [
    *("evil.example", "evil.example:8000", "letters.example.com.evil.example", "evilletters.example.com"),
    *("letters.example.com@evil.example", "letters.example.com#evil.example", "letters.example.com/evil.example"),
    *("127.0.0.1", "localhost", "[::1]", "", " ", "[", "[::1", "]", "a b", "letters.example.com,evil.example"),
    *("xn--", "é.example", "\xff", "evil.example\tletters.example.com", "..", "%00", "letters.example.com:-1"),
    *("?", "letters.example.com:x", "https://letters.example.com"),
]


@pytest.mark.parametrize("proxies", [0, 1, 2])
@pytest.mark.parametrize("poison", POISON, ids=lambda headers: next(iter(headers)))
def test_every_link_begins_with_the_base_url(
    new_stage: Callable[..., Stage], poison: dict[str, str], proxies: int
) -> None:
    stage = new_stage(base_url=BASE, trusted_proxies=proxies)
    visitor = stage.visitor()
    visitor.post("/subscribe", data={"email": MARIA}, headers=poison)
    (asking,) = stage.tick()
    done = visitor.post(path_of(link(asking, "confirm")), headers=poison)
    (opening,) = stage.tick()
    moved = visitor.get("/admin/", headers=poison)

    assert done.status_code == 200
    assert moved.headers["Location"] == "/admin/login"
    for mail in (asking, opening):
        ours = [link for link in links(mail) if "/confirm/" in link or "/unsubscribe/" in link or "/letters/" in link]
        assert ours
        assert all(link.startswith(BASE + "/") for link in ours)
    assert "evil.example" not in done.text + moved.text + asking.source.decode() + opening.source.decode()


@pytest.mark.parametrize("host", WRONG, ids=ascii)
@pytest.mark.parametrize("path", ["/", "/admin/login", "/static/house.css", "/nowhere"])
def test_an_unknown_host_is_refused(new_stage: Callable[..., Stage], host: str, path: str) -> None:
    stage = new_stage(base_url=BASE)
    # Without the test client: it reads the host itself, and stumbles.
    body, status, headers = run_wsgi_app(stage.web, create_environ(path, environ_overrides={"HTTP_HOST": host}))
    page = b"".join(body).decode()

    assert status.startswith("400 ")
    assert "could not be read" in page
    assert "evil.example" not in page
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("host", ["letters.example.com", "LETTERS.Example.Com", "letters.example.com:443"])
def test_the_host_of_the_base_url_is_answered(new_stage: Callable[..., Stage], host: str) -> None:
    stage = new_stage(base_url=BASE)

    assert stage.web.test_client().get("/", environ_overrides={"HTTP_HOST": host}).status_code == 200


def test_a_forwarded_host_opens_no_door(new_stage: Callable[..., Stage]) -> None:
    stage = new_stage(base_url=BASE, trusted_proxies=1)
    wrong = stage.web.test_client().get(
        "/", headers={"Host": "evil.example", "X-Forwarded-Host": "letters.example.com"}
    )

    assert wrong.status_code == 400


def test_every_loopback_name_is_answered_while_the_base_url_is_loopback(stage: Stage) -> None:
    for host in ("127.0.0.1:8000", "localhost:8000", "[::1]:8000", "127.0.0.1:9999"):
        assert stage.web.test_client().get("/", environ_overrides={"HTTP_HOST": host}).status_code == 200
    assert stage.web.test_client().get("/", environ_overrides={"HTTP_HOST": "evil.example"}).status_code == 400


def test_supervisors_may_ask_for_health_under_any_name(new_stage: Callable[..., Stage]) -> None:
    stage = new_stage(base_url=BASE)
    for path in ("/healthz", "/readyz"):
        assert stage.web.test_client().get(path, environ_overrides={"HTTP_HOST": "10.0.0.7:8000"}).status_code == 200
