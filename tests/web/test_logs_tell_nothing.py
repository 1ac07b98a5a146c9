"""S15: whatever happens, no address and no token of anybody reaches a log."""

import logging
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from newsletter.domain.tokens import Purpose, new_public_id
from newsletter.store.engine import StoreBusyError
from newsletter.usecases import admins
from tests.scripted_smtp import Act, Moment, ScriptedSmtp, say
from tests.web.stage import MARIA, Stage, link, path_of, sign_in, token

ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+|%40")
TOKEN = re.compile(r"(?<![\w-])[\w-]{43}(?![\w-])")


class Ear(logging.Handler):
    """Hears every logger at every level, as it would be written, traces included."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def heard() -> Iterator[list[str]]:
    ear, root = Ear(), logging.getLogger()
    before = {
        name: logging.getLogger(name).level for name in ("newsletter", "", "sqlalchemy.engine", "werkzeug", "flask_wtf")
    }
    for name in ("newsletter", "", "werkzeug", "flask_wtf"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    root.addHandler(ear)
    yield ear.lines
    root.removeHandler(ear)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def assert_discreet(lines: list[str] | str) -> None:
    text = lines if isinstance(lines, str) else "\n".join(lines)
    assert ADDRESS.findall(text) == []
    assert TOKEN.findall(text) == []
    assert "/confirm/" not in text
    assert "maria" not in text.lower()


def test_the_ear_hears(heard: list[str]) -> None:
    """Without this, a deaf test would hold."""
    logging.getLogger("newsletter.web").debug("to %s", MARIA)

    with pytest.raises(AssertionError):
        assert_discreet(heard)


def test_a_whole_life_leaves_no_trace_in_the_log(stage: Stage, heard: list[str]) -> None:
    opening = stage.subscribed(name="Maria")
    stage.sign_up("not an address maria@")
    stage.sign_up("mária@example.org")
    stage.visitor().post(f"/unsubscribe/{token(opening, 'unsubscribe')}")
    stage.visitor().post(f"/unsubscribe/{token(opening, 'unsubscribe')}", data={"action": "undo"})
    stage.visitor().post(f"/preferences/{token(opening, 'preferences')}", data={"action": "rhythm", "hour": "99"})
    stage.visitor().post(f"/preferences/{token(opening, 'preferences')}", data={"action": MARIA})
    stage.campaign()
    stage.tick()
    for room, purpose in (("confirm", Purpose.CONFIRM), ("letters", Purpose.VIEW)):
        stage.visitor().get(f"/{room}/{stage.house.keyring.token(purpose, new_public_id())}")
    setup = admins.invite(stage.house, "owner@example.org")
    stage.visitor().post(path_of(setup))
    stage.visitor().get(path_of(setup))
    sign_in(stage.visitor(), "owner@example.org", "wrong")
    stage.visitor().get(f"/?email={MARIA}", headers={"User-Agent": MARIA, "Referer": setup})
    stage.visitor().get(path_of(setup), base_url="http://evil.example")

    assert_discreet(heard)


@pytest.mark.parametrize(
    "trouble",
    [RuntimeError(f"{MARIA} {'A' * 43}"), KeyError(MARIA), StoreBusyError("busy")],
    ids=["error", "key", "busy"],
)
def test_what_breaks_is_written_down_without_names(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, heard: list[str], trouble: Exception
) -> None:
    opening = stage.subscribed()

    def fail(*_args: object, **_kwargs: object) -> None:
        raise trouble

    for place in ("signup.request", "leaving.leave", "preferences.look", "admins.sign_in"):
        monkeypatch.setattr(f"newsletter.usecases.{place}", fail)
    answers = [
        stage.sign_up(),
        stage.visitor().post(path_of(link(opening, "unsubscribe"))),
        stage.visitor().get(path_of(link(opening, "preferences"))),
        sign_in(stage.visitor(), MARIA),
    ]

    assert {answer.status_code for answer in answers} == {503 if isinstance(trouble, StoreBusyError) else 500}
    assert_discreet(heard)
    if not isinstance(trouble, StoreBusyError):
        assert any(type(trouble).__name__ in line and "public.subscribe" in line for line in heard), (
            "but it is written down"
        )


def test_an_error_of_the_database_holds_no_values(stage_on_both: Stage, heard: list[str]) -> None:
    from sqlalchemy import insert
    from sqlalchemy.exc import IntegrityError

    from newsletter.store.tables import subscribers

    stage_on_both.sign_up()
    row = {
        "public_id": new_public_id(),
        "address": MARIA,
        "address_key": "x" * 20,
        "created_at": stage_on_both.clock.now(),
    }
    try:
        with stage_on_both.house.store.transaction() as tx:
            tx.execute(insert(subscribers), [row, row])
    except IntegrityError as error:
        logging.getLogger("newsletter").error("%s", error)

    assert heard
    assert_discreet(heard)


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.1.1 <{}>: Recipient address rejected",
        "450 4.2.1 {} is busy",
        "550 5.7.1 {} may not",
        "421 4.3.0 away, {}",
    ],
)
def test_a_refusal_that_names_the_address_is_masked(
    new_stage: Callable[..., Stage], heard: list[str], reply: str
) -> None:
    def refuse(moment: Moment) -> Act | None:
        return say(reply.format(moment.recipient)) if moment.stage == "RCPT" else None

    with ScriptedSmtp(refuse) as relay:
        stage = new_stage(smtp_url=f"smtp://127.0.0.1:{relay.port}?starttls=never")
        for number in range(3):
            stage.sign_up()
            stage.sign_up(f"jo{number}@example.org")
            stage.tick()
            stage.clock.move(minutes=11)
        stage.transport.close()
    replies = str([stage.content()["deliveries"], stage.content()["relays"]])

    assert "<address>" in replies
    assert MARIA not in replies
    assert_discreet(heard)


def test_a_letter_that_cannot_be_written_is_named_by_its_kind_alone(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, heard: list[str]
) -> None:
    stage.sign_up(name="Maria")

    def fail(*_args: object, **_kwargs: object) -> None:
        raise ValueError(MARIA)

    monkeypatch.setattr("newsletter.usecases.letters.compose", fail)
    stage.tick()

    assert any("cannot be written" in line for line in heard)
    assert_discreet(heard)


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fetch(url: str, form: dict[str, str] | None = None) -> str:
    data = urllib.parse.urlencode(form).encode() if form is not None else None
    try:
        with urllib.request.urlopen(url, data, timeout=20) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return str(error.read().decode())


def soon(found: Callable[[], str | None]) -> str:
    """What is found within twenty seconds."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if seen := found():
            return seen
        time.sleep(0.1)
    raise AssertionError("it did not come")


