"""What the owner saves holds in every process at once; the environment wins; nothing half right is kept."""

from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from newsletter.app import assemble, build_house, emails_folder
from newsletter.cli.preparing import prepare
from newsletter.content.compose import Composer
from newsletter.domain.message import Letterhead
from newsletter.domain.practice import DEFAULT_SENDER, VARIABLES
from newsletter.settings import Settings, SettingsError
from newsletter.usecases import golive, practice
from newsletter.usecases.house import House
from newsletter.usecases.practice import PracticeError
from newsletter.usecases.stationery import Stationery
from newsletter.usecases.testing import send_test_welcome
from tests.usecases.household import LETTERHEAD, send

ANA = {"sender_name": "Ana Brook", "sender_address": "ana@letters.example.org", "postal_address": "12 Elm Street"}


def lively(house: House, *, mail_leaves: bool = False, **held: str) -> House:
    """The house with a letterhead that follows what the owner says, and an environment that holds some of it."""
    blank = Letterhead(LETTERHEAD.base_url, DEFAULT_SENDER, timezone=LETTERHEAD.timezone)
    stationery = Stationery(blank, held, lambda letterhead: Composer(emails_folder(), letterhead))
    return replace(house, stationery=stationery, mail_leaves=mail_leaves).current()


def test_what_is_saved_holds_at_once_for_a_house_that_was_there_before(house: House) -> None:
    web, worker = lively(house), lively(house)

    practice.save(web, {**ANA, "practice_name": "Elm Street", "accent": "7A2E5D"}, by=None)

    head = worker.current().letterhead
    assert (head.known_as, head.sender.name, head.accent.light) == ("Elm Street", "Ana Brook", "#7a2e5d")
    assert worker.letterhead.sender == DEFAULT_SENDER, "what was asked for before stays what it was"


def test_the_next_letter_carries_it_without_a_restart(house: House) -> None:
    worker = lively(house)
    practice.save(worker, ANA, by=None)
    send_test_welcome(worker, "owner@example.org")

    (mail,) = send(worker).accepted

    message = message_from_bytes(mail.data, policy=default)
    assert message["From"] == "Ana Brook <ana@letters.example.org>"
    assert "12 Elm Street" in message.get_body(("plain",)).get_content()


def test_one_letterhead_has_one_composer(house: House) -> None:
    worker = lively(house)
    practice.save(worker, ANA, by=None)

    assert worker.current().composer is worker.current().composer is not worker.composer


def test_the_environment_wins_and_is_named(house: House) -> None:
    held = lively(house, sender_name="Bo", sender_address="bo@example.org")

    practice.save(held, {**ANA, "practice_name": "Elm Street"}, by=None)

    assert held.current().letterhead.sender.address == "bo@example.org"
    with held.store.reading() as tx:
        entries = practice.entries(held, tx)
    assert (entries["sender_address"].value, entries["sender_address"].held_by) == (
        "bo@example.org",
        "NEWSLETTER_SENDER",
    )
    assert entries["practice_name"].held_by == ""


def test_only_what_differs_is_changed(house: House) -> None:
    here = lively(house)

    assert practice.save(here, ANA, by=None) == list(ANA)
    assert practice.save(here, {**ANA, "sender_name": "Ana"}, by=None) == ["sender_name"]
    assert practice.save(here, {"sender_name": ""}, by=None) == ["sender_name"]
    assert practice.save(here, {}, by=None) == []


def test_one_mistake_keeps_everything_as_it_was(house: House) -> None:
    here = lively(house)

    with pytest.raises(PracticeError) as refused:
        practice.save(here, {**ANA, "accent": "#ff8800", "call_to_action": "Book"}, by=None)

    assert refused.value.wrong.keys() == {"accent", "call_to_action_url"}
    assert here.current().letterhead.sender == DEFAULT_SENDER


@pytest.mark.parametrize("field", VARIABLES)
def test_no_field_can_smuggle_a_header_in(house: House, field: str) -> None:
    with pytest.raises(PracticeError):
        practice.save(lively(house), {field: "a\x85Bcc: eve@example.org"}, by=None)


def test_while_mail_leaves_sender_and_postal_address_stay(house: House) -> None:
    here = lively(house, mail_leaves=True)
    practice.save(here, ANA, by=None)

    with pytest.raises(PracticeError) as refused:
        practice.save(here, {"sender_address": "", "postal_address": " \r\n "}, by=None)

    assert refused.value.wrong.keys() == {"sender_address", "postal_address"}


def live(folder: Path, **known: str) -> Settings:
    away = {"smtp_url": "smtp://relay.example.org:587", "base_url": "https://letters.example.org"}
    return Settings(_env_file=None, data_dir=folder / "var", **away, **known)


def test_what_was_said_in_the_studio_counts_when_mail_is_to_leave(tmp_path: Path) -> None:
    trial = build_house(Settings(_env_file=None, data_dir=tmp_path / "var"))
    prepare(trial)
    practice.save(trial, ANA, by=None)
    trial.store.close()

    house = build_house(live(tmp_path))

    assert house.current().letterhead.sender.address == ANA["sender_address"]
    house.store.close()


def test_what_nobody_said_is_refused_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        build_house(live(tmp_path, sender="Ana <ana@letters.example.org>"))

    assert refused.value.lines == [
        "Mail can leave this machine: set NEWSLETTER_POSTAL_ADDRESS first; the law asks for it."
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_look_at_the_mail_server_is_kept_and_counts_for_that_server_alone(tmp_path: Path) -> None:
    def states(url: str, *, look: bool) -> str:
        house = assemble(Settings(_env_file=None, data_dir=tmp_path / "var", smtp_url=url))
        prepare(house)
        if look:
            golive.check_now(house)
        with house.store.reading() as tx:
            smtp = golive.lights(house, tx)[1]
        house.store.close()
        return f"{smtp.glow.value}: {smtp.sentence}"

    nobody = "smtp://127.0.0.1:1?starttls=never"
    assert "Check now" in states(nobody, look=False)
    assert "cannot be reached" in states(nobody, look=True)
    assert "cannot be reached" in states(nobody, look=False)
    assert "Check now" in states("smtp://127.0.0.1:2?starttls=never", look=False)
