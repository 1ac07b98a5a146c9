"""The development inbox: every mail kept as it came, none half, none outside, rubbish readable."""

import os
import socket
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.domain.delivery import Failed, Sent
from newsletter.mail.capture import CaptureServer, newest, read
from newsletter.mail.relay import Relay
from newsletter.mail.smtp import SmtpTransport
from tests.mail.letters import PATIENT, letter, letters, post, supply

ID = "20261102T090000.000000Z-0123abcd"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "var" / "inbox"


@pytest.fixture
def transport(folder: Path) -> Iterator[SmtpTransport]:
    seconds = count()
    server = CaptureServer(
        folder, now=lambda: datetime(2026, 11, 2, 9, tzinfo=UTC) + timedelta(seconds=next(seconds)), largest=100_000
    )
    host, port = server.start()
    transport = SmtpTransport(Relay(host, port, "never"), 1, timeouts=PATIENT)
    yield transport
    transport.close()
    server.stop()


def test_mail_is_kept_as_it_came_and_newest_first(transport: SmtpTransport, folder: Path) -> None:
    assert {type(outcome) for outcome in post(transport, letters(3)).values()} == {Sent}

    mails = newest(folder, 2)
    assert [mail.to for mail in mails] == [("r3@example.com",), ("r2@example.com",)]
    assert [mail.to for mail in newest(folder, 2, before=mails[-1].id)] == [("r1@example.com",)]
    trace = b"Return-Path: <b@example.org>\r\nDelivered-To: r3@example.com\r\n"
    assert mails[0].source == trace + letter(3).data
    assert mails[0].received_at == datetime(2026, 11, 2, 9, 0, 2, tzinfo=UTC)
    assert read(folder, mails[0].id) == mails[0]


def test_nobody_else_on_the_machine_reads_them(transport: SmtpTransport, folder: Path) -> None:
    old = os.umask(0)
    try:
        post(transport, letters(1))
    finally:
        os.umask(old)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()] == [0o600]


def test_a_mail_too_large_is_refused(transport: SmtpTransport, folder: Path) -> None:
    answers = post(transport, supply([letter(1, body=b"x" * 78 + b"\r\n" * 60_000), letter(2)]))

    assert isinstance(answers[1], Failed) and isinstance(answers[2], Sent)
    assert len(newest(folder, 10)) == 1


def test_when_the_disk_does_not_take_it_the_sender_hears_so(transport: SmtpTransport, folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))
    answers = post(transport, letters(1))

    assert answers[1].reply == "452 4.3.1 The development inbox cannot be written"


def test_no_address_comes_into_the_log(transport: SmtpTransport, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    post(transport, letters(1))

    assert "example" not in caplog.text


def test_it_listens_on_this_machine_alone(folder: Path) -> None:
    server = CaptureServer(folder, now=lambda: datetime.now(UTC))
    host, port = server.start()
    with socket.create_connection((host, port)) as sock:
        assert host == "127.0.0.1"
        assert sock.recv(100) == b"220 capture.localhost development inbox\r\n"
    server.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, port))


def test_unfinished_and_foreign_files_are_not_mail(folder: Path) -> None:
    folder.mkdir(parents=True)
    for name in (f".{ID}.part", "notes.eml", "notes.txt", f"{ID}.txt"):
        (folder / name).write_bytes(b"x")

    assert newest(folder, 10) == []
    assert newest(folder / "nowhere", 10) == []


@pytest.mark.parametrize(
    "id", ["", ".", "..", "../secret", f"../inbox/{ID}", f"{ID}/..", f"{ID}\n", f"{ID}\0", f"/{ID}"]
)
def test_an_id_leads_nowhere_else(folder: Path, id: str) -> None:
    folder.mkdir(parents=True)
    (folder / f"{ID}.eml").write_bytes(b"From: a\r\n\r\n")
    (folder.parent / "secret.eml").write_bytes(b"From: a\r\n\r\n")

    assert read(folder, id) is None
    assert read(folder, ID) is not None


def put(folder: Path, source: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{ID}.eml").write_bytes(source)


def test_a_letter_with_two_faces(folder: Path) -> None:
    put(
        folder,
        b"Delivered-To: a@x.org\r\nDelivered-To: b@x.org\r\nFrom: x\r\nSubject: =?utf-8?q?Sch=C3=B6n?=\r\n"
        b"Date: Mon, 02 Nov 2026 09:00:00 +0100\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        b"gr=C3=BC=C3=9F\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>x</p>\r\n--b--\r\n",
    )
    mail = read(folder, ID)

    assert mail is not None
    assert (mail.to, mail.subject, mail.text, mail.html) == (("a@x.org", "b@x.org"), "Schön", "grüß", "<p>x</p>")
    assert mail.date == datetime(2026, 11, 2, 8, tzinfo=UTC)
    assert mail.defects == ()


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"\r\n",
        b"no header at all",
        b"\xff\xfe\x00\x00",
        b"Subject: \xff\xfe\r\nDate: yesterday\r\nTo: <<>>@@,;:\r\n\r\n\xff",
        b"Subject: =?nonsense?q?x?=\r\nContent-Type: text/plain; charset=nonsense\r\n\r\nx",
        b"Content-Type: multipart/mixed\r\n\r\nx",
        b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!",
        b"Content-Type: message/rfc822\r\n\r\nx",
        b"Date: Mon, 99 Foo 99999 99:99:99 +9999\r\n\r\n",
        b"Delivered-To: \r\nDelivered-To\r\n\r\n",
    ],
)
def test_rubbish_is_shown_as_well_as_it_can_be(folder: Path, source: bytes) -> None:
    put(folder, source)
    mail = read(folder, ID)

    assert mail is not None and mail.source == source


HEADERS = st.sampled_from([b"Subject", b"Date", b"To", b"Content-Type", b"Content-Transfer-Encoding", b"Delivered-To"])
LINES = st.lists(st.tuples(HEADERS, st.binary(max_size=30)).map(b": ".join), max_size=6).map(b"\r\n".join)


@settings(max_examples=200, deadline=None)
@given(LINES, st.binary(max_size=200))
def test_no_bytes_are_too_strange(tmp_path_factory: pytest.TempPathFactory, head: bytes, body: bytes) -> None:
    folder = tmp_path_factory.mktemp("inbox")
    put(folder, head + b"\r\n\r\n" + body)
    (mail,) = newest(folder, 1)

    (mail.subject + mail.text + mail.html + "".join(value for _, value in mail.headers)).encode()
