"""The settings: each mistake in one line of our own words, each slip in a name told, nothing said by half."""

from pathlib import Path

import pytest

from newsletter.settings import SettingsError, load, unknown_names


@pytest.fixture(autouse=True)
def an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def lines_of(monkeypatch: pytest.MonkeyPatch, **wrong: str) -> list[str]:
    for name, value in wrong.items():
        monkeypatch.setenv(f"NEWSLETTER_{name}", value)
    with pytest.raises(SettingsError) as refused:
        load()
    return refused.value.lines


def test_mistakes_of_every_kind_are_told_together(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {"TIMEZONE": "Mars/X", "SMTP_RATE": "-1", "BASE_URL": "junk", "TRUSTED_PROXIES": "many", "SENDER": "junk"}
    lines = lines_of(monkeypatch, **wrong)

    assert sorted(line.split()[0].removeprefix("NEWSLETTER_") for line in lines) == sorted(wrong)


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("CLOCK", "soon", "NEWSLETTER_CLOCK must be a moment such as 2026-11-26T09:00Z."),
        ("SMTP_CONNECTIONS", "ten", "NEWSLETTER_SMTP_CONNECTIONS must be a number from 1 to 100."),
        ("SMTP_CONNECTIONS", "1.5", "NEWSLETTER_SMTP_CONNECTIONS must be a number from 1 to 100."),
        ("SMTP_RATE", "fast", "NEWSLETTER_SMTP_RATE must be more than 0 messages per second."),
        (
            "SMTP_WARMUP",
            "500 a day",
            "NEWSLETTER_SMTP_WARMUP must be the first day and its number of emails, such as 2026-12-01:500.",
        ),
        (
            "SMTP_WARMUP",
            "2026-13-01:500",
            "NEWSLETTER_SMTP_WARMUP must be the first day and its number of emails, such as 2026-12-01:500.",
        ),
        (
            "SMTP_DOMAIN_RATES",
            "gmail.com=20 gmx.net=slow",
            "NEWSLETTER_SMTP_DOMAIN_RATES: gmx.net needs a number of messages a second above 0, such as gmx.net=20.",
        ),
        ("TRUSTED_PROXIES", "many", "NEWSLETTER_TRUSTED_PROXIES must be 0 or the number of proxies in front."),
        ("SIGNUPS_PER_HOUR", "0", "NEWSLETTER_SIGNUPS_PER_HOUR must be a number from 1 up."),
        (
            "SMTP_CA_FILE",
            "/nowhere/ca.pem",
            "NEWSLETTER_SMTP_CA_FILE: the file /nowhere/ca.pem cannot be read (no such file or directory).",
        ),
    ],
)
def test_a_value_that_cannot_be_read_is_told_in_our_own_words(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, line: str
) -> None:
    assert lines_of(monkeypatch, **{name: value}) == [line]


def test_a_key_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    dkim = {"DKIM_DOMAIN": "example.org", "DKIM_SELECTOR": "s1", "DKIM_KEY_FILE": "/nowhere/dkim.pem"}

    assert lines_of(monkeypatch, **dkim) == [
        "NEWSLETTER_DKIM_KEY_FILE: the file /nowhere/dkim.pem cannot be read (no such file or directory)."
    ]


def test_a_name_that_is_no_setting_is_told_wherever_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLETTER_SMPT_URL", "smtp://localhost")
    monkeypatch.setenv("NEWSLETTER_SMTP_URL", "smtp://localhost")
    Path(".env").write_text("NEWSLETTER_COLOUR_OF_THE_SKY=blue\nNEWSLETTER_TIMEZONE=Europe/Berlin\nOTHER=1\n")

    assert unknown_names() == [
        "NEWSLETTER_COLOUR_OF_THE_SKY is no setting, and does nothing.",
        "NEWSLETTER_SMPT_URL is no setting, and does nothing. Did you mean NEWSLETTER_SMTP_URL?",
    ]


@pytest.mark.parametrize("where", ["environment", "file"])
def test_an_empty_course_is_none_and_any_other_empty_value_is_as_if_nobody_had_set_it(
    monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    assert load().course == "belonging"
    if where == "file":
        Path(".env").write_text("NEWSLETTER_COURSE=\nNEWSLETTER_TIMEZONE=\n")
    else:
        monkeypatch.setenv("NEWSLETTER_COURSE", "")
        monkeypatch.setenv("NEWSLETTER_TIMEZONE", "")

    assert (load().course, load().timezone) == ("", "")
    monkeypatch.setenv("NEWSLETTER_COURSE", "evenings")
    assert load().course == "evenings"
