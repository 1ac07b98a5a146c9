"""F12 and S6: nothing in clear, nobody in between, nobody's words in our commands."""

import base64
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.domain.delivery import Failed, Sent
from newsletter.domain.message import Outgoing
from newsletter.mail.relay import Relay
from newsletter.mail.smtp import SmtpTransport
from newsletter.mail.transport import RelayUnavailable
from tests.mail.certificates import Certificate, make_certificate
from tests.mail.letters import PATIENT, Pile, letter, letters, plain, post, supply
from tests.scripted_smtp import Act, Moment, ScriptedSmtp, raw, say

LOGIN = ("mailer", "correct horse")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


def secured(server: ScriptedSmtp, certificate: Certificate | None, login: tuple[str, str] = LOGIN) -> SmtpTransport:
    security = "implicit" if server.tls == "implicit" else "starttls"
    ca_file = str(certificate.file) if certificate else None
    relay = Relay(server.host, server.port, security, *login, ca_file=ca_file)
    return SmtpTransport(relay, 2, timeouts=PATIENT)


def assert_refused(server: ScriptedSmtp, transport: SmtpTransport, why: str) -> None:
    """The send ends with this reason; nothing was pulled, and no secret and no mail crossed the wire in clear."""
    pile = Pile(3)
    with pytest.raises(RelayUnavailable, match=why) as caught:
        list(transport.send(pile))
    transport.close()
    clear = bytes(server.in_clear).upper()
    assert pile.pulled == []
    assert not any(word in clear for word in (b"AUTH", b"MAIL FROM", b"EXAMPLE", base64.b64encode(b"mailer").upper()))
    assert LOGIN[1] not in caught.value.reason


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_mail_and_password_travel_under_tls_only(certificate: Certificate, tls: str) -> None:
    with ScriptedSmtp(tls=tls, certificate=certificate, login=LOGIN) as server:
        answers = post(secured(server, certificate), letters(5))

    assert {type(outcome) for outcome in answers.values()} == {Sent}
    assert b"AUTH" not in server.in_clear and b"MAIL" not in server.in_clear
    known = [connection for connection, line in server.commands if line.startswith("AUTH")]
    assert {connection for connection, line in server.commands if line.startswith("MAIL")} <= set(known)
    assert len(known) == len(set(known))


def test_f12_no_starttls_offered(certificate: Certificate) -> None:
    with ScriptedSmtp(login=LOGIN) as server:
        assert_refused(server, secured(server, certificate), "offers no TLS")

    assert server.verbs() == ["EHLO"]


def test_f12_starttls_refused(certificate: Certificate) -> None:
    script = lambda moment: say("454 4.7.0 TLS not available") if moment.stage == "STARTTLS" else None  # noqa: E731
    with ScriptedSmtp(script, tls="starttls", certificate=certificate) as server:
        assert_refused(server, secured(server, certificate), "failed at STARTTLS: it answered 454 4.7.0")


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_f12_certificate_of_nobody_we_know(certificate: Certificate, tls: str) -> None:
    with ScriptedSmtp(tls=tls, certificate=certificate, login=LOGIN) as server:
        assert_refused(server, secured(server, None), "certificate is not valid: self-signed certificate")


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_f12_expired_certificate(tmp_path: Path, tls: str) -> None:
    expired = make_certificate(tmp_path, expired=True)
    with ScriptedSmtp(tls=tls, certificate=expired, login=LOGIN) as server:
        assert_refused(server, secured(server, expired), "certificate is not valid: certificate has expired")


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_f12_certificate_made_out_to_another(tmp_path: Path, tls: str) -> None:
    other = make_certificate(tmp_path, "mail.example.net", "192.0.2.1")
    with ScriptedSmtp(tls=tls, certificate=other, login=LOGIN) as server:
        assert_refused(server, secured(server, other), "certificate is not valid: IP address mismatch")


@pytest.mark.parametrize(
    "injected", [b"250 scripted.test\r\n", b"250-x\r\n250 AUTH PLAIN\r\n235 ok\r\n250 ok\r\n", b"x"]
)
def test_f12_bytes_before_tls(certificate: Certificate, injected: bytes) -> None:
    script = lambda moment: raw(b"220 Ready\r\n" + injected) if moment.stage == "STARTTLS" else None  # noqa: E731
    with ScriptedSmtp(script, tls="starttls", certificate=certificate, login=LOGIN) as server:
        assert_refused(server, secured(server, certificate), "failed at STARTTLS")


@pytest.mark.parametrize("stage", ["GREETING", "EHLO"])
def test_f12_replies_put_in_ahead_of_the_question(certificate: Certificate, stage: str) -> None:
    """Whoever sits in between answers EHLO before it was asked, without STARTTLS or with a login of his own."""
    script = lambda moment: (  # noqa: E731
        raw(b"220 x\r\n250-x\r\n250 AUTH PLAIN\r\n220 go\r\n") if moment.stage == stage else None
    )
    with ScriptedSmtp(script, tls="starttls", certificate=certificate, login=LOGIN) as server:
        assert_refused(server, secured(server, certificate), "spoke out of turn|offers no TLS")


