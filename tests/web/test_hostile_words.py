"""S6 and S7: what people and owners type is said literally, in its place, or refused; it is never obeyed."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from time import perf_counter
from typing import Any

import pytest
from bs4 import BeautifulSoup

from newsletter.mail.inbox import CapturedMail
from newsletter.settings import SettingsError, load
from newsletter.usecases import campaigns, people
from newsletter.usecases.campaigns import CampaignError
from newsletter.usecases.people import PersonError
from tests.web.escapes import ESCAPES, MISTAKES
from tests.web.stage import MARIA, Stage

BREAKS = ["\r\n", "\n", "\r", "\0", "\x85", "\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\x7f", "\t", "\r\n\r\n", "\n."]
STRICT = policy.SMTP.clone(raise_on_defect=True)
TRACE = {"Return-Path", "Delivered-To"}  # the development inbox writes these two above what it was handed
PLAIN = {"Date", "From", "To", "Subject", "Message-ID", "MIME-Version", "Content-Type"}
LIST = {"List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID"}
TEMPLATES = [
    "{{7*7}}",
    "{% for x in y %}",
    "{{ config }}",
    "${7*7}",
    "<%= 7*7 %>",
    "#{7*7}",
    "{{name}}",
    "%(x)s",
    "{0}",
]


def parsed(mail: CapturedMail) -> EmailMessage:
    message = message_from_bytes(mail.source, policy=STRICT)
    assert isinstance(message, EmailMessage)
    for part in message.walk():
        assert part.defects == []
        assert [value.defects for value in part.values() if value.defects] == []  # type: ignore[attr-defined]
    return message


def headers(mail: CapturedMail) -> list[str]:
    return sorted(name for name in parsed(mail) if name not in TRACE)


@pytest.mark.parametrize("broken", BREAKS, ids=ascii)
def test_a_broken_line_in_a_name_or_a_subject_makes_no_header_and_no_command(stage: Stage, broken: str) -> None:
    evil = f"Maria{broken}Bcc: eve@example.com"
    opening = stage.subscribed(name=evil)
    stage.campaign(
        subject=f"News{broken}X-Evil: 1 for {{{{ name }}}}", body=f"Dear {{{{ name }}}},\n\n{broken}RSET\r\nread."
    )
    (letter,) = stage.tick()

    assert headers(opening) == headers(letter) == sorted(PLAIN | LIST)
    assert opening.to == letter.to == (MARIA,)
    for mail in (opening, letter):
        assert parsed(mail)["To"].addresses[0].addr_spec == MARIA
        assert len(parsed(mail)["To"].addresses) == 1
        assert "eve@example.com" in str(parsed(mail)["To"]), "it is part of her name, and nothing else"


@pytest.mark.parametrize("broken", BREAKS, ids=ascii)
def test_a_broken_line_makes_no_extra_confirmation(stage_on_both: Stage, broken: str) -> None:
    stage = stage_on_both
    evil = f"x{broken}Bcc: eve@example.com"
    answer = stage.sign_up(MARIA, name=evil, timezone=evil, **{"from": evil})
    (asking,) = stage.tick()

    assert answer.status_code == 200
    assert headers(asking) == sorted(PLAIN | {"Auto-Submitted"})
    assert asking.to == (MARIA,)
    wrong = stage.sign_up(f"jo@example.org{broken}Bcc: eve@example.com")
    strange = stage.sign_up("jo@example.org", list=evil)
    assert (wrong.status_code, strange.status_code) == (400, 400)
    assert stage.tick() == []


@pytest.mark.parametrize("broken", [each for each in BREAKS if each != "\t"], ids=ascii)
def test_a_broken_line_in_a_list_title_is_refused(stage: Stage, broken: str) -> None:
    with pytest.raises(PersonError, match="one line"):
        people.make_list(stage.house, "evenings", f"Evening{broken}letters")


@pytest.mark.parametrize("broken", ["\r\n", "\n", "\r", "\x85", "\u2028", "\x0b", "\x7f"], ids=ascii)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SENDER", "Practice{}Bcc: eve@example.com <letters@example.org>"),
        ("SENDER", "letters@example.org{}Bcc: eve@example.com"),
        ("REPLY_TO", "letters@example.org{}Bcc: eve@example.com"),
        ("BASE_URL", "http://127.0.0.1:8000{}"),
        ("BASE_URL", "http://127.0.0.1{}.evil.example"),
        ("SMTP_HEADERS", "X-Stream: broadcast{}Bcc: eve@example.com"),
        ("SMTP_HEADERS", "X-Stream: broadcast{}Subject: mine"),
    ],
)
def test_a_broken_line_in_a_setting_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, broken: str
) -> None:
    monkeypatch.setenv(f"NEWSLETTER_{name}", value.format(broken))

    with pytest.raises(SettingsError) as refused:
        load(env_file=None)
    assert len(refused.value.lines) >= 1
    assert all(
        name in line and "\n" not in line and line.endswith((".", "“X-PM-Message-Stream: broadcast”."))
        for line in refused.value.lines
    )


@pytest.mark.parametrize(
    "wrong",
    [
        "Subject: mine",
        "bcc: eve@example.com",
        "X-Ünicode: x",
        "X-Stream: é",
        ": x",
        "X Stream: x",
        "no colon",
        "X-\x01: a",
    ],
)
def test_an_extra_header_that_no_mail_could_carry_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    monkeypatch.setenv("NEWSLETTER_SMTP_HEADERS", wrong)

    with pytest.raises(SettingsError, match="SMTP_HEADERS"):
        load(env_file=None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[
            ("BASE_URL", value)
            for value in ("http://[::1", "http://user:pw@example.org", "http://x.org#a", "http://x:99999")
        ],
        *[
            ("BASE_URL", value)
            for value in ("http://", "x", "//x.org", "javascript:alert(1)", "http://x.org/?a", "http://a b")
        ],
        *[("SMTP_URL", value) for value in ("smtp://[::1", "smtp://h:99999", "smtp://", "http://x", "smtp://h:port")],
        *[("DATABASE_URL", value) for value in ("nonsense", "mysql://x", "postgresql+psycopg://[::1")],
        *[("TIMEZONE", value) for value in ("Mars/Olympus", "../etc/passwd", "UTC\x85")],
        *[("SMTP_RATE", value) for value in ("-1", "0", "nan", "inf", "fast")],
    ],
)
def test_a_setting_that_makes_no_sense_is_one_sentence(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"NEWSLETTER_{name}", value)

    with pytest.raises(SettingsError) as refused:
        load(env_file=None)
    assert [name in line for line in refused.value.lines] == [True]


def test_an_extra_header_of_the_relay_is_carried_once(new_stage: Any) -> None:
    stage = new_stage(smtp_headers="X-Stream: broadcast")

    assert headers(stage.subscribed()) == sorted(PLAIN | LIST | {"X-Stream"})


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_name_that_looks_like_a_template_is_said_literally(stage: Stage, name: str) -> None:
    opening = stage.subscribed(name=name)
    stage.campaign(subject="For {{ name }}", body="Dear {{ name }},\n\nread this.")
    (letter,) = stage.tick()

    assert letter.subject == f"For {name}"
    assert f"Dear {name}," in letter.text
    for mail in (opening, letter):
        assert name in mail.text
        assert name in BeautifulSoup(mail.html, "html.parser").text
        assert "49" not in mail.subject
    page = stage.sign_up("wrong", name=name)
    field = BeautifulSoup(page.text, "html.parser").find(id="name")
    assert field is not None and field["value"] == name  # type: ignore[index]
    link = next(value for key, value in letter.headers if key == "List-Unsubscribe").strip("<>")
    assert ">49<" not in stage.visitor().get(link.partition("8000")[2]).text


@pytest.mark.parametrize(
    "name",
    [
        "**bold**",
        "[link](https://evil.example)",
        "<b>x</b>",
        "&amp;",
        "\\",
        "`code`",
        "# head",
        "![](https://evil.example)",
        "a<!--",
    ],
)
def test_a_name_is_no_markup(stage: Stage, name: str) -> None:
    stage.subscribed(name=name)
    stage.campaign(subject="For {{ name }}", body="Dear {{ name }},\n\nread this.")
    (letter,) = stage.tick()
    page = BeautifulSoup(letter.html, "html.parser")

    assert f"Dear {name}," in page.text
    assert f"Dear {name}," in letter.text
    assert not [tag for tag in page.find_all(["a", "img"]) if "evil.example" in str(tag)]


@pytest.mark.parametrize("text", [*ESCAPES, *MISTAKES], ids=lambda text: text[:40])
def test_an_owners_text_that_escapes_loops_or_allocates_is_refused_when_it_is_written(stage: Stage, text: str) -> None:
    begin = perf_counter()
    for subject, body in (("News", f"Dear {{{{ name }}}},\n\n{text}"), (text, "A letter.")):
        if subject == text and text.startswith("[a]"):
            continue  # a subject knows no links
        with pytest.raises(CampaignError) as refused:
            campaigns.create(stage.house, subject=subject, body=body)
        assert str(refused.value).rstrip().endswith((".", "!", "..."))
        assert len(str(refused.value)) < 600
    assert perf_counter() - begin < 10
    assert stage.content()["campaigns"] == []


@pytest.mark.parametrize(
    "text",
    ["> " * 2000 + "x", "[" * 3000, "*" * 20_000, "`" * 20_001, "- " * 3000, "![" * 1500, "<" * 20_000, "a\n" * 4000],
)
def test_markdown_that_is_deep_or_long_ends_soon(stage: Stage, text: str) -> None:
    begin = perf_counter()
    try:
        campaigns.create(stage.house, subject="News", body=text)
    except CampaignError as refused:
        assert str(refused).endswith(".")
    assert perf_counter() - begin < 20


@pytest.mark.parametrize("odd", ["\0", "\udcff", "\ufdd0name0\ufdd1", "\x85", "\u2028"], ids=ascii)
def test_a_letter_with_odd_characters_is_kept_without_them(stage_on_both: Stage, odd: str) -> None:
    stage = stage_on_both
    stage.subscribed()
    stage.campaign(subject=f"A{odd}B", body=f"One{odd}two")
    (letter,) = stage.tick()

    assert odd not in letter.subject + letter.text + letter.html
    assert headers(letter) == sorted(PLAIN | LIST)


@pytest.mark.parametrize("name", ["Visit http://evil.example", "evil.example", "eve@evil.example"])
def test_a_name_that_is_an_advert_stands_nowhere_in_mail_before_consent(stage: Stage, name: str) -> None:
    stage.sign_up(name=name)
    (asking,) = stage.tick()
    stage.clock.move(days=2)
    (reminder,) = stage.tick()

    for mail in (asking, reminder):
        assert mail.source.count(b"evil") == 0
        (to,) = parsed(mail)["To"].addresses
        assert (to.display_name, to.addr_spec) == ("", MARIA)
