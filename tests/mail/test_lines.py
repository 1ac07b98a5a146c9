"""A message's lines as SMTP wants them."""

import re

from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.message import Tidy
from newsletter.mail.lines import as_sent, with_crlf

PIECES = st.lists(st.sampled_from([b".", b"..", b"a", b"\r\n", b"\n", b"\r", b"\r\n.", b"\n.\n", b"b" * 70]))


def mended(data: bytes) -> bytes:
    """Slowly, and in another way."""
    return b"\r\n".join(re.split(rb"\r\n|\r|\n", data))


@given(PIECES)
def test_only_crlf_ends_a_line(pieces: list[bytes]) -> None:
    assert with_crlf(b"".join(pieces)) == mended(b"".join(pieces))


@given(PIECES)
def test_what_is_sent_is_the_message_with_its_dots_doubled_and_one_alone_at_the_end(pieces: list[bytes]) -> None:
    sent, size = as_sent(b"".join(pieces))
    arrived = [line[1:] if line.startswith(b".") else line for line in sent.removesuffix(b".\r\n").split(b"\r\n")]
    message = mended(b"".join(pieces))
    if message and not message.endswith(b"\r\n"):
        message += b"\r\n"

    assert sent.endswith(b"\r\n.\r\n") or sent == b".\r\n"
    assert b"\r\n".join(arrived) == message
    assert b"\r\n.\r\n" not in sent[:-2]
    assert size == len(message)


@given(PIECES)
def test_a_tidy_message_is_sent_as_any_other(pieces: list[bytes]) -> None:
    message = b"\r\n".join(line.lstrip(b".") for line in mended(b"".join(pieces)).split(b"\r\n")) + b"\r\n"

    assert as_sent(Tidy(message)) == as_sent(message)
