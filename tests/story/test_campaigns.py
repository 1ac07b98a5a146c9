"""One letter to everybody: whom it reaches, when, and how quickly it can be stopped."""

import time

import pytest

from tests.scripted_smtp import Act, Moment
from tests.story.house import DAY, HOUR, MINUTE, WEEK, House, eventually

BODY = "Dear {{ name }},\n\nthe garden is open on **Sunday**. Come and sit with us, {{ name }}.\n"


def test_a_campaign_for_later_reaches_everybody_confirmed_once(house: House) -> None:
    maria = house.sign_up("maria@example.org", name="Maria")
    nameless = house.sign_up("nobody@example.org")
    resting, gone = house.sign_up("paula@example.org"), house.sign_up("lea@example.org")
    house.tick()
    for reader in (maria, nameless, resting, gone):
        reader.confirm()
    house.tick()
    house.sign_up("pending@example.org")
    resting.pause(2)
    gone.leave()

    campaign = house.write_campaign("An open garden", BODY)
    starts = house.now + 3 * HOUR
    house.command("campaign", "queue", campaign, "--at", starts.isoformat())
    house.walk(2 * HOUR)
    assert house.campaign(campaign)["state"] == "scheduled"
    house.walk(2 * HOUR)

    rows = house.ledger("--campaign", campaign)
    assert {(row["subscriber"], row["state"], row["attempts"]) for row in rows} == {
        ("maria@example.org", "sent", 1),
        ("nobody@example.org", "sent", 1),
    }
    assert all(row["due_at"] == starts and row["sent_at"] >= starts for row in rows)
    status = house.campaign(campaign)
    assert (status["state"], status["recipients"], status["sent"]) == ("sent", 2, 2)
    assert sum(status[name] for name in ("queued", "deferred", "failed", "uncertain", "skipped")) == 0
    house.days(2 * WEEK)
    assert len(house.ledger("--campaign", campaign)) == 2, "whoever rested is not written to afterwards"
    house.audit(forgotten=["pending@example.org"])


def test_a_name_is_said_and_a_missing_one_reads_well(house: House) -> None:
    maria = house.sign_up("maria@example.org", name="Maria")
    nameless = house.sign_up("nobody@example.org")
    house.tick()
    maria.confirm()
    nameless.confirm()
    house.tick()
    campaign = house.write_campaign("{{ name }}, the garden is open", BODY)
    house.command("campaign", "queue", campaign)
    house.tick()

    assert maria.letters[-1].subject == "Maria, the garden is open"
    assert "Come and sit with us, Maria." in maria.letters[-1].text
    letter = nameless.letters[-1]
    assert letter.subject == "Reader, the garden is open"
    assert "Dear reader," in letter.text and "Come and sit with us." in letter.text
    assert "{{" not in letter.text + letter.html + letter.subject


def test_a_test_goes_to_one_address_and_counts_nowhere(house: House) -> None:
    house.welcome_all("maria@example.org")
    campaign = house.write_campaign("An open garden", BODY)
    house.command("campaign", "test", campaign, "owner@example.net")
    house.tick()

    (trial,) = [mail for mail in house.post_office if mail.to == ("owner@example.net",)]
    assert "An open garden" in trial.subject and trial.subject != "An open garden"
    status = house.campaign(campaign)
    assert (status["state"], status["recipients"], status["sent"]) == ("draft", 0, 0)
    assert house.ledger("--campaign", campaign) == []
    house.audit()


def test_a_text_is_frozen_when_its_campaign_is_queued(house: House) -> None:
    house.welcome_all("maria@example.org")
    campaign = house.write_campaign("An open garden", BODY)
    house.command("campaign", "queue", campaign, "--at", (house.now + HOUR).isoformat())
    assert "cannot be asked to queue" in house.refused("campaign", "queue", campaign).err
    house.command("campaign", "pause", campaign)
    house.walk(2 * HOUR)
    assert house.campaign(campaign)["recipients"] == 0
    house.command("campaign", "resume", campaign)
    house.tick()
    assert house.campaign(campaign)["sent"] == 1


def one_every_twentieth(moment: Moment) -> Act | None:
    return Act(b"250 2.0.0 Taken\r\n", wait=0.05) if moment.stage == "DOT" else None


def a_campaign_under_way(open_house) -> tuple[House, str]:
    """Forty readers, a server that takes twenty a second, and five that have the campaign already."""
    house: House = open_house(script=one_every_twentieth, SMTP_CONNECTIONS="1", TRUSTED_PROXIES="1")
    house.welcome_all(*(f"reader{number}@example.org" for number in range(40)))
    campaign = house.write_campaign("An open garden", BODY)
    house.command("campaign", "queue", campaign)
    house.now += MINUTE
    house.running = house.begin("tick", "--now", house.now.isoformat(), "--json")
    eventually(lambda: len(house.smtp.accepted) >= 2 * 40 + 5, "five have the campaign")
    return house, campaign


@pytest.mark.parametrize("order", ["pause", "cancel"])
def test_a_campaign_stops_within_a_second(open_house, order: str) -> None:
    house, campaign = a_campaign_under_way(open_house)
    house.command("campaign", order, campaign)
    at_the_word = len(house.smtp.accepted)
    house.running.wait()
    assert len(house.smtp.accepted) - at_the_word <= 2, "at most one on its way and one announced still go"

    status = house.campaign(campaign)
    went = status["sent"]
    assert 5 <= went < 40
    if order == "pause":
        assert (status["state"], status["queued"]) == ("paused", 40 - went)
        assert house.tick()["sent"] == 0
        house.command("campaign", "resume", campaign)
        assert house.tick()["sent"] == 40 - went
    else:
        assert (status["state"], status["skipped"]) == ("cancelled", 40 - went)
        assert house.tick()["sent"] == 0
        assert "cannot be asked to resume" in house.refused("campaign", "resume", campaign).err
    house.audit()


def test_pause_and_resume_may_follow_each_other_while_it_is_sent(open_house) -> None:
    house, campaign = a_campaign_under_way(open_house)
    began = time.monotonic()
    while house.running.is_running() and time.monotonic() - began < 20:
        house.begin("campaign", "pause", campaign).wait()
        house.begin("campaign", "resume", campaign).wait()
    house.running.wait()
    house.tick()
    house.tick()
    status = house.campaign(campaign)
    assert (status["state"], status["sent"]) == ("sent", 40)
    house.audit()


def test_somebody_who_joins_after_the_start_is_not_reached(house: House) -> None:
    house.welcome_all("maria@example.org")
    campaign = house.write_campaign("An open garden", BODY)
    house.command("campaign", "queue", campaign)
    house.tick()
    house.welcome_all("late@example.org")
    house.walk(DAY, step="6h")
    assert [row["subscriber"] for row in house.ledger("--campaign", campaign)] == ["maria@example.org"]


def test_a_moment_that_is_past_starts_a_campaign_now_and_the_answer_says_so(house: House) -> None:
    past, ahead = house.now - HOUR, house.now + DAY

    said = house.command("campaign", "queue", house.write_campaign("An open garden", BODY), "--at", past.isoformat())
    assert said == f"It starts now, for {past:%Y-%m-%d %H:%M} UTC is past.\n"
    said = house.command("campaign", "queue", house.write_campaign("Another one", BODY), "--at", ahead.isoformat())
    assert said == f"Queued for {ahead:%Y-%m-%d %H:%M} UTC.\n"
