"""A course's calendar and the days of silence, by command: set in the draft, told as JSON, refused in a sentence."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from newsletter.cli.main import main


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new house with the shipped course in it."""
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, ["db", "upgrade"]).exit_code == 0


def run(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def told(*words: str) -> Any:
    return json.loads(run(*words, "--json").stdout)


def test_a_calendar_is_shown_and_set_in_the_draft() -> None:
    assert told("course", "calendar", "belonging")["gap"] == 6
    said = run("course", "calendar", "belonging", "--weekdays", "Mon,thursday", "--from", "8", "--to", "20").output
    assert said.startswith("On Monday and Thursday, never less than 3 days apart, from 08:00 to 20:00")
    assert "course publish belonging --dry-run" in said
    kept = told("course", "calendar", "belonging")
    assert (kept["weekdays"], kept["gap"], kept["from"], kept["to"]) == (["mon", "thu"], 3, 8, 20)


def test_what_is_not_said_stays_and_a_new_rhythm_has_its_own_gap() -> None:
    run("course", "calendar", "belonging", "--every", "5", "--gap", "4")
    assert told("course", "calendar", "belonging", "--from", "7")["gap"] == 4
    assert told("course", "calendar", "belonging", "--weekly")["gap"] == 6
    assert told("course", "calendar", "belonging")["from"] == 7


@pytest.mark.parametrize(
    "words",
    [
        ("--every", "many"),
        ("--weekdays", "mon,someday"),
        ("--weekdays", ","),
        ("--gap", "0"),
        ("--from", "20", "--to", "8"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused(words: tuple[str, ...]) -> None:
    assert run("course", "calendar", "belonging", *words).exit_code == 1
    assert told("course", "calendar", "belonging")["gap"] == 6


def test_a_lesson_gets_a_time_of_its_own_and_loses_it() -> None:
    keys = [one["key"] for one in told("course", "show", "belonging")["lessons"]]
    assert "9 days after" in run("course", "timing", "belonging", keys[2], "--delay", "9").output
    assert run("course", "timing", "belonging", keys[3], "--date", "2027-01-31").exit_code == 0
    assert [one["lesson"] for one in told("course", "calendar", "belonging")["lessons"]] == keys[2:4]
    run("course", "timing", "belonging", keys[2], "--usual")
    assert [one["lesson"] for one in told("course", "calendar", "belonging")["lessons"]] == keys[3:4]
    assert run("course", "timing", "belonging", keys[0], "--delay", "9").exit_code == 1, "an opening goes at once"
    assert run("course", "timing", "belonging", keys[2], "--delay", "2").exit_code == 1
    assert run("course", "timing", "belonging", keys[2]).exit_code == 2


def test_days_of_silence_are_kept_listed_and_taken_back() -> None:
    assert "None." in run("silence", "list").output
    assert (
        "number 1" in run("silence", "add", "Christmas", "--first-day", "2026-12-24", "--last-day", "2026-12-26").output
    )
    assert told("silence", "list") == [
        {"number": 1, "name": "Christmas", "first_day": "2026-12-24", "last_day": "2026-12-26", "region": ""}
    ]
    assert run("silence", "add", "Nowhere", "--first-day", "2026-12-24", "--region", "Mars/Base").exit_code == 1
    assert run("silence", "add", "Never", "--first-day", "soon").exit_code == 1
    assert "Taken back" in run("silence", "remove", "1").output
    assert told("silence", "list") == []


def test_one_letter_a_day_is_told_and_switched() -> None:
    assert told("silence", "one-a-day") == {"one_a_day": True}
    assert told("silence", "one-a-day", "off") == {"one_a_day": False}
    assert told("silence", "one-a-day", "on") == {"one_a_day": True}


def test_the_etiquette_of_a_list_is_told_and_set() -> None:
    assert told("list", "etiquette", "letters") == {"slug": "letters", "etiquette": "anyway", "wait_days": 120}
    assert told("list", "etiquette", "letters", "digest", "--days", "30")["wait_days"] == 30
    assert run("list", "etiquette", "letters").output == "Campaigns to “letters”: digest, 30 days at most.\n"
    assert run("list", "etiquette", "letters", "later").exit_code == 1
    assert run("list", "etiquette", "none", "hold").exit_code == 1
    assert told("list", "show")[0]["etiquette"] == "digest"
