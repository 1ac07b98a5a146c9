"""A letter encoded once for many: whoever reads it, her message says what a full rendering says."""

from dataclasses import replace
from email.message import EmailMessage
from quopri import decodestring

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from newsletter.content.compiled import BOUNDARY, Compiled
from newsletter.content.lines import clean_text, one_line
from newsletter.content.mime import InFull, build, form_of
from newsletter.content.placeholders import TextError
from newsletter.content.quoted import quoted, quoted_before_more
from newsletter.content.sheet import Composed, Pattern
from newsletter.domain.message import Headers, Mailbox, Reader, Tidy
from newsletter.mail.dkim import relaxed_body
from tests.content.samples import EVERY_MAIL, LETTER, LETTERHEAD, composer_of, headers_of, write_one
from tests.content.test_mime import display_name, read, words

CHARACTERS = st.sampled_from("a .=\t\r\n\"'<>&{}%\x00\x85  \ud800\ufdd0\ufdd1é€😀") | st.characters()
ODD = st.text(CHARACTERS, max_size=120)
NAME = ODD.filter(lambda name: bool(one_line(name)))
TOKEN = st.text("abcXYZ019-_", min_size=1, max_size=60)
LINK = st.builds("https://letters.example.org/{}?a=1&b=%C3%BC={}".format, TOKEN, TOKEN) | ODD
ADDRESS = st.builds("{}@{}example.net".format, st.from_regex(r"[a-z0-9+]{1,64}", fullmatch=True), st.just("x."))
SOURCE = st.lists(
    st.sampled_from(["{{ name }}", "{{ name | upper }}", '{{ name | default("") }}', "{{ name | title }}", " ", "\n\n"])
    | st.text(st.sampled_from("abc =.é€😀*_[]()<>&!-#>"), max_size=90),
    min_size=1,
    max_size=12,
).map("".join)
SOME = settings(max_examples=60, deadline=None)


def to_a_reader(mail: str, name: str, link: str, address: str) -> tuple[Composed, Headers]:
    """A letter of a kind to somebody, every link in it `link`."""
    letter = write_one(mail)
    values = dict.fromkeys(letter.values, link)
    headers = replace(headers_of(mail), to=Mailbox(address, name), message_id=f"<{address}>")
    return Composed(letter.sheet, name, values), headers


def says(message: bytes, letter: Composed) -> EmailMessage:
    """The message parsed without forgiveness, after a look at whether it says what the letter does."""
    parsed = read(message)
    plain, page = parsed.iter_parts()
    assert parsed["Subject"] == letter.subject
    assert words(plain).strip("\n") == clean_text(letter.text).strip("\n")
    assert words(page).strip("\n") == clean_text(letter.html).strip("\n")
    body = message.partition(b"\r\n\r\n")[2]
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert b"\r" not in message.replace(b"\r\n", b"") and b"\n" not in message.replace(b"\r\n", b"")
    assert body.count(b"--" + BOUNDARY.encode()) == 3
    assert not isinstance(message, Tidy) or relaxed_body(body) == body
    assert b"\r\n." not in message, "the wire does not look for dots in a tidy message"
    assert message.isascii(), "nor for bytes above 127"
    return parsed


@pytest.mark.parametrize("mail", EVERY_MAIL)
@SOME
@given(name=NAME, link=LINK, address=ADDRESS, other=NAME)
@example(name="María", link="https://letters.example.org/" + "q" * 300, address="maria@example.net", other="x")
@example(name="Anna Maria Luise von der Goltz-" * 5, link=".", address="a@example.net", other="=")
def test_whoever_reads_it_a_compiled_letter_says_what_a_full_rendering_says(
    mail: str, name: str, link: str, address: str, other: str
) -> None:
    somebody, elsewhere = to_a_reader(mail, other, "https://other.example.org/", "other@example.org")
    form = Compiled(somebody.sheet, elsewhere)
    form.print(somebody, elsewhere)
    letter, headers = to_a_reader(mail, name, link, address)
    headers = replace(headers, list_unsubscribe=(LETTER.unsubscribe,) if headers.list_id else ())
    message = form.print(letter, headers)

    parsed = says(message, letter)
    assert message == build(letter, headers) == form.print(letter, headers)
    assert display_name(message, "To") == one_line(name)
    assert parsed["Message-ID"] == f"<{address}>"
    assert parsed["From"].addresses[0].addr_spec == LETTERHEAD.sender.address
    assert parsed.get("List-Unsubscribe", "") == (f"<{LETTER.unsubscribe}>" if headers.list_id else "")


