"""A written email as bytes: judged by the strict parser of the standard library."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import Header, decode_header, make_header
from email.message import EmailMessage
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.content import fields
from newsletter.content.fields import HeaderError
from newsletter.content.lines import one_line
from newsletter.content.mime import build
from newsletter.domain.message import Headers, Mailbox, Written
from tests.content.samples import LETTER, headers_of, message_of, write_one

WRITTEN = Written("A subject", "", "Dear María,\n\na text.\n", "<!DOCTYPE html><p>Dear María</p>")
PLAIN = Headers(
    sender=Mailbox("ana@example.org"),
    to=Mailbox("maria@example.net"),
    date=datetime(2026, 11, 26, 16, tzinfo=UTC),
    message_id="<1.abc@example.org>",
)
MUST = ["Date", "From", "To", "Subject", "Message-ID", "MIME-Version", "Content-Type"]
LIST = ["List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"]
HOSTILE = st.text(alphabet=st.sampled_from('a b\r\n\0\x0b\x0c\x1c\x85\u2028\u2029\ud800é"\\<>@,;:=?()\t😀')) | st.text()


def read(message: bytes) -> EmailMessage:
    """Parse without forgiving anything; a defect is an exception."""
    parsed = message_from_bytes(message, policy=policy.default.clone(raise_on_defect=True))
    assert isinstance(parsed, EmailMessage)
    for part in parsed.walk():
        assert part.defects == []
        assert [value.defects for value in part.values()] == [()] * len(part)
        if not part.is_multipart():
            part.get_content()
    return parsed


def words(part: EmailMessage) -> str:
    """The text of a part with the line ends of Python."""
    return str(part.get_content()).replace("\r\n", "\n")


def display_name(message: bytes, field: str) -> str:
    """A display name as RFC 2047 section 6.2 reads it.

    The parser of CPython 3.11 leaves a space between adjacent encoded words of a phrase; decode_header does not.
    """
    raw = message_from_bytes(message)[field]
    decoded = str(make_header(decode_header(raw.replace("\r\n", "")))).rpartition("<")[0].strip()
    return re.sub(r"\\(.)", r"\1", decoded[1:-1]) if decoded.startswith('"') and "=?" not in raw else decoded


def test_every_mail_is_read_without_a_defect(mail: str) -> None:
    parsed = read(message_of(mail))

    assert parsed.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in parsed.iter_parts()] == ["text/plain", "text/html"]
    assert {part["Content-Transfer-Encoding"] for part in parsed.iter_parts()} == {"quoted-printable"}


def test_the_words_arrive_as_they_were_written(mail: str) -> None:
    written, parsed = write_one(mail), read(message_of(mail))
    text, html = parsed.iter_parts()

    assert parsed["Subject"] == written.subject
    assert words(text).strip() == written.text.strip()
    assert words(html).strip() == written.html.strip()


def test_lines_end_in_crlf_and_fit(mail: str) -> None:
    message = message_of(mail)
    head, _, body = message.partition(b"\r\n\r\n")

    assert b"\n" not in message.replace(b"\r\n", b"")
    assert b"\r" not in message.replace(b"\r\n", b"")
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert message.isascii()


def test_the_same_letter_is_the_same_bytes() -> None:
    assert build(WRITTEN, PLAIN) == build(WRITTEN, PLAIN)


def test_mail_to_no_list_has_no_list_headers() -> None:
    asked = replace(PLAIN, list_unsubscribe=(LETTER.unsubscribe,), one_click=True)

    assert read(build(WRITTEN, asked)).keys() == MUST


def test_mail_to_a_list_can_be_left_with_one_click() -> None:
    parsed = read(message_of("campaign"))

    assert parsed["List-Id"] == "<letters.letters.example.org>"
    assert parsed["List-Unsubscribe"] == f"<{LETTER.unsubscribe}>"
    assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "Auto-Submitted" not in parsed
    assert "Precedence" not in parsed


def test_a_long_unsubscribe_link_is_never_an_encoded_word() -> None:
    links = (
        "https://letters.example.org/u/" + "q7Hk2m9X" * 30,
        "mailto:leave+" + "x" * 60 + "@example.org?subject=leave",
    )
    message = build(WRITTEN, replace(PLAIN, list_id="l.example.org", list_unsubscribe=links, one_click=True))
    field = re.search(rb"^List-Unsubscribe: ([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)", message, re.MULTILINE)

    assert field is not None
    assert b"=?" not in field.group(1)
    assert field.group(1).replace(b"\r\n", b"") == f"<{links[0]}>, <{links[1]}>".encode()


def test_a_confirmation_says_that_a_machine_wrote_it() -> None:
    assert read(message_of("confirmation"))["Auto-Submitted"] == "auto-generated"


def test_extra_headers_and_reply_to_and_feedback_stand_there() -> None:
    asked = replace(
        PLAIN,
        reply_to=Mailbox("desk@example.org", "The desk"),
        feedback_id="campaign:letters:newsletter",
        extra=(("X-PM-Message-Stream", "broadcast"),),
    )
    parsed = read(build(WRITTEN, asked))

    assert parsed["Reply-To"] == "The desk <desk@example.org>"
    assert parsed["Feedback-ID"] == "campaign:letters:newsletter"
    assert parsed["X-PM-Message-Stream"] == "broadcast"


@pytest.mark.parametrize(
    "name",
    [
        "María Ötzi",
        "Brook, Ana",
        'Ana "the" Brook',
        "a\\b",
        "=?utf-8?q?x?=",
        "Ω" * 90,
        "a (b) <c>",
        "Ana " * 40,
        "Brook, Ana; " * 12,
        "x" * 300,
    ],
)
def test_a_name_is_read_back_as_it_was(name: str) -> None:
    message = build(WRITTEN, replace(PLAIN, sender=Mailbox("ana@example.org", name)))

    assert [address.addr_spec for address in read(message)["From"].addresses] == ["ana@example.org"]
    assert display_name(message, "From") == name.strip()


@pytest.mark.parametrize("subject", ["ß " * 100, "word " * 60, "y" * 500, "=?utf-8?q?x?=", "a: b, <c>", "", "😀" * 60])
def test_a_subject_is_read_back_as_it_was(subject: str) -> None:
    message = build(replace(WRITTEN, subject=subject), PLAIN)

    assert read(message)["Subject"] == subject.strip()
    assert max(map(len, message.partition(b"\r\n\r\n")[0].split(b"\r\n"))) <= 78


@given(st.text(st.sampled_from('ab =?_."-éß漢😀'), min_size=1, max_size=60).filter(lambda words: not words.isascii()))
@example("é" * 21)
@example("é" * 22)
@example("ab é" + "?" * 14)
def test_encoded_words_are_those_of_the_standard_library(words: str) -> None:
    name = one_line(words)

    assert fields.display_name(name) == Header(name, "utf-8", maxlinelen=75, header_name="To").encode(linesep="\r\n")


def test_a_domain_goes_out_as_its_a_label() -> None:
    parsed = read(build(WRITTEN, replace(PLAIN, to=Mailbox("Maria.X@bücher.example"))))

    assert parsed["To"] == "Maria.X@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "maria",
        "maria@",
        "@example.org",
        "ma ria@example.org",
        "maría@example.org",
        "maria@example.org\r\nBcc: all@example.org",
        "maria@example.org\0",
        "maria@exa\u2028mple.org",
        "maria@example.org>, <x@example.org",
        "a@b@example.org",
        "maria@ü ü.example",
    ],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(HeaderError):
        build(WRITTEN, replace(PLAIN, to=Mailbox(address)))


@pytest.mark.parametrize(
    "change",
    [
        {"message_id": "<a@b>\r\nBcc: x@example.org"},
        {"message_id": "no at"},
        {"list_id": "l.example.org\nX: y"},
        {"list_id": "l.example.org", "list_unsubscribe": ("https://e.example/u>\r\nX: y",)},
        {"list_id": "l.example.org", "list_unsubscribe": ("https://e.example/ü",)},
        {"list_id": "l.example.org", "list_unsubscribe": ("ftp://e.example/",)},
        {"feedback_id": "a\r\nb"},
        {"extra": (("X-A\r\nBcc", "x"),)},
        {"extra": (("X-A", "x\r\nBcc: x"),)},
        {"extra": (("X-A", "x\u0085Bcc: x"),)},
        {"extra": (("bcc", "x@example.org"),)},
        {"extra": (("From", "x@example.org"),)},
    ],
)
def test_a_header_that_would_end_its_line_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(HeaderError):
        build(WRITTEN, replace(PLAIN, **change))


@example(subject="", sender=":=?", to="=?", reply_to='"=?utf-8?q?a?="')
@given(subject=HOSTILE, sender=HOSTILE, to=HOSTILE, reply_to=HOSTILE)
def test_no_words_make_a_header_of_their_own(subject: str, sender: str, to: str, reply_to: str) -> None:
    headers = replace(
        headers_of("campaign"),
        sender=Mailbox("ana@example.org", sender),
        to=Mailbox("maria@example.net", to),
        reply_to=Mailbox("desk@example.org", reply_to),
    )
    message = build(replace(WRITTEN, subject=subject), headers)
    parsed = read(message)

    assert sorted(parsed.keys()) == sorted([*MUST, *LIST, "Reply-To", "Feedback-ID"])
    assert len(parsed["From"].addresses) == len(parsed["To"].addresses) == len(parsed["Reply-To"].addresses) == 1
    assert parsed["To"].addresses[0].addr_spec == "maria@example.net"
    assert parsed["Subject"] == one_line(subject)
    assert display_name(message, "From") == one_line(sender)


@given(address=HOSTILE)
def test_no_address_makes_a_header_of_its_own(address: str) -> None:
    try:
        message = build(WRITTEN, replace(PLAIN, to=Mailbox(address)))
    except HeaderError:
        return
    assert read(message).keys() == MUST


@given(text=HOSTILE, html=HOSTILE)
def test_any_words_survive_the_encoding(text: str, html: str) -> None:
    message = build(replace(WRITTEN, text=text, html=html), PLAIN)
    plain, page = read(message).iter_parts()

    assert plain.get_content_type() == "text/plain"
    assert page.get_content_type() == "text/html"
    assert all(len(line) <= 76 for line in message.partition(b"\r\n\r\n")[2].split(b"\r\n"))


def test_a_line_that_is_only_a_dot_or_ends_in_space_survives() -> None:
    text = "a \n.\nFrom here\n\tb\t\nc"
    plain, _ = read(build(replace(WRITTEN, text=text), PLAIN)).iter_parts()

    assert words(plain).rstrip("\n") == text


def test_the_boundary_is_in_no_part() -> None:
    message = build(replace(WRITTEN, text="--=_" * 40), PLAIN)
    marks = [place.start() for place in re.finditer(rb"^--=_", message, re.MULTILINE)]

    assert len(marks) == 3
    assert all(first < second for first, second in pairwise(marks))