def raw(port: int, request: bytes) -> bytes:
    with closing(socket.create_connection(("127.0.0.1", port), timeout=20)) as wire:
        wire.sendall(request)
        answer = b""
        while chunk := wire.recv(65536):
            answer += chunk
    return answer


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[int, Path, Callable[[], str]]]:
    """A real `newsletter run`: its port, its data folder, and a function that ends it and returns its stderr."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NEWSLETTER_")}
    environment |= {"NEWSLETTER_DATA_DIR": str(tmp_path / "var"), "NEWSLETTER_BASE_URL": f"http://127.0.0.1:{port}"}
    with (tmp_path / "stderr").open("w") as errors:
        child = subprocess.Popen(
            [sys.executable, "-m", "newsletter", "run", "--port", str(port)],
            stdout=subprocess.DEVNULL,  # the greeting holds the owner's set-up link, on purpose
            stderr=errors,
            env=environment,
            cwd=tmp_path,
        )

        def end() -> str:
            child.terminate()
            child.wait(60)
            return (tmp_path / "stderr").read_text()

        try:
            soon(lambda: _answers(port))
            yield port, tmp_path / "var", end
        finally:
            if child.poll() is None:
                child.terminate()
                child.wait(60)


def _answers(port: int) -> str | None:
    try:
        return fetch(f"http://127.0.0.1:{port}/healthz")
    except OSError:
        return None


def test_a_real_run_says_nothing_of_anybody_whatever_it_is_sent(running: tuple[int, Path, Callable[[], str]]) -> None:
    port, var, end = running
    base = f"http://127.0.0.1:{port}"
    fetch(f"{base}/subscribe", {"email": MARIA, "name": "Maria"})

    def mails() -> list[str]:
        return sorted(path.read_text() for path in (var / "inbox").glob("*.eml"))

    confirm = soon(lambda: next(iter(re.findall(r"/confirm/[\w-]{43}", "".join(mails()).replace("=\n", ""))), None))
    fetch(base + confirm, {})
    unsubscribe = soon(
        lambda: next(iter(re.findall(r"/unsubscribe/[\w-]{43}", "".join(mails()).replace("=\n", ""))), None)
    )
    odd = [
        f"GET {confirm} x y HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        f"GET {confirm}\r\n\r\n",
        f"{confirm} {MARIA} HTTP/1.1\r\n\r\n",
        f"GET {confirm} HTTP/9.9\r\nHost: x\r\n\r\n",
        f"GET {confirm} HTTP/1.1\r\nHost: 127.0.0.1\r\n{MARIA}\r\n\r\n",
        f"GET {confirm} HTTP/1.1\r\nHost: 127.0.0.1\r\n{MARIA} : x\r\n\r\n",
        f"GET {confirm} HTTP/1.1\r\nHost: 127.0.0.1\r\nX: {MARIA}{'x' * 20_000}\r\n\r\n",
        f"GET {confirm}{'x' * 9000} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        f"POST {unsubscribe} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {MARIA}\r\nConnection: close\r\n\r\n",
        f"POST {unsubscribe} HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n{MARIA}\r\n",
        f"GET http://evil.example{confirm} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        f"{MARIA}\r\n\r\n",
    ]
    for request in odd:
        answer = raw(port, request.encode())
        assert b"Traceback" not in answer, request
        assert not answer.startswith(b"HTTP/1.1 500"), request
    log = end()

    assert "Traceback" not in log
    assert_discreet(log)


def test_an_absolute_request_line_makes_no_link_to_another_host(running: tuple[int, Path, Callable[[], str]]) -> None:
    port, var, _end = running
    for host, line in (
        ("evil.example", "/"),
        ("evil.example", f"http://127.0.0.1:{port}/"),
        ("127.0.0.1", "http://evil.example/"),
    ):
        answer = raw(port, f"GET {line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        assert b"evil.example" not in answer
        if host == "evil.example" and line == "/":
            assert answer.startswith(b"HTTP/1.1 400 ")
    body = urllib.parse.urlencode({"email": MARIA})
    raw(
        port,
        f"POST http://evil.example/subscribe HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode(),
    )

    mail = soon(lambda: next((path.read_text() for path in (var / "inbox").glob("*.eml")), None))
    assert "evil.example" not in mail
    assert f"http://127.0.0.1:{port}/confirm/" in mail.replace("=\n", "")