def test_what_was_offered_in_clear_does_not_count_under_tls(certificate: Certificate) -> None:
    def script(moment: Moment) -> Act | None:
        first = moment.stage == "EHLO" and b"STARTTLS" not in server.in_clear
        return say("250 x|STARTTLS|AUTH CRAM-MD5 EXTERNAL") if first else None

    with ScriptedSmtp(script, tls="starttls", certificate=certificate, login=LOGIN) as server:
        answers = post(secured(server, certificate), letters(1))

    assert isinstance(answers[1], Sent)


@pytest.mark.parametrize("secret", ["wrong", "wröng €", "x" * 3000])
def test_a_refused_password_is_told_without_repeating_it(certificate: Certificate, secret: str) -> None:
    def script(moment: Moment) -> Act | None:
        return say(f"535 5.7.8 {moment.line} is wrong") if moment.stage == "AUTH" else None

    with ScriptedSmtp(script, tls="starttls", certificate=certificate, login=LOGIN) as server:
        transport = secured(server, certificate, ("mailer", secret))
        assert_refused(server, transport, r"failed at AUTH: it refused our user and password \(535\)\.$")


def test_login_where_plain_is_not_offered(certificate: Certificate) -> None:
    script = lambda moment: say("250 x|STARTTLS|AUTH LOGIN") if moment.stage == "EHLO" else None  # noqa: E731
    with ScriptedSmtp(script, tls="starttls", certificate=certificate, login=LOGIN) as server:
        answers = post(secured(server, certificate), letters(1))

    assert isinstance(answers[1], Sent)


def test_no_login_offered_is_said_plainly(certificate: Certificate) -> None:
    script = lambda moment: say("250 x|STARTTLS|AUTH EXTERNAL") if moment.stage == "EHLO" else None  # noqa: E731
    with ScriptedSmtp(script, tls="starttls", certificate=certificate, login=LOGIN) as server:
        assert_refused(server, secured(server, certificate), "offers no login by password")


BAD = st.sampled_from(
    ["\r", "\n", "\0", "\x85", "\u2028", " ", "<", ">", "\t", "\x7f", "é", "\r\nRCPT TO:<x@y.z>", "\ud800"]
)


@settings(max_examples=30, deadline=None)
@given(st.tuples(st.text(st.characters(codec="ascii"), max_size=5), BAD, st.text(max_size=5)), st.booleans())
def test_s6_an_address_that_could_end_a_command_never_reaches_the_wire(parts: tuple[str, ...], sender: bool) -> None:
    address = "".join(parts) + "@example.com"
    bad = letter(1, sender=address) if sender else letter(1, to=address)
    with ScriptedSmtp() as server:
        answers = post(plain(server), supply([bad, letter(2)]))

    assert isinstance(answers[1], Failed) and not answers[1].bad_address
    assert "example.com" not in answers[1].reply
    assert isinstance(answers[2], Sent)
    assert server.messages == 1
    assert [line for _, line in server.commands if line.startswith("RCPT")] == ["RCPT TO:<r2@example.com>"]


def test_an_empty_recipient_and_one_too_long_are_refused_here_and_an_empty_sender_is_not() -> None:
    mails = [
        Outgoing(1, 1, "b@example.org", "", b"x: y\r\n\r\n"),
        letter(2, to=f"{'x' * 250}@example.com"),
        letter(3, sender=""),
    ]
    with ScriptedSmtp() as server:
        answers = post(plain(server), supply(mails))

    assert [type(answers[n]) for n in (1, 2, 3)] == [Failed, Failed, Sent]
    assert server.accepted[0].sender == ""


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([b".", b"..", b"a", b"\r\n", b"\n", b"\r", b".\r\n", b"\r\n.\r\n", b"\n.\n", b"QUIT\r\n"]))
)
def test_whatever_the_body_it_arrives_as_one_message(pieces: list[bytes]) -> None:
    """Dots are stuffed, bare line ends become CRLF: no body ends early and none smuggles a second message."""
    body = b"".join(pieces)
    with ScriptedSmtp() as server:
        answers = post(plain(server), supply([letter(1, body=body), letter(2)]))

    assert [type(answers[n]) for n in (1, 2)] == [Sent, Sent]
    assert [one.message_id for one in server.accepted] == ["<1@example.org>", "<2@example.org>"]
    expected = letter(1, body=body).data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    assert server.accepted[0].data == expected.removesuffix(b"\r\n") + b"\r\n"


def test_long_lines_and_large_messages_arrive_as_they_are() -> None:
    body = b"x" * 100_000 + b"\r\n" + b".y" * 500_000 + b"\r\n"
    with ScriptedSmtp() as server:
        answers = post(plain(server), supply([letter(1, body=body)]))

    assert isinstance(answers[1], Sent)
    assert server.accepted[0].data.endswith(body)
