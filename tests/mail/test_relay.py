"""SMTP URLs: what they may say, and what is said when they may not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.mail.relay import Relay, relay_from_url


@pytest.mark.parametrize(
    ("url", "relay"),
    [
        ("smtp://mail.example.org", Relay("mail.example.org", 587)),
        ("smtp://mail.example.org:2525/", Relay("mail.example.org", 2525)),
        ("smtp://mail.example.org?starttls=required", Relay("mail.example.org", 587)),
        ("smtps://mail.example.org", Relay("mail.example.org", 465, "implicit")),
        ("smtp://mail:25?starttls=never", Relay("mail", 25, "never")),
        ("smtp://u%40x.org:p%2F%3A@mail.example.org", Relay("mail.example.org", 587, "starttls", "u@x.org", "p/:")),
        ("smtp://u:p@127.0.0.1:25?starttls=never", Relay("127.0.0.1", 25, "never", "u", "p")),
        ("smtp://u:p@[::1]:25?starttls=never", Relay("::1", 25, "never", "u", "p")),
    ],
)
def test_urls_that_are_understood(url: str, relay: Relay) -> None:
    assert relay_from_url(url) == relay


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "begin with smtp:// or smtps://"),
        ("mail.example.org:587", "begin with smtp:// or smtps://"),
        ("https://mail.example.org", "begin with smtp:// or smtps://"),
        ("smtp://", "names no host"),
        ("smtp://:587", "names no host"),
        ("smtp://mail:port", "cannot be read"),
        ("smtp://mail:99999", "cannot be read"),
        ("smtp://mail:0", "port must be a number"),
        ("smtp://mail/path", "must end after the port"),
        ("smtp://u:sec#ret@mail", "special characters in user and password"),
        ("smtp://mail?tls=1", "one option only"),
        ("smtp://mail?starttls=maybe", "one option only"),
        ("smtps://mail?starttls=never", "does not go with it"),
        ("smtp://user@mail", "both a user and a password"),
        ("smtp://u:secret@mail:25?starttls=never", "never travels in clear"),
        ("smtp://u:secret@localhost.example.org:25?starttls=never", "never travels in clear"),
        ("smtp://mail host", "host name or an IP address"),
        ("smtp://[::1", "cannot be read"),
        ("smtp://u:a%00b@mail", "NUL"),
    ],
)
def test_urls_that_are_not(url: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        relay_from_url(url)


def test_given_user_and_password_win_over_the_url() -> None:
    relay = relay_from_url("smtp://a:b@mail", "c", "d", local_hostname="letters.example.org")

    assert (relay.user, relay.password, relay.local_hostname) == ("c", "d", "letters.example.org")


def test_the_password_is_not_shown() -> None:
    assert "secret" not in repr(relay_from_url("smtp://u:secret@mail"))


@given(st.text())
def test_any_text_is_a_relay_or_a_sentence_without_the_text(text: str) -> None:
    try:
        relay_from_url(f"smtp://user:hunter2{text}@mail")
    except ValueError as error:
        assert "hunter2" not in str(error)


def test_a_name_for_ehlo_must_be_a_name() -> None:
    with pytest.raises(ValueError, match="plain host name"):
        Relay("mail", 25, local_hostname="x\r\nMAIL FROM:<a@b.c>")