@SOME
@given(subject=SOURCE, body=SOURCE, name=ODD)
@example(subject="{{ name }}", body="{{ name }}{{ name }}", name="=" * 75)
@example(subject="a", body='{{ name | default("") }}\n\nb', name="")
def test_whatever_the_owner_writes_can_be_compiled(subject: str, body: str, name: str) -> None:
    try:
        letter = composer_of(LETTERHEAD).campaign(
            Reader(name, "UTC", LETTER), subject=subject, body=body, list_title="Letters"
        )
    except TextError:
        assume(False)
    says(build(letter, headers_of("campaign")), letter)


@pytest.mark.parametrize("length", range(60, 85))
@pytest.mark.parametrize("end", ["", " ", "\t", "=", "é", "\n", "."])
def test_a_splice_fits_at_every_column(length: int, end: str) -> None:
    letter = composer_of(LETTERHEAD).campaign(
        Reader("x" * (length - 20) + " y", "UTC", LETTER),
        subject="s",
        body="b" * length + end + "{{ name }}" + "c" * length + " {{ name | upper }}",
        list_title="Letters",
    )
    says(build(letter, headers_of("campaign")), letter)


@given(st.lists(st.text(CHARACTERS, max_size=160).map(clean_text), min_size=1, max_size=6))
@example([".", "..", "." * 200, "a\n." + "b" * 75 + ".", "." + "é" * 40])
def test_pieces_of_quoted_printable_can_be_joined(pieces: list[str]) -> None:
    coded = b"".join([*map(quoted_before_more, pieces[:-1]), quoted(pieces[-1])])

    assert decodestring(coded.replace(b"\r\n", b"\n")).decode() == "".join(pieces)
    assert b"\n." not in b"\n" + coded
    assert max(map(len, coded.split(b"\r\n"))) <= 76


@pytest.mark.parametrize("mail", EVERY_MAIL)
def test_dkim_finds_nothing_to_change_in_our_letters(mail: str) -> None:
    message = build(write_one(mail), headers_of(mail))

    assert isinstance(message, Tidy)
    assert relaxed_body(message.partition(b"\r\n\r\n")[2]) == message.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize(
    "body", ["- {{ name }} " + "word " * 30, "    two  spaces", "a\tb", "    {{ name }}\n    two  spaces"]
)
def test_a_letter_with_runs_of_blanks_is_not_called_tidy(body: str) -> None:
    letter = composer_of(LETTERHEAD).campaign(
        Reader("Maria", "UTC", LETTER), subject="s", body=body, list_title="Letters"
    )
    message = build(letter, headers_of("campaign"))

    assert relaxed_body(message.partition(b"\r\n\r\n")[2]) != message.partition(b"\r\n\r\n")[2]
    assert not isinstance(message, Tidy)


def test_a_text_line_with_a_long_name_is_wrapped_as_the_others_are() -> None:
    name = "Maria Magdalena " * 9
    plain, _ = read(build(write_one("campaign", name=name), headers_of("campaign"))).iter_parts()
    greeting = words(plain).partition("\n\n")[0].split("\n")

    assert " ".join(greeting) == f"Hello {one_line(name)},"
    assert all(len(row) <= 72 for row in greeting)


def test_a_letter_that_cannot_be_compiled_is_encoded_in_full_and_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sound, broken = write_one("campaign"), write_one("lesson-weekly")
    lose = Compiled._write_html
    monkeypatch.setattr(
        Compiled,
        "_write_html",
        lambda self, page: lose(self, page if page != broken.sheet.html else Pattern((*page.pieces[:-1], "lost"))),
    )
    form, other = form_of(broken, headers_of("lesson-weekly")), form_of(sound, headers_of("campaign"))

    assert isinstance(form, InFull)
    assert isinstance(other, Compiled)
    assert "cannot be compiled" in caplog.text
    says(form.print(broken, headers_of("lesson-weekly")), broken)
    says(build(broken, headers_of("lesson-weekly")), broken)
